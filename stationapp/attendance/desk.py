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
from stationapp.attendance.desk_event import its
from stationapp.attendance.forms import WalkInForm
from stationapp.attendance.intake import turned_away
from stationapp.attendance.pins import said_now
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import (
    AttendanceRefusal,
    How,
    Kind,
    Part,
    moment_problem,
    opens_at,
    state_problem,
)
from stationapp.db import retried, transaction
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_resident, masked
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
    now, text = clock.now(), request.args.get("q", "").replace("\0", "")[:40]
    letter = request.values.get("at", "")[:1].lower()
    lines = queries.roster(event, helpers_at(event.id))
    shown, elsewhere = _asked(event, lines, text)
    shown = [line for line in shown if line.initials.startswith(letter)]
    form.community.offer(now)
    only = shown[0] if text and len(shown) == 1 and shown[0].there is None else None
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


def _letters(lines: list[Line]) -> dict[str, int]:
    """The first letters of the names on a roster, each with how many of them are not here yet."""
    missing: dict[str, int] = {}
    for line in lines:
        for letter in line.initials[:1]:
            missing[letter] = missing.get(letter, 0) + (line.there is None)
    return dict(sorted(missing.items()))


def _asked(event: Event, lines: list[Line], text: str) -> tuple[list[Line], str]:
    """The lines a search means, and a sentence when it was a sign-up code for another event."""
    code = codes.tidy(text)
    signup = find_by_code(code) if len(code) == codes.PERSONAL_LENGTH else None
    if signup is None:
        return queries.found(lines, text), ""
    if place_at(signup, event) is None:
        return [], sentence(Refused(AttendanceRefusal.OTHER_EVENT, title=""))
    return [line for line in lines if line.resident_id == signup.resident_id], ""


def _closed(event: Event, now: datetime) -> str:
    """Why nothing can be ticked now, in words; empty while it can."""
    problem = state_problem(event.state) or moment_problem(How.ROSTER, event.starts_at, event.ends_at, now)
    return sentence(Refused(problem, opens_at=opens_at(event.starts_at))) if problem else ""


@bp.post("/events/<code>/attendance")
def mark(code: str):
    """One button of the roster: `in`, `walk`, `out` or `undo`, with the person's number on this list."""
    event, site = its(code)
    act, line = _pressed(event)
    try:
        retried(lambda: _marked(event, act, line))
    except Refused as refused:
        how = How.WALK_IN if act == "walk" else How.ROSTER
        _turned_away(refused, event, line.resident_id, _KINDS[act], how)
        return _roster(event, site, WalkInForm(formdata=None), problem=sentence(refused), status=409)
    flash(_said(act, line))
    letter = request.form.get("at")  # pressed in the list: back to the same row, under the same letter
    row = None if letter is None else f"p-{line.resident_id}"
    return redirect(url_for(".roster", code=code, at=letter or None, _anchor=row), code=303)


_KINDS = {"in": Kind.IN, "walk": Kind.IN, "out": Kind.OUT, "undo": Kind.UNDO}


def _turned_away(refused: Refused, event: Event, resident_id: int | None, kind: Kind, how: How) -> None:
    """Keep that it was refused, in a transaction of its own: the refused one is undone by now."""
    now = clock.now()
    with transaction():
        turned_away(
            refused.reason,
            site_id=event.site_id,
            event_id=event.id,
            resident_id=resident_id,
            kind=kind,
            how=how,
            by=guard.user().staff_id,
            at=now,
            now=now,
        )


def _marked(event: Event, act: str, line: Line) -> None:
    resident = get_resident(line.resident_id)
    by, now, nonce = guard.user().staff_id, clock.now(), request.form.get("nonce", "")[:40] or None
    with transaction():
        if act == "undo":
            operations.undo(event, resident, by=by, now=now)
        elif act == "out":
            operations.check_out(event, resident, how=How.ROSTER, by=by, now=now, nonce=nonce)
        else:
            how = How.WALK_IN if act == "walk" else How.ROSTER
            operations.check_in(event, resident, how=how, part=line.part, by=by, now=now, nonce=nonce)


def _pressed(event: Event) -> tuple[str, Line]:
    """The button pressed and the person it stands beside; only people on this roster can be ticked."""
    for act in _KINDS:
        text = request.form.get(act, "")
        if text.isascii() and text.isdigit() and len(text) < 10:
            for line in queries.roster(event, helpers_at(event.id)):
                if line.resident_id == int(text):
                    return act, line
    raise NotFound


def _said(act: str, line: Line) -> str:
    says = {
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
