"""The monthly spot check at the desk: the lines drawn by lot, whom to call, and what the call found (domain.md §7)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents.operations import reveal
from stationapp.residents.queries import get_resident
from stationapp.residents.rules import Revealed
from stationapp.scrutiny import queries, spots
from stationapp.scrutiny.models import SpotCheck, SpotDraw
from stationapp.scrutiny.queries import Spot
from stationapp.scrutiny.rules import Outcome, to_draw
from stationapp.scrutiny.spots import NOTHING
from stationapp.signups.draw_rules import lot, order
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.volunteers.models import HoursEntry, Volunteer
from stationapp.web.errors import sentence
from stationapp.web.filters import hours, stamp
from stationapp.web.paging import Page, paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("spot_checks", __name__, url_prefix="/spot-checks")

FILTERS = ("month", "site", "outcome", "page")
MOST_EXPORTED = 5_000


def _month() -> Month:
    """The month of the address, else the one before this. Raises NotFound for what is no month."""
    text = request.values.get("month", "")
    if not text:
        return Month.of(clock.day_of(clock.now())).plus(-1)
    try:
        return Month.parse(text)
    except ValueError:
        raise NotFound from None


def _here():
    return reached(guard.reach(Action.SEE_FLAGS))


def _asked():
    narrowed = []
    if code := request.args.get("site"):
        narrowed.append(Site.code == code)
    outcome = request.args.get("outcome")
    if outcome == "open":
        narrowed.append(SpotCheck.outcome.is_(None))
    elif case := next((one for one in Outcome if one.value == outcome), None):
        narrowed.append(SpotCheck.outcome == case)
    return queries.drawn(_here(), _month(), *narrowed)


@bp.get("/")
def index():
    """A month's draws and the lines drawn, those to call first."""
    return _page()


def _page(*, problem: str = "", at: int = 0, shown: Revealed | None = None, status: int = 200):
    here, month, now = _here(), _month(), clock.now()
    page = paged(_asked(), scalars=False)
    draws = queries.draws(here, month)
    held = {one.site.id for one in draws}
    return render_template(
        "desk/spot_checks/index.html",
        month=month,
        draws=draws,
        page=Page(queries.spots(page.rows), page.number, page.more),
        not_drawn=[] if now < month.ends_at else [site for site in _drawing(month) if site.id not in held],
        is_over=now >= month.ends_at,
        sites=list_where(here),
        outcomes=list(Outcome),
        me=guard.user().staff_id,
        may=lambda action, path: guard.can(Action[action], path),
        calls=lambda path: guard.can(Action.SCRUTINIZE, path),
        kept=_kept(),
        problem=problem,
        at=at,
        shown=shown,
    ), status


def _drawing(month: Month) -> list[Site]:
    """The offices, or the center, for which the user may draw that month."""
    return spots.draw_sites(list_where(reached(guard.reach(Action.SCRUTINIZE))), month)


def _kept() -> dict[str, str]:
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


@bp.get("/list.csv")
def export():
    """The same list as a file, masked, without pages."""
    head = (_("台账编号"), _("服务日期"), _("站点"), _("姓名"), _("有没有电话"), _("小时"), _("怎么来的"),
            _("提出"), _("审批"), _("回访结果"), _("备注"), _("谁回访的"), _("时间"))  # fmt: skip
    found = queries.spots(db.session.execute(_asked().limit(MOST_EXPORTED)).all())
    rows = (
        (
            one.line.id, one.line.served_on.isoformat(), one.site.short_name, one.name,
            _("有") if one.has_phone else _("没有"),
            hours(one.line.minutes), _source(one), one.proposer, one.approver,
            word(one.check.outcome) if one.check.outcome else "", one.check.note, one.caller,
            stamp(one.check.checked_at) if one.check.checked_at else "",
        )
        for one in found
    )  # fmt: skip
    return csv_answer(_("回访抽查-%(month)s", month=_month()), head, rows)


@bp.get("/lots.csv")
def lots():
    """Every line there was to draw from, with its lot: whoever has this and the seed can draw again."""
    rows, found = [], spots.drawn_from(SpotDraw.month == str(_month()))
    for held in queries.draws(_here(), _month()):
        pool = found.get(held.draw.id, NOTHING)
        for said, numbers in ((_("补录"), pool.manual), (_("一人经手"), pool.one_hand)):
            ranked = order(held.draw.seed, numbers)
            rows += [
                (held.site.short_name, said, number, lot(held.draw.seed, number),
                 _("抽中") if place < to_draw(len(numbers)) else "")
                for place, number in enumerate(ranked)
            ]  # fmt: skip
    head = (_("哪里抽的"), _("哪一类"), _("台账编号"), _("签（SHA-256）"), _("结果"))
    return csv_answer(_("抽签底册-%(month)s", month=_month()), head, rows)


def _source(one: Spot) -> str:
    if one.manual is None:
        return _("一人经手的签到：%(title)s", title=one.event.title if one.event else "")
    return f"{word(one.manual.reason)}：{one.manual.note}"


@bp.post("/draws")
def draw():
    """Draw a month for every office the user may draw for that has not drawn."""
    month = _month()
    sites = _drawing(month)
    try:
        with transaction():
            made = spots.draw_for(sites, month, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return _page(problem=sentence(refused), status=409)
    flash(_("抽好了。") if made else _("这个月已经抽过了。"), "good")
    return redirect(url_for(".index", month=str(month)), code=303)


def _its(check_id: int) -> tuple[SpotCheck, HoursEntry]:
    check = db.session.get(SpotCheck, check_id)
    if check is None:
        raise NotFound
    line = db.session.get_one(HoursEntry, check.entry_id)
    guard.require(db.session.get_one(Site, line.site_id).path)
    return check, line


@bp.post("/<int:check_id>/outcome")
def note(check_id: int):
    """What the call found."""
    check, _line = _its(check_id)
    outcome = next((case for case in Outcome if case.value == request.form.get("outcome")), None)
    if outcome is None:
        raise NotFound
    text = request.form.get("note", "").replace("\0", "")[:200]
    try:
        with transaction():
            spots.note(check, outcome, text=text, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return _page(problem=sentence(refused), at=check_id, status=409)
    flash(_("记下了：%(outcome)s。", outcome=word(outcome)), "good")
    return redirect(url_for(".index", **_kept(), _anchor=f"check-{check_id}"), code=303)


@bp.post("/<int:check_id>/numbers")
def number(check_id: int):
    """The same list with one person's name and number in full, once; written down with the reason."""
    _check, line = _its(check_id)
    person = get_resident(db.session.get_one(Volunteer, line.volunteer_id).resident_id)
    with transaction():
        shown = reveal(
            person,
            by=guard.user().staff_id,
            site_id=line.site_id,
            reason=_("回访抽查：台账 %(n)s", n=line.id),
            now=clock.now(),
        )
    return _page(at=check_id, shown=shown)
