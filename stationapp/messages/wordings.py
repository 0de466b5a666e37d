"""What is said about an occasion: a district's own words where it has chosen them, else the built-in ones."""

from collections.abc import Mapping

from sqlalchemy import select

from stationapp.db import db
from stationapp.messages.builtin import TEXTS
from stationapp.messages.models import Wording
from stationapp.messages.phrases import fill
from stationapp.messages.rules import Way
from stationapp.notices.rules import Occasion

Own = Mapping[tuple[Occasion, Way], Wording]


def own_wordings() -> dict[tuple[Occasion, Way], Wording]:
    """Every text that a district has put in place of a built-in one, in one question."""
    return {(one.occasion, one.way): one for one in db.session.scalars(select(Wording))}


def find_own(occasion: Occasion, way: Way) -> Wording | None:
    """The district's own text for this, if it has one."""
    return db.session.scalar(select(Wording).where(Wording.occasion == occasion, Wording.way == way))


def template(occasion: Occasion, way: Way, own: Own) -> str:
    """The text with its places, as it is in force; raises KeyError for what no resident is told that way."""
    chosen = own.get((occasion, way))
    return chosen.text if chosen else str(TEXTS[occasion, way])


def text(occasion: Occasion, way: Way, facts: Mapping[str, str], own: Own | None = None) -> str:
    """What is said, in full. `own`: what `own_wordings()` answered, where many texts are made at once.

    `facts` are the places' values (phrases.KNOWN says which an occasion has); one that is missing stays empty.
    """
    return fill(template(occasion, way, own_wordings() if own is None else own), facts)
