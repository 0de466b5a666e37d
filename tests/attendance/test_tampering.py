"""Whatever is changed, taken out or put in another place in the books of presence and hours is named by `audit`.

1,000 random changes behind the application's back, one at a time, with the guards and foreign keys out of the way, as
somebody with the database file could. Each must be named, by the row it happened to where that row still stands.
"""

import os
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from random import Random

import pytest
from sqlalchemy import Table, insert, inspect, select, text, update
from sqlalchemy.exc import IntegrityError

from stationapp import clock
from stationapp.attendance import checks as attendance_checks
from stationapp.attendance import operations
from stationapp.attendance.links import content
from stationapp.attendance.models import Scan, ScanLink
from stationapp.attendance.rules import How, Kind, Part
from stationapp.audit.operations import digest
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.signups.rules import Channel
from stationapp.volunteers import checks as volunteer_checks
from stationapp.volunteers import ledger
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import HoursEntry
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.attendance.test_intake import Door, device

CHANGES = int(os.environ.get("TAMPERINGS", "1000"))
SEED = int(os.environ.get("TAMPERING_SEED", "20261123"))

CHECKS = (*attendance_checks.CHECKS, *volunteer_checks.CHECKS)
"""What `audit` runs over these tables."""

TABLES: dict[str, tuple[Table, str]] = {
    "scans": (Scan.__table__, "id"),
    "scan_links": (ScanLink.__table__, "number"),
    "hours_entries": (HoursEntry.__table__, "id"),
}


@dataclass(frozen=True)
class Change:
    """What was done to a table, and which rows' names one of the findings must be among."""

    what: str
    table: str
    named: tuple[str, ...]


@pytest.fixture
def book(app):
    """Three events at two stations with helpers and guests, one reopened, scans of a tablet, hours entered by hand."""
    with app.app_context():
        door = Door(app)
        people, now, lin = door.people, door.now, door.people.lin.id
        helpers = [
            cast.resident(
                cast.person(f"志愿者{n}", f"1990000{5000 + n}", birth_month="1970-05", home=people.one)
            )
            for n in range(6)
        ]
        with transaction():
            known = [volunteers.register(one, site=people.one, by=lin, now=now) for one in helpers]
        others = [
            cast.event(site, starts_at=now - timedelta(hours=hours))
            for site, hours in ((people.one, 9), (people.two, 5))
        ]
        tablets = {people.one.id: door.device, people.two.id: device(people.two, code="DEV2")}
        for n, event in enumerate((door.event, *others)):
            end, seen = event.ends_at, {"event_id": event.id, "device_id": tablets[event.site_id]}
            for k, helper in enumerate(helpers):
                came = event.starts_at + timedelta(minutes=k)
                door.arrive(
                    door.scan(who=helper, part=Part.VOLUNTEER, at=came, **seen),
                    door.scan(Kind.OUT, who=helper, at=end - timedelta(minutes=k), **seen),
                    now=end + timedelta(hours=1),
                )
            guest = {"how": How.WALK_IN, "part": Part.RESIDENT, "channel": Channel.WALK_IN, "by": lin}
            with transaction():
                operations.check_in(event, door.li, **guest, now=event.starts_at + timedelta(minutes=n))
            with transaction():
                operations.close_out(event, note="顺利", by=lin, now=end + timedelta(hours=1))
                volunteers.post_hours(event, by=lin, now=end + timedelta(hours=1))
        reopened, later = others[0], now + timedelta(hours=3)
        with transaction():
            events.reopen(reopened, reason="漏了签退", by=lin, now=later)
            volunteers.post_hours(reopened, by=lin, now=later)
        with transaction():
            operations.close_out(reopened, note="补上了", by=lin, now=later)
            volunteers.post_hours(reopened, by=lin, now=later)
        for one in known[:3]:
            with transaction():
                manual = volunteers.propose_manual(
                    one,
                    site=people.one,
                    from_site=people.one,
                    served_on=clock.day_of(now) - timedelta(days=3),
                    minutes=60,
                    reason=ManualReason.OUTSIDE,
                    note="入户",
                    by=lin,
                    now=now,
                )
                volunteers.decide_manual(
                    manual, approved=True, from_site=people.office, by=people.chen.id, now=now
                )
        yield Random(SEED)


