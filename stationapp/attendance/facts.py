"""Writing down facts of presence, and the row they amount to. Who may, and when, is decided by the callers."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, insert, select, update

from stationapp import clock
from stationapp.attendance.ground import Ground, Pair
from stationapp.attendance.links import link
from stationapp.attendance.models import Attendance, Scan
from stationapp.attendance.queries import scans_of, shown_first
from stationapp.attendance.rules import Arrived, Kind, Part, Seen, fold
from stationapp.calendar.rules import band_on
from stationapp.db import db
from stationapp.residents.models import Resident
from stationapp.residents.queries import records_of
from stationapp.vault import vault


def hold_person(resident_id: int):
    """What is written down of the person; the lock puts two scans of one person in line, by whichever records."""
    held = db.session.execute(_person, {"its": resident_id}).one()
    if held.merged_into:
        hold_person(held.merged_into)
    return held


# Statements of every scan are made once: to put one together costs more than to run it.
_person = (
    select(Resident.lives, Resident.community_id, Resident.birth_month, Resident.merged_into)
    .where(Resident.id == bindparam("its"))
    .with_for_update(key_share=True)
)


def hold_records(resident_id: int) -> list[int]:
    """All records of the person with that one, held by number: what is written for all of them meets no other scan."""
    kept = select(func.coalesce(Resident.merged_into, Resident.id)).where(Resident.id == resident_id)
    its = select(Resident.id).where(Resident.id.in_(records_of(kept.scalar_subquery())))
    return list(db.session.scalars(its.order_by(Resident.id).with_for_update(key_share=True)))


def find_row(event_id: int, resident_id: int) -> Attendance | None:
    """Somebody's row at an event, taken back or not, as it stands in the database."""
    return db.session.scalar(
        select(Attendance)
        .where(Attendance.event_id == event_id, Attendance.resident_id == resident_id)
        .execution_options(populate_existing=True)
    )


def find_rows(
    event_id: int, resident_id: int, merged_into: int | None
) -> tuple[Attendance | None, Attendance | None]:
    """A record's row at an event, taken back or not, and the one by which the person is there, whichever record's.

    Of several it is the one that the roster shows.
    """
    rows = db.session.scalars(_theirs, {"event": event_id, "person": merged_into or resident_id}).all()
    own = next((row for row in rows if row.resident_id == resident_id), None)
    live = [row for row in rows if not row.undone]
    return own, min(live, key=lambda row: shown_first(row.part, row.came_at, row.id), default=None)


def live_rows(event_id: int, records: Collection[int]) -> list[Attendance]:
    """The rows by which these records are there, the one that is shown first."""
    rows = db.session.scalars(
        select(Attendance)
        .where(Attendance.event_id == event_id, Attendance.resident_id.in_(records), ~Attendance.undone)
        .execution_options(populate_existing=True)
    )
    return sorted(rows, key=lambda row: shown_first(row.part, row.came_at, row.id))


_theirs = (
    select(Attendance)
    .where(
        Attendance.event_id == bindparam("event"),
        Attendance.resident_id.in_(records_of(bindparam("person", type_=Resident.id.type))),
    )
    .execution_options(populate_existing=True)
)


def form_nonce(event_id: int, resident_id: int, kind: Kind, nonce: str) -> bytes:
    """The index under which a form, or a paper, is known to have been taken in for that person."""
    return vault().index("nonce", f"{event_id} {resident_id} {kind.value} {nonce}")


def write_scan(
    event_id: int,
    resident_id: int,
    seen: Seen,
    *,
    by: int | None,
    arrived_at: datetime,
    nonce_index: bytes | None = None,
    asker_index: bytes | None = None,
) -> None:
    """Append the fact and its link in the chain."""
    _write(
        [
            {
                "event_id": event_id,
                "resident_id": resident_id,
                "kind": seen.kind,
                "how": seen.how,
                "at": seen.at,
                "arrived_at": arrived_at,
                "by": by,
                "nonce_index": nonce_index,
                "device_id": None,
                "sequence": None,
                "asker_index": asker_index,
                "said_at": seen.said_at,
            }
        ]
    )


def _write(scans: list[dict]) -> None:
    link(db.session.execute(_add_scan, scans).all())


_add_scan = insert(Scan).returning(*Scan.__table__.columns, sort_by_parameter_order=True)


