"""The desk's first page: what is on today, what waits for me, what is not closed out."""

from flask import Blueprint, current_app, render_template
from sqlalchemy import ColumnElement

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action, paths_for
from stationapp.attendance.aside import count_waiting
from stationapp.events.rules import State
from stationapp.messages.gateways.kinds import ways_on
from stationapp.messages.stops import live_stops
from stationapp.scrutiny import flags
from stationapp.scrutiny.queries import count_to_call
from stationapp.sites.models import Site
from stationapp.today import queries
from stationapp.volunteers.question_queries import count_open

bp = Blueprint("today", __name__)


@bp.get("/")
def index():
    """Each list for the sites where the user may do something about it; a part without rights is left out."""
    now = clock.now()
    late = _where(Action.CLOSE_OUT, lambda here: queries.not_closed_out(here, now=now))
    on = _where(Action.SEE_EVENTS, lambda here: queries.on_today(here, now=now))
    return render_template(
        "desk/today/index.html",
        today=now,
        on=on,
        joint={line.code for line in on or () if not guard.can(Action.SEE_EVENTS, line.site_path)},
        submitted=_where(Action.APPROVE, lambda here: queries.standing(State.SUBMITTED, here)),
        returned=_where(Action.PLAN, lambda here: queries.standing(State.RETURNED, here)),
        notices=_where(Action.PLAN, lambda here: queries.open_notices(here, now=now, own=_own())),
        hours=_where(Action.APPROVE_HOURS, queries.count_proposed_hours),
        questions=_where(Action.PROPOSE_HOURS, lambda here: count_open(here, clock.day_of(now))),
        scans=_where(Action.CLOSE_OUT, count_waiting),
        spots=_where(Action.SCRUTINIZE, count_to_call),
        flagged=_where(Action.SCRUTINIZE, lambda here: flags.count_open(here, clock.day_of(now))),
        stopped=_where(Action.SEE_JOBS, lambda here: live_stops()) if _is_sending() else None,
        not_closed_out=late,
        unfiled=queries.unfiled(late or (), now=now),
    )


def _own() -> ColumnElement[bool]:
    """The sites at which the user holds a role, without those beneath."""
    return Site.path.in_({held.path for held in guard.user().held})


def _is_sending() -> bool:
    """Whether anything is sent at this place; where nothing is, nothing can be held up."""
    return bool(ways_on(current_app.config["SETTINGS"]))


def _where(action: Action, read):
    """What `read` finds at the sites where the user may do `action`; None when there is no such site."""
    where = paths_for(guard.user(), action)
    return read(reached(where)) if where else None
