"""A month's life at the desk: what is missing, 签审, links for outside."""

from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from sqlalchemy import Row

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.calendar.rules import Month
from stationapp.db import transaction
from stationapp.refusal import NotFound, Refused
from stationapp.reports import links, prepared, signing
from stationapp.reports.asking import when_closed
from stationapp.reports.desk_month import site_month
from stationapp.reports.desk_page import none_page
from stationapp.reports.forms import SignForm
from stationapp.reports.life_rules import PATIENCE, Lack
from stationapp.reports.missing import Missing, counted, missing
from stationapp.reports.models import CoverageReport, ReportLink
from stationapp.reports.official_template import read_form
from stationapp.reports.shelf import find_head, get_head
from stationapp.sites.models import Site
from stationapp.sites.queries import list_sites
from stationapp.sites.rules import Level
from stationapp.vault import vault
from stationapp.web.errors import sentence
from stationapp.web.filters import stamp
from stationapp.web.qr import png
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("life", __name__, url_prefix="/reports")

# --- what is missing -------------------------------------------------------------------------------------------


@bp.get("/<site>/<month>/missing", endpoint="missing")
def lacking(site: str, month: str):
    """What the site itself still owes, each with a way to mend it; of sites beneath how many, in code order."""
    its, of = site_month(site, month)
    now, closed = clock.now(), find_head(its, of)
    if closed is None and (page := none_page(its, of)):
        return page
    found = missing(of, Site.path.startswith(its.path, autoescape=True), now=now)
    beneath = [one for one in list_sites(its.path) if one.id != its.id]
    return render_template(
        "desk/life/missing.html",
        site=its,
        month=of,
        own=[one for one in found if one.site == its.code],
        mend=_mend,
        beneath=beneath,
        counts=counted(found),
        total=sum((Counter({one.lack: one.count}) for one in found), Counter()),
        lacks=list(Lack),
        closed=closed,
        closes_at=(closes_at := when_closed(of)),
        overdue=closes_at + PATIENCE <= now,
        over=now >= of.ends_at,
        may_see_events=guard.can(Action.SEE_EVENTS, its.path),
    )


def _mend(one: Missing) -> tuple[str, str] | None:
    """(address, words of the button) of the page on which it is put right, for those who may."""
    if one.lack is Lack.OPEN:
        return _offered(Action.CLOSE_OUT, one, _("去归档"), "desk.closeout.show", code=one.event)
    if one.lack is Lack.NO_SIGN_OUT:
        where = {"code": one.event, "_anchor": "why-reopen"}  # it is closed out: nothing can be ticked before
        return _offered(Action.CLOSE_OUT, one, _("去重新打开"), "desk.events.show", **where)
    if one.lack is Lack.SCANS:
        return _offered(Action.CLOSE_OUT, one, _("去处理"), "desk.scans.index", site=one.site)
    decides = _offered(Action.APPROVE_HOURS, one, _("去审核"), "desk.hours.index")
    return decides or _offered(Action.PROPOSE_HOURS, one, _("去看看"), "desk.hours.proposed")


def _offered(action: Action, one: Missing, said: str, endpoint: str, **where) -> tuple[str, str] | None:
    return (url_for(endpoint, **where), said) if guard.can(action, one.path) else None


@bp.get("/<site>/<month>/missing.csv")
def missing_file(site: str, month: str):
    """The same as a list, a line a thing; titles for those who see the events."""
    its, of = site_month(site, month)
    found = missing(of, Site.path.startswith(its.path, autoescape=True), now=clock.now())
    head = (_("代码"), _("阵地"), _("差什么"), _("几条"), _("活动"), _("时间"))
    rows = [
        (
            one.site,
            one.name,
            word(one.lack),
            one.count,
            one.title if guard.can(Action.SEE_EVENTS, one.path) else None,
            one.at and stamp(one.at),
        )
        for one in found
    ]
    return csv_answer(_("%(site)s-%(month)s-还差什么", site=its.short_name, month=of), head, rows)


# --- 签审 --------------------------------------------------------------------------------------------------------


@bp.post("/<site>/<month>/versions/<int:version>/signing")
def sign(site: str, month: str, version: int):
    """Say something to the version that holds."""
    its, of = site_month(site, month)
    report, form = get_head(its, of, version), SignForm()
    problem = "" if form.validate() else next(iter(next(iter(form.errors.values()))))
    if not problem:
        try:
            with transaction():
                signing.sign(
                    report,
                    its,
                    by=guard.user().staff_id,
                    role=_role_here(its),
                    mark=form.mark.data,
                    sentence=form.sentence.data,
                    now=clock.now(),
                )
        except Refused as refused:
            problem = sentence(refused)
    if problem:
        return render_template(
            "desk/life/sign.html", site=its, month=of, report=report, form=form, problem=problem
        ), 422
    flash(_("记下了：%(mark)s。", mark=word(form.mark.data)), "good")
    return redirect(url_for("desk.reports.month", site=its.code, month=str(of)) + "#signing", code=303)


