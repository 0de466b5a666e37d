"""What happened with a party's places, from what is on record: its moves, its offer, who was seated before it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from sqlalchemy import case, func, select

from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.signups.draw_queries import ranks
from stationapp.signups.models import Draw, Offer, Party, PassedOver, Signup, SignupMove
from stationapp.signups.promotion import DRAWN, OUT_OF_TURN
from stationapp.signups.rules import Channel, PassedWhy, Place


class Happened(Enum):
    """What a line of the record says; the sentences are in templates/signups/_record.html."""

    SIGNED_UP = "signed_up"
    WAITED = "waited"  # number: the number drawn
    NOT_DRAWN = "not_drawn"  # number: the rank by lot; rank: now, None: waits no more; code: the event's
    OFFERED = "offered"  # until
    SEATED = "seated"  # a place was freed
    BY_LOT = "by_lot"
    OUT_OF_TURN = "out_of_turn"  # words: the desk's reason
    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"
    CALLED_OFF = "called_off"  # with its event, before they answered
    CANCELLED = "cancelled"
    PASSED_SIZE = "passed_size"  # count: places the household needs
    PASSED_PHONE = "passed_phone"
    PASSED_STAFF = "passed_staff"  # words: the desk's reason


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that happened: `count` people of it, `by` the staff member's name when it was one."""

    at: datetime
    what: Happened
    count: int
    channel: Channel
    number: int | None = None
    until: datetime | None = None
    words: str = ""
    by: str | None = None
    rank: int | None = None
    code: str = ""


def find_offer(party_id: int) -> Offer | None:
    """The offer a party has to answer; None when nothing is offered to it now."""
    return db.session.scalar(select(Offer).where(Offer.party_id == party_id, Offer.ended_at.is_(None)))


def list_gone(event_id: int, *, limit: int) -> list[tuple[Party, Resident]]:
    """The parties that have no place at an event any more, the last one first, each with its first person."""
    gone = (
        select(Signup.party_id, func.min(Signup.id).label("first"))
        .where(Signup.event_id == event_id)
        .group_by(Signup.party_id)
        .having(func.sum(case((Signup.state == Place.CANCELLED, 0), else_=1)) == 0)
        .subquery()
    )
    rows = db.session.execute(
        select(Party, Resident)
        .join(gone, gone.c.party_id == Party.id)
        .join(Signup, Signup.id == gone.c.first)
        .join(Resident, Resident.id == Signup.resident_id)
        .order_by(Party.id.desc())
        .limit(limit)
    )
    return [(party, person) for party, person in rows]


def stories(party_ids: Collection[int]) -> dict[int, list[Line]]:
    """The record of each party, the oldest first; six questions however many parties there are."""
    parties = {
        party.id: (party, name)
        for party, name in db.session.execute(
            select(Party, Staff.name).outerjoin(Staff, Staff.id == Party.by).where(Party.id.in_(party_ids))
        )
    }
    found = {party_id: [_begun(party, name)] for party_id, (party, name) in parties.items()}
    until = dict(
        db.session.execute(select(Offer.party_id, Offer.until_at).where(Offer.party_id.in_(parties))).all()
    )
    for party_id, at, to, why, count, name in _moves(parties):
        party = parties[party_id][0]
        found[party_id].append(_moved(party, at, to, why, count, name, until.get(party_id)))
    for passed, why in _passed(parties):
        party = parties[passed.party_id][0]
        line = Line(passed.at, _PASSED[passed.why], passed.needed, party.channel, words=_reason(why))
        found[party.id].append(line)
    _add_lots({party_id: party for party_id, (party, _name) in parties.items()}, found)
    return {party_id: sorted(lines, key=lambda line: line.at) for party_id, lines in found.items()}


def _add_lots(parties: Mapping[int, Party], found: dict[int, list[Line]]) -> None:
    """Add what the lot gave those whom it gave no place: their rank by it."""
    draws = _draws({party.event_id for party in parties.values()})
    lost = {
        party_id
        for party_id, party in parties.items()
        if party.event_id in draws
        and party.drawn is not None
        and all(line.what is not Happened.BY_LOT for line in found[party_id])
    }
    stand = ranks({parties[party_id].event_id for party_id in lost}) if lost else {}
    for party_id in lost:
        party = parties[party_id]
        at, code = draws[party.event_id]
        rank = stand.get(party_id)
        said = Line(at, Happened.NOT_DRAWN, party.size, party.channel, party.drawn, rank=rank, code=code)
        found[party_id].append(said)


def _draws(event_ids: Collection[int]) -> dict[int, tuple[datetime, str]]:
    """(when the lots were drawn, the event's code) of those of these events where they are."""
    query = select(Event.id, Draw.drawn_at, Event.code).join(Draw, Draw.event_id == Event.id)
    rows = db.session.execute(query.where(Event.id.in_(event_ids), Draw.drawn_at.is_not(None)))
    return {event_id: (drawn_at, code) for event_id, drawn_at, code in rows}


def _begun(party: Party, name: str | None) -> Line:
    what = Happened.SIGNED_UP if party.first_state is Place.CONFIRMED else Happened.WAITED
    return Line(party.made_at, what, party.size, party.channel, number=party.queue_number, by=name)


def _moves(party_ids: Collection[int]):
    """(party, when, to, why, how many people, staff's name): what was done at once is one line."""
    one = (Signup.party_id, SignupMove.at, SignupMove.to_state, SignupMove.why)
    return db.session.execute(
        select(*one, func.count(), Staff.name)
        .join(Signup, Signup.id == SignupMove.signup_id)
        .outerjoin(Staff, Staff.id == SignupMove.by)
        .where(Signup.party_id.in_(party_ids))
        .group_by(*one, Staff.name)
        .order_by(func.min(SignupMove.id))
    ).all()


_CANCELLED = {
    "declined": Happened.DECLINED,
    "offer lapsed": Happened.LAPSED,
    "event called off": Happened.CALLED_OFF,
}


def _moved(
    party: Party, at: datetime, to: Place, why: str, count: int, name: str | None, until: datetime | None
) -> Line:
    if to is Place.OFFERED:
        return Line(at, Happened.OFFERED, count, party.channel, until=until, by=name)
    if to is Place.CANCELLED:
        return Line(at, _CANCELLED.get(why, Happened.CANCELLED), count, party.channel, by=name)
    if why.startswith(OUT_OF_TURN):
        return Line(at, Happened.OUT_OF_TURN, count, party.channel, words=_reason(why), by=name)
    what = {DRAWN: Happened.BY_LOT, "accepted": Happened.ACCEPTED}.get(why, Happened.SEATED)
    return Line(at, what, count, party.channel, by=name)


_PASSED = {
    PassedWhy.SIZE: Happened.PASSED_SIZE,
    PassedWhy.PHONE: Happened.PASSED_PHONE,
    PassedWhy.STAFF: Happened.PASSED_STAFF,
}


def _passed(party_ids: Collection[int]):
    """Each time they were passed over, with why whoever was seated before them was."""
    move = (
        select(SignupMove.why)
        .join(Signup, Signup.id == SignupMove.signup_id)
        .where(Signup.party_id == PassedOver.overtaken_by, SignupMove.at == PassedOver.at)
        .order_by(SignupMove.id)
        .limit(1)
    )
    return db.session.execute(
        select(PassedOver, func.coalesce(move.scalar_subquery(), ""))
        .where(PassedOver.party_id.in_(party_ids))
        .order_by(PassedOver.id)
    ).all()


def _reason(why: str) -> str:
    return why.removeprefix(OUT_OF_TURN) if why.startswith(OUT_OF_TURN) else ""
