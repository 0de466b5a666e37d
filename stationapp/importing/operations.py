"""Taking a file in: good rows become facts, the same file again changes nothing (surface.md "Files in")."""

import secrets
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import delete, select

from stationapp.audit.operations import record
from stationapp.calendar.models import Holiday
from stationapp.calendar.rules import Month
from stationapp.clock import day_of
from stationapp.codes import new_public
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.operations import draft
from stationapp.events.rules import Cadence, EventFields, Pattern
from stationapp.importing.corrections import Corrections
from stationapp.importing.kinds import PERSONAL, Kind
from stationapp.importing.loaded import Loaded
from stationapp.importing.models import Upload
from stationapp.importing.places import room_meant
from stationapp.importing.queries import UPLOADS_KEPT
from stationapp.importing.rules import (
    HolidayRow,
    PlanRow,
    PopulationRow,
    Reading,
    RoomRow,
    SiteName,
    SiteRow,
    Term,
    read_holidays,
    read_plan,
    read_population,
    read_rooms,
    read_sites,
    read_table,
)
from stationapp.rooms.models import Room
from stationapp.rooms.queries import list_rooms
from stationapp.sites.models import Population, Site
from stationapp.vault import vault


def load(
    kind: Kind,
    content: bytes,
    filename: str,
    *,
    within: Sequence[Site],
    by: int | None,
    now: datetime,
    today: date,
    month: tuple[int, int] | None = None,
) -> Loaded:
    """Take a list in; papers that name residents are `sheets.take_sheet`'s.

    `within` are the sites the loader may write to; `month` is for a plan that names none.

    Good rows go in; the caller looks at `lost` when it wants all or nothing, and rolls back.
    """
    in_line(within)
    reading = _read(kind, content, filename, within, month)
    loaded = Loaded(kind, problems=reading.problems, lost=reading.lost)
    sites = {site.code: site for site in within}
    for row in reading.rows:
        _LOADERS[kind](row, loaded, sites, by, now, today)
    db.session.flush()
    if loaded.added or loaded.changed:
        center = min(within, key=lambda site: len(site.path)).id if within else None
        record(
            f"importing.{kind.value}",
            f"file +{loaded.added} ~{loaded.changed}",
            by=by,
            now=now,
            site_id=center,
        )
    return loaded


def in_line(within: Sequence[Site]) -> None:
    """One load at a time: two of the same file would both find its rows missing."""
    ids = [site.id for site in within]
    db.session.execute(
        select(Site.id).where(Site.id.in_(ids)).order_by(Site.id).with_for_update(key_share=True)
    )


def _read(
    kind: Kind, content: bytes, filename: str, within: Sequence[Site], month: tuple[int, int] | None
) -> Reading:
    table = read_table(content, filename)
    codes = {site.code for site in within}
    if kind is Kind.SITES:
        return read_sites(table, known={site.code: site.level for site in within}, terms=_terms(within))
    if kind is Kind.POPULATION:
        return read_population(table, sites=codes)
    if kind is Kind.ROOMS:
        return read_rooms(table, sites=codes)
    if kind is Kind.HOLIDAYS:
        return read_holidays(table)
    return read_plan(
        table, sites=[SiteName(site.code, site.name, site.level) for site in within], month=month
    )


def _terms(sites: Sequence[Site]) -> dict[str, Term]:
    codes = {site.id: site.code for site in sites}
    return {site.code: Term(site.valid_from, site.valid_to, codes.get(site.successor_id)) for site in sites}


def _differs(row: object, values: dict) -> bool:
    """Write `values` onto `row`; whether anything changed."""
    changed = {name: value for name, value in values.items() if getattr(row, name) != value}
    for name, value in changed.items():
        setattr(row, name, value)
    return bool(changed)


def short_name(name: str) -> str:
    """As people say it: 湖北路示例一社区新时代文明实践站 → 湖北路示例一社区."""
    for ending in ("新时代文明实践站", "新时代文明实践所", "文明实践站", "文明实践所"):
        if name.endswith(ending) and len(name) > len(ending):
            return name.removesuffix(ending)
    return name


