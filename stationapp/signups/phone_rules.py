"""What is typed on the phone: an event found by a few keys (domain.md §6, phone desk)."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from stationapp.pinyin import initials


@dataclass(frozen=True, slots=True)
class Choice:
    """An event a caller may be signed up for; `free` None: no limit."""

    code: str
    title: str
    place: str
    site: str
    audience: str
    starts_at: datetime
    free: int | None  # seats a caller may have, those kept back for callers included
    kept: int  # of these, kept back
    waiting: int
    drawn_at: datetime | None  # places are drawn by lot then
    opens_at: datetime | None  # sign-up has not begun; None: it has
    dates: int  # how many dates one sign-up is for: more than one of a course

    @property
    def letters(self) -> str:
        """The pinyin initials of the title, to be typed instead of it."""
        return initials("".join(self.title.split()))


def narrow(text: str) -> str:
    """What was typed, full-width or not, without blanks, in small letters."""
    return "".join(unicodedata.normalize("NFKC", text).split()).lower()


def meant(text: str, choices: Iterable[Choice], shown: Sequence[str] = ()) -> list[Choice]:
    """The events a typed text means: the one with that number in the list as it was `shown` (codes in order) or with
    that code; otherwise all with these words or pinyin initials in their titles. Nothing for an empty text."""
    text, choices = narrow(text), list(choices)
    if not text:
        return []
    code = _numbered(text, shown) or text.upper()
    if exact := [choice for choice in choices if choice.code == code]:
        return exact
    return [c for c in choices if text in narrow(c.title) or text in c.letters]


def _numbered(text: str, shown: Sequence[str]) -> str | None:
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    return shown[number - 1] if 0 < number <= len(shown) else None
