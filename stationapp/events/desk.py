"""Events at the desk: the list, one event, writing and changing it, and every step of its life."""

from collections.abc import Callable
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.forms import asked_month
from stationapp.db import db, retried, transaction
from stationapp.events import operations, queries, rules, series
from stationapp.events.clashes import Trouble, in_words, trouble_of
from stationapp.events.desk_acts import change, postpone, publish, reopen
from stationapp.events.desk_page import event_page, helps_to_hold, its, may_publish
from stationapp.events.forms import EventForm, ReasonForm, asked_scope, said
from stationapp.events.forms_offer import aim_at, put_down, take_offer
from stationapp.events.lines import csv_head, csv_row, line_of
from stationapp.events.models import Event
from stationapp.events.queries import Wanted
from stationapp.events.rules import Category, EventRefusal, Step
from stationapp.events.series_queries import find_series
from stationapp.events.series_rules import Scope
from stationapp.events.stages import Standing
from stationapp.messages.spreading import spread_notices
from stationapp.refusal import Refused
from stationapp.rooms.queries import list_rooms
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.web.asked import asked_case
from stationapp.web.errors import sentence
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.view import local_path

bp = Blueprint("events", __name__, url_prefix="/events")

MOST_EXPORTED = 10_000


def _visible(now) -> ColumnElement[bool]:
    """The condition on Event and Site "this request may list it", the same in a query."""
    today = queries.touching(clock.day_of(now))
    plans, sees = reached(guard.reach(Action.PLAN)), reached(guard.reach())
    return plans | queries.joint(plans) | ((sees | queries.joint(sees)) & today)


# --- the list ---------------------------------------------------------------------------------------------------


def _wanted(sites: list[Site]) -> Wanted:
    return Wanted(
        site=next((site for site in sites if site.code == request.args.get("site")), None),
        standing=asked_case("standing", Standing),
        month=asked_month(),
        category=asked_case("category", Category),
        text=request.args.get("q", "").strip().replace("\0", "")[:60],
    )


@bp.get("/")
def index():
    """Events of the sites the user works for, and joint ones they help to hold."""
    now = clock.now()
    sites = list_where(reached(guard.reach()))
    wanted = _wanted(sites)
    page = paged(queries.at_desk(_visible(now), wanted, now), scalars=False)
    return render_template(
        "desk/events/index.html",
        page=page,
        lines=[line_of(event, site, now) for event, site in page.rows],
        sites=sites,
        wanted=wanted,
        may_plan=any(guard.can(Action.PLAN, site.path) for site in sites),
        joint={event.id for event, site in page.rows if not guard.can(Action.SEE_EVENTS, site.path)},
        may_decide=any(guard.can(Action.APPROVE, site.path) for site in sites),
        Standing=Standing,
        Category=Category,
    )


@bp.get("/list.csv")
def export():
    """The same list as a file, without pages."""
    now = clock.now()
    wanted = _wanted(list_where(reached(guard.reach())))
    query = queries.at_desk(_visible(now), wanted, now).limit(MOST_EXPORTED)
    lines = (line_of(event, site, now) for event, site in db.session.execute(query))
    return csv_answer(
        _("活动列表-%(day)s", day=clock.day_of(now)), csv_head(), (csv_row(line) for line in lines)
    )


# --- one event --------------------------------------------------------------------------------------------------


@bp.get("/<code>")
def show(code: str):
    """One event: its facts, its figures, the steps it took, and what can be done now; a partner reads its facts."""
    event, site = queries.get_with_site(code)
    if not guard.can(Action.SEE_EVENTS, site.path) and helps_to_hold(event):
        return event_page(event, site, partner=True)
    return event_page(*its(code))


# --- writing ----------------------------------------------------------------------------------------------------


