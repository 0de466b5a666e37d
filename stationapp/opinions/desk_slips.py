"""Slips at the desk: print them for an event, and enter those that came back by number and face.

What is typed is rehearsed and shown first and then sent once more, as with sign-in sheets; nothing but the keyboard
is needed.
"""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance.sheet_rules import said_serial
from stationapp.db import db, retried, transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.opinions.operations import Became, Entered, enter_slips, find_slips, print_slips
from stationapp.opinions.queries import served_at
from stationapp.opinions.rules import DESK_DAYS, OpinionRefusal, window_problem
from stationapp.opinions.slip_forms import said_problem
from stationapp.opinions.slip_paper import as_data
from stationapp.opinions.slip_queries import get_slips, list_slips
from stationapp.opinions.slip_rules import SLIP_COUNTS, Line, Slip, read_lines
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.web.errors import sentence
from stationapp.web.pdf import pdf_answer, render

bp = Blueprint("slips", __name__)

LONGEST = 40_000


@bp.get("/slips")
def find():
    """One field for the serial on any slip."""
    typed = request.args.get("serial", "").replace("\0", "")[:64]
    if not typed:
        return render_template("desk/slips/find.html", typed="", problem="")
    try:
        sheet = find_slips(typed)
        event = db.session.get_one(Event, sheet.event_id)
        if not guard.can(Action.CLOSE_OUT, db.session.get_one(Site, event.site_id).path):
            raise Refused(OpinionRefusal.SLIP_UNKNOWN)
    except Refused as refused:
        return render_template("desk/slips/find.html", typed=typed, problem=sentence(refused)), 404
    return redirect(url_for(".show", code=event.code, serial=sheet.serial), code=303)


@bp.get("/events/<code>/slips")
def index(code: str):
    """The event's slips, and a button that prints more."""
    return _index(*event_here(code))


def _index(event: Event, site: Site, *, problem: str = "", status: int = 200):
    expected = max(event.taken, served_at([event.id]).get(event.id, 0))
    return render_template(
        "desk/slips/index.html",
        event=event,
        site=site,
        printed=list_slips(event.id),
        choices=SLIP_COUNTS,
        chosen=next((n for n in SLIP_COUNTS if n >= expected), SLIP_COUNTS[-1]),
        expected=expected,
        problem=problem,
        late=_late(event),
        said_serial=said_serial,
    ), status


def _late(event: Event) -> str:
    problem = window_problem(event.state, event.ends_at, clock.now(), days=DESK_DAYS)
    return sentence(Refused(problem, days=DESK_DAYS)) if problem else ""


@bp.post("/events/<code>/slips")
def make(code: str):
    """Write slips down, then show them for the printer."""
    event, site = event_here(code)
    typed = request.form.get("slips", "")
    slips = next((n for n in SLIP_COUNTS if str(n) == typed), SLIP_COUNTS[0])
    try:
        with transaction():
            serial = print_slips(event, slips, by=guard.user().staff_id, now=clock.now()).serial
    except Refused as refused:
        return _index(event, site, problem=sentence(refused), status=409)
    return redirect(url_for(".sheet", code=code, serial=serial), code=303)


@bp.get("/events/<code>/slips/<serial>/print")
def sheet(code: str, serial: str):
    """The slips as a page, with the way to their PDF."""
    event, site = event_here(code)
    paper = get_slips(event.id, serial)
    data = as_data(paper, event, site, address=_address(paper.serial))
    return render_template("desk/slips/sheet.html", event=event, sheet=paper, data=data)


@bp.get("/events/<code>/slips/<serial>/slips.pdf")
def pdf(code: str, serial: str):
    """The slips for the printer."""
    event, site = event_here(code)
    paper = get_slips(event.id, serial)
    data = as_data(paper, event, site, address=_address(paper.serial))
    return pdf_answer(
        render("opinions/slips", data), _("评价单-%(serial)s", serial=said_serial(paper.serial))
    )


def _address(serial: str) -> str:
    return f"{current_app.config['SETTINGS'].public_url}{url_for('.find', serial=serial)}"


# --- entering ---------------------------------------------------------------------------------------------------


@bp.get("/events/<code>/slips/<serial>")
def show(code: str, serial: str):
    """One field: a line a slip."""
    event, site = event_here(code)
    return _show(event, site, serial)


def _show(
    event: Event,
    site: Site,
    serial: str,
    *,
    typed: str = "",
    lines: list[Line] = (),
    entered: list[Entered] = (),
    problem: str = "",
    status: int = 200,
):
    paper = get_slips(event.id, serial)
    return render_template(
        "desk/slips/show.html",
        event=event,
        site=site,
        sheet=paper,
        serial=said_serial(paper.serial),
        typed=typed,
        wrong=[(line, said_problem(line, paper.slips)) for line in lines if line.problem],
        entered=entered,
        Became=Became,
        late=_late(event),
        problem=problem,
    ), status


@bp.post("/events/<code>/slips/<serial>")
def check(code: str, serial: str):
    """Say what the typed lines would mean; nothing is taken in yet."""
    return _entered(code, serial, keep=False)


@bp.post("/events/<code>/slips/<serial>/entry")
def save(code: str, serial: str):
    """Take the typed lines in; entered twice they are the same slips."""
    return _entered(code, serial, keep=True)


def _entered(code: str, serial: str, *, keep: bool):
    event, site = event_here(code)
    paper = get_slips(event.id, serial)
    typed = request.form.get("lines", "").replace("\0", "")[:LONGEST]
    lines = read_lines(typed, last=paper.slips)
    if any(line.problem for line in lines):
        return _show(event, site, serial, typed=typed, lines=lines, status=422)
    slips = [slip for line in lines for slip in line.slips]
    try:
        entered = retried(lambda: _taken_in(paper.id, slips, keep=keep))
    except Refused as refused:
        return _show(event, site, serial, typed=typed, problem=sentence(refused), status=409)
    if not keep:
        return _show(event, site, serial, typed=typed, entered=entered)
    flash(_summed_up(entered), "good")
    return redirect(url_for(".show", code=code, serial=serial), code=303)


def _taken_in(sheet_id: int, slips: list[Slip], *, keep: bool) -> list[Entered]:
    with transaction(rehearse=not keep):
        return enter_slips(sheet_id, slips, by=guard.user().staff_id, now=clock.now())


def _summed_up(entered: list[Entered]) -> str:
    became = [one.became for one in entered]
    said = _("录了 %(n)s 张。", n=became.count(Became.NEW))
    if Became.CHANGED in became:
        said += _("改了 %(n)s 张，原来的留着备查。", n=became.count(Became.CHANGED))
    if Became.TAKEN_BACK in became:
        said += _("收回 %(n)s 张。", n=became.count(Became.TAKEN_BACK))
    if Became.SAME in became:
        said += _("%(n)s 张和原来一样。", n=became.count(Became.SAME))
    return said
