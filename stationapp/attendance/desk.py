"""The door, for staff: the roster, walk-ins, the venue's code."""

import secrets
from base64 import b64encode
from datetime import datetime

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance import operations, queries
from stationapp.attendance.desk_event import its, keep_refusal, why_shut
from stationapp.attendance.forms import WalkInForm
from stationapp.attendance.models import Attendance
from stationapp.attendance.pins import said_now
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import (
    AttendanceRefusal,
    How,
    Kind,
    Part,
    moment_problem,
    state_problem,
    told_at,
)
from stationapp.calendar.forms import read_time
from stationapp.cards.queries import find_card
from stationapp.cards.rules import SCAN_LENGTH, scanned
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_person, get_resident, masked, records_of
from stationapp.signups.dates import place_at
from stationapp.signups.queries import find_by_code
from stationapp.signups.rules import Channel, Place
from stationapp.sites.models import Site
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.queries import helpers_at
from stationapp.web.errors import sentence
from stationapp.web.qr import png
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("attendance", __name__)

WITHOUT_LETTERS = 8
"""Lines of a roster that are seen at a glance."""

# --- the roster -------------------------------------------------------------------------------------------------


@bp.get("/events/<code>/roster")
def roster(code: str):
    """Who is signed up, who is here; a search that leaves one person makes Enter tick them."""
    event, site = its(code)
    return _roster(event, site, WalkInForm(formdata=None))


def _roster(event: Event, site: Site, form: WalkInForm, *, problem: str = "", status: int = 200):
    now, text = clock.now(), request.args.get("q", "").replace("\0", "")[:SCAN_LENGTH]
    letter = request.values.get("at", "")[:1].lower()
    lines = _lines(event)
    shown, elsewhere = _asked(event, lines, text)
    shown = [line for line in shown if line.initials.startswith(letter)]
    form.community.offer(now)
    only = shown[0] if text and len(shown) == 1 and not (shown[0].there or shown[0].back) else None
    return render_template(
        "desk/attendance/roster.html",
        event=event,
        site=site,
        q=text,
        at=letter,
        letters=_letters(lines) if len(lines) > WITHOUT_LETTERS else {},
        people=[line for line in shown if line.part is not Part.VOLUNTEER],
        helpers=[line for line in shown if line.part is Part.VOLUNTEER],
        nobody=not shown,
        leavers=[line for line in lines if line.there and line.part is Part.VOLUNTEER],
        elsewhere=elsewhere,
        only=only,
        came=sum(line.there is not None and line.part is Part.RESIDENT for line in lines),
        expected=sum(line.place is Place.CONFIRMED for line in lines),
        closed=_closed(event, now),
        pin=said_now(event, now=now),
        form=form,
        problem=problem,
        nonce=secrets.token_urlsafe(9),
        may_close=guard.can(Action.CLOSE_OUT, site.path),
    ), status


def _lines(event: Event, whose: int | None = None) -> list[Line]:
    """The roster, with those whose coming was taken back; with `whose` the line of the person with that record."""
    return queries.roster(event, helpers_at(event.id), queries.taken_back_at(event), whose=whose)


def _letters(lines: list[Line]) -> dict[str, int]:
    """The first letters of the names on a roster, each with how many of them are not here yet."""
    missing: dict[str, int] = {}
    for line in lines:
        for letter in line.initials[:1]:
            expected = line.place is not None or line.helps
            missing[letter] = missing.get(letter, 0) + (expected and line.there is None)
    return dict(sorted(missing.items()))