def _site(
    row: SiteRow, loaded: Loaded, sites: dict[str, Site], by: int | None, now: datetime, today: date
) -> None:
    parent = sites.get(row.parent) if row.parent else None
    values = {
        "level": row.level,
        "name": row.name,
        "short_name": short_name(row.name),
        "parent_id": parent and parent.id,
        "valid_to": row.term.until,
        "successor_id": sites[row.term.successor].id if row.term.successor else None,
    } | {name: getattr(row, name) for name in row.said}
    if row.term.since:
        values["valid_from"] = row.term.since
    site = sites.get(row.code)
    if site is not None:
        loaded.count(site, _differs(site, values))
        _move(site, parent)
        return
    # Whoever loads the tree today may load last year's months too: a site is in force from the year's start, one that
    # is no more from that of its last year.
    year = min(today, row.term.until or today).year
    site = Site(code=row.code, path="", **{"valid_from": date(year, 1, 1)} | values)
    db.session.add(site)
    db.session.flush()
    site.path = f"{parent.path if parent else '/'}{site.id}/"
    sites[row.code] = site
    loaded.count(None, changed=True)


def _move(site: Site, parent: Site | None) -> None:
    """Keep the path, and those of the sites beneath, in step with the parent."""
    before, after = site.path, f"{parent.path if parent else '/'}{site.id}/"
    if before == after:
        return
    for lower in db.session.scalars(select(Site).where(Site.path.startswith(before, autoescape=True))):
        lower.path = after + lower.path.removeprefix(before)


def _population(
    row: PopulationRow, loaded: Loaded, sites: dict[str, Site], by: int | None, now: datetime, today: date
) -> None:
    site = sites[row.site]
    before = db.session.scalar(
        select(Population).where(
            Population.site_id == site.id, Population.group == row.group, Population.as_of == row.as_of
        )
    )
    values = {"people": row.people, "source": row.source}
    if before is None:
        db.session.add(Population(site_id=site.id, group=row.group, as_of=row.as_of, loaded_at=now, **values))
    changed = before is not None and _differs(before, values)
    if changed:
        before.loaded_at = now
    loaded.count(before, changed)


def _room(
    row: RoomRow, loaded: Loaded, sites: dict[str, Site], by: int | None, now: datetime, today: date
) -> None:
    site = sites[row.site]
    before = db.session.scalar(select(Room).where(Room.site_id == site.id, Room.name == row.name))
    values = {"capacity": row.capacity, "floor": row.floor, "step_free": row.step_free, "hours": row.hours}
    if before is None:
        db.session.add(Room(site_id=site.id, name=row.name, **values))
    loaded.count(before, before is not None and _differs(before, values))


def _holiday(
    row: HolidayRow, loaded: Loaded, sites: dict[str, Site], by: int | None, now: datetime, today: date
) -> None:
    before = db.session.get(Holiday, row.day)
    values = {"name": row.name, "works": row.works}
    if before is None:
        db.session.add(Holiday(day=row.day, **values))
    loaded.count(before, before is not None and _differs(before, values))


def _plan(
    row: PlanRow, loaded: Loaded, sites: dict[str, Site], by: int | None, now: datetime, today: date
) -> None:
    """A line of the plan: one draft a date. A draft made from the same line before is left as people made it."""
    site = sites[row.site]
    sources = [f"plan {row.site} {slot.starts_at:%Y%m%dT%H%M} {row.title}" for slot in row.slots]
    there = {
        event.source: event for event in db.session.scalars(select(Event).where(Event.source.in_(sources)))
    }
    series = _series(row, site, there, now) if row.repeats else None
    rooms = [(room.id, room.name) for room in list_rooms(site)]
    room_id = room_meant(row.place, rooms, (site.name, site.short_name))
    for slot, source in zip(row.slots, sources, strict=True):
        loaded.count(there.get(source), changed=False)
        if source not in there:
            draft(site, _fields(row, slot, site, room_id), by=by, now=now, series=series, source=source)


