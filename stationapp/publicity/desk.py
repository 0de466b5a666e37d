"""Publicity at the desk: texts ready to copy, of one event or of a site's coming days or month."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask import Blueprint, Response, current_app, redirect, render_template, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.calendar.forms import asked_month
from stationapp.calendar.rules import Month
from stationapp.events.guard import event_here
from stationapp.events.rules import PUBLIC
from stationapp.publicity import texts
from stationapp.publicity.queries import Announced, Scope, get_announced, list_between
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_where

bp = Blueprint("publicity", __name__, url_prefix="/publicity")

AHEAD = 7
"""How far "the coming days" reach."""

MOST = 200
"""Events in one text; nobody reads a longer one."""

# An article's styles stand in the article: only so they survive being pasted. The page that shows it may use them.
_STYLED = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)


@dataclass(frozen=True)
class Days:
    """The local days a text is about, both included, and how they are called."""

    first: date
    last: date
    name: str
    month: Month | None


@bp.get("/")
def index():
    """The sites whose publicity the user makes; straight to the one when there is only one."""
    sites = list_where(reached(guard.reach()))
    if len(sites) == 1:
        return redirect(url_for(".site", code=sites[0].code), code=303)
    return render_template("desk/publicity/index.html", sites=sites)


@bp.get("/events/<code>")
def event(code: str):
    """One event: the poster, the text for a group chat, the article for the official account."""
    event, site = event_here(code)
    line = get_announced(code) if event.state in PUBLIC else None
    over = line is not None and line.shown_until <= clock.now()
    return render_template(
        "desk/publicity/event.html",
        event=event,
        site=site,
        line=None if over else line,
        over=over,
        chat=texts.chat(line, _public(f"/events/{code}")) if line else "",
        LONGEST=texts.LONGEST,
        public=_public(),
    )


@bp.get("/events/<code>/article.html")
def event_article(code: str):
    """The article of one event as readers will see it, to copy from."""
    event, site = event_here(code)
    line = get_announced(event.code)
    return _article([line], line.title, site)


@bp.get("/sites/<code>")
def site(code: str):
    """A site's coming seven days, or with `?month=YYYY-MM` what is left of that month, in one text and one article."""
    site = get_site(code)
    guard.require(site.path)
    asked = _days()
    lines, heading = _lines(site, asked), _heading(site, asked)
    this = Month.of(clock.day_of(clock.now()))
    return render_template(
        "desk/publicity/site.html",
        site=site,
        asked=asked,
        months=(this, this.plus(1)),
        lines=lines,
        heading=heading,
        chat=texts.round_up(lines, site, heading, _public(f"/sites/{site.code}")),
        public=_public(),
    )


@bp.get("/sites/<code>/article.html")
def site_article(code: str):
    """The article of a site's days, to copy from."""
    site = get_site(code)
    guard.require(site.path)
    asked = _days()
    return _article(_lines(site, asked), _heading(site, asked), site)


def _article(lines: list[Announced], heading: str, site: Site) -> Response:
    page = render_template(
        "desk/publicity/article.html", lines=lines, heading=heading, site=site, public=_public()
    )
    return Response(page, headers={"Content-Security-Policy": _STYLED})


def _public(path: str = "") -> str:
    return current_app.config["SETTINGS"].public_url + path


def _days() -> Days:
    today = clock.day_of(clock.now())
    month = asked_month()
    if month is None:
        return Days(today, today + timedelta(days=AHEAD - 1), _("未来七天"), None)
    return Days(month.first_day, month.last_day, _("%(n)s月", n=month.month), month)


def _lines(site: Site, asked: Days) -> list[Announced]:
    """What can still be come to: nothing that is over or was called off."""
    now = clock.now()
    first = max(asked.first, clock.day_of(now))
    lines = list_between(Scope(site), first, asked.last, now=now, most=MOST) if first <= asked.last else []
    return [line for line in lines if line.ends_at > now and not line.is_called_off]


def _heading(site: Site, asked: Days) -> str:
    return _("%(site)s%(days)s的活动", site=site.short_name, days=asked.name)