# --- the audit --------------------------------------------------------------------------------------------------


def findings(until: tuple[str, ...] = ()) -> list[str]:
    """What the checks name; with `until`, no further than the first check that names one of these."""
    found: list[str] = []
    db.session.expire_all()
    for check in sorted(CHECKS, key=lambda one: not one.name.startswith("H10")):
        found += check.find()
        if until and set(until) & set(found):
            break
    return found


def rows_of(table: str) -> list[dict]:
    which, key = TABLES[table]
    return [dict(row) for row in db.session.execute(select(which).order_by(which.c[key])).mappings()]


def name_of(table: str, row: dict) -> str:
    return {"scans": f"scan {row.get('id')}", "scan_links": f"scan {row.get('scan_id')}"}.get(
        table, f"hours {row.get('id')}"
    )


def chain_of(table: str) -> str:
    return "chain hours" if table == "hours_entries" else "chain scans"


# --- what somebody may do ---------------------------------------------------------------------------------------


def another(random: Random, column, old: object, rows: list[dict]) -> object:
    """A value of the column's type that is not the old one; often one that stands in another row."""
    values = [row[column.name] for row in rows if row[column.name] != old]
    if values and random.random() < 0.5:
        return random.choice(values)
    if hasattr(column.type, "enum_class") and column.type.enum_class:
        return random.choice([case for case in column.type.enum_class if case is not old])
    if isinstance(old, datetime):
        return old + timedelta(microseconds=random.choice((-1, 1, 10**6, 3600 * 10**6)))
    if isinstance(old, date):
        return old + timedelta(days=random.choice((-1, 1, 30)))
    if isinstance(old, bytes):
        return bytes([old[0] ^ 1]) + old[1:]
    if isinstance(old, str):
        return ("0" if old[0] != "0" else "1") + old[1:]
    if isinstance(old, int):
        return old + random.choice((1, 30, 1000))
    return 1 if column.type.python_type is int else None


def edited(random: Random, table: str) -> Change | None:
    """One field of one row is another one."""
    which, key = TABLES[table]
    rows = rows_of(table)
    row, column = random.choice(rows), random.choice(list(which.c))
    value = another(random, column, row[column.name], rows)
    if value == row[column.name]:
        return None
    changed = row | {column.name: value}
    db.session.execute(update(which).where(which.c[key] == row[key]).values({column.name: value}))
    return Change(f"edit {column.name}", table, (name_of(table, changed), name_of(table, row)))


def deleted(random: Random, table: str) -> Change:
    """A row is gone. Of the ledger, whose rows are their own links, the one behind it or the chain's head is named."""
    which, key = TABLES[table]
    rows = rows_of(table)
    at = random.randrange(len(rows))
    db.session.execute(which.delete().where(which.c[key] == rows[at][key]))
    named = (name_of(table, rows[at]),)
    if table == "hours_entries":
        named = (name_of(table, rows[at + 1]) if at + 1 < len(rows) else chain_of(table),)
    return Change("delete", table, named)


def swapped(random: Random, table: str) -> Change:
    """Two rows have each other's place: all they hold, or all but the links of the chain."""
    which, key = TABLES[table]
    one, other = random.sample(rows_of(table), 2)
    links = {"previous_hash", "hash"} & set(one) if random.random() < 0.5 else set()
    keeps = {key, *links}
    first = {name: (one if name in keeps else other)[name] for name in one}
    second = {name: (other if name in keeps else one)[name] for name in one}
    db.session.execute(which.delete().where(which.c[key].in_((one[key], other[key]))))
    db.session.execute(insert(which), [first, second])
    named = (name_of(table, first), name_of(table, second))
    return Change("swap" if links or table == "scans" else "renumber", table, named)


