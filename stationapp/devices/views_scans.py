"""What a device has seen, sent when there is a network (POST /door/scans): JSON in, one result a scan out, in order.

The device's token is in a cookie that other sites' pages cannot send along with a POST; besides, only JSON is read,
which their forms cannot make. A scan says whom it means in one of three ways: `code` as it was scanned, `sealed`
the same for our eyes only (devices/sealing.py), or `person`, the mark of a row in the list of names.

A browser that was enrolled anew still has scans sealed for the device it was: they are taken in as that one's, at
that one's site, and wait for a person where it is revoked. What another device of the site sealed (its browser lost
the token that would prove it) waits for a person, too.
"""

import json
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Blueprint, jsonify, request
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.intake import take_in
from stationapp.attendance.rules import CLOCK_SLACK, Arrived, AttendanceRefusal, How, Kind, Part, Result
from stationapp.cards.rules import SCAN_LENGTH, scanned
from stationapp.db import db, retried, transaction
from stationapp.devices import guard, operations, sealing
from stationapp.devices.models import Device
from stationapp.devices.queries import beside, was_before
from stationapp.devices.rules import DeviceRefusal
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.volunteers.doors import roles_at
from stationapp.volunteers.expected import Meant, who_counts, whose
from stationapp.web.errors import sentence

bp = Blueprint("door_scans", __name__, url_prefix="/door")
log = logging.getLogger(__name__)

MOST = 500
"""Scans in one request."""

AT_ONCE = 100
"""Scans in one transaction: a desk waits for no more than these."""

_NONCE_LENGTH = 64
_SEALED_LENGTH = 1000
_MEANT = ("code", "sealed", "person")
_FIELDS = {"nonce", "event", "kind", "at", "sequence", "walk_in", *_MEANT}


class _Unreadable(Exception):
    """The request is no list of scans; the message is a sentence."""


@dataclass(frozen=True)
class Said:
    """One scan as it was sent: whom it means in one of the three ways."""

    nonce: str
    event: str
    means: str
    text: str
    kind: Kind
    at: datetime
    sequence: int
    walk_in: bool


@dataclass(frozen=True)
class Opened:
    """A scan with what it says of the person in clear: a code, or a number; both empty where it opens with no key."""

    said: Said
    device_id: int  # whose key it opened with
    code: str | None = None
    person: int | None = None


@bp.post("/scans")
def create():
    """Take in what a device sends; sending it again changes nothing. Also after the device's last day, but never from
    a revoked one."""
    problem = guard.problem_here()
    if problem and problem is not DeviceRefusal.NOT_TODAY:
        return guard.turned_away(problem)
    try:
        scans = _read()
    except _Unreadable as wrong:
        return jsonify(said=str(wrong)), 422
    guard.heard()
    device = guard.device_here()
    formers = was_before(device)
    opened = _opened(device, formers, scans)  # many keys may have to be tried; nobody waits for that
    parts = [opened[first : first + AT_ONCE] for first in range(0, len(opened), AT_ONCE)]
    try:
        results = [
            result for part in parts for result in retried(lambda part=part: _taken(device, formers, part))
        ]
    except Refused as revoked:  # while it was sending; what was taken in before stays
        return guard.turned_away(revoked.reason)
    return jsonify(now=clock.now().isoformat(), results=results)


def _taken(device: Device, formers: Mapping[int, int], opened: Sequence[Opened]) -> list[dict]:
    """Take in some scans in one transaction. Raises Refused(DeviceRefusal.REVOKED)."""
    with transaction():
        now, scans = clock.now(), [one.said for one in opened]
        senders = operations.hold(device.id, {one.device_id for one in opened}.intersection(formers), now=now)
        events, people = _events({device.site_id, *formers.values()}, scans), _people(opened)
        meant = [events.get((formers.get(one.device_id, device.site_id), one.said.event)) for one in opened]
        roles = roles_at(
            {(event, who) for event, (who, _) in zip(meant, people, strict=True) if event and who}
        )
        arrived = [
            _arrived(
                device, formers, senders, one, event, roles.get((event, who), (who, Part.RESIDENT)), doubt
            )
            for one, event, (who, doubt) in zip(opened, meant, people, strict=True)
        ]
        answers = take_in(arrived, by=None, now=now)
    return [_result(scan, *answer) for scan, answer in zip(scans, answers, strict=True)]


def _arrived(
    device: Device,
    formers: Mapping[int, int],
    senders: set[int],
    one: Opened,
    event_id: int | None,
    who: tuple[int | None, Part],
    doubt: AttendanceRefusal | None,
) -> Arrived:
    """The scan with event and record found, in the name of the device whose it is, or of the one that sends it for a
    device that may not; of another site's event that one cannot speak, and nobody is named."""
    (resident_id, part), scan = who, one.said
    bearer = one.device_id
    if bearer not in senders:
        revoked, elsewhere = bearer in formers, formers.get(bearer, device.site_id) != device.site_id
        doubt = AttendanceRefusal.DEVICE_NOT_IN_USE if revoked else AttendanceRefusal.OTHER_DEVICE
        bearer = None if elsewhere and event_id else device.id
    return Arrived(
        event_id=event_id,
        resident_id=resident_id,
        part=part,
        kind=scan.kind,
        how=How.WALK_IN if scan.walk_in else How.ROSTER if scan.means == "person" else How.STAFF_SCAN,
        at=scan.at,
        nonce=scan.nonce,
        device_id=bearer,
        sequence=scan.sequence if bearer else None,
        doubt=doubt,
    )


