"""A random district and its history, written straight as rows: what the operations leave behind, without their rules.

Everything that makes a month hard is in it on purpose: sites merged, closed and new in the middle of it, people who
move or turn out to be one, birthdays across a band, events at 23:59 and 00:00 of month ends, facts that come late.
"""

import random
from datetime import UTC, date, datetime, timedelta
from itertools import count

from sqlalchemy import Engine, text

from stationapp.tables import metadata
from tests.harness.bulk import at, load, settle
from tests.reports.second.tables import begins, last_day, later

FIRST, MONTHS = (2024, 10), 24
REOPENED = 7
"""In so many months events are opened again; versions of later ones are all made again from their facts."""
BANDS = ("0-2", "3-6", "7-13", "14-17", "18-44", "45-59", "60-64", "65-69", "70-79", "80+", "unknown")
CHANNELS = ("web", "family", "phone", "desk", "team", "walk_in")
CATEGORIES = ("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A09")
HOURS = ("每天 08:30-12:00 14:30-18:00", "周一至周五 09:00-17:00", "")
GROUPS = ("all", "under14", "under18", "over60", "over65", "over80")
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class District:
    """Rows by table, numbered here; `write` sends what has gathered since it was last called."""

    def __init__(self, engine: Engine, chance: random.Random) -> None:
        self.engine, self.chance = engine, chance
        self.ids = {table.name: count(1) for table in metadata.sorted_tables}
        self.gathered: dict[str, list[dict]] = {}
        self.staff = self.put("staff", name="陈立新", added_at=LONG_AGO)["id"]
        self.months = [later(FIRST, n) for n in range(MONTHS)]
        self.starts: set[datetime] = set()
        self.booked: dict[int, list[tuple]] = {}
        self.live: dict[int, int] = {}  # who counts as somebody else, with the merge's number
        self.keeps: dict[int, int] = {}  # as whom
        self.answered: dict[bytes, int] = {}
        self.lines: list[dict] = []
        self.opened: list[dict] = []  # again, and left so
        self._sites()
        self._populations()
        self._people()
        self._rooms()
        self.events = [self._event(month) for month in self.months for _ in range(chance.randint(18, 34))]

    # --- writing --------------------------------------------------------------------------------------------------

    def put(self, table: str, **values) -> dict:
        """A row to be written, with a number of its own where the table has one."""
        if "id" in metadata.tables[table].columns:
            values.setdefault("id", next(self.ids[table]))
        self.gathered.setdefault(table, []).append(values)
        return values

    def write(self) -> None:
        """Send the rows, in the order in which tables lean on each other."""
        for table in metadata.sorted_tables:
            if rows := self.gathered.pop(table.name, None):
                columns = sorted({name for row in rows for name in row})
                load(
                    self.engine, table, columns, ([_sent(row.get(name)) for name in columns] for row in rows)
                )
        last = max((line["id"] for line in self.lines), default=0)
        self.change("DELETE FROM chains WHERE name = 'hours'")
        self.change("INSERT INTO chains (name, length, hash) VALUES ('hours', :last, 'x')", last=last)

    def begin(self) -> None:
        """The first writing of all."""
        sites = self.gathered.pop("sites")
        self.gathered["sites"] = [row | {"successor_id": None} for row in sites]
        self.write()
        for row in sites:
            if row.get("successor_id"):
                self.change(
                    "UPDATE sites SET successor_id = :to WHERE id = :id", to=row["successor_id"], id=row["id"]
                )
        settle(self.engine, [table for table in metadata.sorted_tables if table.name in ("events", "merges")])

    def change(self, sql: str, **values) -> None:
        """One statement."""
        with self.engine.connect() as connection:
            connection = connection.execution_options(
                **({"writes": True} if self.engine.dialect.name == "sqlite" else {})
            )
            connection.execute(text(sql), {name: _sent(value) for name, value in values.items()})
            connection.commit()

    # --- who and where --------------------------------------------------------------------------------------------

    def _sites(self) -> None:
        chance, self.sites = self.chance, []
        middle = [
            last_day(month) + timedelta(days=chance.choice([0, 0, 1, -9, 12])) for month in self.months[3:-2]
        ]
        center = self._site("410305000", "center", None)
        for n in range(3):
            office = self._site(f"410305{n + 1:03d}", "office", center)
            for m in range(chance.randint(3, 4)):
                self._site(f"410305{n + 1:03d}{m + 1:03d}", "station", office)
        stations = [one for one in self.sites if one["level"] == "station"]
        merged, closed, fresh, through, silent, *_ = chance.sample(stations, 6)
        self.stations = stations
        self.lived_in = [one for one in stations if one is not silent]  # there nobody is known to live
        merged |= {"valid_to": chance.choice(middle), "successor_id": through["id"]}
        closed |= {"valid_to": chance.choice(middle)}
        fresh |= {"valid_from": chance.choice(middle)}
        if chance.random() < 0.5:  # the one it was merged into goes later, into a third one
            third = chance.choice(
                [one for one in stations if one not in (merged, closed, fresh, through, silent)]
            )
            through |= {
                "valid_to": max(merged["valid_to"], chance.choice(middle)),
                "successor_id": third["id"],
            }

    def _site(self, code: str, level: str, parent: dict | None) -> dict:
        row = self.put(
            "sites", code=code, level=level, name=f"示例{code}", short_name=code, parent_id=parent and parent["id"],
            path="", valid_from=date(2020, 1, 1), valid_to=None, successor_id=None,
        )  # fmt: skip
        row["path"] = f"{parent['path'] if parent else '/'}{row['id']}/"
        self.sites.append(row)
        return row

    def _populations(self) -> None:
        for station in self.stations:
            gap = self.chance.random()
            for group in GROUPS:
                if gap < 0.2 and self.chance.random() < 0.3:
                    continue  # nobody ever said
                for as_of in (date(2024, 6, 30), date(2025, 6, 30), date(2026, 1, 31)):
                    if self.chance.random() < 0.4:
                        continue
                    people = (
                        0 if self.chance.random() < 0.08 and group != "all" else self.chance.randint(2, 60)
                    )
                    self.put("populations", site_id=station["id"], group=group, people=people, as_of=as_of,
                             source="示例数据", loaded_at=LONG_AGO)  # fmt: skip

    def _people(self) -> None:
        self.people, self.volunteers = [], []
        for n in range(90):
            home = self.chance.choice(self.lived_in) if n % 7 else None
            household = self.put("households", made_at=LONG_AGO)
            self.people.append(
                self.put("residents", household_id=household["id"], name=f"居民{n}", initials="jm", made_at=LONG_AGO,
                         lives="here" if home else ("outside", "unknown")[n % 2],
                         community_id=home and home["id"], merged_into=None)
            )  # fmt: skip
        for person in self.people[:22]:
            since = begins(self.chance.choice(self.months)) + timedelta(days=self.chance.choice([-400, 0, 9]))
            ended = (
                since + timedelta(days=self.chance.randint(1, 500)) if self.chance.random() < 0.3 else None
            )
            key = person["id"].to_bytes(4, "big")
            self.volunteers.append(
                self.put("volunteers", code=f"V{person['id']:07d}", resident_id=person["id"],
                         site_id=self.stations[0]["id"], personal_index=key, personal_sealed=b"x",
                         registered_at=since, ended_at=ended)
            )  # fmt: skip
        self.courses = {
            site["id"]: [
                self.put("series", code=f"S{site['id']}{cadence}", site_id=site["id"], title="书法班", cadence=cadence,
                         made_at=LONG_AGO)
                for cadence in ("year_round", "staged")
            ]
            for site in self.sites
        }  # fmt: skip

    def _rooms(self) -> None:
        self.rooms: dict[int, list[dict]] = {}
        for site in self.sites:
            self.rooms[site["id"]] = [
                self.put("rooms", site_id=site["id"], name=f"示例厅{n}", hours=self.chance.choice(HOURS),
                         kind="shared" if self.chance.random() < 0.15 else "room")
                for n in range(self.chance.randint(0, 2))
            ]  # fmt: skip

    # --- what was held --------------------------------------------------------------------------------------------

    def _start(self, month) -> datetime:
        while True:
            first, after = begins(month), begins(later(month, 1))
            moment = self.chance.choice(
                [first, after - timedelta(minutes=1)]
                + [first + timedelta(minutes=30 * self.chance.randrange(1300))] * 8
            )
            if moment not in self.starts and first <= moment < after:
                self.starts.add(moment)
                return moment

    def _event(self, month) -> dict:
        chance, starts = self.chance, self._start(month)
        on = (starts + timedelta(hours=8)).date()
        site = chance.choice([one for one in self.sites if one["valid_from"] <= on])
        state = chance.choice(
            ["closed_out"] * 16 + ["cancelled", "cancelled", "postponed", "published", "published"]
        )
        ends = starts + timedelta(minutes=chance.choice([45, 90, 120, 500]))
        series = chance.choice(self.courses[site["id"]])["id"] if chance.random() < 0.4 else None
        event = self.put(
            "events", code="", site_id=site["id"], series_id=series, state=state, title="健康讲座", made_at=LONG_AGO,
            category=chance.choice(CATEGORIES), task=f"T{chance.randint(1, 5)}", starts_at=starts, ends_at=ends,
            capacity=chance.choice([None, None, 0, 3, 6]),
            closed_out_at=ends + timedelta(hours=1) if state == "closed_out" else None,
        )  # fmt: skip
        event |= {"code": f"E{event['id']:07d}"}
        for theme in chance.sample(["old", "young", "fraud"], chance.choice([0, 0, 1, 1, 2])):
            self.put("event_themes", event_id=event["id"], theme=theme)
        if chance.random() < 0.15:  # held together: figures are the lead's alone
            other = chance.choice([one for one in self.sites if one is not site])
            self.put("event_partners", event_id=event["id"], site_id=other["id"])
        self._book(event)
        self.company(event)
        return event | {"there": ()}

    def _book(self, event: dict) -> None:
        if event["state"] == "cancelled":
            return
        for room in self.rooms[event["site_id"]]:
            taken = self.booked.setdefault(room["id"], [])
            if all(event["ends_at"] <= begin or event["starts_at"] >= end for begin, end in taken):
                taken.append((event["starts_at"], event["ends_at"]))
                self.put("bookings", room_id=room["id"], event_id=event["id"], starts_at=event["starts_at"],
                         ends_at=event["ends_at"], made_at=LONG_AGO)  # fmt: skip
                return

    def company(self, event: dict, most: int = 7) -> None:
        """Who came, was counted, had a place, helped, and said how it was."""
        chance = self.chance
        if chance.random() < 0.08:
            most = 0
        for person in chance.sample(self.people, chance.randint(0, most)):
            self._row(event, person)
        for band in chance.sample(BANDS, chance.choice([0, 0, 0, 1, 2]) if most else 0):
            self.put("headcounts", event_id=event["id"], band=band, people=chance.randint(1, 30))
        for person in chance.sample(self.people, chance.randint(0, 4)):
            self._place(event, person)
        for _ in range(chance.choice([0, 0, 0, 1, 3])):
            self._answer(event)

    def _row(self, event: dict, person: dict) -> None:
        chance = self.chance
        volunteer = next((one for one in self.volunteers if one["resident_id"] == person["id"]), None)
        part = chance.choice(["resident"] * 6 + ["staff"])
        if volunteer and chance.random() < 0.6:
            part = "volunteer"
        home, lives = person["community_id"], person["lives"]
        there = [one["id"] for one in self.lived_in if one["valid_from"] <= event["starts_at"].date()]
        if chance.random() < 0.1 or (home and home not in there):  # where they lived on that day
            home, lives = chance.choice(there), "here"
        row = self.put(
            "attendances", event_id=event["id"], resident_id=person["id"], part=part, channel=chance.choice(CHANNELS),
            came_at=event["starts_at"], came_how="roster", lives=lives, community_id=home,
            band=BANDS[(person["id"] + chance.choice([0] * 9 + [1])) % len(BANDS)], undone=chance.random() < 0.08,
        )  # fmt: skip
        if chance.random() < 0.6:
            self._place(event, person)
        if part == "volunteer" and not row["undone"] and event["state"] == "closed_out":
            self.hours(event, volunteer, row)

    def hours(self, event: dict, volunteer: dict, row: dict | None) -> None:
        """Lines of the ledger: of an attendance or by hand, corrected or not."""
        chance, minutes = self.chance, 30 * self.chance.randint(0, 5)
        on = (event["starts_at"] + timedelta(hours=8)).date()
        source = {"attendance_id": row["id"], "turn": 1} if row else self._by_hand(event, volunteer, on)
        line = self._line(volunteer, event["site_id"], on, minutes, **source)
        if chance.random() < 0.2:
            self._line(volunteer, event["site_id"], on, -minutes, corrects_id=line["id"])
            if row and chance.random() < 0.5:
                self._line(volunteer, event["site_id"], on, 30, attendance_id=row["id"], turn=2)
        if row and chance.random() < 0.2:
            self.hours(event, volunteer, None)

    def _by_hand(self, event: dict, volunteer: dict, on: date) -> dict:
        made = self.put("manual_hours", volunteer_id=volunteer["id"], site_id=event["site_id"], served_on=on,
                        minutes=60, reason="paper_only", note="纸质签到", state="approved", proposed_by=self.staff,
                        proposed_at=LONG_AGO, decided_at=LONG_AGO)  # fmt: skip
        return {"manual_id": made["id"]}

    def _line(self, volunteer: dict, site_id: int, on: date, minutes: int, **source) -> dict:
        line = self.put("hours_entries", volunteer_id=volunteer["id"], site_id=site_id, served_on=on, minutes=minutes,
                        posted_at=LONG_AGO, previous_hash="x", hash="x", **source)  # fmt: skip
        self.lines.append(line)
        return line

    def _place(self, event: dict, person: dict) -> None:
        channel = self.chance.choice(CHANNELS)
        state = self.chance.choice(["confirmed"] * 5 + ["waitlisted", "waitlisted", "offered", "cancelled"])
        if any(one["event_id"] == event["id"] and one["resident_id"] == person["id"] for one in
               self.gathered.get("signups", ())[-30:]):  # fmt: skip
            return
        party = self.put("parties", key_index=b"", event_id=event["id"], household_id=person["household_id"], size=1,
                         first_state="confirmed", channel=channel, by=self.staff, consent="web-1",
                         made_at=LONG_AGO)  # fmt: skip
        party["key_index"] = party["id"].to_bytes(8, "big")
        self.put("signups", party_id=party["id"], event_id=event["id"], resident_id=person["id"], state=state,
                 code_index=party["key_index"], code_sealed=b"x")  # fmt: skip

    def _answer(self, event: dict) -> None:
        chance = self.chance
        slot = b"%d/%d" % (event["id"], chance.randrange(5))
        how = chance.choice(["page", "paper", "call"])
        score = (
            None
            if how != "page" and slot in self.answered and chance.random() < 0.3
            else chance.choice([5, 5, 3, 1])
        )
        row = self.put("answers", event_id=event["id"], slot_index=slot, score=score, how=how,
                       by=None if how == "page" else self.staff,
                       said_on=(event["ends_at"] + timedelta(hours=8)).date(),
                       replaces_id=self.answered.get(slot))  # fmt: skip
        self.answered[slot] = row["id"]

    # --- what comes late ------------------------------------------------------------------------------------------

    def late(self, before, now: datetime) -> None:
        """Something about months up to `before` that nobody knew when they were closed."""
        past = [event for event in self.events if event["starts_at"] < begins(later(before, 1))]
        recent, month = past[-90:], self.months.index(before)
        opened = self._opened if month < REOPENED else self._left
        for event in self.chance.sample(recent, 5):
            {"closed_out": opened, "published": self._closed_out}.get(event["state"], self._left)(event, now)
        if month == REOPENED:
            for event in self.opened:
                self._closed_out(event, now)
        for event in self.chance.sample(recent, 2):
            if event["state"] == "closed_out":
                self.hours(event, self.chance.choice(self.volunteers), None)
        for event in self.chance.sample(recent, 3):
            if event["state"] in ("closed_out", "published"):
                self._answer(event)
        self._found_out(now)
        self.write()

    def _left(self, event: dict, now: datetime) -> None:
        """It stays as it is."""

    def _opened(self, event: dict, now: datetime) -> None:
        """A correction: reopened, and mostly closed out again at once with rows that differ."""
        self.change(
            "UPDATE attendances SET undone = :yes WHERE event_id = :id AND id % 3 = 0",
            yes=True,
            id=event["id"],
        )
        again = self.chance.random() < 0.6
        event |= {"state": "closed_out" if again else "published", "closed_out_at": now if again else None}
        self._move(event)
        if not again:
            self.opened.append(event)

    def _closed_out(self, event: dict, now: datetime) -> None:
        """Somebody closed it out at last."""
        event |= {"state": "closed_out", "closed_out_at": now}
        self._move(event)

    def _move(self, event: dict) -> None:
        self.change("UPDATE events SET state = :state, closed_out_at = :at WHERE id = :id", state=event["state"],
                    at=event["closed_out_at"], id=event["id"])  # fmt: skip

    def _found_out(self, now: datetime) -> None:
        """Two records are one person; or they are two after all; somebody moved."""
        free = [
            one["id"] for one in self.people if one["id"] not in self.live and one["id"] not in self.kept()
        ]
        if self.chance.random() < 0.7:
            gone, kept = self.chance.sample(free, 2)
            made = self.put("merges", kept_id=kept, gone_id=gone, at=now - timedelta(hours=5), by=self.staff)
            self.live[gone], self.keeps[gone] = made["id"], kept
            self.write()
            self.change("UPDATE residents SET merged_into = :kept WHERE id = :gone", kept=kept, gone=gone)
        elif self.live:
            gone = self.chance.choice(list(self.live))
            self.change(
                "UPDATE merges SET undone_at = :now WHERE id = :id",
                now=now - timedelta(hours=4),
                id=self.live.pop(gone),
            )
            self.change("UPDATE residents SET merged_into = NULL WHERE id = :gone", gone=gone)
        mover, to = self.chance.choice(self.people), self.chance.choice(self.lived_in)
        mover |= {"lives": "here", "community_id": to["id"]}
        self.change(
            "UPDATE residents SET lives = 'here', community_id = :to WHERE id = :id",
            to=to["id"],
            id=mover["id"],
        )

    def kept(self) -> set[int]:
        """Whom others count as at the moment."""
        return {self.keeps[gone] for gone in self.live}


def _sent(value):
    if isinstance(value, datetime):
        return at(value)
    return value.isoformat() if isinstance(value, date) else value