def _asked(event: Event, lines: list[Line], text: str) -> tuple[list[Line], str]:
    """The lines a search means, and a sentence when it was a sign-up code for another event.

    A code is understood as a scanner types it, as the address within a QR, too; a card's means whose it is.
    """
    code = scanned(text)
    a_code = len(code) == codes.PERSONAL_LENGTH
    signup = find_by_code(code) if a_code else None
    card = find_card(code) if a_code and signup is None else None
    if card is not None and card.ended_at is None:
        its = set(db.session.scalars(records_of(get_person(card.resident_id).id)))
        return [line for line in lines if its & {line.resident_id, *line.also}], ""
    if signup is None:
        return queries.found(lines, text), ""
    if place_at(signup, event) is None:
        return [], sentence(Refused(AttendanceRefusal.OTHER_EVENT, title=""))
    return [line for line in lines if signup.resident_id in (line.resident_id, *line.also)], ""


def _closed(event: Event, now: datetime) -> str:
    """Why nothing can be ticked now, in words; empty while it can."""
    problem = state_problem(event.state) or moment_problem(How.ROSTER, event.starts_at, event.ends_at, now)
    return why_shut(problem, event)


@bp.post("/events/<code>/attendance")
def mark(code: str):
    """One button of the roster: `in`, `walk`, `out`, `undo`, `back` or `leave`, with the person's number on this list.

    `leave` says when somebody left (`time`, as the clock showed it), `back` puts back what was taken back.
    """
    event, site = its(code)
    act, line = _pressed(event)
    at, problem = _when_left(event) if act == "leave" else (None, "")
    if problem:
        return _roster(event, site, WalkInForm(formdata=None), problem=problem, status=422)
    try:
        there = retried(lambda: _marked(event, act, line, at))
    except Refused as refused:
        how = How.WALK_IN if act == "walk" else How.ROSTER
        _turned_away(refused, event, line.resident_id, _KINDS[act], how)
        return _roster(event, site, WalkInForm(formdata=None), problem=sentence(refused), status=409)
    flash(_said(act, line, there))
    letter = request.form.get("at")  # pressed in the list: back to the same row, under the same letter
    row = None if letter is None else f"p-{line.resident_id}"
    return redirect(url_for(".roster", code=code, at=letter or None, _anchor=row), code=303)


_KINDS = {
    "in": Kind.IN,
    "walk": Kind.IN,
    "back": Kind.IN,
    "out": Kind.OUT,
    "leave": Kind.OUT,
    "undo": Kind.UNDO,
}


def _when_left(event: Event) -> tuple[datetime | None, str]:
    """The instant of the time typed, or what is wrong with it."""
    typed = read_time(request.form.get("time", "").strip()[:10])
    if typed is None:
        return None, _("离开时间请写成 10:30 的样子。")
    at = told_at(event.starts_at, event.ends_at, typed)
    return (None, _("这个离开时间还没有到，请再看一遍。")) if at > clock.now() else (at, "")


def _turned_away(refused: Refused, event: Event, resident_id: int | None, kind: Kind, how: How) -> None:
    by = guard.user().staff_id
    keep_refusal(refused, event.site_id, event, resident_id=resident_id, kind=kind, how=how, by=by)


def _marked(event: Event, act: str, line: Line, at: datetime | None) -> Attendance | None:
    resident = get_resident(line.resident_id)
    by, now, nonce = guard.user().staff_id, clock.now(), request.form.get("nonce", "")[:40] or None
    with transaction():
        if act == "undo":
            return operations.undo(event, resident, by=by, now=now)
        if act == "back":
            return operations.put_back(event, resident, by=by, now=now)
        if act in ("out", "leave"):
            given = {"how": How.ROSTER, "by": by, "now": now, "nonce": nonce}
            return operations.check_out(event, resident, at=at, **given)
        how = How.WALK_IN if act == "walk" else How.ROSTER
        return operations.check_in(event, resident, how=how, part=line.part, by=by, now=now, nonce=nonce)


def _pressed(event: Event) -> tuple[str, Line]:
    """The button pressed and the person it stands beside; only people on this roster can be ticked."""
    for act in _KINDS:
        text = request.form.get(act, "")
        if text.isascii() and text.isdigit() and len(text) < 10:
            for line in _lines(event, int(text)):
                if int(text) in (line.resident_id, *line.also):
                    return act, line
    raise NotFound


