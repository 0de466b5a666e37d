"""Whom a notice concerns: the households with live places at what it speaks of (domain.md §6)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, Text, and_, cast, literal, select

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.messages.ways import Reach
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.residents.models import Household
from stationapp.signups.models import Offer, Party, Signup
from stationapp.signups.rules import CALLERS, LIVE
from stationapp.vault import vault

OF_EVENT = frozenset({Occasion.MOVED, Occasion.POSTPONED, Occasion.CANCELLED})
"""Occasions of everybody at an event: of several about one event only the last is still true."""

OF_PARTY = frozenset({Occasion.PROMOTED, Occasion.OFFERED, Occasion.OFFER_LAPSED})
"""Occasions of one party that a notice tells of."""

AT_SIGN_UP = frozenset({Occasion.CONFIRMED, Occasion.WAITLISTED, Occasion.DRAW_AWAITED})
"""What a party is told in writing once it has signed up: one of these."""

ABOUT_PARTY = OF_PARTY | AT_SIGN_UP | {Occasion.NOT_DRAWN}
"""Everything said about one party's places; the household may have others at the same event."""

ABOUT_PERSON = frozenset(
    {Occasion.CERTIFICATE, Occasion.HOURS, Occasion.HOURS_BACK, Occasion.ANSWERED, Occasion.SHIFT}
)
"""What is said to one person of the household, about no place at an event."""


@dataclass(frozen=True, slots=True)
class Home:
    """A household that has to do with an event, through its first party there."""

    household_id: int
    party_id: int
    made_at: datetime
    reach: Reach
    live: bool


def events_of(subjects: Iterable[str]) -> dict[str, Event]:
    """The events that "event CODE" and "party ID" speak of, by subject; two questions at most."""
    said = [subject.split(" ") for subject in subjects]
    codes = [what for kind, what, *_ in said if kind == "event"]
    parties = [int(what) for kind, what, *_ in said if kind == "party"]
    own = select(Event, literal("event ") + Event.code).where(Event.code.in_(codes))
    through = select(Event, literal("party ") + cast(Party.id, Text)).join(Party, Party.event_id == Event.id)
    rows = [
        *(db.session.execute(own) if codes else ()),
        *(db.session.execute(through.where(Party.id.in_(parties))) if parties else ()),
    ]
    return {subject: event for event, subject in rows}


def is_over(event: Event, now: datetime) -> bool:
    """Whether nobody needs to hear of it any more; one put off has no time yet."""
    return event.state is not State.POSTPONED and event.ends_at <= now


def reach_columns() -> tuple:
    """What `reach_of` reads of a household."""
    return Household.phone_sealed, Household.email_sealed, Household.no_texts_at


def reach_of(phone: bytes | None, email: bytes | None, no_texts: datetime | None, *, calls: bool) -> Reach:
    """How a household can be reached, from its columns."""
    return Reach(vault().unseal(phone) if phone else None, email is not None, no_texts is not None, calls)


def parties_at(event_ids: Iterable[int]) -> dict[int, list[Home]]:
    """Every party that ever signed up at these events, in the order of their ids, by event; one question."""
    live = select(Signup.id).where(Signup.party_id == Party.id, Signup.state.in_(LIVE)).exists()
    query: Select = (
        select(
            Party.event_id, Party.id, Party.household_id, Party.made_at, Party.channel, live, *reach_columns()
        )
        .join(Household, Household.id == Party.household_id)
        .where(Party.event_id.in_(event_ids))
        .order_by(Party.id)
    )
    found: dict[int, list[Home]] = {}
    for event_id, party_id, home_id, made_at, channel, lives, *sealed in db.session.execute(query):
        reach = reach_of(*sealed, calls=channel in CALLERS)
        found.setdefault(event_id, []).append(Home(home_id, party_id, made_at, reach, lives))
    return found


def concerned(notice: Notice, parties: Sequence[Home]) -> list[Home]:
    """The households among an event's parties that a notice is for: they had a place when it was made and have one.

    Whose offer lapsed is told that it did, without any.
    """
    if notice.occasion in OF_PARTY:
        lapsed = notice.occasion is Occasion.OFFER_LAPSED
        return [one for one in parties if notice.subject == f"party {one.party_id}" and (one.live or lapsed)]
    first: dict[int, Home] = {}
    for one in parties:
        if one.live and one.made_at <= notice.made_at:
            first.setdefault(one.household_id, one)
    return list(first.values())


def is_back(party_id) -> ColumnElement[bool]:
    """Whether somebody of a party that lost its places has one at the same event again."""
    was, anew = Signup.__table__.alias("was"), Signup.__table__.alias("anew")
    same = and_(anew.c.resident_id == was.c.resident_id, anew.c.event_id == was.c.event_id)
    return (
        select(anew.c.id)
        .join_from(was, anew, same)
        .where(was.c.party_id == party_id, anew.c.state.in_(LIVE))
        .exists()
    )


def back_again(party_ids: Iterable[int]) -> set[int]:
    """Those of these parties of whom somebody has a place at the same event again."""
    return set(db.session.scalars(select(Party.id).where(Party.id.in_(list(party_ids)), is_back(Party.id))))


def offers_until(party_ids: Iterable[int]) -> Mapping[int, datetime]:
    """Until when each of these parties may answer its live offer."""
    live = select(Offer.party_id, Offer.until_at).where(
        Offer.party_id.in_(list(party_ids)), Offer.ended_at.is_(None)
    )
    return dict(db.session.execute(live).all())
