"""The tables as they stand, read by plain SELECTs: all that the second computation knows of a district."""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

from sqlalchemy import Connection, text

TABLES = {
    "sites": "id, code, name, level, parent_id, path, valid_from, valid_to, successor_id",
    "populations": 'site_id, "group", people, as_of, source',
    "residents": "id, lives, community_id",
    "merges": "kept_id, gone_id, at, undone_at",
    "events": "id, code, title, site_id, series_id, state, category, task, starts_at, ends_at, capacity, closed_out_at",
    "series": "id, cadence",
    "event_themes": "event_id, theme",
    "attendances": "id, event_id, resident_id, part, channel, lives, community_id, band, undone",
    "headcounts": "event_id, band, people",
    "volunteers": "id, resident_id, registered_at, ended_at",
    "hours_entries": "id, volunteer_id, site_id, served_on, minutes, manual_id, corrects_id",
    "signups": "event_id, resident_id, state, party_id",
    "parties": "id, channel",
    "answers": "id, event_id, slot_index, score, how",
    "rooms": "id, site_id, kind, hours",
    "bookings": "room_id, event_id, starts_at, ends_at",
    "holidays": "day, works",
}


def read(connection: Connection) -> SimpleNamespace:
    """A list of rows for each table, by its name."""
    found = {}
    for table, columns in TABLES.items():
        names = [name.strip(' "') for name in columns.split(",")]
        rows = connection.execute(text(f"SELECT {columns} FROM {table}"))
        found[table] = [
            SimpleNamespace(**{name: _plain(name, value) for name, value in zip(names, row, strict=True)})
            for row in rows
        ]
    return SimpleNamespace(**found)


def _plain(name: str, value):
    """SQLite hands out instants and days as the text they are kept as."""
    if value is None:
        return None
    if name in ("at", "undone_at") or name.endswith("_at"):
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if name in ("as_of", "served_on", "valid_from", "valid_to", "day"):
        return date.fromisoformat(value) if isinstance(value, str) else value
    if name == "slot_index":
        return bytes(value)
    return bool(value) if name in ("undone", "works") else value


def month_at(moment: datetime) -> tuple[int, int]:
    """The natural month an instant falls in, eight hours ahead of UTC."""
    there = moment + timedelta(hours=8)
    return there.year, there.month


def later(month: tuple[int, int], by: int) -> tuple[int, int]:
    """So many months on."""
    number = month[0] * 12 + month[1] - 1 + by
    return number // 12, number % 12 + 1


def begins(month: tuple[int, int]) -> datetime:
    """Its first instant, UTC."""
    return datetime(*month, 1, tzinfo=UTC) - timedelta(hours=8)


def last_day(month: tuple[int, int]) -> date:
    """Its last day."""
    return date(*later(month, 1), 1) - timedelta(days=1)
