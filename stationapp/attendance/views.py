"""Checking in with one's own phone, and a personal code as others' phones see it. A GET changes nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeTimedSerializer

from stationapp import clock, codes
from stationapp.accounts import guard
from stationapp.accounts.logins import count_miss
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance import operations, queries
from stationapp.attendance.forms import VenueWalkInForm
from stationapp.attendance.intake import turned_away
from stationapp.attendance.rules import (
    AttendanceRefusal,
    How,
    Kind,
    Part,
    moment_problem,
    opens_at,
    state_problem,
)
from stationapp.cards.models import Card
from stationapp.cards.queries import find_card
from stationapp.cards.rules import CardRefusal
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.events.queries import find_event
from stationapp.events.rules import touches
from stationapp.phones import normal_phone
from stationapp.refusal import NotFound, Refused
from stationapp.residents.guard import household_here
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_person, get_resident, home_of, list_members, masked
from stationapp.residents.rules import PersonIn
from stationapp.signups.dates import place_at, places_at
from stationapp.signups.queries import by_codes, code_of, event_of, find_by_code, places_of
from stationapp.signups.rules import AgeRule, Place, age_problem
from stationapp.sites.models import Site
from stationapp.volunteers.doors import Stands, doors_for, meant, open_doors
from stationapp.volunteers.queries import helpers_at
from stationapp.web.errors import sentence

bp = Blueprint("attendance", __name__)

TICKET_SECONDS = 600
"""How long having scanned the venue's code counts as being there."""


@dataclass
class Asked:
    """What somebody at the venue typed, and what the page answers."""

    code: str = ""
    name: str = ""
    phone: str = ""
    problem: str = ""
    stranger: bool = False  # not signed up: offer the walk-in form
    form: VenueWalkInForm | None = None
    known: list[tuple[str, str]] = field(default_factory=list)  # (code, masked name) this browser remembers


# --- the venue's code -------------------------------------------------------------------------------------------


@bp.get("/c/<token>")
def venue(token: str):
    """What the venue's QR opens: one button, or why there is none."""
    now = clock.now()
    read = queries.read_venue_token(token, now)
    event = find_event(read.event_code) if read.event_code else None
    if event is None:
        return _no_code(AttendanceRefusal.CODE_UNKNOWN)
    if not read.fresh:
        return _no_code(AttendanceRefusal.CODE_EXPIRED)
    return _at_venue(event, token, _ticket().dumps(event.code), Asked(known=_remembered(event)))


def _no_code(reason: AttendanceRefusal):
    return render_template("attendance/no_code.html", problem=sentence(Refused(reason))), 404


def _at_venue(event: Event, token: str, ticket: str, asked: Asked, status: int = 200):
    now = clock.now()
    if asked.stranger and asked.form is None:
        asked.form = VenueWalkInForm(formdata=None, name=asked.name, phone=asked.phone)
    if asked.form:
        asked.form.community.offer(now)
    return render_template(
        "attendance/venue.html",
        event=event,
        token=token,
        ticket=ticket,
        asked=asked,
        room=queries.room_left(event) if asked.stranger else None,
        closed=_closed(event, How.VENUE, now),
        asks_age=event.min_age is not None or event.max_age is not None,
    ), status


def _closed(event: Event, how: How, now: datetime) -> str:
    problem = state_problem(event.state) or moment_problem(how, event.starts_at, event.ends_at, now)
    return sentence(Refused(problem, opens_at=opens_at(event.starts_at))) if problem else ""


def _ticket() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key, salt="venue")


def _remembered(event: Event) -> list[tuple[str, str]]:
    """The places at this event that this browser keeps in mind."""
    places = by_codes(session.get("places", ()))
    here = places_at([signup for signup, _event, _code in places], event)
    return [
        (code, masked(get_resident(signup.resident_id)).name)
        for signup, _event, code in places
        if signup.id in here and here[signup.id].state is not Place.CANCELLED
    ]


def _ticketed(token: str) -> tuple[Event, str] | None:
    """The event whose code was scanned within the last ten minutes, with the ticket that proves it."""
    ticket = request.form.get("ticket", "")[:300]
    try:
        code = _ticket().loads(ticket, max_age=TICKET_SECONDS)
    except BadSignature:
        return None
    event = find_event(code)
    return (event, ticket) if event and token.upper().startswith(f"{code}-") else None


@bp.post("/c/<token>/arrivals")
def arrive(token: str):
    """Check in by sign-up codes (those remembered, or one typed), or by name and phone."""
    came = _ticketed(token)
    if came is None:
        return _no_code(AttendanceRefusal.CODE_EXPIRED)
    event, ticket = came
    asked = Asked(
        code=request.form.get("code", "").replace("\0", "")[:40],
        name="".join(request.form.get("name", "").replace("\0", "").split())[:40],
        phone=request.form.get("phone", "").replace("\0", "").strip()[:40],
    )
    people: list[int] = []
    try:
        people = _people(event, asked)
        retried(lambda: _arrived(event, people))
    except Refused as refused:
        _turned_away(refused, event, people)
        asked.problem = sentence(refused)
        asked.stranger = refused.reason is AttendanceRefusal.NOT_SIGNED_UP and bool(asked.name)
        asked.known = _remembered(event)
        return _at_venue(event, token, ticket, asked, 409)
    return _welcome(event, people)


def _turned_away(refused: Refused, event: Event, people: Sequence[int] = ()) -> None:
    """Keep that somebody was refused here, in a transaction of its own; whom, only when it was one person."""
    if refused.reason is AttendanceRefusal.TOO_MANY_TRIES:
        return  # each of the tries was kept
    now = clock.now()
    with transaction():
        turned_away(
            refused.reason,
            site_id=event.site_id,
            event_id=event.id,
            resident_id=people[0] if len(people) == 1 else None,
            kind=Kind.IN,
            how=How.VENUE,
            by=None,
            at=now,
            now=now,
        )


