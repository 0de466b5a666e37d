"""Presence: scans are facts, an attendance is their fold (domain.md §7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import Enum

from stationapp import clock
from stationapp.events.rules import State


class Part(Enum):
    """In what role somebody was there; one per person and event."""

    RESIDENT = "resident"  # 受益居民
    VOLUNTEER = "volunteer"  # 志愿者
    STAFF = "staff"  # 在岗工作人员


class Kind(Enum):
    """What a scan says."""

    IN = "in"
    OUT = "out"
    UNDO = "undo"  # everything before it counts no more


class How(Enum):
    """How presence was taken down."""

    ROSTER = "roster"  # ticked by staff
    STAFF_SCAN = "staff_scan"  # staff opened the person's own code
    VENUE = "venue"  # the person opened the venue's code
    WALK_IN = "walk_in"  # taken in at the door by staff
    PAPER = "paper"
    PIN = "pin"  # the person opened the poster's code and typed the four digits said aloud


class Fate(Enum):
    """What becomes of a scan that could not be applied."""

    REFUSED = "refused"  # said so on the spot; nothing to decide
    WAITING = "waiting"  # late or conflicting: a person decides
    TAKEN = "taken"
    DROPPED = "dropped"


STAFF_SIDE = frozenset({How.ROSTER, How.STAFF_SCAN, How.WALK_IN, How.PAPER})
"""Signals that a member of staff stands behind; hours need one at one end at least."""


OWN_PHONE = frozenset({How.VENUE, How.PIN})
"""Ways in which people check themselves in: presence, never hours alone."""


class AttendanceRefusal(Enum):
    """Why a check-in is refused."""

    CODE_UNKNOWN = "code_unknown"
    CODE_EXPIRED = "code_expired"  # the venue code of a minute ago
    PIN_WRONG = "pin_wrong"  # of the poster's code
    CODE_UNKNOWN_PLACE = "code_unknown_place"  # no sign-up with that code
    WHO_MISSING = "who_missing"  # nothing filled in that means anybody; facts["ticks"]: no name was ticked
    PHONE_UNREADABLE = "phone_unreadable"  # what was typed is no phone number
    TOO_MANY_TRIES = "too_many_tries"  # facts["again_at"]: of a PIN
    OTHER_EVENT = "other_event"  # facts["title"]: the code is for another event
    NOT_SIGNED_UP = "not_signed_up"
    STILL_WAITING = "still_waiting"
    TOO_EARLY = "too_early"  # facts["opens_at"]
    TOO_LATE = "too_late"
    EVENT_CANCELLED = "event_cancelled"
    CLOSED_OUT = "closed_out"  # closed out: reopen it first
    NOT_CHECKED_IN = "not_checked_in"  # signing out without having signed in
    LEFT_BEFORE_CAME = "left_before_came"  # facts["came_at"]
    OTHER_PART = "other_part"  # facts["part"]: already here in another role; take that back first
    NOT_ON = "not_on"  # postponed, or not published
    NO_ROOM = "no_room"  # nobody can walk in by a code any more; facts["staff"]: it is staff who asks
    NOTHING_ON = "nothing_on"  # no doors are open within reach; facts["title"]: of the event chosen
    HEADCOUNT_NEGATIVE = "headcount_negative"
    DEVICE_NOT_IN_USE = "device_not_in_use"  # not taken up yet, or outside its dates
    CLOCK_AHEAD = "clock_ahead"  # the time it is said to have happened has not come yet
    SIGNUP_CANCELLED = "signup_cancelled"  # the place was given back before the scan arrived
    SEQUENCE_USED = "sequence_used"  # the device gave the same number to another scan
    ALREADY_DECIDED = "already_decided"  # somebody else decided about this scan meanwhile
    NOTE_MISSING = "note_missing"  # why a scan is not counted
    CODE_ENDED = "code_ended"  # the card, or the volunteer's code, had ended before it was scanned
    SERIAL_ALONE = "serial_alone"  # what is printed openly on a card was typed, not what its QR says
    OTHER_DEVICE = "other_device"  # sealed by another device of the same site
    TAKEN_BACK = "taken_back"  # undone on the roster after that time: only somebody there again counts


TOGETHER = frozenset(
    {
        AttendanceRefusal.CLOSED_OUT,
        AttendanceRefusal.TOO_EARLY,
        AttendanceRefusal.TOO_LATE,
        AttendanceRefusal.NOT_SIGNED_UP,
    }
)
"""What many scans may be put aside for and still be taken with one press, as after an outage: when they arrived or
happened, and that a newcomer came. Every other reason is a fact that somebody should see in its row."""


@dataclass(frozen=True, kw_only=True)
class Arrived:
    """One scan as a device or a paper says it.

    `part` is the role by the shifts of this moment: `volunteers.doors.roles_at` finds it, and the person's record
    that is signed up there. Who or what is unknown is None; without an event the device says at which site.
    `doubt` is why what it was known by lets it wait for a person whatever else is true.
    """

    event_id: int | None
    resident_id: int | None
    part: Part = Part.RESIDENT
    kind: Kind
    how: How
    at: datetime
    nonce: str
    device_id: int | None = None
    sequence: int | None = None
    doubt: AttendanceRefusal | None = None


class Result(Enum):
    """What became of it."""

    ACCEPTED = "accepted"
    ALREADY = "already"  # taken in before; with a reason: and still waiting for a person
    WAITING = "waiting"  # for a person
    REFUSED = "refused"


@dataclass(frozen=True)
class Seen:
    """One scan, as the fold needs it."""

    kind: Kind
    at: datetime
    how: How
    said_at: datetime | None = None  # a member of staff said it afterwards, and this is when

    @property
    def rank(self) -> tuple[datetime, int, str, datetime]:
        """Its place in the row. Ties of time are broken by what it says, never by when it reached us."""
        return self.said_at or self.at, list(Kind).index(self.kind), self.how.value, self.at


@dataclass(frozen=True)
class Presence:
    """What the scans of one person at one event amount to; None: not there."""

    came_at: datetime
    came_how: How
    left_at: datetime | None
    left_how: How | None


def fold(scans: Iterable[Seen]) -> Presence | None:
    """First sign-in after the last undo, last sign-out after that; the same set in any order gives the same.

    What was said afterwards has its place where it was said, so it stands against all that happened before. A time
    that was scanned, or said like this, is better than one a paper told.
    """
    since: list[Seen] = []
    for scan in _ranked(scans):
        since = [] if scan.kind is Kind.UNDO else [*since, scan]
    return _presence(since)


def undone(scans: Iterable[Seen]) -> Presence | None:
    """What the last undo took back, while nobody came since; None: there is nothing to put back."""
    since: list[Seen] = []
    was = None
    for scan in _ranked(scans):
        if scan.kind is Kind.UNDO:
            was, since = _presence(since) or was, []
        else:
            since.append(scan)
    return None if _presence(since) else was


def _ranked(scans: Iterable[Seen]) -> list[Seen]:
    return sorted(scans, key=lambda seen: seen.rank)


def _presence(since: Sequence[Seen]) -> Presence | None:
    came = next((scan for scan in since if scan.kind is Kind.IN), None)
    if came is None:
        return None
    outs = [scan for scan in since if scan.kind is Kind.OUT and scan.at > came.at]
    outs = [scan for scan in outs if scan.how is not How.PAPER or scan.said_at] or outs
    left = outs[-1] if outs else None
    return Presence(came.at, came.how, left and left.at, left and left.how)


def taken_back(scans: Iterable[Seen], one: Seen) -> bool:
    """Whether `one`, added to a person's scans, would count for nothing because of an undoing after it."""
    scans = [*scans, one]
    later = any(scan.kind is Kind.UNDO and scan.rank > one.rank for scan in scans)
    return later and fold(scans) is None


