"""The plan board at the desk: a month or a week, moving what is planned, last month again."""

from datetime import datetime, timedelta
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.calendar.forms import asked_day, asked_month, read_time
from stationapp.calendar.rules import Month
from stationapp.db import retried, transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.queries import fields_of, get_with_site
from stationapp.events.rules import PUBLIC, Category, EventFields, State, locked
from stationapp.planning import again, board, desk_undo, lines, operations
from stationapp.planning.board import By
from stationapp.planning.forms import MoveForm, Wanted, asked, planned_month
from stationapp.planning.queries import Plan, list_communities, plan_of
from stationapp.refusal import NotFound, Refused
from stationapp.reports.rules import GROUPS
from stationapp.reports.words import said
from stationapp.rooms.queries import find_room, list_rooms
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.web.errors import sentence
from stationapp.web.filters import moment
from stationapp.web.sheets import csv_answer
from stationapp.web.view import local_path

bp = Blueprint("planning", __name__, url_prefix="/planning")

MOST_COPIED = 400
"""Above this one page of boxes serves nobody: a site beneath is to be chosen."""


def _scope() -> tuple[Site, list[Site]]:
    """The site looked at, with everything beneath, and those that may be chosen; the first unless `?site=`."""
    sites = list_where(reached(guard.reach()))
    if not sites:
        raise NotFound
    return next((site for site in sites if site.code == request.values.get("site")), sites[0]), sites


# --- the board --------------------------------------------------------------------------------------------------


@bp.get("/")
def index():
    """The month: weeks of one site, otherwise sites, rooms or categories by days."""
    site, sites = _scope()
    wanted, now = asked(), clock.now()
    month = asked_month(planned_month(now))
    plan = plan_of(site, month.first_day, month.last_day, now=now)
    communities = list_communities(site, month)
    by = wanted.by if wanted.by in (By.SITE, By.ROOM, By.CATEGORY, By.DAY) else By.SITE
    weeks = board.weeks(month) if by is By.SITE and len(plan.sites) == 1 else []
    shown = [day for week in weeks for day in week] or board.days(month.first_day, month.last_day)
    slots = lines.chosen(plan, wanted)
    return _board(
        "desk/planning/index.html",
        plan,
        sites,
        wanted,
        by,
        shown=shown,
        rows=lines.grid(plan, slots, By.DAY if weeks else by, shown),
        count=len(slots),
        month=month,
        weeks=weeks,
        choices=(By.SITE, By.ROOM, By.CATEGORY, By.DAY),
        gaps=board.gaps(communities, plan.slots + plan.above + plan.joint, GROUPS),
        uncounted=board.uncounted(communities),
        communities=len(communities),
        idle=board.idle_days(month, plan.slots),
        groups=GROUPS,
        said=said,
    )


@bp.get("/week")
def week():
    """A week: hours, sites or rooms by days."""
    site, sites = _scope()
    wanted, now = asked(), clock.now()
    first = board.monday(asked_day("day", clock.day_of(now)))
    last = first + timedelta(days=6)
    plan = plan_of(site, first, last, now=now)
    usual = By.HOUR if len(plan.sites) == 1 else By.SITE
    by = wanted.by if wanted.by in (By.HOUR, By.SITE, By.ROOM) else usual
    shown, slots = board.days(first, last), lines.chosen(plan, wanted)
    return _board(
        "desk/planning/week.html",
        plan,
        sites,
        wanted,
        by,
        shown=shown,
        rows=lines.grid(plan, slots, by, shown),
        count=len(slots),
        month=Month.of(first),
        choices=(By.HOUR, By.SITE, By.ROOM),
        step=timedelta(days=7),
    )


def _board(template: str, plan: Plan, sites: list[Site], wanted: Wanted, by: By, *, shown, **more):
    return render_template(
        template,
        plan=plan,
        site=plan.site,
        sites=sites,
        wanted=wanted,
        by=by,
        days=lines.days_of(plan, shown),
        held=lines.held(plan, by, shown),
        own={one.id for one in plan.sites},
        marks=lines.counts(plan.slots),
        rooms={room.id: room.name for room in plan.rooms},
        moved=desk_undo.offered(),
        address=_address,
        say=lines.words_of_slots(),
        in_the_way=lines.in_the_way,
        Category=Category,
        PUBLIC=PUBLIC,
        State=State,
        **more,
    )


