"""What is on, and one event: the pages residents come for."""

from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import urlencode

from flask import Blueprint, current_app, redirect, render_template, request
from flask_babel import get_locale
from markupsafe import Markup

from stationapp import clock, codes
from stationapp.calendar.forms import read_day
from stationapp.events.announced import news_of, stage_of
from stationapp.events.listing import (
    LAST_PAGE,
    Filters,
    Line,
    center_contact,
    get_shown,
    next_change,
    what_is_on,
)
from stationapp.events.models import Event
from stationapp.events.rules import Category
from stationapp.events.stages import Stage, draws_later, free_on_the_web, left_for_callers
from stationapp.signups.alternatives import NOWHERE, elsewhere
from stationapp.signups.forms import asks_at
from stationapp.signups.views_form import form_here
from stationapp.sites.models import Site
from stationapp.sites.queries import find_site, list_sites
from stationapp.sites.rules import Level
from stationapp.web import remember
from stationapp.web.asked import asked_case
from stationapp.web.paging import Page, page_number

bp = Blueprint("events", __name__)

SIZE = 20
LONGEST_SEARCH = 30
_ASKED = ("site", "day", "category", "free", "q")


class Seats(NamedTuple):
    """What a page says of an event's seats at a moment; `free` None: no number of places."""

    free: int | None
    kept: int  # for those who call
    drawn: bool  # lots are still to be drawn


@bp.app_template_global()
def card(line: Line, stage: Stage) -> Markup:
    """An event's card in a list. The same line always looks the same, so it is drawn once."""
    return _drawn(line, stage, seats_of(line), str(get_locale()))


@bp.app_template_global()
def seats_of(event: Event | Line) -> Seats:
    """How many seats of an event residents can take by themselves now, and how."""
    now = clock.now()
    return Seats(free_on_the_web(event, now), left_for_callers(event, now), draws_later(event, now))


@lru_cache(maxsize=4096)
def _drawn(line: Line, stage: Stage, seats: Seats, language: str) -> Markup:
    return current_app.jinja_env.get_template("components/cards.html").module.event(line, stage, seats)


@bp.get("/")
def index():
    """What is on near you, soonest first."""
    return _list("events/index.html")


@bp.get("/events")
def every():
    """The same list with every filter laid out."""
    return _list(
        "events/every.html", sites=list_sites(on=clock.day_of(clock.now())), categories=tuple(Category)
    )


@bp.get("/events/<code>")
def show(code: str):
    """One event: what, when, where, for whom, is there a place, how to come, whom to call."""
    tidied = codes.tidy(code)
    if tidied != code:
        return redirect(f"/events/{tidied}", code=301)
    shown = get_shown(code)
    now = clock.now()
    stage, news = shown.stage(now), news_of(shown)
    form = form_here(asks_at(shown.event, now), now) if stage in (Stage.OPEN, Stage.FULL) else None
    others = elsewhere(shown.event, shown.site, now=now) if stage in NOWHERE else ()
    return render_template(
        "events/show.html", shown=shown, news=news, form=form, stage_of=stage_of, elsewhere=others
    )


def _list(template: str, **more):
    now, number = clock.now(), min(page_number(), LAST_PAGE)
    asked = {name: text for name in _ASKED if (text := request.args.get(name, "").strip())}
    site = find_site(asked["site"][:20]) if "site" in asked else None
    filters = _filters(asked, site, now)
    lines = what_is_on(filters, page=number, size=SIZE, now=now)
    remember.until(next_change(lines, now))
    return render_template(
        template,
        days=_by_day(lines[:SIZE], now),
        page=Page([], number, len(lines) > SIZE and number < LAST_PAGE),
        site=site,
        contact=site or center_contact(),
        asked=asked,
        asked_date=filters.first if filters.first == filters.last else None,
        today=clock.day_of(now),
        address=lambda **changes: _address(asked | changes),
        **more,
    )


def _address(asked: dict[str, str]) -> str:
    return "?" + urlencode({name: text for name, text in asked.items() if text})


def _filters(asked: dict[str, str], site: Site | None, now: datetime) -> Filters:
    first, last = _days(asked.get("day", ""), clock.day_of(now))
    return Filters(
        site_id=site.id if site and site.level is Level.STATION else None,
        path=site.path if site and site.level is Level.OFFICE else "",
        first=first,
        last=last,
        category=asked_case("category", Category, asked),
        free="free" in asked,
        words=asked.get("q", "")[:LONGEST_SEARCH].replace("\0", ""),
    )


def _days(text: str, today: date) -> tuple[date | None, date | None]:
    """The first and last local day meant by today, tomorrow, weekend or YYYY-MM-DD; none for anything else."""
    if text == "today":
        return today, today
    if text == "tomorrow":
        return today + timedelta(days=1), today + timedelta(days=1)
    if text == "weekend":
        sunday = today + timedelta(days=6 - today.weekday())
        return max(today, sunday - timedelta(days=1)), sunday
    day = read_day(text)
    return day, day


def _by_day(lines: tuple[Line, ...], now: datetime) -> list[tuple[date, list]]:
    """Lines with their stages under the local day they begin on; what is under way stands under today."""
    today, days = clock.day_of(now), {}
    for line in lines:
        day = max(clock.day_of(line.starts_at), today)
        days.setdefault(day, []).append((line, line.stage(now)))
    return list(days.items())
