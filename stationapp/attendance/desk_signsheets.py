"""Sign-in sheets at the desk: print them, and enter who signed in under a minute (domain.md §7.4).

A sheet printed once can be shown and printed again; it stays the same sheet. What is entered is shown first and then
confirmed; both are the same form, and nothing but the keyboard is needed.
"""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance import operations
from stationapp.attendance.aside import count_waiting_of
from stationapp.attendance.desk_event import its, may_work_at, why_shut
from stationapp.attendance.models import Attendance, SignSheet
from stationapp.attendance.queries import Line, roster, taken_back_at
from stationapp.attendance.rules import How, Part
from stationapp.attendance.sheet_entry import Became, Taken, enter, open_problem
from stationapp.attendance.sheet_forms import Filled, blank, read_filled
from stationapp.attendance.sheet_paper import as_data
from stationapp.attendance.sheet_rules import EMPTY_ROWS, SheetRefusal, said_serial
from stationapp.attendance.sheets import (
    find_sheet,
    get_sheet,
    last_row,
    list_sheets,
    people_of,
    print_sheet,
)
from stationapp.cards.queries import list_people
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused
from stationapp.residents.queries import get_resident, masked_each
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from stationapp.volunteers.queries import helpers_at
from stationapp.web.errors import sentence
from stationapp.web.pdf import pdf_answer, render
from stationapp.web.words import word

bp = Blueprint("signsheets", __name__)


@bp.get("/signsheets")
def find():
    """One field for the serial of any sheet; with `?serial=` (the code on the paper) its page."""
    typed = request.args.get("serial", "").replace("\0", "")[:64]
    if not typed:
        return render_template("desk/signsheets/find.html", typed="", problem="")
    try:
        sheet = find_sheet(typed)
        event = db.session.get_one(Event, sheet.event_id)
        if not may_work_at(event, db.session.get_one(Site, event.site_id)):
            raise Refused(SheetRefusal.UNKNOWN)
    except Refused as refused:
        return render_template("desk/signsheets/find.html", typed=typed, problem=sentence(refused)), 404
    return redirect(url_for(".show", code=event.code, serial=sheet.serial), code=303)


# --- printing ---------------------------------------------------------------------------------------------------


@bp.get("/events/<code>/sheets")
def index(code: str):
    """The event's sheets, and a button that prints another."""
    event, site = its(code)
    return _index(event, site)


def _index(event: Event, site: Site, *, problem: str = "", status: int = 200):
    return render_template(
        "desk/signsheets/index.html",
        event=event,
        site=site,
        printed=list_sheets(event.id),
        named=len(_named(event)),
        choices=EMPTY_ROWS,
        problem=problem,
        late=why_shut(open_problem(event, now=clock.now()), event),
        said_serial=said_serial,
    ), status


def _named(event: Event) -> list[int]:
    """Who stands on a sheet printed now: those signed up or there, then volunteers; who waits writes themselves in."""
    lines = [
        line
        for line in roster(event, helpers_at(event.id))
        if line.place is not Place.WAITLISTED or line.there or line.helps
    ]
    lines.sort(key=lambda line: line.part is Part.VOLUNTEER)
    return [line.resident_id for line in lines]


@bp.post("/events/<code>/sheets")
def make(code: str):
    """Write a sheet down, then show it for the printer."""
    event, site = its(code)
    typed = request.form.get("empty", "")
    empty = next((n for n in EMPTY_ROWS if str(n) == typed), EMPTY_ROWS[0])
    by, now = guard.user().staff_id, clock.now()
    try:
        with transaction():
            serial = print_sheet(event, _named(event), empty=empty, by=by, now=now).serial
    except Refused as refused:
        return _index(event, site, problem=sentence(refused), status=409)
    return redirect(url_for(".sheet", code=code, serial=serial), code=303)