@bp.route("/new", methods=["GET", "POST"])
def new():
    """A new draft at a site: blank, or from another event (`?copy=`).

    A blank one may be on a day, in a room, for a group, of a category (`?day=`, `?room=`, `?for=`, `?category=`).
    """
    copied = _copied()
    if copied and "site" not in request.args:
        return redirect(url_for(".new", site=copied[1].code, copy=copied[0].code), code=303)
    site = guard.chosen_site()
    if site is None:
        return guard.site_picker(_("新建活动"), _("由哪个站点办"))
    form = EventForm(obj=_next_time(copied[0]) if copied else None)
    form.offer_rooms(list_rooms(site))
    form.offer_company(site, clock.day_of(clock.now()))
    if not form.is_submitted():
        if not copied:
            asked = request.args
            put_down(form, asked.get("day", ""), asked.get("room", ""), today=clock.day_of(clock.now()))
            aim_at(form, asked.get("for", ""), asked.get("category", ""))
        return _form_page("desk/events/new.html", form, site)
    if not form.validate():
        return _form_page("desk/events/new.html", form, site, status=422)
    try:
        with transaction():
            event = operations.draft(site, form.fields(), by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        form.blame(refused)
        return _form_page("desk/events/new.html", form, site, status=409)
    flash(_("草稿已保存。看一遍，没有问题就提交。"))
    return redirect(url_for(".show", code=event.code), code=303)


def _copied() -> tuple[Event, Site] | None:
    code = request.args.get("copy")
    return its(code) if code else None


def _next_time(event: Event) -> rules.EventFields:
    return rules.weeks_later(queries.fields_of(event), clock.now())


def _form_page(template: str, form: EventForm, site: Site, *, status: int = 200, **more):
    return render_template(template, form=form, site=site, **more), status


@bp.route("/<code>/edit", methods=["GET", "POST"])
def edit(code: str):
    """Change an event; raising its capacity seats who waits."""
    event, site = its(code)
    if reason := rules.locked(event.state, event.starts_at, clock.now()):
        raise Refused(reason, state=event.state.value)
    form = EventForm(obj=queries.fields_of(event))
    form.offer_rooms(list_rooms(site))
    form.offer_company(site, clock.day_of(clock.now()))
    take_offer(form, request.values.get("instead", ""))
    more = {
        "trouble": _trouble(form, event, site),
        "event": event,
        "series": find_series(event.series_id),
        "scope": asked_scope(),
        "Scope": Scope,
    }
    if not form.is_submitted():
        return _form_page("desk/events/edit.html", form, site, **more)
    if not form.validate():
        return _form_page("desk/events/edit.html", form, site, status=422, **more)
    try:
        changed = retried(lambda: _changed(event, form, more["scope"]))
    except Refused as refused:
        form.blame(in_words(refused, site))
        more["event"] = queries.get_event(code)
        return _form_page("desk/events/edit.html", form, site, status=409, **more)
    flash(_("已保存，一共改了 %(n)s 场。", n=changed) if changed > 1 else _("已保存。"))
    return redirect(url_for(".show", code=code), code=303)


def _changed(event: Event, form: EventForm, scope: Scope) -> int:
    with transaction():
        return change(event, form.fields(), scope)


def _trouble(form: EventForm, event: Event, site: Site) -> Trouble:
    """What the rooms in the form run into, as far as it can be read."""
    starts_at, ends_at = form.starts_at.data, form.ends_at.data
    if not starts_at or not ends_at or ends_at <= starts_at:
        return Trouble()
    return trouble_of(form.fields(), site, state=event.state, event_id=event.id, now=clock.now())


# --- steps ------------------------------------------------------------------------------------------------------


@bp.post("/<code>/submission")
def submission(code: str):
    """Hand it to the office."""
    return _walk(code, Step.SUBMIT, operations.submit, _("已提交，等待审核。还没审之前可以撤回。"))


@bp.post("/<code>/withdrawal")
def withdrawal(code: str):
    """Take it back before anybody decided."""
    return _walk(code, Step.WITHDRAW, operations.withdraw, _("已撤回，可以继续修改。"))


@bp.post("/<code>/return")
def send_back(code: str):
    """Give it back to the station, with a reason."""
    return _walk(code, Step.RETURN, operations.send_back, _("已退回，站点会看到原因。"))


@bp.post("/<code>/publication")
def publication(code: str):
    """Put it before the public, where approval is not needed or this is the approval."""
    event, site = its(code)
    if not may_publish(event, site):
        return event_page(
            event, site, status=409, step=Step.PUBLISH, problem=sentence(Refused(EventRefusal.NEEDS_APPROVAL))
        )
    return _walk(code, Step.PUBLISH, publish, _("已发布，居民现在可以看到。"))


@bp.post("/<code>/postponement")
def postponement(code: str):
    """Put it off; who has a place is on the list of people to ask."""
    return _walk(code, Step.POSTPONE, postpone, _("已延期，报名都保留着。定好新时间后请修改并重新发布。"))


@bp.post("/<code>/cancellation")
def cancellation(code: str):
    """Call it off; who was coming is on the list of people to tell."""
    return _walk(code, Step.CANCEL, _or_its_series(operations.cancel), _("已取消，页面上会写明原因。"))


@bp.post("/<code>/discarding")
def discarding(code: str):
    """Take an unpublished event out of the plan."""
    act = _or_its_series(operations.discard)
    return _walk(code, Step.DISCARD, act, _("已移出计划。点错了可以放回来。"))


def _or_its_series(act: Callable) -> Callable:
    """The act itself, or calling off as many dates of its series as the page asked for."""
    scope = asked_scope()
    return act if scope is Scope.THIS else partial(series.call_off, scope=scope)


@bp.post("/<code>/restoring")
def restoring(code: str):
    """Bring it back as a draft."""
    return _walk(code, Step.RESTORE, operations.restore, _("已放回计划，是草稿。"))


@bp.post("/<code>/reopening")
def reopening(code: str):
    """Open a closed-out event again, to correct its attendance."""
    return _walk(code, Step.REOPEN, reopen, _("已重新打开。改好签到后请再次归档。"))


def _walk(code: str, step: Step, act: Callable, done: str):
    event, site = its(code)
    form = ReasonForm()
    typed = form.reason.data
    if not form.validate():
        return event_page(
            event, site, status=422, step=step, problem=str(form.reason.errors[0]), reason=typed
        )

    def attempt() -> None:
        with transaction():
            now = clock.now()
            act(event, by=guard.user().staff_id, now=now, reason=typed)
            spread_notices(now=now)  # whom to call stands on the list at once

    try:
        retried(attempt)
    except Refused as refused:
        problem = said(in_words(refused, site))
        return event_page(*its(code), status=409, step=step, problem=problem, reason=typed)
    flash(done)
    return redirect(_back(code), code=303)


def _back(code: str) -> str:
    asked = local_path(request.form.get("next", ""))
    return asked if asked.startswith("/desk") else url_for(".show", code=code)