def _role_here(site: Site) -> str:
    """The roles by which somebody speaks for this site, in words."""
    return "、".join(word(held.role) for held in guard.user().held if held.path == site.path)


# --- links -------------------------------------------------------------------------------------------------------


@bp.get("/<site>/<month>/links", endpoint="links")
def index(site: str, month: str):
    """The links of a site's month; one that was just made shows its address, this once."""
    its, of = site_month(site, month)
    given = links.list_links(its, of)
    address = _shown_once({row.ReportLink.id for row in given})
    return render_template(
        "desk/life/links.html",
        site=its,
        month=of,
        latest=find_head(its, of),
        links=given,
        now=clock.now(),
        address=address,
        code=b64encode(png(address)).decode() if address else "",
    )


@bp.post("/<site>/<month>/versions/<int:version>/links")
def share(site: str, month: str, version: int):
    """Another link to this version, for outside."""
    its, of = site_month(site, month)
    report = get_head(its, of, version)
    with transaction():
        link, token = links.share(report, by=guard.user().staff_id, now=clock.now())
        number = link.id
    session["fresh_report_link"] = [number, b64encode(vault().seal(token)).decode()]
    return redirect(url_for(".links", site=its.code, month=str(of)), code=303)


def _shown_once(here: Collection[int]) -> str | None:
    """The address of the link made last, if it is one of these: another month's would be sent for this one's."""
    number, sealed = session.get("fresh_report_link") or (0, "")
    if number not in here:
        return None
    del session["fresh_report_link"]
    token = vault().unseal(b64decode(sealed))
    return current_app.config["SETTINGS"].public_url + url_for("reports.show", token=token)


@bp.post("/<site>/<month>/links/<int:link_id>/ending")
def end_link(site: str, month: str, link_id: int):
    """Take a link back: from now on its address shows nothing."""
    its, of = site_month(site, month)
    link = next((row.ReportLink for row in links.list_links(its, of) if row.ReportLink.id == link_id), None)
    if link is None:
        raise NotFound
    try:
        with transaction():
            links.end_link(link, by=guard.user().staff_id, now=clock.now())
        flash(_("收回了，那个链接从现在起打不开。"), "good")
    except Refused as refused:
        flash(sentence(refused), "warn")
    return redirect(url_for(".links", site=its.code, month=str(of)), code=303)


# --- what the month's page shows of it ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Life:
    """What `_versions`, `_signing`, `_files` and `_links.html` show beside a report."""

    signed: dict[int, list[signing.Signed]]  # by version's number
    beneath: signing.Beneath | None  # None for a station
    form: SignForm
    may_sign: bool
    may_share: bool
    kept: list[Row]  # of the version shown
    unkept: str  # why there are none, where some should be
    missing: int
    links: int  # that hold now


@bp.app_template_global("month_life")
def life(site: Site, month: Month, report: CoverageReport | None, versions) -> Life:
    """For the page of a site's month; `report` is the version shown, None while nothing is closed."""
    now = clock.now()
    said = signing.signed([one.id for one in versions])
    may_share = guard.can(Action.SHARE_MONTH, site.path)
    here = Site.path.startswith(site.path, autoescape=True)
    lacks = [] if report else missing(month, here, now=now)
    kept = prepared.list_kept(report.id) if report else []
    return Life(
        signed={one.version: said[one.id] for one in versions},
        beneath=signing.beneath(site, month) if report and site.level is not Level.STATION else None,
        form=SignForm(formdata=None),
        may_sign=guard.can(Action.SIGN_MONTH, site.path),
        may_share=may_share,
        kept=kept,
        unkept=_unkept(site, report, versions[0], now) if report and not kept else "",
        missing=sum(one.count for one in lacks),
        links=sum(_holds(row.ReportLink, now) for row in links.list_links(site, month)) if may_share else 0,
    )


def _unkept(site: Site, report: CoverageReport, latest: CoverageReport, now: datetime) -> str:
    if site.level is Level.STATION:
        return _("站的文件随要随做，请用上面的下载按钮。")
    if report.version != latest.version:
        return _("这一版没有存下文件，后来的版本接着就出了。要用请点上面的下载按钮。")
    try:
        if form := current_app.config["SETTINGS"].report_form:
            read_form(form)
    except Refused as refused:
        return _("文件做不了：%(why)s改好以后会自动做好存下。", why=sentence(refused))
    if report.closed_at + PATIENCE <= now:
        return _("关账一个多小时了，文件还没有存下。请系统管理员看看“后台任务”。现在可以用上面的下载按钮。")
    return _("文件正在准备，几分钟后列在这里。现在也可以用上面的下载按钮。")


def _holds(link: ReportLink, now: datetime) -> bool:
    return link.ended_at is None and link.until_at > now
