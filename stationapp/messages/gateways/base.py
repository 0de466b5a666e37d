"""What every gateway is given and answers; no client is imported here, for web processes read this."""

import re
from dataclasses import dataclass
from typing import Protocol

from stationapp.messages.rules import AttemptEnd


@dataclass(frozen=True)
class Outgoing:
    """One message as a gateway needs it. `name` stays the same however often it is handed over."""

    name: str
    to: str  # a mobile number of eleven digits, or a mail address
    text: str
    code: str = ""  # the number under which the gateway approved the text
    places: tuple[tuple[str, str], ...] = ()  # what fills its places, in the order in which they stand in it


@dataclass(frozen=True)
class Answer:
    """What came of handing a message over. `said`: a code or an error's class, never a person's data."""

    end: AttemptEnd
    said: str
    ref: str | None = None


class Gateway(Protocol):
    """Something that takes messages; called from several threads at once."""

    def send(self, outgoing: Outgoing) -> Answer:
        """Hand one message over, once; raises nothing."""

    def close(self) -> None:
        """Give connections back."""


def signed(sign: str, text: str) -> str:
    """A text behind its signature: 【洛阳涧西文明实践】…"""
    return f"【{sign}】{text}" if sign else text


_CODE = re.compile(r"[A-Za-z0-9_.:^-]{1,80}")


def code_of(said: object, otherwise: str) -> str:
    """A gateway's code as it may be kept; anything that is no plain code might quote a number or a name."""
    return said if isinstance(said, str) and _CODE.fullmatch(said) else otherwise
