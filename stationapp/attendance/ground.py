"""What decides about scans that arrive: held and read for many of them at once, in a fixed number of statements."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Row, Select, select

from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.attendance.rules import Arrived, AttendanceRefusal, Fate, Kind, Part
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place

Pair = tuple[int, int]
"""An event's and a person's number."""


Became = tuple[AttendanceRefusal | None, Fate | None]
"""Why a scan was put aside, and what became of it since; of one that is a scan, neither."""


@dataclass
class Ground:
    """What stands before; whoever takes a scan in keeps `known`, `numbers` and `parts` up with what it adds."""

    devices: Mapping[int, Row]
    events: Mapping[int, Row]
    people: Mapping[int, Row]
    known: dict[bytes, Became]  # nonces taken in before
    numbers: set[tuple[int, int]]  # a device's numbers that are used
    rows: Mapping[Pair, Row]  # those of before: (id, event, person, role, undone)
    parts: dict[Pair, Part]  # in which role who came came, taken back or not
    places: Mapping[Pair, Mapping[Place, Channel]]

    def channel(self, pair: Pair) -> Channel:
        """The live sign-up's channel; who has none came by."""
        live = [
            channel for place, channel in self.places.get(pair, {}).items() if place is not Place.CANCELLED
        ]
        return live[0] if live else Channel.WALK_IN


def lay(arrived: Sequence[Arrived], nonces: Iterable[bytes]) -> Ground:
    """Hold devices, events and people, each in the order of their numbers, and read what is there.

    The device's row puts two copies of one sending in line, the event's shared lock keeps a close-out from slipping
    in between, the person's puts two scans of one person in line.
    """
    devices = {one.device_id for one in arrived} - {None}
    events = {one.event_id for one in arrived} - {None}
    people = {one.resident_id for one in arrived} - {None}
    bearers = select(Device.id, Device.site_id, Device.taken_up_at, Device.from_on, Device.until_on)
    held = select(Event.id, Event.site_id, Event.state, Event.starts_at, Event.ends_at)
    persons = select(Resident.id, Resident.lives, Resident.community_id, Resident.birth_month)
    held_devices = _rows(_by_id(bearers, Device, devices).with_for_update(key_share=True), devices)
    held_events = _rows(_by_id(held, Event, events).with_for_update(read=True), events)
    held_people = _rows(_by_id(persons, Resident, people).with_for_update(key_share=True), people)
    rows = _there(events, people)  # only now: who came while this waited for its turn is there already
    return Ground(
        devices={row.id: row for row in held_devices},
        events={row.id: row for row in held_events},
        people={row.id: row for row in held_people},
        known=_known(list(nonces)),
        numbers=_numbers(arrived),
        rows=rows,
        parts={pair: rows[pair].part for pair in _came(events, people)},
        places=_places(events, people),
    )


def _by_id(statement: Select, model, ids: set[int]) -> Select:
    return statement.where(model.id.in_(ids)).order_by(model.id)


def _rows(statement: Select, wanted: Iterable) -> Sequence[Row]:
    return db.session.execute(statement).all() if wanted else ()


def _known(nonces: list[bytes]) -> dict[bytes, Became]:
    taken = select(Scan.nonce_index).where(Scan.nonce_index.in_(nonces))
    aside = select(RefusedScan.nonce_index, RefusedScan.reason, RefusedScan.fate).where(
        RefusedScan.nonce_index.in_(nonces)
    )
    found = {bytes(index): (AttendanceRefusal(reason), fate) for index, reason, fate in _rows(aside, nonces)}
    return found | {bytes(row.nonce_index): (None, None) for row in _rows(taken, nonces)}


def _numbers(arrived: Sequence[Arrived]) -> set[tuple[int, int]]:
    """A nonce known already never asks for its number: what is found stands on another scan."""
    devices = {one.device_id for one in arrived} - {None}
    numbers = {one.sequence for one in arrived}
    return {
        tuple(row)
        for table in (Scan, RefusedScan)
        for row in _rows(
            select(table.device_id, table.sequence).where(
                table.device_id.in_(devices), table.sequence.in_(numbers)
            ),
            devices,
        )
    }


def _there(events: Iterable[int], people: Iterable[int]) -> dict[Pair, Row]:
    rows = select(
        Attendance.id, Attendance.event_id, Attendance.resident_id, Attendance.part, Attendance.undone
    ).where(Attendance.event_id.in_(events), Attendance.resident_id.in_(people))
    return {(row.event_id, row.resident_id): row for row in _rows(rows, people)}


def _came(events: Iterable[int], people: Iterable[int]) -> set[Pair]:
    scans = select(Scan.event_id, Scan.resident_id).where(
        Scan.event_id.in_(events), Scan.resident_id.in_(people), Scan.kind == Kind.IN
    )
    return {tuple(row) for row in _rows(scans, people)}


def _places(events: Iterable[int], people: Iterable[int]) -> dict[Pair, dict[Place, Channel]]:
    places: dict[Pair, dict[Place, Channel]] = {}
    rows = (
        select(Signup.event_id, Signup.resident_id, Signup.state, Party.channel)
        .join(Party, Party.id == Signup.party_id)
        .where(Signup.event_id.in_(events), Signup.resident_id.in_(people))
        .order_by(Signup.id)
    )
    for event_id, resident_id, state, channel in _rows(rows, people):
        places.setdefault((event_id, resident_id), {})[state] = channel
    return places