def forged(random: Random, table: str) -> Change | None:
    """A row is changed and its own hash made to fit: the next one's, or the chain's head, does not."""
    which, _key = TABLES[table]
    if table == "scans":
        scan = db.session.get_one(Scan, random.choice(rows_of(table))["id"])
        link = db.session.scalar(select(ScanLink).where(ScanLink.scan_id == scan.id))
        covered = content(scan) | {"at": (scan.at + timedelta(hours=1)).isoformat()}
        db.session.execute(update(which).where(which.c.id == scan.id).values(at=scan.at + timedelta(hours=1)))
        number, previous, links = link.number, link.previous_hash, ScanLink.__table__
    elif table == "hours_entries":
        line = db.session.get_one(HoursEntry, random.choice(rows_of(table))["id"])
        covered = ledger.content(line) | {"minutes": line.minutes + 30}
        db.session.execute(update(which).where(which.c.id == line.id).values(minutes=line.minutes + 30))
        number, previous, links = line.id, line.previous_hash, which
    else:
        return None
    fits = digest(previous, {"number": number, **covered})
    column = links.c.number if table == "scans" else links.c.id
    db.session.execute(update(links).where(column == number).values(hash=fits))
    following = db.session.execute(select(links).where(column == number + 1)).mappings().one_or_none()
    of_links = "scan_links" if table == "scans" else table
    named = name_of(of_links, dict(following)) if following else chain_of(table)
    return Change("forge", table, (named,))


WAYS = (edited, edited, edited, deleted, swapped, forged)


def unguard() -> None:
    """Triggers and foreign keys out of the way, until this transaction is rolled back."""
    if db.engine.dialect.name == "sqlite":
        guards = "SELECT 'DROP TRIGGER ' || name FROM sqlite_master WHERE type = 'trigger'"
        for drop in db.session.scalars(text(guards)).all():
            db.session.execute(text(drop))
        db.session.execute(text("PRAGMA defer_foreign_keys = ON"))
    else:
        db.session.execute(text("SET LOCAL session_replication_role = replica"))


@pytest.mark.both_databases
def test_every_change_behind_our_back_is_named(book):
    done, refused, unnamed = Counter(), 0, []
    wanted = CHANGES if db.engine.dialect.name == "sqlite" else CHANGES // 4
    with transaction(rehearse=True) as session:
        unguard()
        assert findings() == []
        while done.total() < wanted:
            way, table = book.choice(WAYS), book.choice(list(TABLES))
            step = session.begin_nested()
            try:
                change = way(book, table)
            except IntegrityError:  # the database itself does not take it
                refused += 1
                change = None
            if change:
                done[f"{change.table}: {change.what.split()[0]}"] += 1
                if not set(change.named) & set(findings(change.named)):
                    unnamed.append(change)
            step.rollback()
        assert findings() == []
    print(f"\nseed {SEED}: {done.total()} changes, {refused} more refused by the database: {dict(done)}")
    assert unnamed == []
    assert min(done.values()) >= wanted // 100 and len(done) == 13


def test_who_changes_nothing_is_not_named(book):
    assert findings() == []
    assert len(rows_of("scans")) >= 39 and len(rows_of("hours_entries")) >= 20


def test_without_the_chain_of_scans_most_changes_would_go_unseen(book, monkeypatch):
    """The control: the same changes to scans, looked at by the other checks alone."""
    others = tuple(check for check in CHECKS if not check.name.startswith("H10"))
    monkeypatch.setitem(globals(), "CHECKS", others)
    with transaction(rehearse=True) as session:
        unguard()
        seen = 0
        for _ in range(40):
            step = session.begin_nested()
            try:
                change = edited(book, "scans")
            except IntegrityError:
                change = None
            seen += bool(change and findings())
            step.rollback()
    print(f"\nwithout the chains: {seen} of 40 seen")
    assert seen < 30


def test_the_guards_refuse_every_change_of_these_tables(book):
    for table, (which, key) in TABLES.items():
        assert inspect(db.engine).has_table(table)
        for statement in (update(which).values({key: which.c[key]}), which.delete()):
            with pytest.raises(Exception, match="append-only"), transaction() as session:
                session.execute(statement)