def _arrived(event: Event, people: list[int]) -> None:
    with transaction():
        for resident_id in people:
            part = Part.VOLUNTEER if resident_id in helpers_at(event.id) else Part.RESIDENT
            operations.check_in(
                event, get_resident(resident_id), how=How.VENUE, part=part, by=None, now=clock.now()
            )


def _people(event: Event, asked: Asked) -> list[int]:
    """Whom the form means; Refused when nobody is found, or the code is for another event."""
    typed = [codes.tidy(text) for text in request.form.getlist("known")[:20]]
    if asked.code.strip():
        typed.append(codes.tidy(asked.code))
    if typed:
        return [_place(event, code) for code in dict.fromkeys(typed)]
    phone = normal_phone(asked.phone)
    known = home_of(PersonIn(asked.name, phone)).people.get(asked.name) if phone else None
    if known and (queries.has_place(event.id, known.id) or known.id in helpers_at(event.id)):
        return [known.id]
    if not asked.name:
        raise Refused(AttendanceRefusal.CODE_UNKNOWN_PLACE)
    _count_miss()
    raise Refused(AttendanceRefusal.NOT_SIGNED_UP)


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


@bp.post("/c/<token>/walkins")
def walk_in(token: str):
    """Come without having signed up, while there is room."""
    came = _ticketed(token)
    if came is None:
        return _no_code(AttendanceRefusal.CODE_EXPIRED)
    event, ticket = came
    asked = Asked(stranger=True, form=VenueWalkInForm())
    if not asked.form.validate():
        return _at_venue(event, token, ticket, asked, 422)
    now, person = clock.now(), asked.form.person()
    try:
        problem = age_problem(
            AgeRule(event.min_age, event.max_age), person.birth_month, clock.day_of(event.starts_at)
        )
        if problem:
            raise Refused(problem, min_age=event.min_age, max_age=event.max_age)
        resident_id = retried(lambda: _walked_in(event, person, now))
    except Refused as refused:
        _turned_away(refused, event)
        asked.problem = sentence(refused)
        return _at_venue(event, token, ticket, asked, 409)
    return _welcome(event, [resident_id])


def _walked_in(event: Event, person: PersonIn, now: datetime) -> int:
    with transaction():
        resident = take_in(person, now=now)
        operations.walk_in_if_room(event, resident, how=How.VENUE, by=None, now=now)
        return resident.id


def _welcome(event: Event, people: list[int]):
    names = "、".join(masked(get_resident(one)).name for one in people)
    flash(_("%(names)s 签到成功。", names=names))
    return redirect(url_for(".welcome", code=event.code), code=303)


@bp.get("/events/<code>/welcome")
def welcome(code: str):
    """After checking in."""
    event = find_event(code)
    if event is None:
        raise NotFound
    return render_template("attendance/welcome.html", event=event)


# --- a personal code --------------------------------------------------------------------------------------------


@bp.get("/p/<code>")
def personal(code: str):
    """A personal QR: the place for whoever has it; for staff of the event, the button to check in."""
    tidied = codes.tidy(code)
    ticket = redirect(url_for("signups.show", code=tidied), code=303)
    signup = find_by_code(tidied)
    card = None if signup else find_card(tidied)
    if card:
        return _card(card, tidied)
    if guard.current_user() is None:
        return ticket
    if signup is None:
        return _no_code(AttendanceRefusal.CODE_UNKNOWN_PLACE)
    now = clock.now()
    signup, event = queries.at_the_door(signup, now=now)
    _event, site = event_of(signup)
    if not guard.can(Action.CHECK_IN, site.path):
        return ticket
    there = queries.find_attendance(event.id, signup.resident_id)
    return render_template(
        "attendance/personal.html",
        code=tidied,
        event=event,
        site=site,
        name=masked(get_resident(signup.resident_id)).name,
        there=there,
        helps=signup.resident_id in helpers_at(event.id) or (there and there.part is Part.VOLUNTEER),
        problem=_against(signup.state) or _closed(event, How.STAFF_SCAN, now),
    )


def _card(card: Card, code: str):
    """A card: a button at each open door for staff, their places of today for whose it is, no name for others."""
    if card.ended_why:
        problem = sentence(Refused(CardRefusal.ENDED, why=card.ended_why.value))
        return render_template("attendance/no_code.html", problem=problem), 410
    person, now = get_person(card.resident_id), clock.now()
    reach = guard.reach(Action.CHECK_IN) if guard.current_user() else ()
    doors = meant(doors_for(person.id, open_doors(reached(reach), now=now))) if reach else []
    if doors:
        name = masked(person).name
        return render_template("attendance/card_desk.html", code=code, name=name, doors=doors, Stands=Stands)
    home = household_here()
    own = home is not None and person.id in {one.id for one in list_members(home)}
    return render_template(
        "attendance/card.html",
        own=own,
        places=_today(person.id, now) if own else [],
        site=db.session.get_one(Site, card.site_id),
        staff=bool(reach),
    )


def _today(resident_id: int, now: datetime) -> list[tuple[Event, str]]:
    """Somebody's places of the day: (event, the place's code)."""
    day = clock.day_of(now)
    return [
        (event, code_of(signup))
        for signup, event in places_of(resident_id)
        if touches(event, day) and signup.state is not Place.CANCELLED
    ]


def _against(state: Place) -> str:
    if state is Place.CANCELLED:
        return _("这个报名已经取消了。想参加可以在名单页现场登记。")
    if state is Place.WAITLISTED:
        return sentence(Refused(AttendanceRefusal.STILL_WAITING))
    return ""
