"""One event's page at the desk: who may read it, and what it shows and offers."""

from flask import render_template

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance.photos import list_photos
from stationapp.events import queries, rules
from stationapp.events.clashes import trouble_of
from stationapp.events.forms import EventForm
from stationapp.events.guard import event_here
from stationapp.events.lines import line_of
from stationapp.events.models import Event
from stationapp.events.rules import Step
from stationapp.events.series_queries import find_series
from stationapp.events.series_rules import Scope
from stationapp.refusal import NotFound
from stationapp.rooms.queries import find_room, list_released
from stationapp.sites.models import Site


def its(code: str) -> tuple[Event, Site]:
    """The event and its site, if this request's action is allowed there; a helper sees today's alone."""
    event, site = event_here(code)
    if not guard.can(Action.PLAN, site.path) and not rules.touches(event, clock.day_of(clock.now())):
        raise NotFound
    return event, site


def helps_to_hold(event: Event) -> bool:
    """Whether the user works for a site that holds this public event together with its lead."""
    today = rules.touches(event, clock.day_of(clock.now()))
    return event.state in rules.PUBLIC and any(
        guard.can(Action.PLAN, site.path) or (today and guard.can(Action.SEE_EVENTS, site.path))
        for site in queries.partners_of(event.id)
    )


def event_page(
    event: Event,
    site: Site,
    *,
    status: int = 200,
    step: Step | None = None,
    problem: str = "",
    reason: str = "",
    partner: bool = False,
):
    """The page, after `step` failed with `problem` and the `reason` typed, or as it is; a partner reads its facts."""
    now = clock.now()
    return render_template(
        "desk/events/show.html",
        event=event,
        site=site,
        line=line_of(event, site, now),
        partner=partner,
        partners=queries.partners_of(event.id),
        shared=queries.shared_of(event.id),
        series=find_series(event.series_id),
        Scope=Scope,
        room=find_room(event.room_id),
        trouble=trouble_of(queries.fields_of(event), site, state=event.state, event_id=event.id, now=now),
        released=list_released(event.id) if event.starts_at <= now < event.ends_at else [],
        themes=sorted(queries.themes_of(event.id), key=list(rules.Theme).index),
        photos=[] if partner else list_photos(event.id),
        steps=queries.list_steps(event.id),
        maker=queries.maker_of(event),
        possible=_possible(event, site, now),
        editable=guard.can(Action.PLAN, site.path)
        and rules.locked(event.state, event.starts_at, now) is None,
        missing=[EventForm()[name].label.text for name in rules.missing(event)],
        may_plan=guard.can(Action.PLAN, site.path),
        failed=step,
        problem=problem,
        reason=reason,
    ), status


def _possible(event: Event, site: Site, now) -> set[str]:
    """The steps, by value, that this user may take now."""
    return {
        step.value
        for step, action in _ASKS.items()
        if rules.step_problem(step, event.state, event.starts_at, event.ends_at, "-", now) is None
        and (may_publish(event, site) if step is Step.PUBLISH else guard.can(action, site.path))
    }


_ASKS = {
    Step.SUBMIT: Action.PLAN,
    Step.WITHDRAW: Action.PLAN,
    Step.RETURN: Action.APPROVE,
    Step.PUBLISH: Action.PLAN,
    Step.POSTPONE: Action.PLAN,
    Step.CANCEL: Action.PLAN,
    Step.CLOSE_OUT: Action.CLOSE_OUT,
    Step.REOPEN: Action.CLOSE_OUT,
    Step.DISCARD: Action.PLAN,
    Step.RESTORE: Action.PLAN,
}


def may_publish(event: Event, site: Site) -> bool:
    """Whether this user may put it before the public, as its approval or without one."""
    asks = rules.needs_approval(event.state, site.level, queries.office_publishes_directly(site))
    return guard.can(Action.APPROVE if asks else Action.PLAN, site.path)
