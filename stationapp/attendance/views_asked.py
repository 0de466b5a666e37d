"""Whom somebody at a door with their own phone means: what they typed, and whom this browser knows already."""

from dataclasses import dataclass, field

from flask import request, session
from sqlalchemy import select

from stationapp import clock, codes
from stationapp.accounts.logins import count_miss
from stationapp.attendance import queries
from stationapp.attendance.forms import VenueWalkInForm
from stationapp.attendance.rules import AttendanceRefusal
from stationapp.cards.queries import list_people
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.phones import normal_phone
from stationapp.refusal import Refused
from stationapp.residents.guard import household_here
from stationapp.residents.queries import home_of, masked_each, records_at, records_of
from stationapp.residents.rules import PersonIn
from stationapp.signups.dates import place_at, places_at
from stationapp.signups.models import Signup
from stationapp.signups.queries import by_codes, code_of, event_of, find_by_code
from stationapp.signups.rules import Place
from stationapp.volunteers.queries import helpers_at


@dataclass
class Asked:
    """What somebody at the venue typed, and what the page answers."""

    pin: str = ""
    code: str = ""
    name: str = ""
    phone: str = ""
    problem: str = ""
    stranger: bool = False  # not signed up: offer the walk-in form
    form: VenueWalkInForm | None = None
    known: list[tuple[str, str]] = field(default_factory=list)  # (code, masked name) this browser remembers


def typed() -> Asked:
    """What stands in the form."""
    given = {name: request.form.get(name, "").replace("\0", "") for name in ("pin", "code", "name", "phone")}
    return Asked(
        pin=given["pin"][:40],
        code=given["code"][:40],
        name="".join(given["name"].split())[:40],
        phone=given["phone"].strip()[:40],
    )


def remembered(event: Event) -> list[tuple[str, str]]:
    """The places at this event that this browser keeps in mind, and those of the household whose page is open."""
    places = by_codes(session.get("places", ()))
    here = places_at([signup for signup, _event, _code in places], event)
    kept = {
        signup.resident_id: code
        for signup, _event, code in places
        if signup.id in here and here[signup.id].state is not Place.CANCELLED
    }
    kept = _at_home(event) | kept
    names = masked_each(list_people(kept))
    return [(code, names[resident_id].name) for resident_id, code in kept.items()]


def _at_home(event: Event) -> dict[int, str]:
    """The codes of the household's places at this event, by person."""
    home = household_here()
    if home is None:
        return {}
    rows = select(Signup).where(
        Signup.event_id == event.id,
        Signup.state != Place.CANCELLED,
        Signup.resident_id.in_(records_at(home)),
    )
    return {signup.resident_id: code_of(signup) for signup in db.session.scalars(rows.order_by(Signup.id))}


def people_meant(event: Event, asked: Asked) -> list[int]:
    """Whom the form means; Refused when nobody is meant or found, or the code is for another event."""
    typed = [codes.tidy(text) for text in request.form.getlist("known")[:20]]
    if asked.code.strip():
        typed.append(codes.tidy(asked.code))
    if typed:
        return [_place(event, code) for code in dict.fromkeys(typed)]
    if not asked.name:
        raise Refused(AttendanceRefusal.WHO_MISSING, ticks="code" not in request.form)
    phone = normal_phone(asked.phone)
    if asked.phone and not phone:
        raise Refused(AttendanceRefusal.PHONE_UNREADABLE)
    known = home_of(PersonIn(asked.name, phone)).people.get(asked.name) if phone else None
    if known and _is_expected(event, known.id):
        return [known.id]
    raise Refused(AttendanceRefusal.NOT_SIGNED_UP)


def _is_expected(event: Event, resident_id: int) -> bool:
    """Whether a person has a place or a shift, by whichever of their records."""
    helpers = helpers_at(event.id)
    records = db.session.scalars(records_of(resident_id))
    return any(one in helpers or queries.has_place(event.id, one) for one in records)


def _place(event: Event, code: str) -> int:
    signup = find_by_code(code)
    if signup is None:
        _count_miss()
        raise Refused(AttendanceRefusal.CODE_UNKNOWN_PLACE)
    here = place_at(signup, event)
    if here is None:
        raise Refused(AttendanceRefusal.OTHER_EVENT, title=event_of(signup)[0].title)
    if here.state is Place.CANCELLED:
        raise Refused(AttendanceRefusal.NOT_SIGNED_UP)
    return signup.resident_id


def _count_miss() -> None:
    """A wrong guess is counted against the asker's address (trust.md §4.7)."""
    with transaction():
        patient = count_miss(request.remote_addr or "", now=clock.now())
    if not patient:
        raise Refused(AttendanceRefusal.TOO_MANY_TRIES)