def _address(**changes: object) -> str:
    """This page with other filters; None takes one out."""
    kept = {**request.args.to_dict(), **changes}
    asked_for = urlencode({name: value for name, value in kept.items() if value is not None})
    return f"{request.path}?{asked_for}"


@bp.get("/plan.csv")
def export():
    """The month's plan as a file, with the same filters."""
    site, _sites = _scope()
    now = clock.now()
    month = asked_month(planned_month(now))
    plan = plan_of(site, month.first_day, month.last_day, now=now)
    rooms = {room.id: room.name for room in plan.rooms}
    rows = (lines.csv_row(slot, rooms) for slot in lines.chosen(plan, asked()))
    return csv_answer(_("%(site)s-%(month)s-排期", site=site.short_name, month=month), lines.csv_head(), rows)


# --- moving -----------------------------------------------------------------------------------------------------


@bp.route("/moves", methods=["GET", "POST"])
def move():
    """Move an event to another day, hour or room; whoever has a place at it is to be told, which is asked first."""
    code = request.values.get("event", "")
    if not code:
        return redirect(url_for(".index"), code=303)
    event, site = event_here(code)
    form = _move_form(event, site)
    now = clock.now()
    if request.method != "POST":
        reason = locked(event.state, event.starts_at, now)
        return _move_page(event, site, form, problem=reason and Refused(reason, state=event.state.value))
    if not form.validate():
        return _move_page(event, site, form, status=422)
    told = _to_be_told(event)
    if told and form.told.data != str(told) and locked(event.state, event.starts_at, now) is None:
        return redirect(_asked_again(form), code=303)
    before, by = fields_of(event), guard.user().staff_id

    def attempt() -> None:
        with transaction():
            operations.move(event, form.on, form.at, room_id=form.room.data, by=by, now=now)

    try:
        retried(attempt)
    except Refused as refused:
        event, site = get_with_site(code)
        return _move_page(event, site, form, status=409, problem=refused)
    if fields_of(event) != before:
        _note(event, before, told)
    return redirect(_back(form.next.data, site, event), code=303)


def _move_form(event: Event, site: Site) -> MoveForm:
    at = clock.local(event.starts_at)
    day = asked_day("day", at.date())
    hour = read_time(request.args.get("time", "")) or at.time()
    form = MoveForm(
        event=event.code,
        day=day.isoformat(),
        time=f"{hour:%H:%M}",
        room=request.args.get("room") or None,
        next=request.args.get("next") or _came_from(),
    )
    form.offer_rooms(list_rooms(site), event.room_id)
    return form


def _move_page(
    event: Event, site: Site, form: MoveForm, *, status: int = 200, problem: Refused | None = None
):
    told = _to_be_told(event)
    form.told.data = str(told) if told else ""
    return render_template(
        "desk/planning/move.html",
        event=event,
        site=site,
        form=form,
        told=told,
        room=find_room(event.room_id),
        problem=sentence(problem) if problem else "",
        locked=locked(event.state, event.starts_at, clock.now()),
        back=_back(form.next.data, site, event),
    ), status


def _to_be_told(event: Event) -> int:
    """How many people counted on the time and place as they stand."""
    return event.taken + event.waiting if event.state is State.PUBLISHED else 0


def _asked_again(form: MoveForm) -> str:
    given = {"event": form.event.data, "day": form.on.isoformat(), "next": form.next.data or ""}
    if form.at:
        given["time"] = f"{form.at:%H:%M}"
    return url_for(".move", room=form.room.data, **given)


def _came_from() -> str:
    """The board this page was opened from, with its filters."""
    parts = urlsplit(request.referrer or "")
    return f"{parts.path}?{parts.query}" if parts.path.startswith(url_for(".index")) else ""


