"""The audit log for auditors: read, filter, print, take away as CSV."""

from collections.abc import Iterable
from datetime import timedelta

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.audit.queries import lines, list_acts
from stationapp.audit.words import said
from stationapp.calendar.forms import asked_day
from stationapp.db import db
from stationapp.sites.models import Site
from stationapp.web.filters import stamp
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer

bp = Blueprint("audit", __name__, url_prefix="/audit")

LONGEST = 100_000
"""Lines of an export; further back, narrow the dates."""


@bp.get("/")
def index():
    """The log, latest first; filters are in the address."""
    page = paged(_asked(), 100)
    return render_template(
        "desk/audit/index.html",
        page=page,
        acts=list_acts(),
        said=said,
        people=_people(),
        sites=_sites(line.site_id for line in page.rows),
    )


@bp.get("/lines.csv")
def export():
    """The same lines, at most LONGEST of them."""
    people, sites = _people(), _sites()
    head = (_("序号"), _("时间"), _("人员"), _("动作"), _("对象"), _("阵地"), _("理由"), _("校验值"))
    rows = (
        (
            line.number,
            stamp(line.at),
            _("系统") if line.actor_id is None else people.get(line.actor_id, line.actor_id),
            said(line.act),
            line.subject,
            sites.get(line.site_id, ""),
            line.reason,
            line.hash,
        )
        for line in db.session.scalars(_asked().limit(LONGEST))
    )
    return csv_answer(_("审计日志"), head, rows)


def _asked():
    actor = request.args.get("staff", "")
    since, until = asked_day("from"), asked_day("to")
    return lines(
        actor_id=int(actor) if actor.isascii() and actor.isdigit() and len(actor) < 10 else None,
        act=request.args.get("act", "")[:64],
        begins_at=since and clock.instant(since),
        ends_at=until and clock.instant(until + timedelta(days=1)),
    )


def _people() -> dict[int, str]:
    rows = db.session.execute(select(Staff.id, Staff.name).order_by(Staff.id))
    return {number: name for number, name in rows}  # noqa: C416


def _sites(ids: Iterable[int | None] | None = None) -> dict[int, str]:
    query = select(Site.id, Site.short_name)
    if ids is not None:
        query = query.where(Site.id.in_({number for number in ids if number is not None}))
    return {number: name for number, name in db.session.execute(query)}  # noqa: C416
