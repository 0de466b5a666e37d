"""A district's year for month.py: 150 stations, and of N attendances what belongs to them, in one known shape."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Engine

from stationapp.attendance.models import Attendance, Headcount
from stationapp.calendar.rules import AgeBand
from stationapp.events.models import Event, EventTheme, Series
from stationapp.events.rules import Category, Task
from stationapp.residents.models import Household, Merge, Resident
from stationapp.rooms.models import Booking, Room
from stationapp.signups.models import Party, Signup
from stationapp.sites.models import Population, Site
from stationapp.sites.rules import Group
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from tests.harness.bulk import at, load, settle

STATIONS, OFFICES = 150, 12
FIRST_STATION = 1 + OFFICES + 1  # the id of the first station; the center is 1
YEAR = 2025
BEGIN = datetime(YEAR, 1, 1, tzinfo=UTC) - timedelta(hours=8)
BANDS = [band.value for band in AgeBand]
SHARE = [0.02, 0.04, 0.08, 0.05, 0.17, 0.16, 0.14, 0.13, 0.13, 0.05, 0.03]
CHANNELS = ["web", "family", "phone", "desk", "team", "walk_in"]
MADE = at(BEGIN - timedelta(days=30))


class District:
    """What N attendances stand for; `fill` writes it."""

    def __init__(self, attendances: int, seed: int = 1) -> None:
        self.chance = np.random.default_rng(seed)
        self.rows = attendances
        self.people = attendances // 5
        self.volunteers = self.people // 20
        self.events = attendances // 25
        chance = self.chance
        own = chance.random(self.events)
        station = chance.integers(0, STATIONS, self.events)
        self.community = FIRST_STATION + station
        office = 2 + station % OFFICES
        self.site = np.where(own < 0.93, self.community, np.where(own < 0.99, office, 1))
        self.minute = self._times()
        self.state = np.where(chance.random(self.events) < 0.95, "closed_out", "cancelled")
        self.home = FIRST_STATION + np.arange(self.people) % STATIONS
        self.band = chance.choice(len(BANDS), self.people, p=SHARE)

    def _times(self) -> np.ndarray:
        """Minutes after the year began, each half-day slot of a site once."""
        slot = np.empty(self.events, dtype=np.int64)
        for site in np.unique(self.site):
            here = np.flatnonzero(self.site == site)
            slot[here] = self.chance.permutation(max(365 * 6, len(here)))[: len(here)]
        day, hour = slot // 6 % 365, slot % 6
        return day * 1440 + 480 + hour * 120

    def who_came(self) -> tuple[np.ndarray, np.ndarray]:
        """(event, resident) of each row, from 0, sorted by event and each pair once: three of four live there."""
        event = self.chance.integers(0, self.events, int(self.rows * 1.1))
        there = self.community[event] - FIRST_STATION
        each = self.people // STATIONS
        rank = (each * self.chance.random(len(event)) ** 1.6).astype(np.int64)
        near = rank * STATIONS + there
        far = self.chance.integers(0, self.people, len(event))
        person = np.where(self.chance.random(len(event)) < 0.75, near, far)
        pairs = np.unique(event * np.int64(self.people) + person)
        keep = np.sort(self.chance.permutation(len(pairs))[: self.rows])
        return pairs[keep] // self.people, pairs[keep] % self.people


def fill(engine: Engine, attendances: int) -> District:
    """Write the district into an empty, migrated database."""
    made = District(attendances)
    for model, columns, rows in _tables(made):
        load(engine, model.__table__, columns, rows)
    settle(engine, [model.__table__ for model in (Site, Resident, Event, Attendance, Volunteer, ManualHours)])
    return made


def _tables(made: District) -> Iterator[tuple]:
    yield Site, ("id", "code", "level", "name", "short_name", "parent_id", "path", "valid_from"), _sites()
    yield Population, ("site_id", "group", "people", "as_of", "source", "loaded_at"), _populations(made)
    yield Household, ("id", "made_at"), ((n + 1, MADE) for n in range(made.people // 2 + 1))
    yield Resident, (
        "id", "household_id", "name", "initials", "lives", "community_id", "merged_into", "made_at",
    ), _residents(made)  # fmt: skip
    gone = (n for n in range(made.people) if _is_gone(n))
    yield Merge, ("kept_id", "gone_id", "at"), ((n + 1 - STATIONS, n + 1, MADE) for n in gone)
    yield Series, ("id", "code", "site_id", "title", "cadence", "made_at"), _series()
    yield Event, (
        "id", "code", "site_id", "series_id", "state", "title", "category", "task", "starts_at", "ends_at", "capacity",
        "made_at", "closed_out_at",
    ), _events(made)  # fmt: skip
    yield (
        EventTheme,
        ("event_id", "theme"),
        ((n + 1, ("old", "young", "fraud")[n % 3]) for n in range(0, made.events, 2)),
    )
    yield Room, ("id", "site_id", "name", "hours"), _rooms()
    yield Booking, ("room_id", "starts_at", "ends_at", "event_id", "made_at"), _bookings(made)
    yield Headcount, ("event_id", "band", "people"), _headcounts(made)
    yield Volunteer, (
        "id", "code", "resident_id", "site_id", "personal_index", "personal_sealed", "registered_at",
    ), _volunteers(made)  # fmt: skip
    event, person = made.who_came()
    part = _parts(made, person)
    yield Attendance, (
        "id", "event_id", "resident_id", "part", "channel", "came_at", "came_how", "lives", "community_id", "band",
        "undone",
    ), _attendances(made, event, person, part)  # fmt: skip
    helped = np.flatnonzero((part == "volunteer") & (made.state[event] == "closed_out"))
    yield ManualHours, (
        "id", "volunteer_id", "site_id", "served_on", "minutes", "reason", "note", "state", "proposed_by",
        "proposed_at", "decided_at",
    ), ()  # fmt: skip
    yield HoursEntry, (
        "id", "volunteer_id", "site_id", "served_on", "minutes", "attendance_id", "turn", "posted_at", "previous_hash",
        "hash",
    ), _hours(made, event, person, helped)  # fmt: skip
    asked = made.chance.random(len(event)) < 0.6
    asked = np.flatnonzero(asked & (part != "staff"))
    yield Party, (
        "id", "key_index", "event_id", "household_id", "size", "first_state", "channel", "consent", "made_at",
    ), ((int(n), int(n).to_bytes(8, "big"), int(event[n]) + 1, int(person[n]) // 2 + 1, 1, "confirmed", "web", "web-1",
         MADE) for n in asked)  # fmt: skip
    yield Signup, ("id", "party_id", "event_id", "resident_id", "state", "code_index", "code_sealed"), (
        (int(n), int(n), int(event[n]) + 1, int(person[n]) + 1, "waitlisted" if n % 31 == 0 else "confirmed",
         int(n).to_bytes(8, "big"), b"x") for n in asked)  # fmt: skip


def _sites() -> Iterator[tuple]:
    yield 1, "410305000", "center", "涧西区新时代文明实践中心", "涧西区", None, "/1/", "2020-01-01"
    for n in range(OFFICES):
        yield n + 2, f"410305{n + 1:03d}", "office", f"示例{n}所", f"示例{n}", 1, f"/1/{n + 2}/", "2020-01-01"
    for n in range(STATIONS):
        id, office = FIRST_STATION + n, n % OFFICES + 2
        code = f"410305{office - 1:03d}{n + 1:03d}"
        yield (
            id,
            code,
            "station",
            f"示例社区{n}站",
            f"示例社区{n}",
            office,
            f"/1/{office}/{id}/",
            "2020-01-01",
        )


def _populations(made: District) -> Iterator[tuple]:
    each = max(1, made.people // STATIONS) * 2
    share = dict(zip(Group, (1, 0.14, 0.19, 0.45, 0.31, 0.05), strict=True))
    for station in range(FIRST_STATION, FIRST_STATION + STATIONS):
        for group in Group:
            yield station, group.value, int(each * share[group]) + 1, f"{YEAR - 1}-12-31", "示例数据", MADE


def _is_gone(n: int) -> bool:
    return n % 100 == 99 and n > STATIONS * 2


def _residents(made: District) -> Iterator[tuple]:
    for n in range(made.people):
        gone = _is_gone(n)
        yield (
            n + 1, n // 2 + 1, f"居民{n}", "jm", "here", int(made.home[n]), n + 1 - STATIONS if gone else None, MADE,
        )  # fmt: skip


def _series() -> Iterator[tuple]:
    for n in range(STATIONS * 4):
        cadence = ("year_round", "staged")[n % 2]
        yield n + 1, f"S{n:07d}", FIRST_STATION + n % STATIONS, "书法班", cadence, MADE


def _events(made: District) -> Iterator[tuple]:
    categories, tasks = [one.value for one in Category], [one.value for one in Task]
    for n in range(made.events):
        site, state = int(made.site[n]), str(made.state[n])
        starts = BEGIN + timedelta(minutes=int(made.minute[n]))
        course = (
            (site - FIRST_STATION) + STATIONS * (n % 4) + 1 if site >= FIRST_STATION and n % 3 == 0 else None
        )
        yield (
            n + 1, f"E{n:07d}", site, course, state, "健康讲座", categories[n % 8], tasks[n % 5], at(starts),
            at(starts + timedelta(minutes=90)), 30 if n % 5 < 3 else None, MADE,
            at(starts + timedelta(hours=3)) if state == "closed_out" else None,
        )  # fmt: skip


def _rooms() -> Iterator[tuple]:
    hours = "周一至周五 08:30-12:00 14:30-18:00"
    return ((id, id, "多功能厅", hours if id % 9 else "") for id in range(1, FIRST_STATION + STATIONS))


def _bookings(made: District) -> Iterator[tuple]:
    taken = set()
    for n in range(made.events):
        place = (int(made.site[n]), int(made.minute[n]))
        if made.state[n] == "closed_out" and n % 2 and place not in taken:
            taken.add(place)
            starts = BEGIN + timedelta(minutes=place[1])
            yield place[0], at(starts), at(starts + timedelta(minutes=90)), n + 1, MADE


def _headcounts(made: District) -> Iterator[tuple]:
    for n in range(0, made.events, 3):
        yield n + 1, "unknown", n % 40 + 1
        yield n + 1, "70-79", n % 7 + 1


def _volunteers(made: District) -> Iterator[tuple]:
    for n in range(made.volunteers):
        person = n * 20
        key = n.to_bytes(8, "big")
        yield n + 1, f"V{n:07d}", person + 1, int(made.home[person]), key, b"x", MADE


def _parts(made: District, person: np.ndarray) -> np.ndarray:
    part = np.where((person % 20 == 0) & (made.chance.random(len(person)) < 0.8), "volunteer", "resident")
    return np.where(made.chance.random(len(person)) < 0.01, "staff", part)


def _attendances(made: District, event, person, part) -> Iterator[tuple]:
    channel = made.chance.choice(len(CHANNELS), len(event), p=[0.35, 0.1, 0.2, 0.15, 0.05, 0.15])
    undone = made.chance.random(len(event)) < 0.01
    came = [at(BEGIN + timedelta(minutes=int(minute))) for minute in made.minute]
    for n, (e, p) in enumerate(zip(event.tolist(), person.tolist(), strict=True)):
        yield (
            n + 1, e + 1, p + 1, str(part[n]), CHANNELS[channel[n]], came[e], "roster", "here", int(made.home[p]),
            BANDS[made.band[p]], bool(undone[n]),
        )  # fmt: skip


def _hours(made: District, event, person, helped) -> Iterator[tuple]:
    for number, n in enumerate(helped.tolist()):
        e = int(event[n])
        on = (BEGIN + timedelta(minutes=int(made.minute[e]), hours=8)).date().isoformat()
        yield number + 1, int(person[n]) // 20 + 1, int(made.site[e]), on, 90, n + 1, 1, MADE, "x", "x"
