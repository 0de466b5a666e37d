"""A template taken over for several sites at once: choose them, look at the days, write all drafts as one batch."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.forms import asked_day, read_day, read_time
from stationapp.calendar.queries import named
from stationapp.catalogue import operations, queries, rules
from stationapp.catalogue.forms import remark_of
from stationapp.catalogue.models import Template
from stationapp.db import db, retried, transaction
from stationapp.events.batches import asked_before
from stationapp.events.forms import asked_key
from stationapp.refusal import Refused
from stationapp.rooms.queries import find_room, list_busy
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.sites.rules import ids_of
from stationapp.web.errors import sentence

bp = Blueprint("takeover", __name__, url_prefix="/templates")

_AHEAD = timedelta(days=400)  # holidays are looked up as far as days may be spread


@dataclass(frozen=True)
class Line:
    """What is proposed or was typed for one site: whether it takes part, the day and the hour as typed."""

    site: Site
    chosen: bool
    day: str
    hour: str
    marks: tuple[str, ...] = ()

    @property
    def starts_at(self) -> datetime | None:
        """When it is to begin; None when day or hour cannot be read."""
        day, hour = read_day(self.day), read_time(self.hour)
        return rules.begins(day, hour) if day and hour else None


def _its(code: str) -> tuple[Template, list[Site]]:
    """The template and the user's sites that may take it over."""
    template, owner = queries.get_offered(code, [path for path, _reach in guard.reach()])
    return template, queries.takers(owner, reached(guard.reach()), clock.day_of(clock.now()))


@bp.get("/<code>/batch")
def batch(code: str):
    """First the sites and how to spread the days; with `?site=` the days proposed for them."""
    template, takers = _its(code)
    chosen = set(request.args.getlist("site"))
    sites = [site for site in takers if site.code in chosen]
    if sites:
        return _days_page(template, _proposed(sites, template))
    return render_template(
        "desk/takeover/choose.html",
        template=template,
        groups=_by_office(takers),
        shared=find_room(template.shared_id),
        asked="go" in request.args,
        tomorrow=clock.day_of(clock.now()) + timedelta(days=1),
    )


@bp.post("/<code>/batch")
def write(code: str):
    """Write all drafts; nothing is written while one day cannot be read."""
    template, takers = _its(code)
    chosen = set(request.form.getlist("site"))
    lines = [
        Line(site, site.code in chosen, _typed(f"day-{site.code}"), _typed(f"hour-{site.code}"))
        for site in takers
        if f"day-{site.code}" in request.form
    ]
    taking = [line for line in lines if line.chosen]
    if any(line.starts_at is None for line in taking):
        return _days_page(template, lines, status=422, problem=_("有的日期或时间读不懂，请改好。"))
    try:
        written = retried(lambda: _write(template, taking))
    except Refused as refused:
        return _days_page(template, lines, status=409, problem=sentence(refused))
    return redirect(url_for("desk.batches.show", code=written), code=303)


def _write(template: Template, taking: list[Line]) -> str:
    """The code of the batch of drafts; of the one written before when the page is sent twice."""
    by, key = guard.user().staff_id, asked_key()
    with transaction():
        if before := asked_before(key, by=by):
            return before.code
        made, opened = operations.take_over(
            template,
            [operations.Wish(line.site, line.starts_at) for line in taking],
            at=_batch_site([line.site for line in taking]),
            by=by,
            now=clock.now(),
            key=key,
            remark=remark_of(template.volunteers),
        )
    flash(_("写好了 %(n)s 场草稿。要是不对，可以整批撤回。", n=len(made)))
    return opened.code


def _typed(name: str) -> str:
    return request.form.get(name, "")[:20]


def _by_office(sites: list[Site]) -> list[tuple[Site | None, list[Site]]]:
    """Sites under the one above them, in code order."""
    groups: dict[int | None, list[Site]] = {}
    for site in sites:
        groups.setdefault(site.parent_id, []).append(site)
    above = {one.id: one for one in list_where(Site.id.in_(groups.keys() - {None}))}
    return [(above.get(parent), found) for parent, found in groups.items()]


def _batch_site(sites: list[Site]) -> Site | None:
    """The lowest site above all of them, or the first of them where the user may not plan that far up."""
    if not sites:
        return None
    paths = [ids_of(site.path) for site in sites]
    common = [step[0] for step in zip(*paths, strict=False) if len(set(step)) == 1]
    meeting = db.session.get_one(Site, common[-1])
    return meeting if guard.can(Action.PLAN, meeting.path) else sites[0]


# --- days -------------------------------------------------------------------------------------------------------


def _proposed(sites: list[Site], template: Template) -> list[Line]:
    """A day for each site, from `?first=` on, on `?weekday=`s, `?per_day=` sites a day, never on a holiday."""
    tomorrow = clock.day_of(clock.now()) + timedelta(days=1)
    first = max(asked_day("first", tomorrow), tomorrow)
    weekdays = frozenset(int(text) for text in request.args.getlist("weekday") if text in tuple("0123456"))
    text = request.args.get("per_day", "")
    per_day = min(max(int(text), 1), 99) if text.isascii() and text.isdigit() and len(text) < 4 else 1
    off = frozenset(day for day, it in named(first, first + _AHEAD).items() if not it.works)
    days = rules.spread(len(sites), first, weekdays, per_day, off)
    hour: time = read_time(request.args.get("hour", "")) or template.starts
    return [Line(site, True, day.isoformat(), f"{hour:%H:%M}") for site, day in zip(sites, days, strict=True)]


def _days_page(template: Template, lines: list[Line], *, status: int = 200, problem: str = ""):
    return render_template(
        "desk/takeover/days.html",
        template=template,
        lines=_marked(lines, template),
        key=asked_key() or codes.new_public(),
        problem=problem,
    ), status


def _marked(lines: list[Line], template: Template) -> list[Line]:
    """Each line with what should be known about its time: a holiday, or what goes round being elsewhere."""
    known = [(line.starts_at, line) for line in lines if line.starts_at]
    if not known:
        return lines
    first, last = min(at for at, _line in known), max(at for at, _line in known)
    length = timedelta(minutes=template.minutes)
    holidays = named(clock.day_of(first), clock.day_of(last))
    shared = find_room(template.shared_id)
    busy = list_busy([shared.id], first, last + length)[shared.id] if shared else []
    taken = busy + [(at, at + length) for at, line in known if line.chosen and shared]
    return [_with_marks(line, holidays, shared, taken, length) for line in lines]


def _with_marks(line: Line, holidays: dict, shared, taken: list, length: timedelta) -> Line:
    at, marks = line.starts_at, []
    if at is None:
        return line
    if found := holidays.get(clock.day_of(at)):
        said = (
            _("%(name)s（调休上班）", name=found.name) if found.works else _("%(name)s放假", name=found.name)
        )
        marks.append(said)
    overlapping = sum(begin < at + length and end > at for begin, end in taken)
    if shared and overlapping > line.chosen:
        marks.append(_("这时%(what)s已经有安排", what=shared.name))
    return Line(line.site, line.chosen, line.day, line.hour, tuple(marks))
