"""A draw that anybody can do again: the order is a function of a published seed and of queue numbers alone.

Before: the SHA-256 of the seed is published (nobody can choose another seed afterwards). After: the seed itself.
"""

import hashlib
from collections.abc import Iterable
from enum import Enum

SEED_BYTES = 16
"""How much chance there is in a seed; it is written as twice as many hexadecimal digits."""


class DrawRefusal(Enum):
    """Why lots are not drawn."""

    NOTHING = "nothing"  # no draw, or its event is not public or has begun
    TOO_EARLY = "too_early"  # facts["draw_at"]


def fingerprint(text: str) -> str:
    """The SHA-256 of a text as hexadecimal digits, as `printf '%s' TEXT | sha256sum` prints it."""
    return hashlib.sha256(text.encode()).hexdigest()


def lot(seed: str, number: int) -> str:
    """The lot of a queue number: the fingerprint of "seed:number"."""
    return fingerprint(f"{seed}:{number}")


def order(seed: str, numbers: Iterable[int]) -> list[int]:
    """The queue numbers in drawn order: by their lots, the smallest first, whatever order they are given in."""
    return sorted(numbers, key=lambda number: (lot(seed, number), number))