def _series(row: PlanRow, site: Site, there: dict[str, Event], now: datetime) -> Series:
    """The series this line made before, or a new one."""
    known = next((event.series_id for event in there.values() if event.series_id), None)
    if known is not None:
        return db.session.get_one(Series, known)
    days = [day_of(slot.starts_at) for slot in row.slots]
    series = Series(
        code=new_public(),
        site_id=site.id,
        title=row.title,
        cadence=Cadence.STAGED,
        made_at=now,
        **_rule(days),
    )
    db.session.add(series)
    db.session.flush()
    return series


def _rule(days: Sequence[date]) -> dict[str, object]:
    """The columns by which a series is gone on with next month; none unless its days are a whole month's weekdays.

    Single dates, 每月15日 and 每月第二个周三 stay without: a rule that missed what was meant would write wrong dates.
    """
    month, weekdays = Month.of(days[0]), {day.weekday() for day in days}
    whole = (month.first_day + timedelta(days=number) for number in range(month.last_day.day))
    if days != [day for day in whole if day.weekday() in weekdays]:
        return {}
    digits = "".join(str(weekday) for weekday in sorted(weekdays))
    return {"pattern": Pattern.WEEKLY, "weekdays": digits, "first_on": days[0], "last_on": days[-1]}


def _fields(row: PlanRow, slot, site: Site, room_id: int | None) -> EventFields:
    needed = f"需志愿者{row.volunteers_needed}名" if row.volunteers_needed else ""
    assumed = "结束时间是按1小时估的，请核对" if row.end_assumed else ""
    return EventFields(
        title=row.title,
        starts_at=slot.starts_at,
        ends_at=slot.ends_at,
        category=row.category,
        task=row.task,
        themes=frozenset(row.themes),
        audience=row.audience,
        min_age=row.min_age,
        max_age=row.max_age,
        place=row.place or site.address,
        room_id=room_id,
        capacity=row.capacity,
        contact=row.contact_name,
        contact_phone=row.contact_phone,
        bring=row.bring,
        notes=row.note,
        remark="；".join(part for part in (needed, assumed) if part),
    )


_LOADERS: dict[Kind, Callable] = {
    Kind.SITES: _site,
    Kind.POPULATION: _population,
    Kind.ROOMS: _room,
    Kind.HOLIDAYS: _holiday,
    Kind.PLAN: _plan,
}


def keep_upload(
    kind: Kind, content: bytes, filename: str, month: str | None, *, by: int, now: datetime
) -> Upload:
    """Keep a file while its owner looks at the preview; an earlier one of theirs is dropped.

    Its number is drawn: SQLite would give it the dropped one's, and a page left open would take in another file.
    """
    db.session.execute(delete(Upload).where(Upload.staff_id == by))
    if kind in PERSONAL:
        content = vault().seal(b64encode(content).decode())
    drawn = secrets.randbelow(10**9 - 1) + 1
    upload = Upload(
        id=drawn, staff_id=by, kind=kind, filename=filename, month=month, content=content, made_at=now
    )
    db.session.add(upload)
    db.session.flush()
    return upload


def content_of(upload: Upload) -> bytes:
    """The file as it came."""
    if upload.kind in PERSONAL:
        return b64decode(vault().unseal(upload.content))
    return upload.content


def corrections_of(upload: Upload) -> Corrections:
    """What was put right on the preview so far."""
    sealed = upload.corrections_sealed
    return Corrections.unpacked(vault().unseal(sealed)) if sealed else Corrections()


def keep_corrections(upload: Upload, corrections: Corrections) -> None:
    """Keep them beside the file until it is taken in."""
    upload.corrections_sealed = vault().seal(corrections.packed())
    db.session.flush()


def drop_old_uploads(*, now: datetime) -> int:
    """Drop files nobody took in within a day; how many."""
    return db.session.execute(delete(Upload).where(Upload.made_at <= now - UPLOADS_KEPT)).rowcount
