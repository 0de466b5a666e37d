"""Taking in who signed a printed sheet (domain.md §7.4). Never commits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from sqlalchemy import insert, select

from stationapp.attendance import intake
from stationapp.attendance.facts import find_row
from stationapp.attendance.models import SheetRow, SignSheet
from stationapp.attendance.operations import check_in, check_out
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import (
    Arrived,
    AttendanceRefusal,
    How,
    Kind,
    Part,
    arrival_problem,
    state_problem,
)
from stationapp.attendance.sheet_rules import SheetRefusal
from stationapp.attendance.sheets import people_of
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_resident, masked
from stationapp.residents.rules import PersonIn
from stationapp.signups.rules import Channel, Place


@dataclass(frozen=True, kw_only=True)
class Signed:
    """A row that somebody signed; `person` is who wrote themselves into an empty one.

    `written`: the sheet says itself when they came, it is not only taken for the event's start.
    """

    row: int
    came: datetime
    written: bool = False
    left: datetime | None = None
    person: PersonIn | None = None


class Became(Enum):
    """What became of a row."""

    CAME = "came"
    THERE = "there"  # was there already, by whichever way
    TWICE = "twice"  # the same person stands in another row of the sheet
    TAKEN_BACK = "taken_back"  # the coming was taken back since: a sheet brings nobody back
    WAITS = "waits"  # put aside for a person to decide
    REFUSED = "refused"


@dataclass(frozen=True)
class Taken:
    """A row and what became of it; `name` is masked, `reason` says why not, `left_reason` why the leaving not.

    `was` is the leaving that stood there before, by a paper; `kept` the one that stands against the paper, `kept_came`
    the coming that does.
    """

    row: int
    name: str
    became: Became
    reason: Enum | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    left: datetime | None = None
    left_reason: Enum | None = None
    was: datetime | None = None
    kept: tuple[datetime, How] | None = None
    kept_came: tuple[datetime, How] | None = None


def open_problem(event: Event, *, now: datetime) -> Enum | None:
    """Why a sheet of that event cannot be entered now, or None."""
    problem = state_problem(event.state)
    if problem:
        return problem
    return SheetRefusal.NOT_OVER if now < event.ends_at else None


def enter(
    sheet: SignSheet,
    event: Event,
    signed: Sequence[Signed],
    *,
    lines: Sequence[Line],
    by: int | None,
    now: datetime,
) -> list[Taken]:
    """Take in rows of a sheet; entering them again changes nothing, another leaving corrects what a paper said. By row.

    `lines` is the event's roster, with those who take a shift. Raises Refused(AttendanceRefusal or
    SheetRefusal) while the event is not open for it, and Refused(ResidentRefusal) for a person who cannot be
    taken in as written.
    """
    problem = open_problem(event, now=now)
    if problem:
        raise Refused(problem)
    if not signed:
        raise Refused(SheetRefusal.NOTHING_TYPED)
    # Two who enter one sheet at once stand in line, and so do people, one after the other in one order.
    db.session.execute(select(SignSheet.id).where(SignSheet.id == sheet.id).with_for_update())
    roster = {record: line for line in lines for record in (line.resident_id, *line.also)}
    desk = _Desk(sheet, event, roster, by, now)
    known = people_of(sheet)
    ranked = sorted(signed, key=lambda one: (known.get(one.row, 0), one.row))
    taken = [desk.take(one, known) for one in ranked]
    if any(one.became is Became.CAME or one.left for one in taken):
        subject = f"event {event.code} sheet {sheet.serial}"
        record("attendance.enter_sheet", subject, by=by, now=now, site_id=event.site_id)
    return sorted(taken, key=lambda one: one.row)


@dataclass
class _Desk:
    """One entering: what stands still while rows are taken in."""

    sheet: SignSheet
    event: Event
    roster: dict[int, Line]  # by each record of a person
    by: int | None
    now: datetime

    def take(self, one: Signed, known: dict[int, int]) -> Taken:
        """One row; `known` says who stands where, and learns who signed in an empty row."""
        if one.row in known:
            resident_id = known[one.row]
            return self._came(one, self._record(resident_id), walked_in=one.row > self.sheet.named_rows)
        resident_id = self._who(one.person)
        if self._record(resident_id) in {self._record(other) for other in known.values()}:
            return Taken(one.row, self._name(resident_id), Became.TWICE)
        known[one.row] = resident_id
        row = {"sheet_id": self.sheet.id, "row": one.row, "resident_id": resident_id}
        db.session.execute(insert(SheetRow), [row])
        return self._came(one, self._record(resident_id), walked_in=True)

    def _who(self, person: PersonIn) -> int:
        """Without a phone the only one of that name on the roster is meant."""
        same = {line.resident_id for line in self.roster.values() if line.name == person.name}
        if person.phone is None and len(same) == 1:
            return same.pop()
        return take_in(person, now=self.now).id

    def _came(self, one: Signed, resident_id: int, *, walked_in: bool) -> Taken:
        name, there = self._name(resident_id), find_row(self.event.id, resident_id)
        if there and not there.undone:
            came = (
                (there.came_at, there.came_how)
                if one.written and not _same(there.came_at, one.came)
                else None
            )
            return self._left(one, resident_id, Taken(one.row, name, Became.THERE, kept_came=came))
        try:
            reason = self._take_walk_in(one, resident_id) if walked_in else self._take_named(one, resident_id)
        except Refused as refused:
            return Taken(one.row, name, Became.REFUSED, refused.reason, refused.facts)
        if reason:
            return Taken(one.row, name, Became.WAITS, reason)
        row = find_row(self.event.id, resident_id)
        if row is None or row.undone:
            return Taken(one.row, name, Became.TAKEN_BACK)
        return self._left(one, resident_id, Taken(one.row, name, Became.CAME))

    def _take_named(self, one: Signed, resident_id: int) -> AttendanceRefusal | None:
        _result, reason = self._arrive(one, resident_id, Kind.IN, one.came)
        return reason

    def _take_walk_in(self, one: Signed, resident_id: int) -> None:
        """Who signed in an empty row was let in, as whom staff take in at the door (`How.WALK_IN` where they wait)."""
        line = self.roster.get(resident_id)
        waits = line is not None and line.place is Place.WAITLISTED
        check_in(
            self.event,
            get_resident(resident_id),
            how=How.WALK_IN if waits else How.PAPER,
            part=self._part(resident_id),
            channel=Channel.WALK_IN,
            by=self.by,
            now=self.now,
            at=one.came,
            nonce=self._nonce(one),
        )

    def _left(self, one: Signed, resident_id: int, taken: Taken) -> Taken:
        """The same with the leaving written down, if the sheet says when; a time that was scanned stays."""
        if one.left is None:
            return taken
        row = find_row(self.event.id, resident_id)
        if row.left_at == one.left:
            return replace(taken, left=one.left)
        if row.left_at and row.left_how is not How.PAPER:
            return replace(taken, kept=(row.left_at, row.left_how))
        if one.left <= row.came_at:
            known = {"came_at": row.came_at}
            return replace(taken, left_reason=AttendanceRefusal.LEFT_BEFORE_CAME, facts=known)
        was = row.left_at  # the row is read anew below
        reason = self._take_leaving(one, resident_id, known=was is not None)
        if reason:
            return replace(taken, left_reason=reason)
        stands = find_row(self.event.id, resident_id)
        if stands.left_at != one.left:
            return replace(taken, kept=(stands.left_at, stands.left_how))
        return replace(taken, left=one.left, was=was)

    def _take_leaving(self, one: Signed, resident_id: int, *, known: bool) -> AttendanceRefusal | None:
        """A first leaving is a paper's; against one that is `known`, or an undoing since, it is said anew."""
        event = self.event
        if not known or arrival_problem(event.state, event.starts_at, event.ends_at, one.left, self.now):
            _result, reason = self._arrive(one, resident_id, Kind.OUT, one.left)
            if reason:
                return reason
        if find_row(event.id, resident_id).left_at != one.left:
            person = get_resident(resident_id)
            check_out(event, person, how=How.PAPER, by=self.by, now=self.now, at=one.left)
        return None

    def _arrive(self, one: Signed, resident_id: int, kind: Kind, at: datetime):
        nonce = self._nonce(one) if kind is Kind.IN else f"{self._nonce(one)} {at.isoformat()}"
        part = self._part(resident_id)
        arrived = Arrived(
            event_id=self.event.id, resident_id=resident_id, part=part, kind=kind, how=How.PAPER, at=at, nonce=nonce
        )  # fmt: skip
        return intake.take_in([arrived], by=self.by, now=self.now)[0]

    def _nonce(self, one: Signed) -> str:
        return f"sheet {self.sheet.serial} {one.row}"

    def _part(self, resident_id: int) -> Part:
        line = self.roster.get(resident_id)
        return line.part if line else Part.RESIDENT

    def _record(self, resident_id: int) -> int:
        """By which record a person is taken down, whichever of theirs stands in the row."""
        line = self.roster.get(resident_id)
        return line.resident_id if line else resident_id

    def _name(self, resident_id: int) -> str:
        line = self.roster.get(resident_id)
        return line.shown.name if line else masked(get_resident(resident_id)).name


def _same(known: datetime, typed: datetime) -> bool:
    """Whether a paper, which knows no seconds, says that moment."""
    return known.replace(second=0, microsecond=0) == typed.replace(second=0, microsecond=0)
