"""The verbs: somebody says how it was, slips are printed and entered, people are called (domain.md §9, I-23).

Each holds the event, so that no slot counts twice and no more slips are entered than there is room for beside the
other answers. None of them commits. Nothing is filled in for anybody, what somebody pressed themselves no call writes
over, and no slip keeps anybody who came from answering.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.attendance.sheet_rules import read_serial
from stationapp.attendance.sheets import fresh_serial
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions import slots
from stationapp.opinions.calls import drawn
from stationapp.opinions.models import Answer, OpinionCall, SlipSheet
from stationapp.opinions.queries import latest_of, names_at, rows_of_person, scores_at, served_at
from stationapp.opinions.rules import (
    COMMENT_LENGTH,
    DESK_DAYS,
    PAGE_DAYS,
    OpinionRefusal,
    Via,
    tidy_comment,
    window_problem,
)
from stationapp.opinions.slip_rules import MOST_SLIPS, Slip
from stationapp.refusal import NotFound, Refused
from stationapp.signups.steps import hold
from stationapp.vault import vault


class Became(Enum):
    """What became of an answer."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"  # it stood there already
    TAKEN_BACK = "taken_back"
    NOTHING = "nothing"  # there was nothing to take back


@dataclass(frozen=True)
class _Said:
    """Where an answer comes from."""

    how: Via
    by: int | None
    now: datetime
    key_index: bytes | None = None


def say(attendance_id: int, *, score: int, comment: str, key: str, now: datetime) -> None:
    """Somebody who came says how it was; again, and it is changed. A form sent twice (`key`) is said once.

    Raises Refused(OpinionRefusal).
    """
    key_index = slots.of_key(slots.of_presence(attendance_id), key)
    event = hold(_its_event(attendance_id))
    if db.session.scalar(select(Answer.id).where(Answer.key_index == key_index)):
        return
    _check_window(event, PAGE_DAYS, now)
    row = db.session.get_one(Attendance, attendance_id, populate_existing=True)
    if row.undone or row.part is not Part.RESIDENT:
        raise Refused(OpinionRefusal.NOT_THERE)
    _write(event, _slot(row), score, _tidied(event, comment), _Said(Via.PAGE, None, now, key_index))


def _slot(row: Attendance) -> bytes:
    """The slot of somebody's presence: the one they answered under, where another of their records came, too."""
    its = {one: slots.of_presence(one) for one in rows_of_person(row)}
    answered = select(Answer.slot_index).where(Answer.slot_index.in_(its.values())).order_by(Answer.id.desc())
    return bytes(db.session.scalar(answered.limit(1)) or its[row.id])


def _its_event(attendance_id: int) -> int:
    event_id = db.session.scalar(select(Attendance.event_id).where(Attendance.id == attendance_id))
    if event_id is None:
        raise NotFound
    return event_id


def _check_window(event: Event, days: int, now: datetime) -> None:
    if problem := window_problem(event.state, event.ends_at, now, days=days):
        raise Refused(problem, days=days)


def _tidied(event: Event, comment: str) -> str:
    """A comment as it is kept."""
    if len(comment) > COMMENT_LENGTH:
        raise Refused(OpinionRefusal.COMMENT_TOO_LONG, most=COMMENT_LENGTH)
    return comment and tidy_comment(comment, names_at(event.id))


def _write(event: Event, slot: bytes, score: int | None, kept: str, said: _Said) -> Became:
    """Append the slot's answer with the comment as it is kept, if it says anything new; the event is held."""
    before = latest_of(slot)
    stands = before is not None and before.score is not None
    if score is None and not stands:
        return Became.NOTHING
    if stands and (before.score, _comment(before)) == (score, kept):
        return Became.SAME
    if not stands and said.how is Via.PAPER:
        _check_room(event)
    db.session.add(
        Answer(
            event_id=event.id,
            slot_index=slot,
            score=score,
            comment_sealed=vault().seal(kept) if kept else None,
            how=said.how,
            said_on=clock.day_of(said.now),
            by=said.by,
            replaces_id=before.id if before else None,
            key_index=said.key_index,
        )
    )
    db.session.flush()
    return Became.TAKEN_BACK if score is None else Became.CHANGED if stands else Became.NEW


def _comment(row: Answer) -> str:
    return vault().unseal(row.comment_sealed) if row.comment_sealed else ""


def _check_room(event: Event) -> None:
    """No slip more once there are as many answers as people the event served, whichever way they came."""
    served, its = served_at([event.id]).get(event.id, 0), scores_at([event.id]).get(event.id)
    if (its is not None and its.answers >= served) or not served:
        raise Refused(OpinionRefusal.MORE_THAN_CAME, served=served)


# --- paper ------------------------------------------------------------------------------------------------------


