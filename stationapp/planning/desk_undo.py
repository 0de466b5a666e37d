"""What was moved last on the board: kept in the session for a while, so that it can be put back as it was."""

from datetime import datetime, timedelta
from typing import NamedTuple

from flask import session

from stationapp import clock
from stationapp.events.rules import EventFields

UNDO_FOR = timedelta(minutes=10)
"""How long the board offers to put back what was moved."""

_PUT_BACK = ("starts_at", "ends_at", "opens_at", "closes_at", "room_id", "place")


class Moved(NamedTuple):
    """An event by its code, and what a move changes of its fields: as they were and as the move left them."""

    event: str
    was: dict[str, object]
    left: dict[str, object]


def keep(event: str, said: str, was: EventFields, left: EventFields) -> None:
    """Keep a move, said in words; the one before is forgotten."""
    session["moved"] = {
        "event": event,
        "at": clock.now().isoformat(),
        "said": said,
        "was": _written(was),
        "left": _written(left),
    }


def offered() -> dict | None:
    """What the board offers to put back: `said` in words; None when there is nothing, or it was too long ago."""
    moved = session.get("moved")
    return moved if moved and clock.now() - datetime.fromisoformat(moved["at"]) < UNDO_FOR else None


def take() -> Moved | None:
    """The last move, which is forgotten with this."""
    moved = session.pop("moved", None)
    return moved and Moved(moved["event"], _read(moved["was"]), _read(moved["left"]))


def _written(fields: EventFields) -> dict[str, str | int | None]:
    values = {name: getattr(fields, name) for name in _PUT_BACK}
    return {name: at.isoformat() if isinstance(at, datetime) else at for name, at in values.items()}


def _read(kept: dict[str, str | int | None]) -> dict[str, object]:
    return {n: datetime.fromisoformat(v) if v and n.endswith("_at") else v for n, v in kept.items()}
