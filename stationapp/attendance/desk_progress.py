"""A course at the desk: who came how often, and who has completed it."""

from flask import Blueprint, render_template
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.attendance.progress import progress_of
from stationapp.events.models import Series
from stationapp.events.series_queries import get_with_site
from stationapp.sites.models import Site
from stationapp.web.sheets import csv_answer

bp = Blueprint("progress", __name__, url_prefix="/progress")


def _its(code: str) -> tuple[Series, Site]:
    series, site = get_with_site(code)
    guard.require(site.path)
    return series, site


@bp.get("/<code>")
def show(code: str):
    """Everybody of a series, masked, with how often they came."""
    series, site = _its(code)
    progress = progress_of(series, now=clock.now())
    return render_template("desk/progress/show.html", series=series, site=site, progress=progress)


@bp.get("/<code>/list.csv")
def export(code: str):
    """The same list as a file, masked."""
    series, _site = _its(code)
    progress = progress_of(series, now=clock.now())
    head = (_("姓名"), _("电话"), _("到了几次"), _("没来几次"), _("一共几次"), _("是否学完"))
    rows = (
        (one.shown.name, one.shown.phone, one.came, one.missed, progress.dates, _done(series, one.complete))
        for one in progress.learners
    )
    return csv_answer(_("上课情况-%(code)s", code=series.code), head, rows)


def _done(series: Series, complete: bool) -> str:
    if series.complete_after is None:
        return ""
    return _("学完") if complete else _("还没有")
