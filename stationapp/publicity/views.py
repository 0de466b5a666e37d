"""What goes out by itself: calendars to subscribe to, and the page of an outdoor screen."""

from base64 import b64encode
from datetime import timedelta
from hashlib import sha256

from flask import Blueprint, Response, current_app, render_template, request, send_from_directory
from flask_babel import gettext as _

from stationapp import clock
from stationapp.events import appointment
from stationapp.events.rules import Category
from stationapp.publicity import feeds, share
from stationapp.publicity.queries import Scope, get_announced, list_coming
from stationapp.publicity.screen import MOST, Heading, sheets
from stationapp.refusal import NotFound
from stationapp.sites.queries import get_site
from stationapp.web import remember
from stationapp.web.filters import hour_minute
from stationapp.web.paging import page_number
from stationapp.web.pdf import picture
from stationapp.web.qr import png

bp = Blueprint("publicity", __name__)

CLOCK = "--:--"
"""Where the time of day stands on the screen's page; not a part of what its ETag is made from."""


@bp.get("/events/calendar.ics")
def feed():
    """The whole district's calendar, or with `?category=A05` that of one category."""
    return _feed(Scope(category=_category()))


@bp.get("/sites/<code>/calendar.ics")
def site_feed(code: str):
    """A site's calendar with those beneath it and what it holds together with others; `?category=` narrows it."""
    return _feed(Scope(get_site(code), _category()))


def _category() -> Category | None:
    """The category asked for; one that does not exist is no calendar."""
    text = request.args.get("category")
    try:
        return Category(text) if text else None
    except ValueError:
        raise NotFound from None


def _feed(scope: Scope) -> Response:
    now = clock.now()
    lines, name = feeds.announced(scope, now=now), feeds.name_of(scope)
    public = current_app.config["SETTINGS"].public_url
    # Made from the rows: who has this state already is answered before a thousand entries are written.
    tag = _tag(name, public, *lines)
    if tag in request.if_none_match.as_set(include_weak=True):
        answer = Response(status=304)
    else:
        entries = [feeds.entry(line, revision, f"{public}/events/{line.code}") for line, revision in lines]
        answer = Response(appointment.many(entries, name=name), mimetype="text/calendar")
        answer.content_type = "text/calendar; charset=utf-8"
    answer.set_etag(tag, weak=True)
    remember.until(clock.instant(clock.day_of(now) + timedelta(days=1)))
    return answer


@bp.get("/sites/<code>/screen")
def screen(code: str):
    """A site's outdoor screen. Scripts turn its pages; without them the page leads to the next one by itself."""
    now = clock.now()
    site = get_site(code)
    today = clock.day_of(now)
    lines = list_coming(Scope(site), now=now, most=MOST)
    pages = sheets(lines, today)
    number = (page_number() - 1) % len(pages) + 1
    page = render_template(
        "publicity/screen/show.html",
        site=site,
        sheets=pages,
        number=number,
        next=number % len(pages) + 1,
        today=today,
        tomorrow=today + timedelta(days=1),
        Heading=Heading,
        CLOCK=CLOCK,
        code=b64encode(png(f"{current_app.config['SETTINGS'].public_url}/sites/{site.code}")).decode(),
    )
    answer = Response(page.replace(CLOCK, hour_minute(now), 1))
    answer.set_etag(_tag(page), weak=True)
    return answer.make_conditional(request)


@bp.get("/sites/<code>/screen-worker.js")
def worker(code: str):
    """The screen's service worker: its address gives it the site's pages as its scope."""
    get_site(code)
    answer = send_from_directory(current_app.static_folder, "screen-worker.js", max_age=0)
    answer.headers["Cache-Control"] = "no-cache"
    return answer


@bp.get("/events/<code>/qr.png")
def event_qr(code: str):
    """The code that leads to an event's page, for articles."""
    return _qr(f"/events/{get_announced(code).code}")


@bp.get("/sites/<code>/qr.png")
def site_qr(code: str):
    """The code that leads to a site's page."""
    return _qr(f"/sites/{get_site(code).code}")


@bp.get("/events/<code>/share.png")
def event_picture(code: str):
    """The picture beside an event's title where its page is shared."""
    return _picture(share.of_event(get_announced(code), _house()))


@bp.get("/sites/<code>/share.png")
def site_picture(code: str):
    """The same for a site."""
    return _picture(share.of_site(get_site(code), _house()))


def _house() -> str:
    return current_app.config["SETTINGS"].district + _("新时代文明实践")


def _picture(drawing: dict) -> Response:
    answer = Response(picture("publicity/share", drawing), mimetype="image/png")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def _qr(path: str) -> Response:
    answer = Response(png(current_app.config["SETTINGS"].public_url + path), mimetype="image/png")
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


def _tag(*parts: object) -> str:
    return sha256(repr(parts).encode()).hexdigest()[:20]
