"""What messages say of facts that stand right of this feature: whoever owns them teaches how they are read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from stationapp.messages.models import Message
from stationapp.notices.rules import Occasion


@dataclass(frozen=True)
class Known:
    """What is known of a message: `facts` None means that it is true no more; `path` is the page it leads to.

    On the telephone one asks for the person of `resident_id`.
    """

    resident_id: int
    facts: dict[str, str] | None
    path: str = ""


Reader = Callable[[Sequence[Message]], Mapping[int, Known]]
"""Reads what these messages, all of one occasion, stand on, by their ids; in a fixed number of questions."""

_readers: dict[Occasion, Reader] = {}


def teach(readers: Mapping[Occasion, Reader]) -> None:
    """Say how the facts of these occasions are read; the application factory does, once a process."""
    _readers.update(readers)


def read(messages: Sequence[Message]) -> dict[int, Known]:
    """What is known of those whose occasion was taught; one that nothing is known of is left out."""
    found: dict[int, Known] = {}
    for occasion, reader in _readers.items():
        its = [one for one in messages if one.occasion is occasion]
        found |= reader(its) if its else {}
    return found