def _said(act: str, line: Line, there: Attendance | None) -> str:
    if act == "leave":
        return _(
            "%(name)s 的离开时间是 %(at)s。", name=line.shown.name, at=f"{clock.local(there.left_at):%H:%M}"
        )
    if act == "back" and (there is None or there.undone):
        return _("%(name)s 没有可以恢复的签到。", name=line.shown.name)
    says = {
        "back": _("已恢复 %(name)s 的签到。", name=line.shown.name),
        "in": _("%(name)s 到了。", name=line.shown.name),
        "walk": _("%(name)s 到了。", name=line.shown.name),
        "out": _("%(name)s 离开了。", name=line.shown.name),
        "undo": _("已撤销 %(name)s 的签到。", name=line.shown.name),
    }
    return says[act]


@bp.post("/events/<code>/walkins")
def walk_in(code: str):
    """Take in somebody at the door who had not signed up; a volunteer gets a profile at once."""
    event, site = its(code)
    form = WalkInForm()
    if not form.validate():
        return _roster(event, site, form, status=422)
    try:
        name, differs = retried(lambda: _taken_in(event, site, form))
    except Refused as refused:
        _turned_away(refused, event, None, Kind.IN, How.WALK_IN)
        return _roster(event, site, form, problem=sentence(refused), status=409)
    flash(_("%(name)s 到了。", name=name))
    if differs:
        flash(_("填的出生年月和登记过的不一样，按登记过的算；确实要改，请在这个人的页面上更正。"), "warn")
    return redirect(url_for(".roster", code=code), code=303)


def _taken_in(event: Event, site: Site, form: WalkInForm) -> tuple[str, bool]:
    """The masked name, and whether another month of birth is known than was typed."""
    by, now, part = guard.user().staff_id, clock.now(), form.part.data or Part.RESIDENT
    with transaction():
        resident = take_in(form.person(), now=now)
        if part is Part.VOLUNTEER:
            volunteers.may_help(resident, event)
            volunteers.register(resident, site=site, by=by, now=now)
        operations.check_in(
            event, resident, how=How.WALK_IN, part=part, channel=Channel.WALK_IN, by=by, now=now
        )
        return masked(resident).name, form.birth_month.data not in (None, resident.birth_month)


@bp.get("/events/<code>/roster.csv")
def export(code: str):
    """The roster, masked."""
    event, _site = its(code)
    head = (_("姓名"), _("电话"), _("报名"), _("身份"), _("到"), _("离开"), _("签到方式"))
    lines = queries.roster(event, helpers_at(event.id))
    return csv_answer(_("签到名单-%(code)s", code=event.code), head, (_row(line) for line in lines))


def _row(line: Line) -> tuple[object, ...]:
    there = line.there
    return (
        line.shown.name,
        line.shown.phone,
        word(line.place) if line.place else "",
        word(line.part),
        _time(there.came_at) if there else "",
        _time(there.left_at) if there and there.left_at else "",
        word(there.came_how) if there else "",
    )


def _time(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%d %H:%M")


# --- codes ------------------------------------------------------------------------------------------------------


@bp.get("/events/<code>/code")
def venue(code: str):
    """The venue's code of the moment, for a tablet at the door; the page fetches itself anew."""
    event, site = its(code)
    now = clock.now()
    closed = _closed(event, now)
    token = queries.venue_token(event, now)
    address = f"{current_app.config['SETTINGS'].public_url}{url_for('attendance.venue', token=token)}"
    answer = make_response(
        render_template(
            "desk/attendance/code.html",
            event=event,
            site=site,
            closed=closed,
            pin=said_now(event, now=now),
            token=token,
            image="data:image/png;base64," + b64encode(png(address)).decode(),
        )
    )
    answer.headers["Refresh"] = "25"
    return answer
