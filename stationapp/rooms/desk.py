"""Rooms at the desk: who has them today and this week, holds, what stands about them, how much they are used."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance.rooms import Use, uses_of
from stationapp.calendar.forms import asked_day, asked_month
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.clashes import InTheWay, named, titles_of
from stationapp.events.guard import event_here
from stationapp.refusal import NotFound, Refused
from stationapp.rooms import operations, queries
from stationapp.rooms.forms import HoldForm, RoomForm
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.queries import Offers
from stationapp.rooms.rules import RoomKind, RoomRefusal
from stationapp.rooms.week import Day, Title, days_of_room
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.sites.rules import Level, contains
from stationapp.web.errors import sentence
from stationapp.web.filters import hour_minute, hours, percent
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("rooms", __name__, url_prefix="/rooms")

WEEK, DAY = timedelta(days=7), timedelta(days=1)
MOST_EXPORTED = 10_000


def _its(room_id: int) -> tuple[Room, Site]:
    """The room and its site, if this request's action is allowed there.

    What goes round may also be looked at from every site beneath its owner: they may ask for it.
    """
    found = queries.find_with_site(room_id)
    if found is None:
        raise NotFound
    room, site = found
    lent = room.kind is RoomKind.SHARED and guard.rule() is Action.SEE_EVENTS
    if not (lent and any(contains(site.path, path) for path, _reach in guard.reach())):
        guard.require(site.path)
    return room, site


def _titles(bookings: Iterable[Booking]) -> dict[int, Title]:
    """What this desk may read of the events that have rooms."""
    events = {one.event_id for one in bookings if one.event_id}
    return titles_of(events, {site.id for site in list_where(reached(guard.reach(Action.SEE_EVENTS)))})


# --- the list ---------------------------------------------------------------------------------------------------


def _listed(sites: list[Site]) -> tuple[Site | None, Select]:
    """The site the list is narrowed to, and (Room, Site) of its rooms or of all that may be seen."""
    site = next((site for site in sites if site.code == request.args.get("site")), None)
    return site, queries.at_desk(reached(guard.reach()), [path for path, _reach in guard.reach()], site)


@bp.get("/")
def index():
    """The rooms of the sites the user works for, and what they may ask for, with their day."""
    now = clock.now()
    sites = list_where(reached(guard.reach()))
    site, query = _listed(sites)
    page = paged(query, scalars=False)
    return render_template(
        "desk/rooms/index.html",
        page=page,
        lines=_today(page.rows, now),
        sites=sites,
        site=site,
        today=clock.day_of(now),
        may_plan=any(guard.can(Action.PLAN, one.path) for one in sites),
    )


def _today(rows: Iterable[tuple[Room, Site]], now) -> list[tuple[Room, Site, Day]]:
    rows, on = list(rows), clock.day_of(now)
    booked = queries.list_booked(
        [room.id for room, _site in rows], clock.instant(on), clock.instant(on + DAY)
    )
    titles = _titles(one for bookings in booked.values() for one in bookings)
    return [(room, site, *days_of_room(room, [on], booked[room.id], titles, now)) for room, site in rows]


@bp.get("/list.csv")
def export():
    """The same list as a file, without pages."""
    now = clock.now()
    _site, query = _listed(list_where(reached(guard.reach())))
    lines = _today(db.session.execute(query.limit(MOST_EXPORTED)).all(), now)
    head = (
        _("阵地"), _("名称"), _("种类"), _("容纳人数"), _("楼层"), _("无障碍"), _("开放时间"), _("今天的安排"),
    )  # fmt: skip
    rows = (
        (
            site.short_name, room.name, word(room.kind), room.capacity, room.floor,
            {True: _("是"), False: _("否"), None: ""}[room.step_free], room.hours,
            "；".join(f"{_between(one.starts_at, one.ends_at)} {one.title.says}" for one in day.taken),
        )
        for room, site, day in lines
    )  # fmt: skip
    return csv_answer(_("功能室-%(day)s", day=clock.day_of(now)), head, rows)


def _between(starts_at, ends_at) -> str:
    return f"{hour_minute(starts_at)}–{'24:00' if hour_minute(ends_at) == '00:00' else hour_minute(ends_at)}"


# --- one room ---------------------------------------------------------------------------------------------------


@bp.get("/<int:room_id>")
def show(room_id: int):
    """A week of one room, what stands about it, and a form to hold it."""
    room, site = _its(room_id)
    return _page(room, site, HoldForm(formdata=request.args))


def _page(
    room: Room,
    site: Site,
    form: HoldForm,
    *,
    status: int = 200,
    clashes: list[InTheWay] | None = None,
    others: Offers | None = None,
):
    now = clock.now()
    first, days = _days(site, clock.day_of(now))
    return render_template(
        "desk/rooms/show.html",
        room=room,
        site=site,
        days=_week(room, days, now),
        first=first,
        last=days[-1],
        today=clock.day_of(now),
        leafs=len(days) > 1,
        form=form,
        clashes=clashes or [],
        others=others,
        may_plan=guard.can(Action.PLAN, site.path),
        WEEK=WEEK,
    ), status


def _days(site: Site, today: date) -> tuple[date, list[date]]:
    """Monday of the asked week and its days; today alone for those who do not plan anywhere near."""
    if not any(guard.reach(Action.PLAN)):
        return today, [today]
    asked = asked_day("week", today)
    monday = asked - asked.weekday() * DAY
    return monday, [monday + number * DAY for number in range(7)]


def _week(room: Room, days: list[date], now) -> list[Day]:
    first, last = clock.instant(days[0]), clock.instant(days[-1] + DAY)
    booked = queries.list_booked([room.id], first, last)[room.id]
    return days_of_room(room, days, booked, _titles(booked), now)


@bp.get("/<int:room_id>/week.csv")
def week(room_id: int):
    """The same week as a file: what is taken and what is free."""
    room, site = _its(room_id)
    now = clock.now()
    monday, days = _days(site, clock.day_of(now))
    rows = (
        (day.on, hour_minute(start), _between(start, end).partition("–")[2], says)
        for day in _week(room, days, now)
        for start, end, says in sorted(
            [(one.starts_at, one.ends_at, one.title.says) for one in day.taken]
            + [(*span, _("空闲")) for span in day.free]
        )
    )
    head = (_("日期"), _("从"), _("到"), _("安排"))
    return csv_answer(_("%(room)s-%(day)s", room=room.name, day=monday), head, rows)


@bp.post("/<int:room_id>/holds")
def hold(room_id: int):
    """Keep the room for something that is not an event; a refusal offers other times."""
    room, site = _its(room_id)
    form = HoldForm()
    if not form.validate():
        return _page(room, site, form, status=422)
    times, now = {"starts_at": form.starts_at.data, "ends_at": form.ends_at.data}, clock.now()
    try:
        with transaction():
            operations.hold(room, **times, purpose=form.purpose.data, by=guard.user().staff_id, now=now)
    except Refused as refused:
        if refused.reason is not RoomRefusal.TAKEN:
            form.form_errors.append(sentence(refused))
            return _page(room, site, form, status=409)
        clashes = named(refused.facts["clashes"], {site.id})
        return _page(
            room, site, form, status=409, clashes=clashes, others=queries.offers([room], **times, now=now)
        )
    flash(_("已留好。不用了可以在下面的表里放开。"))
    return redirect(url_for(".show", room_id=room_id, week=clock.day_of(times["starts_at"])), code=303)


@bp.post("/holds/<int:booking_id>/ending")
def let_go(booking_id: int):
    """Give a hold back."""
    held = db.session.get(Booking, booking_id)
    if held is None or held.event_id is not None:
        raise NotFound
    room, _site = _its(held.room_id)
    on = clock.day_of(held.starts_at)
    with transaction():
        ended = operations.let_go(booking_id, by=guard.user().staff_id, now=clock.now())
    if ended:
        flash(_("已放开，别人现在可以用。"))
    else:
        flash(_("没有可以放开的：这段时间已经过了，或者刚才已经放开。"), "warn")
    return redirect(url_for(".show", room_id=room.id, week=on), code=303)


@bp.post("/events/<code>/retaking")
def retake(code: str):
    """Have back what was released because nobody had come by then."""
    event, site = event_here(code)
    try:
        with transaction():
            taken = operations.retake(
                event.id, ends_at=event.ends_at, by=guard.user().staff_id, now=clock.now()
            )
    except Refused as refused:
        clashes = named(refused.facts["clashes"], {site.id})
        flash(sentence(Refused(refused.reason, clashes=clashes)), "error")
    else:
        if taken:
            flash(_("功能室已收回，这场活动接着用。"))
        else:
            flash(_("没有可以收回的：没有放出过，已经收回了，或者活动已经结束。"), "warn")
    return redirect(url_for("desk.events.show", code=code), code=303)


# --- what stands about it -----------------------------------------------------------------------------------------


@bp.route("/new", methods=["GET", "POST"])
def new():
    """Enter a room of a site, or something an office or the center lends."""
    site = guard.chosen_site()
    if site is None:
        return guard.site_picker(_("登记功能室"), _("在哪个阵地"))
    form = RoomForm(shared=site.level is not Level.STATION)
    room, status = _saved(form, lambda **by: operations.add_room(site, form.chosen, form.facts(), **by))
    if room:
        flash(_("已登记。"))
        return redirect(url_for(".show", room_id=room.id), code=303)
    return render_template("desk/rooms/new.html", form=form, site=site), status


@bp.route("/<int:room_id>/edit", methods=["GET", "POST"])
def edit(room_id: int):
    """Correct what stands about a room."""
    room, site = _its(room_id)
    form = RoomForm(room)
    changed, status = _saved(form, lambda **by: operations.change_room(room, form.facts(), **by))
    if changed:
        flash(_("已保存。"))
        return redirect(url_for(".show", room_id=room_id), code=303)
    return render_template("desk/rooms/edit.html", form=form, room_id=room_id, site=site), status


def _saved(form: RoomForm, write: Callable[..., Room]) -> tuple[Room | None, int]:
    """What was written, or None and the status of the page that shows the form."""
    if not form.is_submitted():
        return None, 200
    if not form.validate():
        return None, 422
    try:
        with transaction():
            return write(by=guard.user().staff_id, now=clock.now()), 303
    except Refused as refused:
        form.blame(refused)
        return None, 409


# --- use ----------------------------------------------------------------------------------------------------------


def _used() -> tuple[Month, Site | None, list[Site], Select]:
    sites = list_where(reached(guard.reach()))
    month = asked_month(Month.of(clock.day_of(clock.now())))
    site = next((site for site in sites if site.code == request.args.get("site")), None)
    return month, site, sites, queries.at_desk(reached(guard.reach()), [], site)


@bp.get("/use")
def use():
    """How much the rooms were used in a month: hours, share of the opening hours, person-hours (I-26)."""
    month, site, sites, query = _used()
    page = paged(query, scalars=False)
    return render_template(
        "desk/rooms/use.html",
        page=page,
        uses=uses_of([room for room, _site in page.rows], month),
        month=month,
        site=site,
        sites=sites,
    )


@bp.get("/use.csv")
def use_file():
    """The same as a file, without pages."""
    month, _site, _sites, query = _used()
    rows = db.session.execute(query.limit(MOST_EXPORTED)).all()
    uses = uses_of([room for room, _site in rows], month)
    head = (
        _("阵地"), _("功能室"), _("使用（小时）"), _("其中开放时间内"), _("开放（小时）"), _("使用率"), _("人时"),
    )  # fmt: skip
    return csv_answer(
        _("功能室使用-%(month)s", month=month),
        head,
        (_use_row(room, site, uses[room.id]) for room, site in rows),
    )


def _use_row(room: Room, site: Site, use: Use) -> tuple:
    return (
        site.short_name, room.name, hours(use.booked), _hours(use.used), _hours(use.open),
        percent(use.used or 0, use.open), hours(use.person_minutes),
    )  # fmt: skip


def _hours(minutes: int | None) -> str:
    return "—" if minutes is None else hours(minutes)
