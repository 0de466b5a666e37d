"""What should we hold next: a dozen suggestions for a site and a month, each one press away from a draft."""

from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.calendar.forms import asked_month
from stationapp.calendar.rules import Month
from stationapp.db import retried, transaction
from stationapp.planning.forms import planned_month
from stationapp.proposals import saying
from stationapp.proposals.ground import Ground, Planned
from stationapp.proposals.means import SUGGESTED
from stationapp.proposals.operations import find_taken_up, take_up
from stationapp.proposals.proposing import as_fields, event_of
from stationapp.proposals.rules import ProposalRefusal
from stationapp.proposals.suggest import Suggestion, find, suggest, wants_served
from stationapp.proposals.survey import survey
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_where
from stationapp.sites.rules import Level
from stationapp.web.errors import sentence
from stationapp.web.filters import span
from stationapp.web.sheets import csv_answer

bp = Blueprint("suggestions", __name__, url_prefix="/suggestions")


@dataclass(frozen=True)
class Line:
    """A suggestion as a row: `key` and `minute` bring it back when it is taken."""

    event: dict
    key: str
    minute: int
    starts_at: datetime
    ends_at: datetime
    why: str
    origin: str


def _month() -> Month:
    """`month=`; the one that is planned now when absent or senseless."""
    return asked_month(planned_month(clock.now()))


def _asked_site() -> tuple[Site, list[Site]]:
    """`?site=` or the first, and all that may be chosen."""
    sites = list_where(reached(guard.reach()))
    if not sites:
        raise NotFound
    return next((site for site in sites if site.code == request.args.get("site")), sites[0]), sites


@bp.get("/")
def index():
    """The list; `?site=&month=`."""
    site, sites = _asked_site()
    return _page(site, sites, _month())


def _page(site: Site, sites: list[Site], month: Month, *, problem: str = "", status: int = 200):
    ground = _survey(site, month)
    return render_template(
        "desk/suggestions/index.html",
        site=site,
        sites=sites,
        month=month,
        lines=[_line(ground, one) for one in suggest(ground)],
        made=[(one, ground.at(one.span[0]), ground.at(one.span[1])) for one in _made(ground)],
        over=ground.free_from >= ground.days * 24 * 60,
        problem=problem,
    ), status


@bp.get("/list.csv")
def export():
    """The same list as a file."""
    site, _sites = _asked_site()
    month = _month()
    ground = _survey(site, month)
    lines = [_line(ground, one) for one in suggest(ground)]
    return csv_answer(
        _("建议-%(site)s-%(month)s", site=site.short_name, month=month),
        (_("阵地"), _("时间"), _("活动"), _("地点"), _("面向"), _("为什么")),
        (
            (one.event["name"], span(one.starts_at, one.ends_at), one.event["title"], one.event["place"],
             one.event["audience"], one.why)
            for one in lines
        ),
    )  # fmt: skip


def _survey(site: Site, month: Month) -> Ground:
    """For an office its stations too; for the center itself alone: a dozen is nothing for a district."""
    return survey(site, month, now=clock.now(), alone=site.level is Level.CENTER)


def _line(ground: Ground, one: Suggestion) -> Line:
    event = event_of(ground, [one.want], one.candidate)
    starts_at, ends_at = (ground.at(minute) for minute in one.candidate.slot.span)
    said = saying.why(event), saying.origin(event)
    return Line(event, one.candidate.idea.key, one.candidate.slot.span[0], starts_at, ends_at, *said)


def _made(ground: Ground) -> list[Planned]:
    """Drafts of this month that were suggestions."""
    return [
        one
        for one in ground.planned
        if one.from_suggestion and one.span[0] >= 0 and one.site_ids[0] in ground.places
    ]


@bp.post("/drafts")
def take():
    """Write the draft of a suggestion and go there; pressed again, the same draft."""
    site = get_site(request.form.get("site", ""))
    guard.require(site.path)
    month, key = _month(), request.form.get("idea", "")[:80]
    fingerprint = f"{SUGGESTED}{site.code} {month} {key}"
    if made := find_taken_up(fingerprint):
        return redirect(url_for("desk.events.show", code=made.code), code=303)
    try:
        event = retried(lambda: _write(site, month, key, fingerprint))
    except Refused as refused:
        return _page(site, list_where(reached(guard.reach())), month, problem=sentence(refused), status=409)
    flash(_("草稿已写好。看一遍，没有问题就提交。"))
    return redirect(url_for("desk.events.show", code=event.code), code=303)


def _write(site: Site, month: Month, key: str, fingerprint: str):
    now = clock.now()
    with transaction():
        ground = survey(site, month, now=now, alone=True)
        found = find(ground, ground.places[site.id], key, _minute()) if site.id in ground.places else None
        if found is None:
            raise Refused(ProposalRefusal.NOT_FREE_ANY_MORE)
        wants = wants_served(ground, found)
        entry = event_of(ground, wants, found._replace(fills=tuple(range(len(wants)))))
        written = as_fields(entry, remark=saying.remark(entry))
        return take_up(site, written.fields, fingerprint, by=guard.user().staff_id, now=now)


def _minute() -> int:
    """The posted minute of the month; -1 when it is none."""
    typed = request.form.get("minute", "")
    return int(typed) if typed.isascii() and typed.isdigit() and len(typed) < 6 else -1