def insert_row(event_id: int, resident_id: int, seen: Seen, facts: dict) -> Attendance:
    """The row of a person's first scan at an event; `facts` are what is written down of them that day."""
    values = {"came_at": seen.at, "came_how": seen.how, "undone": False, **facts}
    return db.session.scalar(_add_row, {"event_id": event_id, "resident_id": resident_id, **values})


_add_row = insert(Attendance).returning(Attendance)


def refold(row: Attendance, facts: dict | None = None) -> Attendance:
    """Bring the row to what its scans say; `facts` are written anew when somebody comes again."""
    there = fold(scans_of(row.event_id, row.resident_id))
    values = dict(facts) if facts and row.undone else {}
    values["undone"] = there is None
    if there:
        values |= asdict(there)
    return db.session.scalar(
        update(Attendance)
        .where(Attendance.id == row.id)
        .values(**values)
        .returning(Attendance)
        .execution_options(populate_existing=True)
    )


# --- many at once -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Fact:
    """A scan that counts, with who stands behind it, when it arrived, and the index of its nonce."""

    scan: Arrived
    by: int | None
    arrived_at: datetime
    nonce_index: bytes | None


def store(facts: Sequence[Fact], ground: Ground) -> None:
    """Append the facts and bring everybody's row to what all scans say, whatever order they come in."""
    if not facts:
        return
    _write([_columns(fact) for fact in facts])
    made, changed, parts = [], defaultdict(list), _parts(facts)
    for pair, seen in _all_scans(parts).items():
        there, row, (part, came) = fold(seen), ground.rows.get(pair), parts[pair]
        values = {"undone": there is None} | (asdict(there) if there else {})
        if row is None:
            made.append(_first(pair, seen) | _written_down(pair, part, ground) | values)
            continue
        if row.undone and came:
            values |= _written_down(pair, part, ground)
        changed[frozenset(values)].append({"row": row.id} | values)
    if made:
        db.session.execute(insert(Attendance), made)
    for rows in changed.values():
        db.session.connection().execute(_change, rows)


def _parts(facts: Sequence[Fact]) -> dict[Pair, tuple[Part, bool]]:
    """In what role each person is meant, and whether a coming says so."""
    parts: dict[Pair, tuple[Part, bool]] = {}
    for fact in facts:
        pair, came = (fact.scan.event_id, fact.scan.resident_id), fact.scan.kind is Kind.IN
        if pair not in parts or (came and not parts[pair][1]):
            parts[pair] = fact.scan.part, came
    return parts


def _columns(fact: Fact) -> dict:
    scan = fact.scan
    return {
        "event_id": scan.event_id,
        "resident_id": scan.resident_id,
        "kind": scan.kind,
        "how": scan.how,
        "at": scan.at,
        "arrived_at": fact.arrived_at,
        "by": fact.by,
        "nonce_index": fact.nonce_index,
        "device_id": scan.device_id,
        "sequence": scan.sequence,
        "asker_index": None,
        "said_at": None,
    }


def _all_scans(pairs: Collection[Pair]) -> dict[Pair, list[Seen]]:
    """Every scan of these people at these events, by pair."""
    events, people = {event for event, _ in pairs}, {person for _, person in pairs}
    rows = db.session.execute(
        select(Scan.event_id, Scan.resident_id, Scan.kind, Scan.at, Scan.how, Scan.said_at)
        .where(Scan.event_id.in_(events), Scan.resident_id.in_(people))
        .order_by(Scan.id)
    )
    found: dict[Pair, list[Seen]] = {}
    for event_id, resident_id, *seen in rows:
        if (event_id, resident_id) in pairs:
            found.setdefault((event_id, resident_id), []).append(Seen(*seen))
    return found


def _first(pair: Pair, seen: Sequence[Seen]) -> dict:
    """A row that may wait: who left, as far as we know without having come, has one that is undone."""
    event_id, resident_id = pair
    blank = {"left_at": None, "left_how": None}
    return {
        "event_id": event_id,
        "resident_id": resident_id,
        "came_at": seen[0].at,
        "came_how": seen[0].how,
    } | blank


def _written_down(pair: Pair, part: Part, ground: Ground) -> dict:
    """What is written down of somebody on the event's day."""
    event_id, resident_id = pair
    person, day = ground.people[resident_id], clock.day_of(ground.events[event_id].starts_at)
    return {
        "part": part,
        "channel": ground.channel(pair),
        "lives": person.lives,
        "community_id": person.community_id,
        "band": band_on(person.birth_month, day),
    }


_rows = Attendance.__table__
_change = update(_rows).where(_rows.c.id == bindparam("row"))