def _events(sites: set[int], scans: Sequence[Said]) -> dict[tuple[int, str], int]:
    """The numbers of the events meant, by site and code: a device speaks of its own site's alone."""
    wanted = select(Event.site_id, Event.code, Event.id).where(
        Event.site_id.in_(sites), Event.code.in_({scan.event for scan in scans})
    )
    return {(row.site_id, row.code): row.id for row in db.session.execute(wanted)}


def _opened(device: Device, formers: Mapping[int, int], scans: Sequence[Said]) -> list[Opened]:
    """The scans with what they say, by the key of the device, of one its browser was, or of one beside it."""
    opened = [_open([device.id, *formers], scan) for scan in scans]
    if all(opened):
        return opened
    near = beside(device)
    return [one or _open(near, one_said) or Opened(one_said, device.id)
            for one, one_said in zip(opened, scans, strict=True)]  # fmt: skip


def _open(device_ids: Iterable[int], scan: Said) -> Opened | None:
    for device_id in device_ids:
        if scan.means == "code":
            return Opened(scan, device_id, code=_code(scan.text))
        if scan.means == "person" and (person := sealing.person_of(device_id, scan.text)):
            return Opened(scan, device_id, person=person)
        if scan.means == "sealed" and (text := sealing.open_sealed(device_id, scan.text)):
            return Opened(scan, device_id, code=_code(text))
    return None


def _code(text: str) -> str:
    return scanned("".join(c for c in text[:SCAN_LENGTH] if c.isprintable()))


def _people(opened: Sequence[Opened]) -> list[tuple[int | None, AttendanceRefusal | None]]:
    """Whom each scan means, as whom they count (None: nobody known), and why a person must look at it."""
    known = whose(one.code for one in opened if one.code)
    there = who_counts(one.person for one in opened if one.person)
    return [
        _meant(known.get(one.code), one.said.at) if one.code else (there.get(one.person), None)
        for one in opened
    ]


def _meant(one: Meant | None, at: datetime) -> tuple[int | None, AttendanceRefusal | None]:
    if one is None:
        return None, None
    if one.ended_at and one.ended_at <= at:
        return one.resident_id, AttendanceRefusal.CODE_ENDED
    return one.resident_id, AttendanceRefusal.SERIAL_ALONE if one.by_serial else None


def _result(scan: Said, result: Result, reason: AttendanceRefusal | None) -> dict:
    """What the device is told of a scan; the sentence is for whoever holds it."""
    said = sentence(Refused(reason)) if reason else ""
    return {
        "nonce": scan.nonce,
        "result": result.value,
        "reason": reason.value if reason else None,
        "said": said,
    }


# --- reading ----------------------------------------------------------------------------------------------------


def _read() -> list[Said]:
    """The scans of the request; raises _Unreadable with a sentence."""
    if not request.is_json:
        raise _Unreadable(_("只收 JSON。"))
    try:
        body = json.loads(request.get_data(cache=False))
    except (ValueError, RecursionError):
        raise _Unreadable(_("没有读懂发来的内容，什么都没有记下。")) from None
    scans = body.get("scans") if isinstance(body, dict) else None
    if not isinstance(scans, list) or set(body) - {"scans", "sent_at"}:
        raise _Unreadable(_("没有读懂发来的内容，什么都没有记下。"))
    if len(scans) > MOST:
        raise _Unreadable(_("一次最多发 %(most)s 条，请分几次发。", most=MOST))
    _note_clock(_instant(body.get("sent_at"), 0))
    return [_one(scan, number) for number, scan in enumerate(scans, start=1)]


def _note_clock(sent_at: datetime) -> None:
    """A device whose clock is wrong is named in the log; its scans are taken as they are."""
    off = clock.now() - sent_at
    if abs(off) > CLOCK_SLACK:
        log.warning("device %s: its clock is %d s off", guard.device_here().code, -off.total_seconds())


def _one(scan: object, number: int) -> Said:
    if not isinstance(scan, dict) or set(scan) - _FIELDS:
        raise _wrong(number)
    means = [name for name in _MEANT if name in scan]
    kind = next((case for case in Kind if case.value == scan.get("kind")), None)
    if len(means) != 1 or kind is None or not isinstance(scan.get("walk_in", False), bool):
        raise _wrong(number)
    sequence = scan.get("sequence")
    if type(sequence) is not int or not 0 < sequence < 2**31:
        raise _wrong(number)
    longest = SCAN_LENGTH if means[0] == "code" else _SEALED_LENGTH
    return Said(
        nonce=_text(scan.get("nonce"), _NONCE_LENGTH, number),
        event=_text(scan.get("event"), _NONCE_LENGTH, number),
        means=means[0],
        text=_text(scan[means[0]], longest, number, printable=means[0] != "code"),
        kind=kind,
        at=_instant(scan.get("at"), number),
        sequence=sequence,
        walk_in=scan.get("walk_in", False),
    )


def _text(value: object, longest: int, number: int, *, printable: bool = True) -> str:
    """A text within bounds; of what a scanner typed, strange characters are left out later instead of refused."""
    fits = isinstance(value, str) and 0 < len(value) <= longest
    if not fits or (printable and not value.isprintable()):
        raise _wrong(number)
    return value


def _instant(value: object, number: int) -> datetime:
    """An instant with its offset, however wrong: a time that cannot be is for a person to look at."""
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
        if at is not None and at.tzinfo is not None and 1970 <= at.year <= 2999:
            return at.astimezone(UTC)
    except ValueError:
        pass
    raise _wrong(number)


def _wrong(number: int) -> _Unreadable:
    if not number:
        return _Unreadable(_("没有读懂发送的时间。"))
    return _Unreadable(_("第 %(number)s 条没有读懂，什么都没有记下。", number=number))
