"""Series at the desk: the list, laying one out after a look at its dates, one series, going on, handing in."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import db, retried, transaction
from stationapp.events import operations, rules, series_queries
from stationapp.events import series as verbs
from stationapp.events.batches import asked_before
from stationapp.events.forms import EventForm, asked_key, said
from stationapp.events.forms_series import EndForm, SeriesForm
from stationapp.events.lines import line_of
from stationapp.events.models import Event, Series
from stationapp.events.queries import fields_of_all, office_publishes_directly
from stationapp.events.recurrence import Planned, Recurrence
from stationapp.events.rules import SUBMITTABLE, AroundHolidays, Cadence, EventRefusal, State
from stationapp.events.series_lines import clashes_of, date_lines, said_days, said_rule, years_not_known
from stationapp.events.series_queries import OFF, Wanted, list_batches_of, list_dates
from stationapp.events.series_rules import PUBLISHABLE, SeriesRefusal
from stationapp.refusal import Refused
from stationapp.rooms.queries import list_rooms
from stationapp.rooms.rules import RoomRefusal
from stationapp.signups import course
from stationapp.signups.draws import announce
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.web.asked import asked_case
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("series", __name__, url_prefix="/series")

MOST_EXPORTED = 5_000


def _its(code: str) -> tuple[Series, Site]:
    series, site = series_queries.get_with_site(code)
    guard.require(site.path)
    return series, site


# --- the list ---------------------------------------------------------------------------------------------------


def _wanted(sites: list[Site]) -> Wanted:
    return Wanted(
        site=next((site for site in sites if site.code == request.args.get("site")), None),
        cadence=asked_case("cadence", Cadence),
        text=request.args.get("q", "").strip().replace("\0", "")[:60],
    )


@bp.get("/")
def index():
    """Series of the sites the user works for, those that go on first."""
    sites = list_where(reached(guard.reach()))
    wanted = _wanted(sites)
    page = paged(series_queries.at_desk(reached(guard.reach()), wanted, clock.now()), scalars=False)
    return render_template(
        "desk/series/index.html",
        page=page,
        sites=sites,
        wanted=wanted,
        said_days=said_days,
        Cadence=Cadence,
    )


@bp.get("/list.csv")
def export():
    """The same list as a file, without pages."""
    now = clock.now()
    wanted = _wanted(list_where(reached(guard.reach())))
    query = series_queries.at_desk(reached(guard.reach()), wanted, now).limit(MOST_EXPORTED)
    head = (
        _("编号"), _("系列"), _("站点"), _("种类"), _("多久一次"), _("报名"), _("场次"), _("还没办"), _("下一场"),
        _("最后一场"), _("报名人次"),
    )  # fmt: skip
    rows = (
        (
            row.Series.code, row.Series.title, row.Site.short_name, word(row.Series.cadence), said_days(row.Series),
            word(row.Series.enrolment), row.dates, row.ahead, _day(row.next_at), _day(row.last_at), row.taken,
        )
        for row in db.session.execute(query)
    )  # fmt: skip
    return csv_answer(_("系列列表-%(day)s", day=clock.day_of(now)), head, rows)


def _day(at: datetime | None) -> str:
    return clock.day_of(at).isoformat() if at else ""


# --- laying out -------------------------------------------------------------------------------------------------


@bp.route("/new", methods=["GET", "POST"])
def new():
    """A new series: the form, then its dates to look at, then it is written."""
    site = guard.chosen_site()
    if site is None:
        return guard.site_picker(_("排一个系列"), _("由哪个站点办"))
    form = SeriesForm()
    form.offer_rooms(list_rooms(site))
    form.offer_company(site, clock.day_of(clock.now()))
    step = request.form.get("step", "look")
    if not form.is_submitted() or step == "back":
        return _form_page(form, site)
    if not form.validate():
        return _form_page(form, site, status=422)
    try:
        return _lay_out(form, site) if step == "write" else _look(form, site)
    except Refused as refused:
        form.blame(refused)
        return _form_page(form, site, status=409)


def _form_page(form: SeriesForm, site: Site, *, status: int = 200):
    return render_template("desk/series/new.html", form=form, site=site), status


def _look(form: SeriesForm, site: Site):
    fields, rule = form.fields(), form.rule()
    found = verbs.foresee(
        fields, rule, cadence=form.cadence.data, complete_after=form.complete_after.data, now=clock.now()
    )
    return _preview(fields, rule, found, site, title=fields.title)


def _preview(fields: rules.EventFields, rule: Recurrence, found: list[Planned], site: Site, **more):
    lines = date_lines(fields, rule, found, site)
    return render_template(
        "desk/series/preview.html",
        lines=lines,
        site=site,
        held=sum(line.starts_at is not None for line in lines),
        troubled=sum(bool(line.clashes) for line in lines),
        unknown=years_not_known(lines),
        around=rule.around_holidays is not AroundHolidays.HOLD,
        key=asked_key() or codes.new_public(),
        **more,
    )


def _lay_out(form: SeriesForm, site: Site):
    return _write_once(
        lambda **kept: verbs.lay_out(
            site,
            form.fields(),
            form.rule(),
            cadence=form.cadence.data,
            enrolment=form.enrolment.data,
            complete_after=form.complete_after.data,
            **kept,
        )
    )


def _write_once(lay: Callable[..., verbs.Laid]):
    """Write a batch by `lay(by=, now=, key=)` and go to it; the page sent twice goes to what it wrote before."""
    by, key = guard.user().staff_id, asked_key()

    def write() -> str:
        with transaction():
            if before := asked_before(key, by=by):
                return before.code
            laid = lay(by=by, now=clock.now(), key=key)
        flash(
            _("排好了 %(n)s 场，都是草稿。看一遍，没有问题就提交；不要了可以全部撤销。", n=len(laid.events))
        )
        return laid.batch.code

    return redirect(url_for("desk.batches.show", code=retried(write)), code=303)


# --- one series -------------------------------------------------------------------------------------------------


@bp.get("/<code>")
def show(code: str):
    """One series: its rule in a sentence, its dates, and what can be done now."""
    return _page(*_its(code), EndForm(formdata=None))


def _page(series: Series, site: Site, form: EndForm, *, status: int = 200, problem: str = ""):
    now = clock.now()
    events = list_dates(series)
    held = [event for event in events if event.state not in OFF]
    ahead = [event for event in events if event.starts_at > now]
    open_still = [event for event in ahead if event.state in rules.EDITABLE]
    may_plan = guard.can(Action.PLAN, site.path)
    drafts = [event for event in ahead if event.state in SUBMITTABLE]
    publishable = [event for event in ahead if event.state in PUBLISHABLE]
    wishes = fields_of_all(drafts)
    return render_template(
        "desk/series/show.html",
        series=series,
        site=site,
        form=form,
        says=said_rule(series, held),
        lines=[line_of(event, site, now) for event in events],
        dates=len(held),
        ahead=len([event for event in ahead if event.state not in OFF]),
        taken=sum(event.taken for event in held),
        first_open=open_still[0] if open_still else None,
        may_plan=may_plan,
        submittable=len(drafts) if may_plan and not _publishes(site) else 0,
        publishable=len(publishable) if _publishes(site) else 0,
        missing={event.id: _labels(event) for event in drafts},
        clashes=clashes_of(wishes, site),
        batches=list_batches_of(series),
        problem=problem,
    ), status


def _labels(event: Event) -> list[str]:
    return [str(EventForm()[name].label.text) for name in rules.missing(event)]


def _publishes(site: Site) -> bool:
    """Whether this user may publish drafts of that site."""
    asks = rules.needs_approval(State.DRAFT, site.level, office_publishes_directly(site))
    return guard.can(Action.APPROVE if asks else Action.PLAN, site.path)


@bp.post("/<code>/extension")
def extension(code: str):
    """Go on by the same rule: first its dates to look at, then it is written."""
    series, site = _its(code)
    form, now = EndForm(), clock.now()
    if not form.validate():
        return _page(series, site, form, status=422)
    end = {"until": form.until.data, "times": form.times.data}
    try:
        if request.form.get("step") == "write":
            return _write_once(partial(verbs.extend, series, **end))
        fields, rule, found = verbs.foresee_extension(series, **end, now=now)
    except Refused as refused:
        form.blame(refused)
        return _page(*_its(code), form, status=409)
    return _preview(fields, rule, found, site, title=series.title, series=series)


# --- handing in -------------------------------------------------------------------------------------------------


@bp.post("/<code>/submission")
def submission(code: str):
    """Hand every draft that is ready to the office."""
    series, _site = _its(code)
    return _hand_in(series, operations.submit, SUBMITTABLE, _("已提交 %(n)s 场，等待审核。"))


@bp.post("/<code>/publication")
def publication(code: str):
    """Put every date that is ready before the public, where this user may."""
    series, site = _its(code)
    if not _publishes(site):
        problem = said(Refused(SeriesRefusal.NEEDS_APPROVAL))
        return _page(series, site, EndForm(formdata=None), status=409, problem=problem)
    return _hand_in(series, _publish, PUBLISHABLE, _("已发布 %(n)s 场，居民现在可以看到。"))


def _publish(event: Event, *, by: int, now: datetime) -> None:
    operations.publish(event, by=by, now=now)
    course.bring_along(event, now=now)
    announce(event, now=now)


def _hand_in(series: Series, act, takes: frozenset[State], done: str):
    def attempt() -> verbs.Handed:
        with transaction():
            if series.enrolment is rules.Enrolment.COURSE:
                course.hold(series.id, now=clock.now())
            return verbs.hand_in(series, act, takes=takes, by=guard.user().staff_id, now=clock.now())

    handed = retried(attempt)
    if handed.done:
        flash(done % {"n": len(handed.done)})
    if handed.left:
        flash(_("%(n)s 场没有动，还差什么写在下面各场旁边。", n=len(handed.left)), "warn")
    for words in sorted({said(why) for _event, why in handed.left if why.reason not in _SHOWN}):
        flash(words, "warn")
    return redirect(url_for(".show", code=series.code), code=303)


_SHOWN = (EventRefusal.INCOMPLETE, RoomRefusal.TAKEN)
"""What the page shows beside each date as long as it is so."""
