"""The evidence folder (佐证材料) of an event or of a site's month, as data for the typesetter (`typst/evidence.typ`).

A cover with the figures and what they mean, a list of what is inside, and of every valid event a card: what, when,
where, how many of which age, what was written at the close-out, up to three pictures, and inside the district who was
there: names masked, no phones, who is under 18 without a name (domain.md §11). What leaves the district has no list of
people, no ages, nothing written freely, and counts of 1 to 4 as "<5" (`small_cells`).

It is made at once and kept nowhere. A picture is printed 58 mm wide, so 640 pixels are enough: with `MOST` events of
three pictures each the typesetter is handed 10 to 15 MB.
"""

import io
from base64 import b64encode
from collections.abc import Collection, Sequence

from flask_babel import gettext as _
from PIL import Image
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.photos import get_jpeg, list_photos
from stationapp.attendance.queries import heads_of
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.queries import list_steps
from stationapp.events.rules import Step
from stationapp.reports import words
from stationapp.reports.hiding import Grid
from stationapp.reports.prose import unit
from stationapp.reports.queries import event_counts, event_valid, in_month
from stationapp.reports.row_lines import of_age_in, shown_name
from stationapp.reports.rules import SPECS, Unit
from stationapp.reports.sheet import clean
from stationapp.reports.small_cells import MARKS, NOTE, WITHHELD
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.web.filters import span
from stationapp.web.paper import settable
from stationapp.web.words import word

MOST = 60
"""Events in one folder: a station's full month."""

PIXELS = 640
SHOWN = ("I-01", "I-04", "I-05", "I-07", "I-12", "I-13")
"""The figures on the cover."""


def list_events(site: Site, month: Month, counted_by: int | None) -> list[tuple[Event, Site]]:
    """The valid events of a site's month and of those beneath it, one more than `MOST` at most.

    `counted_by`: a version's id; without one as they stand.
    """
    rows = db.session.execute(
        select(Event, Site)
        .join(Site, Site.id == Event.site_id)
        .where(event_counts(counted_by), event_valid(), in_month(month), beneath(site.path))
        .order_by(Event.starts_at, Event.id)
        .limit(MOST + 1)
    )
    return [(event, where) for event, where in rows]


def of_month(body: dict, events: Sequence[tuple[Event, Site]]) -> dict:
    """A month's folder, from its report's body, hidden (`small_cells.hidden`) when it goes outside."""
    outside = bool(body.get("outside"))
    month = Month.parse(body["month"])
    state = _("第 %(n)d 版", n=body["version"]) if body["version"] else _("暂定，未关账")
    return _folder(
        _("%(y)d年%(m)d月活动佐证材料", y=month.year, m=month.month),
        [unit(body), _("报表：%(state)s", state=state), _("活动：%(n)d 场", n=len(events))],
        [_figure(id, body["figures"][id]) for id in SHOWN if id in body["figures"]],
        events,
        outside,
        _withheld(body),
    ) | {"contents": _("目录")}


def of_event(event: Event, site: Site, *, outside: bool) -> dict:
    """The folder of one event: its card stands right under its title."""
    return _folder(_("活动佐证材料"), [site.name], [], [(event, site)], outside)


def _withheld(body: dict) -> set[str]:
    """The sites of which a hidden body does not say how many came, and those right above them, whose own events would
    tell it: what the report withholds no card adds up to."""
    rows = [row for row in body["by_site"] if isinstance(row["figures"]["I-04"]["value"], str)]
    return {row["site"] for row in rows} | {row["parent"] for row in rows}


def _folder(
    title: str,
    lines: list[str],
    figures: list,
    events: Sequence,
    outside: bool,
    withheld: Collection[str] = (),
) -> dict:
    served = [_served(event) for event, _site in events]
    totals = _outside(served, events, withheld) if outside else [str(sum(one.values())) for one in served]
    cards = [
        _card(event, site, total, {} if outside else bands, outside)
        for (event, site), total, bands in zip(events, totals, served, strict=True)
    ]
    who = _("对外版：不含名单和年龄") if outside else _("内部版：名单已隐去姓名中的字，不得外传")
    foot = " · ".join([lines[0], title, who])
    return {
        "title": title,
        "lines": [settable(one) for one in [*lines, who]],
        "head": [_("指标"), _("数值"), _("怎么算")],
        "figures": figures,
        "note": str(NOTE) if outside else "",
        "contents": "",
        "empty": _("这个月还没有归档的有效活动。"),
        "page": [_("第 "), _(" 页，共 "), _(" 页")],
        "foot": settable(foot),
        "cards": cards,
    }


