"""The door, for staff: the roster, walk-ins, the venue's code, the close-out."""

import secrets
from base64 import b64encode
from datetime import datetime

from flask import Blueprint, current_app, flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance import operations, queries
from stationapp.attendance.forms import CloseOut, WalkInForm, read_close_out
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import AttendanceRefusal, How, Part, moment_problem, opens_at, state_problem
from stationapp.calendar.rules import AgeBand
from stationapp.db import retried, transaction
from stationapp.events.models import Event
from stationapp.events.queries import get_with_site
from stationapp.events.rules import State, touches
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

EMPTY_ROWS = 10  # on the printed sheet, for people who walk in


def _its(code: str) -> tuple[Event, Site]:
    """The event and its site, if this request's action is allowed there; a helper sees today's alone."""
    event, site = get_with_site(code)
    guard.require(site.path)
    if not guard.can(Action.PLAN, site.path) and not touches(event, clock.day_of(clock.now())):
        raise NotFound
    return event, site


# --- the roster -------------------------------------------------------------------------------------------------


@bp.get("/events/<code>/roster")
def roster(code: str):
    """Who is signed up, who is here; a search that leaves one person makes Enter tick them."""
    event, site = _its(code)
    return _roster(event, site, WalkInForm(formdata=None))


def _roster(event: Event, site: Site, form: WalkInForm, *, problem: str = "", status: int = 200):
    now, text = clock.now(), request.args.get("q", "").replace("\0", "")[:40]
    lines = queries.roster(event, helpers_at(event.id))
    shown, elsewhere = _asked(event, lines, text)
    form.community.offer(now)
    only = shown[0] if text and len(shown) == 1 and shown[0].there is None else None
    return render_template(
        "desk/attendance/roster.html",
        event=event,
        site=site,
        q=text,
        people=[line for line in shown if line.part is not Part.VOLUNTEER],
        helpers=[line for line in shown if line.part is Part.VOLUNTEER],
        nobody=not shown,
        elsewhere=elsewhere,
        only=only,
        came=sum(line.there is not None and line.part is Part.RESIDENT for line in lines),
        expected=sum(line.place is Place.CONFIRMED for line in lines),
        closed=_closed(event, now),
        form=form,
        problem=problem,
        nonce=secrets.token_urlsafe(9),
        may_close=guard.can(Action.CLOSE_OUT, site.path),
    ), status


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
    event, site = _its(code)
    act, line = _pressed(event)
    try:
        retried(lambda: _marked(event, act, line))
    except Refused as refused:
        return _roster(event, site, WalkInForm(formdata=None), problem=sentence(refused), status=409)
    flash(_said(act, line))
    return redirect(url_for(".roster", code=code), code=303)


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
    for act in ("in", "walk", "out", "undo"):
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
    event, site = _its(code)
    form = WalkInForm()
    if not form.validate():
        return _roster(event, site, form, status=422)
    try:
        name = retried(lambda: _taken_in(event, site, form))
    except Refused as refused:
        return _roster(event, site, form, problem=sentence(refused), status=409)
    flash(_("%(name)s 到了。", name=name))
    return redirect(url_for(".roster", code=code), code=303)


def _taken_in(event: Event, site: Site, form: WalkInForm) -> str:
    by, now, part = guard.user().staff_id, clock.now(), form.part.data or Part.RESIDENT
    with transaction():
        resident = take_in(form.person(), now=now)
        if part is Part.VOLUNTEER:
            volunteers.may_help(resident, event)
            volunteers.register(resident, site=site, by=by, now=now)
        operations.check_in(
            event, resident, how=How.WALK_IN, part=part, channel=Channel.WALK_IN, by=by, now=now
        )
        return masked(resident).name


@bp.get("/events/<code>/sheet")
def sheet(code: str):
    """The sign-in sheet for the printer: a serial, row numbers, room to sign."""
    event, site = _its(code)
    lines = queries.roster(event, helpers_at(event.id))
    return render_template(
        "desk/attendance/sheet.html", event=event, site=site, lines=lines, empty=EMPTY_ROWS
    )


@bp.get("/events/<code>/roster.csv")
def export(code: str):
    """The roster, masked."""
    event, _site = _its(code)
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
    event, site = _its(code)
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
            token=token,
            image="data:image/png;base64," + b64encode(png(address)).decode(),
        )
    )
    answer.headers["Refresh"] = "25"
    return answer


# --- the close-out ----------------------------------------------------------------------------------------------


@bp.get("/events/<code>/closeout")
def closeout(code: str):
    """What will be frozen: who came, who did not, volunteers without a sign-out, heads counted."""
    event, site = _its(code)
    heads = {f"heads_{band.value}": str(n) for band, n in queries.heads_of(event.id).items()}
    return _closing(event, site, CloseOut(typed=heads))


def _closing(event: Event, site: Site, filled: CloseOut, *, problem: str = "", status: int = 200):
    lines = queries.roster(event, helpers_at(event.id))
    return render_template(
        "desk/attendance/closeout.html",
        event=event,
        site=site,
        filled=filled,
        problem=problem,
        bands=list(AgeBand),
        came=[line for line in lines if line.there],
        absent=[line for line in lines if line.there is None and line.place is Place.CONFIRMED],
        pending=_pending(lines),
        over=clock.now() >= event.ends_at,
        closed=event.state is State.CLOSED_OUT,
        blocked="" if event.state is State.CLOSED_OUT else _shut(event),
        Part=Part,
    ), status


def _shut(event: Event) -> str:
    problem = state_problem(event.state)
    return sentence(Refused(problem)) if problem else ""


def _pending(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.part is Part.VOLUNTEER and line.there and not line.there.left_at]


@bp.post("/events/<code>/closeout")
def close(code: str):
    """Heads, sign-outs, the close-out and the hours, all or nothing."""
    event, site = _its(code)
    pending = [line.resident_id for line in _pending(queries.roster(event))]
    filled = read_close_out(request.form, event, pending)
    if filled.problems:
        return _closing(event, site, filled, status=422)
    by, now = guard.user().staff_id, clock.now()
    try:
        with transaction():
            operations.count_heads(event, filled.heads, by=by, now=now)
            for resident_id, at in filled.left.items():
                operations.check_out(event, get_resident(resident_id), how=How.ROSTER, by=by, now=now, at=at)
            operations.close_out(event, note=filled.note, by=by, now=now)
            volunteers.post_hours(event, by=by, now=now)
    except Refused as refused:
        return _closing(event, site, filled, problem=sentence(refused), status=409)
    flash(_("已归档。要更正的话，可以在活动页上重新打开。"))
    return redirect(url_for("desk.events.show", code=code), code=303)
