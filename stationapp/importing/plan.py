"""Reading a month's plan (活动计划表): one row a line, with the dates it means (surface.md "Files in")."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from stationapp.events.rules import Category, Task, Theme
from stationapp.importing import cells, headers
from stationapp.importing.audience import Audience, read_audience
from stationapp.importing.names import SiteIndex, SiteName
from stationapp.importing.problems import Reading
from stationapp.importing.records import Part, Problems, Record, parts
from stationapp.importing.tables import Table
from stationapp.importing.values import text_of
from stationapp.importing.when import Month, Slot, When, read_when
from stationapp.refusal import Unreadable


@dataclass(frozen=True)
class PlanRow:
    """One line of the plan: one event, or a series when `repeats`.

    `slots` hold aware UTC instants in order. Ages are whole years, both ends included, None is no limit;
    `accompanied` means the ages are the child's and an adult comes along. `capacity` None is not limited.
    """

    row: int
    site: str
    title: str
    category: Category
    task: Task | None
    slots: tuple[Slot, ...]
    repeats: bool
    end_assumed: bool
    place: str
    audience: str
    min_age: int | None
    max_age: int | None
    themes: tuple[Theme, ...]
    accompanied: bool
    capacity: int | None
    contact_name: str
    contact_phone: str
    note: str
    bring: str
    volunteers_needed: int | None


MOST_TITLE = 60


def read_plan(table: Table, *, sites: Iterable[SiteName], month: Month | None = None) -> Reading[PlanRow]:
    """The plan's lines. `month` is what the person chose, used when no line above the heads names one."""
    problems = Problems(table)
    index = SiteIndex(sites)
    seen: dict[tuple[str, str, Slot], int] = {}
    rows = []
    for part in parts(table, headers.PLAN, problems):
        planned = titled_month(part) or month
        for record in part.records():
            row = _row(record, index, planned)
            if not row:
                continue
            first = seen.setdefault((row.site, row.title, row.slots[0]), row.row)
            if first != row.row:
                record.lost("title", f"与第{first}行重复（同一单位、名称和时间）；请删去一行")
            else:
                rows.append(row)
    return Reading(tuple(rows), problems.sorted())


def titled_month(part: Part) -> Month | None:
    """2026年11月 in a line above the heads; None when there is none, or when they name several months."""
    text = " ".join("".join(unicodedata.normalize("NFKC", title).split()) for title in part.titles)
    found = {
        (int(year), int(month))
        for year, month in re.findall(r"(20\d\d)年(\d{1,2})月(?:份)?(?!\d)(?!\d*日)", text)
    }
    real = {month for month in found if 1 <= month[1] <= 12}
    return real.pop() if len(real) == 1 else None


def _row(record: Record, index: SiteIndex, month: Month | None) -> PlanRow | None:
    site = record.read("organiser", index.find)
    title = record.needed("title")
    if len(title) > MOST_TITLE:
        record.lost("title", f"名称超过{MOST_TITLE}个字；请缩短")
    category = record.read("category", cells.category)
    when = _when(record, month)
    audience = record.read("audience", read_audience)
    capacity = record.read("capacity", cells.seats)
    contact = _contact(record)
    note = record.read("note", cells.note)
    task = record.read("task", cells.task)
    if record.failed:
        return None
    _notices(record, audience, contact)
    return PlanRow(
        record.row, site.code, title, category, task, when.slots, when.repeats, when.end_assumed,
        record.text("place"), audience.text, audience.min_age, audience.max_age, audience.themes, audience.accompanied,
        capacity, contact.name, contact.phone, note.text, note.bring, note.volunteers,
    )  # fmt: skip


def _when(record: Record, month: Month | None) -> When | None:
    """时间 alone, or 日期 and 时间 in two columns."""
    day = record.value("date")
    if day is None:
        return record.read("time", read_when, month=month)
    written = day.strftime("%Y/%m/%d") if isinstance(day, date) else text_of(day)
    clock = record.value("time")
    spoken = (
        clock.strftime("%H:%M") if isinstance(clock, datetime) or hasattr(clock, "hour") else text_of(clock)
    )
    return record.read("time", lambda _: read_when(f"{written} {spoken}", month=month))


def _contact(record: Record) -> cells.Contact | None:
    """负责人及电话 in one column, or 负责人 and 电话 in two."""
    found = record.read("contact", cells.contact)
    person = record.text("person")
    if not found or not person:
        return found
    try:
        apart = cells.contact(person)
    except Unreadable as wrong:
        record.lost("person", str(wrong))
        return None
    return cells.Contact(apart.name or found.name, found.phone or apart.phone, found.more)


def _notices(record: Record, audience: Audience, contact: cells.Contact) -> None:
    """What goes in but wants a look."""
    if not audience.understood:
        record.notice("audience", "看不出年龄，没有限制年龄；如有年龄要求请在草稿里补上")
    if contact.more:
        record.notice("contact", "写了几个电话，只取了第一个")
    elif not contact.phone:
        record.notice("contact", "没有联系电话；请在草稿里补上")