def _back(wish: str | None, site: Site, event: Event) -> str:
    asked_for = local_path(wish or "")
    if asked_for.startswith(url_for(".index")) and not asked_for.startswith(url_for(".move")):
        return asked_for
    return url_for(".index", site=site.code, month=str(Month.of(clock.day_of(event.starts_at))))


def _note(event: Event, before: EventFields, told: int) -> None:
    """Say what was moved, and offer to put it back where nobody is to be told."""
    facts = {"title": event.title, "at": moment(event.starts_at)}
    if told:
        flash(_("“%(title)s”改到%(at)s。%(n)d 人已列进要通知的名单。", n=told, **facts))
    else:
        desk_undo.keep(event.code, _("“%(title)s”改到%(at)s。", **facts), before, fields_of(event))


@bp.post("/moves/undoing")
def undo():
    """Put what was moved last back to where it was."""
    moved = desk_undo.take()
    if moved is None:
        flash(_("没有可以撤销的移动。"))
        return redirect(url_for(".index"), code=303)
    event, site = event_here(moved.event)
    was = moved.was
    if _to_be_told(event):  # who signed up since counts on what was moved to: the page asks first
        at = clock.local(was["starts_at"])
        room = None if was["room_id"] == event.room_id else was["room_id"]
        there = url_for(".move", event=event.code, day=f"{at:%Y-%m-%d}", time=f"{at:%H:%M}", room=room)
        return redirect(there, code=303)

    def attempt() -> bool:
        with transaction():
            return operations.put_back(event, was, moved.left, by=guard.user().staff_id, now=clock.now())

    try:
        if not retried(attempt):
            flash(_("没有撤销：“%(title)s”后来又改过时间或地点。", title=event.title), "warn")
            return redirect(_back(request.form.get("next"), site, event), code=303)
        flash(_("已撤销：“%(title)s”还在%(at)s。", title=event.title, at=moment(event.starts_at)))
    except Refused as refused:
        flash(_("没有撤销成：%(why)s", why=sentence(refused)), "warn")
    return redirect(_back(request.form.get("next"), site, event), code=303)


# --- last month again -------------------------------------------------------------------------------------------


@bp.route("/copy", methods=["GET", "POST"])
def copy():
    """Last month's events on the same weekdays of this one: a preview with boxes, then drafts, all in one batch."""
    site, sites = _scope()
    now = clock.now()
    month = asked_month(planned_month(now))
    if request.method != "POST":
        return _copy_page(site, sites, month, now)
    chosen = request.form.getlist("chosen")
    if len(chosen) > MOST_COPIED:
        problem = _("一次最多写 %(n)s 场草稿，什么也没有写。请选一个所或一个站，分几次排。", n=MOST_COPIED)
        return _copy_page(site, sites, month, now, status=409, problem=problem)
    with transaction():
        batch, count = operations.copy_month(site, month, chosen, by=guard.user().staff_id, now=now)
    if batch is None:
        flash(_("没有新写草稿：选中的都已经排过，或者一场也没有选。"), "warn")
        return redirect(url_for(".copy", site=site.code, month=str(month)), code=303)
    flash(_("写好 %(n)d 场草稿。看一遍，不要的可以一次撤销。", n=count))
    return redirect(url_for("desk.batches.show", code=batch.code), code=303)


def _copy_page(
    site: Site, sites: list[Site], month: Month, now: datetime, *, status: int = 200, problem: str = ""
):
    found = again.list_again(site, month)
    many = len(found) > MOST_COPIED
    plan = plan_of(site, month.first_day, month.last_day, now=now)
    return render_template(
        "desk/planning/copy.html",
        site=site,
        sites=sites,
        month=month,
        found=[] if many else again.looked_at(found, plan, now),
        many=len(found) if many else 0,
        rooms={room.id: room.name for room in plan.rooms},
        in_the_way=lines.in_the_way,
        days={day.on: day for day in lines.days_of(plan, board.days(month.first_day, month.last_day))},
        problem=problem,
    ), status
