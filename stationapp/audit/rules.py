"""What an invariant is (trust.md §2)."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Check:
    """A named invariant: `find` returns the offending rows as "table id", never personal data."""

    name: str
    says: str
    find: Callable[[], list[str]]
