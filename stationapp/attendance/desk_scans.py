"""Scans that could not be applied: a person takes each as it happened or does not count it; and who was refused."""

from collections import Counter

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.attendance import aside, deciding
from stationapp.attendance.aside import Line, View
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.rules import AttendanceRefusal
from stationapp.attendance.words import why
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.events.queries import find_event
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.volunteers.doors import roles_at
from stationapp.volunteers.expected import who_counts
from stationapp.web.errors import sentence
from stationapp.web.filters import stamp
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("scans", __name__, url_prefix="/scans")

MOST_EXPORTED = 5_000


def _asked() -> tuple[View, dict]:
    """The filters in the address: which list, which site, which event."""
    view = next((case for case in View if case.value == request.args.get("view")), View.WAITING)
    sites = {site.code: site.id for site in list_where(reached(guard.reach()))}
    event = find_event(request.args.get("event", "").replace("\0", "")[:20])
    ours = event is not None and event.site_id in sites.values()
    return view, {"site_id": sites.get(request.args.get("site", "")), "event_id": event.id if ours else None}


@bp.get("/")
def index():
    """What waits; with `?view=` what was refused on the spot or decided in the last days."""
    return _list()


def _list(problem: str = "", at: int = 0, status: int = 200):
    now, here = clock.now(), reached(guard.reach())
    view, wanted = _asked()
    page = paged(aside.put_aside(here, view, now=now, **wanted))
    lines = aside.lines(page.rows)
    return render_template(
        "desk/scans/index.html",
        view=view,
        views=list(View),
        page=page,
        lines=lines,
        batches=_batches(lines) if view is View.WAITING else [],
        reasons=aside.reasons(here, now=now, **wanted) if view is View.REFUSED else [],
        waiting=aside.count_waiting(here),
        sites=list_where(here),
        event=db.session.get(Event, wanted["event_id"]) if wanted["event_id"] else None,
        days=aside.SHOWN_FOR.days,
        back=_back(),
        why=why,
        problem=problem,
        at=at,
    ), status


def _batches(lines: list[Line]) -> list[tuple[Event, int, int]]:
    """The events several scans of which wait on this page: their number, and how many of all can be taken at once."""
    events = {line.event.id: line.event for line in lines if line.event}
    together = aside.count_together(events)
    counted = Counter(line.event.id for line in lines if line.event)
    return [
        (event, counted[event.id], together.get(event.id, 0))
        for event in events.values()
        if counted[event.id] > 1
    ]


def _back() -> dict[str, str]:
    return {name: request.args[name] for name in ("view", "site", "event", "page") if request.args.get(name)}


@bp.get("/list.csv")
def export():
    """The same list as a file, masked, without pages."""
    now = clock.now()
    view, wanted = _asked()
    query = aside.put_aside(reached(guard.reach()), view, now=now, **wanted).limit(MOST_EXPORTED)
    head = (_("当时"), _("送到"), _("阵地"), _("活动"), _("姓名"), _("电话"), _("签到还是签退"), _("方式"), _("设备"),
            _("经手人"), _("原因"), _("处理"), _("处理人"), _("处理时间"), _("说明"))  # fmt: skip
    rows = (_row(line) for line in aside.lines(db.session.scalars(query)))
    return csv_answer(_("没记上的签到-%(day)s", day=clock.day_of(now)), head, rows)


def _row(line: Line) -> tuple[object, ...]:
    scan = line.scan
    return (
        stamp(scan.at),
        stamp(scan.arrived_at),
        line.site.short_name,
        line.event.title if line.event else "",
        line.shown.name if line.shown else "",
        line.shown.phone if line.shown else "",
        word(scan.kind),
        word(scan.how),
        line.device,
        line.by,
        str(why(scan.reason)),
        word(scan.fate),
        line.decided_by,
        stamp(scan.decided_at) if scan.decided_at else "",
        scan.note,
    )


# --- decisions ----------------------------------------------------------------------------------------------------