def _figure(id: str, figure: dict) -> list[str]:
    said = (
        figure["value"] if isinstance(figure["value"], str) else words.shown(figure["value"], SPECS[id].unit)
    )
    counted = words.counting(id) or (words.said(SPECS[id].unit) if SPECS[id].unit is Unit.HOURS else "")
    parts = (words.shown(figure[part], Unit.COUNT) for part in ("numerator", "denominator") if part in figure)
    made_of = " ÷ ".join(parts)
    return [
        str(words.FIGURES[id]),
        f"{said} {counted}".strip(),
        "　".join(filter(None, (made_of, str(words.MEANING[id])))),
    ]


def _served(event: Event) -> dict[AgeBand, int]:
    """People who were there as residents, named and counted, by age."""
    rows = db.session.execute(
        select(Attendance.band, func.count())
        .where(Attendance.event_id == event.id, Attendance.part == Part.RESIDENT, ~Attendance.undone)
        .group_by(Attendance.band)
    )
    found = dict(rows.all())
    for band, people in heads_of(event.id).items():
        found[band] = found.get(band, 0) + people
    return {band: found[band] for band in AgeBand if found.get(band)}


def _outside(
    served: list[dict], events: Sequence[tuple[Event, Site]], withheld: Collection[str]
) -> list[str]:
    """The totals of the events, small ones hidden; the sum of a site's month is known from the report that shows it,
    and where that is withheld, so is each of its events."""
    grid = Grid()
    cells = [grid.cell(sum(one.values())) for one in served]
    for site_id in sorted({site.id for _event, site in events}):
        its = [cell for cell, (_event, site) in zip(cells, events, strict=True) if site.id == site_id]
        if len(its) > 1:
            grid.equal(its, [])
    grid.hide()
    return [
        WITHHELD if site.code in withheld else MARKS.get(grid.cells[cell].state, str(grid.cells[cell].value))
        for cell, (_event, site) in zip(cells, events, strict=True)
    ]


def _card(event: Event, site: Site, total: str, bands: dict[AgeBand, int], outside: bool) -> dict:
    written = [step.reason for step, _who in list_steps(event.id) if step.step is Step.CLOSE_OUT]
    when, roster = span(event.starts_at, event.ends_at), [] if outside else _roster(event)
    facts = [
        [_("时间"), _("%(y)d年%(when)s", y=clock.local(event.starts_at).year, when=when)],
        [_("地点"), f"{site.short_name}，{event.place}" if event.place else site.short_name],
        [_("类别"), word(event.category)],
        [_("服务人次"), total],
    ]
    if bands:
        facts.append([_("年龄"), _("；").join(f"{words.age(band)} {n}" for band, n in bands.items())])
    if written and written[-1] and not outside:
        facts.append([_("归档说明"), written[-1]])
    return {
        "title": clean(event.title),
        "facts": [[name, settable(said)] for name, said in facts],
        "photos": [_photo(get_jpeg(event.id, one.digest)) for one in list_photos(event.id)],
        "roster": roster,
        "roster_head": [_("序号"), _("姓名"), _("年龄段"), _("身份"), _("签到")],
        "roster_title": _("到场名单（隐名）"),
        "nobody": "" if outside or roster or total != "0" else _("没有人签到。"),
        "counted": _counted(event, outside),
    }


def _counted(event: Event, outside: bool) -> str:
    people = 0 if outside else db.session.scalar(
        select(func.sum(Headcount.people)).where(Headcount.event_id == event.id)
    )  # fmt: skip
    return _("其中现场计数 %(n)d 人，没有留名。", n=people) if people else ""


def _roster(event: Event) -> list[list[str]]:
    youngest = of_age_in(Month.of(clock.day_of(event.starts_at)))
    rows = db.session.execute(
        select(Resident.name, Resident.birth_month, Attendance.band, Attendance.part, Attendance.came_at)
        .join(Attendance, Attendance.resident_id == Resident.id)
        .where(Attendance.event_id == event.id, ~Attendance.undone)
        .order_by(Attendance.came_at, Attendance.id)
    )
    return [
        [
            str(number),
            settable(shown_name(row, youngest)),
            words.age(row.band),
            word(row.part),
            clock.local(row.came_at).strftime("%H:%M"),
        ]
        for number, row in enumerate(rows, start=1)
    ]


def _photo(jpeg: bytes) -> dict:
    """A picture small enough to be printed: `jpeg` in base64, with its size in pixels."""
    image = Image.open(io.BytesIO(jpeg), formats=("JPEG",))
    image.draft("RGB", (PIXELS, PIXELS))
    image.thumbnail((PIXELS, PIXELS))
    small = io.BytesIO()
    image.convert("RGB").save(small, "JPEG", quality=75)
    return {"jpeg": b64encode(small.getvalue()).decode(), "w": image.width, "h": image.height}