@bp.get("/events/<code>/sheets/<serial>/print")
def sheet(code: str, serial: str):
    """The sheet as a page, with the way to its PDF."""
    event, site = its(code)
    paper = get_sheet(event.id, serial)
    return render_template(
        "desk/signsheets/sheet.html", event=event, site=site, sheet=paper, data=_data(paper, event, site)
    )


@bp.get("/events/<code>/sheets/<serial>/sheet.pdf")
def pdf(code: str, serial: str):
    """The sheet for the printer."""
    event, site = its(code)
    paper = get_sheet(event.id, serial)
    return pdf_answer(
        render("attendance/sheet", _data(paper, event, site)),
        _("签到表-%(serial)s", serial=said_serial(paper.serial)),
    )


def _data(paper: SignSheet, event: Event, site: Site) -> dict:
    people = people_of(paper)
    lines = _lines(event, people)
    named = [(row, lines[one]) for row, one in people.items() if row <= paper.named_rows]
    address = f"{current_app.config['SETTINGS'].public_url}{url_for('.find', serial=paper.serial)}"
    return as_data(paper, event, site, named, address=address)


def _lines(event: Event, people: dict[int, int]) -> dict[int, Line]:
    """Everybody of the roster and of a sheet, by id; who cancelled since stands on the sheet all the same."""
    listed = roster(event, helpers_at(event.id), taken_back_at(event))
    lines = {record: line for line in listed for record in (line.resident_id, *line.also)}
    gone = masked_each(list_people([one for one in people.values() if one not in lines]))
    return lines | {
        one: Line(one, shown, shown.name, "", shown.phone, place=None, there=None)
        for one, shown in gone.items()
    }


# --- entering ---------------------------------------------------------------------------------------------------


@bp.get("/events/<code>/sheets/<serial>")
def show(code: str, serial: str):
    """The fields of a sheet, and who of it is there."""
    event, site = its(code)
    paper = get_sheet(event.id, serial)
    return _show(event, site, paper, blank(paper, people_of(paper)))


def _show(
    event: Event,
    site: Site,
    paper: SignSheet,
    filled: Filled,
    *,
    taken: list[Taken] = (),
    problem="",
    status=200,
):
    people = people_of(paper)
    lines = _lines(event, people)
    return render_template(
        "desk/signsheets/show.html",
        event=event,
        site=site,
        sheet=paper,
        serial=said_serial(paper.serial),
        last=last_row(paper),
        rows=[(row, lines[one]) for row, one in people.items()],
        volunteers=[row for row, one in people.items() if lines[one].part is Part.VOLUNTEER],
        filled=filled,
        taken=taken,
        Became=Became,
        said=_said,
        late=why_shut(open_problem(event, now=clock.now()), event),
        waiting=count_waiting_of(event.id),
        may_decide=guard.can(Action.CLOSE_OUT, site.path),
        problem=problem,
    ), status


def _said(one: Taken) -> str:
    """Why a row, or a time of it, was not taken down; empty where all is well."""
    return _said_of_coming(one) + _said_of_the_rest(one)


def _said_of_coming(one: Taken) -> str:
    if one.kept_came is None:
        return ""
    at, how = one.kept_came
    return _("已经记了 %(at)s 到（%(how)s），以它为准。", at=f"{clock.local(at):%H:%M}", how=word(how))


def _said_of_the_rest(one: Taken) -> str:
    if one.became is Became.TAKEN_BACK:
        return _("签到撤销过，再录不会恢复；确实来了，请在下面这一行按“恢复”。")
    if one.became is Became.TWICE:
        return _("和这份表上另一行是同一个人，只算一次。")
    if one.kept:
        at, how = one.kept
        known = {"at": f"{clock.local(at):%H:%M}", "how": word(how)}
        return _("已经记了 %(at)s 离开（%(how)s），以它为准；要改，请在签到名单上改离开时间。", **known)
    reason = one.reason or one.left_reason
    return sentence(Refused(reason, **one.facts)) if reason else ""