def _its(aside_id: int) -> RefusedScan:
    """One that a person decides about, if it is of a site reached."""
    scan = deciding.find(aside_id)
    if scan is None:
        raise NotFound
    guard.require(db.session.get_one(Site, scan.site_id).path)
    return scan


def _decided(act, said: str, at: int):
    """Do it and say so, or say in place why not."""
    try:
        retried(act)
    except Refused as refused:
        status = 422 if refused.reason is AttendanceRefusal.NOTE_MISSING else 409
        return _list(sentence(refused), at, status)
    flash(said, "good")
    return redirect(url_for(".index", **_back()), code=303)


@bp.post("/<int:aside_id>/take")
def take(aside_id: int):
    """It counts, with the time it happened."""
    _its(aside_id)
    said = _("收下了，按当时的时间记。要撤销，请到这一场的签到名单上。")
    return _decided(lambda: _taken(aside_id), said, aside_id)


def _taken(aside_id: int) -> None:
    with transaction():
        _take(_its(aside_id))


def _take(scan: RefusedScan) -> None:
    deciding.take(scan, _whos([scan])[0], by=guard.user().staff_id, now=clock.now())


def _whos(scans: list[RefusedScan]) -> list[deciding.Who]:
    """By which record, and in what role, each is taken; a record named then may have been merged since."""
    counts = who_counts({scan.resident_id for scan in scans})
    pairs = [(scan.event_id, counts[scan.resident_id]) for scan in scans]
    roles = roles_at(set(pairs))
    return [roles[pair] for pair in pairs]


@bp.post("/<int:aside_id>/drop")
def drop(aside_id: int):
    """It does not count; the note says why."""
    _its(aside_id)
    note = request.form.get("note", "").replace("\0", "")
    return _decided(lambda: _dropped(aside_id, note), _("不算了。弄错了可以在“处理过的”里放回来。"), aside_id)


def _dropped(aside_id: int, note: str) -> None:
    with transaction():
        deciding.drop(_its(aside_id), note=note, by=guard.user().staff_id, now=clock.now())


@bp.post("/<int:aside_id>/restore")
def restore(aside_id: int):
    """One that was not counted waits again."""
    _its(aside_id)
    return _decided(lambda: _restored(aside_id), _("放回来了，又在等人定。"), aside_id)


def _restored(aside_id: int) -> None:
    with transaction():
        deciding.restore(_its(aside_id), by=guard.user().staff_id, now=clock.now())


@bp.post("/events/<code>/take")
def take_all(code: str):
    """What of one event came late, or was a newcomer's, after a network that was away for long."""
    event = find_event(code)
    if event is None:
        raise NotFound
    guard.require(db.session.get_one(Site, event.site_id).path)
    try:
        done = retried(lambda: _all_taken(event.id))
    except Refused as refused:
        return _list(sentence(refused), status=409)
    flash(_summed_up(done), "good" if done.taken else "warn")
    return redirect(url_for(".index", **_back()), code=303)


def _summed_up(done: deciding.Together) -> str:
    ahead, undone = (
        done.cannot[reason] for reason in (AttendanceRefusal.CLOCK_AHEAD, AttendanceRefusal.TAKEN_BACK)
    )
    each = "、".join(f"{why(reason.value)} {number}" for reason, number in done.unseen.most_common())
    return (
        _("收下了 %(n)s 条，按当时的时间记。", n=done.taken)
        + (_("另有 %(n)s 条时间还没有到，留着。", n=ahead) if ahead else "")
        + (
            _("另有 %(n)s 条在名单上后来撤销过，留着：确实来过的，请在签到名单上点“到了”。", n=undone)
            if undone
            else ""
        )
        + (_("另有 %(n)s 条要您看过再定，留着：%(each)s。", n=done.unseen.total(), each=each) if each else "")
    )


def _all_taken(event_id: int) -> deciding.Together:
    with transaction():
        waiting = aside.waiting_of(event_id)
        whos = _whos(waiting)
        return deciding.take_together(waiting, whos, by=guard.user().staff_id, now=clock.now())