OPENS_BEFORE_MINUTES = 60
"""Check-in opens this long before the start."""

CLOSES_AFTER_MINUTES = 180
"""Residents' own check-in ends this long after the end; staff may tick until the event is closed out."""


def state_problem(state: State) -> AttendanceRefusal | None:
    """Why nothing may be taken down at an event in that state, or None."""
    if state is State.PUBLISHED:
        return None
    known = {
        State.CANCELLED: AttendanceRefusal.EVENT_CANCELLED,
        State.CLOSED_OUT: AttendanceRefusal.CLOSED_OUT,
    }
    return known.get(state, AttendanceRefusal.NOT_ON)


def opens_at(starts_at: datetime) -> datetime:
    """When check-in begins."""
    return starts_at - timedelta(minutes=OPENS_BEFORE_MINUTES)


def told_at(starts_at: datetime, ends_at: datetime, at: time) -> datetime:
    """The instant of a wall-clock time at an event: on its first day, unless that was before the doors opened."""
    first, last = clock.day_of(starts_at), clock.day_of(ends_at)
    there = clock.instant(first, at.hour, at.minute)
    return there if there >= opens_at(starts_at) else clock.instant(last, at.hour, at.minute)


def meant(times: Sequence[tuple[datetime, datetime]], now: datetime) -> int | None:
    """Which of several dates somebody stands at the door of, by its place in the row; None: none of them now.

    The one under way, else the one whose doors are open, else the one that ended a short while ago.
    """
    short_while = timedelta(minutes=CLOSES_AFTER_MINUTES)
    fitting = (
        [n for n, (starts_at, ends_at) in enumerate(times) if starts_at <= now <= ends_at],
        [n for n, (starts_at, _) in enumerate(times) if opens_at(starts_at) <= now < starts_at],
        [n for n, (_, ends_at) in enumerate(times) if ends_at < now <= ends_at + short_while],
    )
    return next((found[0] for found in fitting if found), None)


CLOCK_SLACK = timedelta(minutes=2)
"""A device may be ahead of us by that much and is believed all the same."""


def arrival_problem(
    state: State, starts_at: datetime, ends_at: datetime, at: datetime, now: datetime
) -> AttendanceRefusal | None:
    """Why a scan that happened at `at` and arrives at `now` waits for a person, or None."""
    problem = state_problem(state)
    if problem:
        return problem
    if at > now + CLOCK_SLACK:
        return AttendanceRefusal.CLOCK_AHEAD
    if at < opens_at(starts_at):
        return AttendanceRefusal.TOO_EARLY
    if at > ends_at + timedelta(minutes=CLOSES_AFTER_MINUTES):
        return AttendanceRefusal.TOO_LATE
    return None


def moment_problem(
    how: How, starts_at: datetime, ends_at: datetime, at: datetime
) -> AttendanceRefusal | None:
    """Why presence at that moment is not taken down, or None."""
    if at < opens_at(starts_at):
        return AttendanceRefusal.TOO_EARLY
    if how in OWN_PHONE and at > ends_at + timedelta(minutes=CLOSES_AFTER_MINUTES):
        return AttendanceRefusal.TOO_LATE
    return None
