"""Checking in with one's own phone, and a personal code as others' phones see it. A GET changes nothing."""

from collections.abc import Sequence
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance import operations, queries
from stationapp.attendance.desk_event import keep_refusal, standing, why_shut
from stationapp.attendance.forms import VenueWalkInForm
from stationapp.attendance.guard import Proof, asker_here, is_poster, poster_event, proof, ticket_for
from stationapp.attendance.rules import (
    AttendanceRefusal,
    How,
    Kind,
    Part,
    moment_problem,
    state_problem,
)
from stationapp.attendance.views_asked import Asked, people_meant, remembered, typed
from stationapp.cards.models import Card
from stationapp.cards.queries import find_card
from stationapp.cards.rules import CardRefusal
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.events.queries import find_event
from stationapp.events.rules import touches
from stationapp.opinions.guard import asked_at_home
from stationapp.refusal import NotFound, Refused
from stationapp.residents.guard import household_here
from stationapp.residents.operations import take_in
from stationapp.residents.queries import (
    get_person,
    get_resident,
    list_members,
    masked,
)
from stationapp.residents.rules import PersonIn, masked_name
from stationapp.signups.queries import code_of, event_of, find_by_code, places_of
from stationapp.signups.rules import AgeRule, Place, age_problem
from stationapp.sites.models import Site
from stationapp.volunteers.doors import Stands, doors_for, meant, open_doors
from stationapp.web.errors import sentence

bp = Blueprint("attendance", __name__)


# --- the venue's code and the poster's --------------------------------------------------------------------------


@bp.get("/c/<token>")
def venue(token: str):
    """What the venue's QR opens: one button, or why there is none; for a poster's code also a field for the PIN."""
    now = clock.now()
    if is_poster(token):
        event = poster_event(token)
        if event is None:
            return _no_code(AttendanceRefusal.CODE_UNKNOWN)
        return _at_venue(event, event.code, "", Asked(known=remembered(event)))
    read = queries.read_venue_token(token, now)
    event = find_event(read.event_code) if read.event_code else None
    if event is None:
        return _no_code(AttendanceRefusal.CODE_UNKNOWN)
    if not read.fresh:
        return _no_code(AttendanceRefusal.CODE_EXPIRED)
    return _at_venue(event, token, ticket_for(event, How.VENUE), Asked(known=remembered(event)))


def _no_code(reason: AttendanceRefusal):
    return render_template("attendance/no_code.html", problem=sentence(Refused(reason))), 404


def _at_venue(event: Event, token: str, ticket: str, asked: Asked, status: int = 200):
    now = clock.now()
    asker_here()  # gives the browser its cookie
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
        closed=_closed(event, How.PIN if is_poster(token) else How.VENUE, now),
        asks_age=event.min_age is not None or event.max_age is not None,
    ), status


@bp.app_template_global()
def checks_in(event: Event) -> bool:
    """Whether people may check themselves in at an event now, by its poster's code or the venue's."""
    return _shut(event, How.PIN, clock.now()) is None


def _closed(event: Event, how: How, now: datetime) -> str:
    return why_shut(_shut(event, how, now), event)


def _shut(event: Event, how: How, now: datetime) -> AttendanceRefusal | None:
    return state_problem(event.state) or moment_problem(how, event.starts_at, event.ends_at, now)


def _not_proved(token: str, refused: Refused, asked: Asked):
    """The page again, where a PIN was wrong; no page, where there is none."""
    event = poster_event(token) if is_poster(token) else None
    if event is None:
        return _no_code(refused.reason)
    _turned_away(refused, event, How.PIN)
    asked.problem, asked.known = sentence(refused), remembered(event)
    return _at_venue(event, event.code, "", asked, 409)


@bp.post("/c/<token>/arrivals")
def arrive(token: str):
    """Check in by sign-up codes (those remembered, or one typed), or by name and phone."""
    asked = typed()
    people: list[int] = []
    try:
        came = proof(token)
    except Refused as refused:
        return _not_proved(token, refused, asked)
    event = came.event
    try:
        people = people_meant(event, asked)
        retried(lambda: _arrived(came, people))
    except Refused as refused:
        unread = refused.reason in _UNREAD
        if not unread:
            _turned_away(refused, event, came.how, people)
        asked.problem = sentence(refused)
        asked.stranger = refused.reason is AttendanceRefusal.NOT_SIGNED_UP and bool(asked.name)
        asked.known = remembered(event)
        return _at_venue(event, token, came.ticket, asked, 422 if unread else 409)
    return _welcome(event, people)


_UNREAD = {AttendanceRefusal.WHO_MISSING, AttendanceRefusal.PHONE_UNREADABLE}
"""The form itself is to be put right: nobody was refused yet."""


def _turned_away(refused: Refused, event: Event, how: How, people: Sequence[int] = ()) -> None:
    """Keep that somebody was refused here; whom, only when it was one person."""
    if refused.reason is AttendanceRefusal.TOO_MANY_TRIES:
        return  # each of the tries was kept
    who = people[0] if len(people) == 1 else None
    keep_refusal(refused, event.site_id, event, resident_id=who, kind=Kind.IN, how=how, by=None)


def _arrived(came: Proof, people: list[int]) -> None:
    asker = asker_here()
    with transaction():
        for record, part in sorted(set(standing(came.event, people).values()), key=lambda one: one[0]):
            person, now = get_resident(record), clock.now()
            operations.check_in(came.event, person, how=came.how, part=part, by=None, now=now, asker=asker)


@bp.post("/c/<token>/walkins")
def walk_in(token: str):
    """Come without having signed up, while there is room."""
    try:
        came = proof(token)
    except Refused as refused:
        return _not_proved(token, refused, Asked())
    event, asked = came.event, Asked(stranger=True, form=VenueWalkInForm())
    if not asked.form.validate():
        return _at_venue(event, token, came.ticket, asked, 422)
    person = asked.form.person()
    try:
        resident_id = retried(lambda: _walked_in(came, person))
    except Refused as refused:
        _turned_away(refused, event, came.how)
        asked.problem = sentence(refused)
        return _at_venue(event, token, came.ticket, asked, 409)
    return _welcome(event, [resident_id])


def _walked_in(came: Proof, person: PersonIn) -> int:
    now, asker = clock.now(), asker_here()
    with transaction():
        resident, event = take_in(person, now=now), came.event
        ages, day = AgeRule(event.min_age, event.max_age), clock.day_of(event.starts_at)
        if problem := age_problem(ages, resident.birth_month, day):
            raise Refused(problem, min_age=event.min_age, max_age=event.max_age)
        operations.walk_in_if_room(came.event, resident, how=came.how, by=None, now=now, asker=asker)
        return resident.id


def _welcome(event: Event, people: list[int]):
    names = "、".join(masked_name(get_resident(one).name) for one in people)
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
    record, part = standing(event, [signup.resident_id])[signup.resident_id]
    there = queries.find_attendance(event.id, record)
    return render_template(
        "attendance/personal.html",
        code=tidied,
        event=event,
        site=site,
        name=masked(get_resident(signup.resident_id)).name,
        there=there,
        helps=Part.VOLUNTEER in (part, there and there.part),
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
        asked=[one for one in asked_at_home(now) if own and one.person_id == person.id],
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
