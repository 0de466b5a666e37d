"""What is printed: an event's poster and a site's month for the wall, as pages and as PDFs. Public like the events."""

from enum import Enum
from typing import TypeVar

from flask import Blueprint, current_app, render_template, request

from stationapp.calendar.rules import Month
from stationapp.events.listing import get_shown
from stationapp.events.queries import partners_of
from stationapp.publicity import months, posters
from stationapp.publicity.grid import Paper
from stationapp.publicity.months import LAST_YEAR, Wall
from stationapp.publicity.posters import Layout, Poster
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site
from stationapp.sites.rules import Level
from stationapp.web.pdf import pdf_answer, render

bp = Blueprint("paper", __name__)

Case = TypeVar("Case", bound=Enum)


@bp.get("/events/<code>/poster")
def poster(code: str):
    """The poster as a page to print, `?layout=plain|festive|child`; the event's themes choose unless told."""
    sheet = _poster(code)
    return render_template("publicity/poster/show.html", poster=sheet, layouts=tuple(Layout), code=code)


@bp.get("/events/<code>/poster.pdf")
def poster_pdf(code: str):
    """The same as a PDF."""
    sheet = _poster(code)
    return pdf_answer(render("publicity/poster", posters.as_data(sheet)), f"海报-{sheet.title.text}")


@bp.get("/sites/<code>/month/<month>")
def month(code: str, month: str):
    """A site's month for the wall, `?paper=a4|a3`; `?all=1` takes in the sites beneath."""
    site, its = get_site(code), _month(month)
    sheet = _wall(site, its)
    return render_template(
        "publicity/month/show.html",
        site=site,
        wall=sheet,
        papers=tuple(Paper),
        month=its,
        near=[near for near in (its.plus(-1), its.plus(1)) if 2000 <= near.year <= LAST_YEAR],
        everything=_everything(site),
        has_beneath=site.level is not Level.STATION,
    )


@bp.get("/sites/<code>/month/<month>.pdf")
def month_pdf(code: str, month: str):
    """The same as a PDF."""
    site, its = get_site(code), _month(month)
    sheet = _wall(site, its)
    return pdf_answer(render("publicity/month", months.as_data(sheet)), f"月历-{site.short_name}-{its}")


def _poster(code: str) -> Poster:
    shown = get_shown(code)
    return posters.poster(
        shown,
        partners_of(shown.event.id),
        _chosen("layout", posters.layout_for(shown.themes)),
        address=f"{_public()}/events/{shown.event.code}",
        district=current_app.config["SETTINGS"].district,
    )


def _wall(site: Site, month: Month) -> Wall:
    everything = _everything(site)
    return months.wall(
        site,
        month,
        months.held(site, month, with_beneath=everything),
        _chosen("paper", Paper.A4),
        address=f"{_public()}/sites/{site.code}/month/{month}{'?all=1' if everything else ''}",
    )


def _everything(site: Site) -> bool:
    return request.args.get("all") == "1" and site.level is not Level.STATION


def _chosen(name: str, default: Case) -> Case:
    """The case asked for; one that does not exist is no page."""
    text = request.args.get(name)
    try:
        return type(default)(text) if text else default
    except ValueError:
        raise NotFound from None


def _month(text: str) -> Month:
    try:
        month = Month.parse(text)
    except ValueError:
        raise NotFound from None
    if month.year > LAST_YEAR:
        raise NotFound
    return month


def _public() -> str:
    return current_app.config["SETTINGS"].public_url