@bp.post("/events/<code>/sheets/<serial>")
def check(code: str, serial: str):
    """Say what the typed rows would mean; nothing is taken in yet."""
    return _entered(code, serial, keep=False)


@bp.post("/events/<code>/sheets/<serial>/entry")
def save(code: str, serial: str):
    """Take the typed rows in; entered twice they are the same rows."""
    return _entered(code, serial, keep=True)


def _entered(code: str, serial: str, *, keep: bool):
    event, site = its(code)
    paper = get_sheet(event.id, serial)
    filled = read_filled(request.form, paper, event, people_of(paper))
    if filled.problems:
        return _show(event, site, paper, filled, status=422)
    try:
        taken = retried(lambda: _taken_in(paper, event, filled, keep=keep))
    except Refused as refused:
        return _show(event, site, paper, filled, problem=sentence(refused), status=409)
    if not keep:
        return _show(event, site, paper, filled, taken=taken)
    flash(_summed_up(taken), "good")
    return redirect(url_for(".show", code=code, serial=serial), code=303)


def _summed_up(taken: list[Taken]) -> str:
    left = sum(one.left is not None for one in taken)
    waits = "、".join(str(one.row) for one in taken if one.became is Became.WAITS)
    lost = [one for one in taken if one.became is not Became.WAITS and _said(one)]
    return (
        _("记下 %(n)s 人到场。", n=sum(one.became is Became.CAME for one in taken))
        + (_("%(n)s 人的离开时间也记了。", n=left) if left else "")
        + (_("第 %(rows)s 行没有记上，等人定。", rows=waits) if waits else "")
        + "".join(_not_taken(one) for one in lost)
    )


def _not_taken(one: Taken) -> str:
    coming, rest = _said_of_coming(one), _said_of_the_rest(one)
    came = _("第 %(row)s 行的到场时间没有记上：%(why)s", row=one.row, why=coming) if coming else ""
    if one.kept or one.left_reason:
        return came + _("第 %(row)s 行的离开时间没有记上：%(why)s", row=one.row, why=rest)
    return came or _("第 %(row)s 行没有记上：%(why)s", row=one.row, why=_said(one))


def _taken_in(paper: SignSheet, event: Event, filled: Filled, *, keep: bool) -> list[Taken]:
    with transaction(rehearse=not keep):
        lines, by = roster(event, helpers_at(event.id)), guard.user().staff_id
        return enter(paper, event, filled.signed, lines=lines, by=by, now=clock.now())


@bp.post("/events/<code>/sheets/<serial>/undo")
def undo(code: str, serial: str):
    """Take back the coming of who stands in the row pressed; `back` puts it back."""
    event, site = its(code)
    paper = get_sheet(event.id, serial)
    act = "back" if "back" in request.form else "row"
    pressed, people = request.form.get(act, ""), people_of(paper)
    resident_id = next((one for row, one in people.items() if str(row) == pressed), None)
    if resident_id is None:
        raise NotFound
    try:
        record = _lines(event, people)[resident_id].resident_id
        there = retried(lambda: _undone(event, record, back=act == "back"))
    except Refused as refused:
        return _show(event, site, paper, blank(paper, people), problem=sentence(refused), status=409)
    if act == "row":
        flash(_("已撤销第 %(row)s 行的签到，按错了可以在那一行按“恢复”。", row=pressed))
    elif there and not there.undone:
        flash(_("已恢复第 %(row)s 行的签到，到和离开的时间和原来一样。", row=pressed))
    else:
        flash(_("第 %(row)s 行没有可以恢复的签到。", row=pressed))
    return redirect(url_for(".show", code=code, serial=serial), code=303)


def _undone(event: Event, resident_id: int, *, back: bool) -> Attendance | None:
    by, now = guard.user().staff_id, clock.now()
    with transaction():
        if back:
            return operations.put_back(event, get_resident(resident_id), by=by, now=now)
        return operations.undo(event, get_resident(resident_id), how=How.PAPER, by=by, now=now)