def print_slips(event: Event, slips: int, *, by: int | None, now: datetime) -> SlipSheet:
    """Write down slips numbered from 1 under a serial of their own. Raises Refused(OpinionRefusal)."""
    if event.state not in (State.PUBLISHED, State.CLOSED_OUT):
        raise Refused(OpinionRefusal.NOT_HELD)
    if not 0 < slips <= MOST_SLIPS:
        raise Refused(OpinionRefusal.SLIPS_MANY, most=MOST_SLIPS)
    sheet = SlipSheet(
        serial=fresh_serial(SlipSheet), event_id=event.id, slips=slips, printed_at=now, printed_by=by
    )
    db.session.add(sheet)
    db.session.flush()
    subject = f"event {event.code} slips {sheet.serial}"
    record("opinions.print_slips", subject, by=by, now=now, site_id=event.site_id)
    return sheet


def find_slips(typed: str) -> SlipSheet:
    """The slips whose serial somebody typed. Raises Refused(OpinionRefusal)."""
    serial = read_serial(typed)
    if serial is None:
        raise Refused(OpinionRefusal.SLIP_MISTYPED)
    sheet = db.session.scalar(select(SlipSheet).where(SlipSheet.serial == serial))
    if sheet is None:
        raise Refused(OpinionRefusal.SLIP_UNKNOWN)
    return sheet


@dataclass(frozen=True)
class Entered:
    """A slip with its comment as it is kept, what became of it, and the score that stood there before."""

    slip: Slip
    became: Became
    before: int | None = None


def enter_slips(sheet_id: int, typed: Sequence[Slip], *, by: int, now: datetime) -> list[Entered]:
    """Take down what stands on slips; a slip entered again is corrected, and the earlier row stays.

    Raises Refused(OpinionRefusal).
    """
    if not typed:
        raise Refused(OpinionRefusal.NOTHING_TYPED)
    sheet = db.session.get_one(SlipSheet, sheet_id)
    event = hold(sheet.event_id)
    _check_window(event, DESK_DAYS, now)
    said = _Said(Via.PAPER, by, now)
    entered = [_enter(event, sheet, slip, said) for slip in sorted(typed, key=_taken_back_first)]
    if any(one.became not in (Became.SAME, Became.NOTHING) for one in entered):
        subject = f"event {event.code} slips {sheet.serial}"
        record("opinions.enter_slips", subject, by=by, now=now, site_id=event.site_id)
    return sorted(entered, key=lambda one: one.slip.number)


def _taken_back_first(slip: Slip) -> tuple[bool, int]:
    """Room that is made in the same go can be used in it."""
    return slip.score is not None, slip.number


def _enter(event: Event, sheet: SlipSheet, slip: Slip, said: _Said) -> Entered:
    if not 1 <= slip.number <= sheet.slips:
        raise NotFound
    slot, slip = slots.of_slip(sheet.serial, slip.number), replace(slip, comment=_tidied(event, slip.comment))
    before = latest_of(slot)
    became = _write(event, slot, slip.score, slip.comment, said)
    return Entered(slip, became, before.score if before else None)


# --- calls ------------------------------------------------------------------------------------------------------


def note_calls(event_id: int, said: Mapping[int, int | None], *, by: int, now: datetime) -> int:
    """Those drawn were called; of each (attendance id) the score, or None: not reached, or would not say.

    Together, and in an order that is nobody's: who is called one after the other could be told by it. Whom somebody
    else called meanwhile is left out; how many were noted. What people pressed themselves stays.
    Raises Refused(OpinionRefusal).
    """
    event = hold(event_id)
    _check_window(event, DESK_DAYS, now)
    if event.state is not State.CLOSED_OUT:
        raise Refused(OpinionRefusal.NOT_CLOSED_OUT)
    if not said:
        raise Refused(OpinionRefusal.NOTHING_PRESSED)
    lines = [one for one in drawn(event) if one.attendance_id in said and not one.called]
    if not lines:
        raise Refused(OpinionRefusal.ALREADY_ASKED)
    for line in sorted(lines, key=lambda one: one.asked_index):
        db.session.add(OpinionCall(asked_index=line.asked_index, event_id=event.id))
    db.session.flush()
    rows = {one.attendance_id: db.session.get_one(Attendance, one.attendance_id) for one in lines}
    slots_said = {_slot(row): said[attendance_id] for attendance_id, row in rows.items()}
    for slot, score in sorted(slots_said.items()):
        before = latest_of(slot)
        if score is not None and (before is None or before.how is not Via.PAGE):
            _write(event, slot, score, "", _Said(Via.CALL, by, now))
    record("opinions.call", f"event {event.code}", by=by, now=now, site_id=event.site_id)
    return len(lines)
