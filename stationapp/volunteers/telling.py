"""What volunteers are told: hours that were written down, and the answer to a question (domain.md §6, §7).

Rows are written where it happens; what they say is read when it is said, so that it is true then.
"""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, tuple_

from stationapp.attendance.models import Attendance
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.messages.concerned import reach_columns, reach_of
from stationapp.messages.further import Known
from stationapp.messages.models import Message
from stationapp.messages.outbox import put, row
from stationapp.messages.switches import switches
from stationapp.messages.ways import ways
from stationapp.notices.rules import Occasion
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import mask
from stationapp.vault import vault
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import HourQuestion, HoursEntry, ManualHours, Volunteer
from stationapp.web.filters import day, hours
from stationapp.web.words import word

CALLED_WITHIN = timedelta(days=14)
"""So long somebody is tried on the telephone about an answer; after that it is found on the own page alone."""


# --- writing ----------------------------------------------------------------------------------------------------


def tell_posted(lines: Sequence[HoursEntry], *, now: datetime) -> None:
    """Thank those whose events' lines were just posted, once for each event and person.

    Again only where the minutes are others than those last told of, or those were told to be taken back: an event
    reopened and closed as it was says nothing. Six questions however many lines.
    """
    if not lines:
        return
    subjects = _subjects([line.attendance_id for line in lines])
    told, back = _last_told(subjects.values()), _told_back(subjects.values())
    before = _minutes_by_turn(subjects)
    people = _people({line.volunteer_id for line in lines})
    rows = []
    for line in lines:
        subject = subjects[line.attendance_id]
        step = told.get(subject)
        if (
            step is not None
            and back.get(subject) != step
            and before.get((line.attendance_id, step + 1)) == line.minutes
        ):
            continue
        if line.volunteer_id in people:
            home, reach = people[line.volunteer_id]
            rows += _rows(Occasion.HOURS, subject, home, reach, line.site_id, now, step=line.turn - 1)
    put(rows)


def tell_manual(line: HoursEntry, *, now: datetime) -> None:
    """Thank for hours that were entered by hand and approved."""
    for home, reach in _people({line.volunteer_id}).values():
        put(_rows(Occasion.HOURS, f"manual {line.manual_id}", home, reach, line.site_id, now))


def tell_taken_back(volunteers: Iterable[Volunteer], served_on: date, *, now: datetime) -> None:
    """Say of hours of that day that somebody was told of, and that stand no more, that they were taken back; once.

    Of events that are closed out and of manual lines: while an event is open again, nothing is final.
    """
    gone = _gone([one.id for one in volunteers], served_on)
    told, back = _last_told(gone), _told_back(gone)
    people = _people({line.volunteer_id for line in gone.values()})
    rows = []
    for subject, line in gone.items():
        step = told.get(subject)
        if step is not None and back.get(subject) != step and line.volunteer_id in people:
            home, reach = people[line.volunteer_id]
            rows += _rows(Occasion.HOURS_BACK, subject, home, reach, line.site_id, now, step=step)
    put(rows)


def _gone(volunteer_ids: Sequence[int], served_on: date) -> dict[str, HoursEntry]:
    """The last line of each event and manual entry of that day of which none stands, by subject."""
    rows = db.session.execute(
        select(HoursEntry, LIVE.label("stands"), Event.code, Volunteer.code)
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .outerjoin(Attendance, Attendance.id == HoursEntry.attendance_id)
        .outerjoin(Event, Event.id == Attendance.event_id)
        .where(
            HoursEntry.volunteer_id.in_(volunteer_ids),
            HoursEntry.served_on == served_on,
            HoursEntry.corrects_id.is_(None),
            or_(Event.id.is_(None), Event.state == State.CLOSED_OUT),
        )
        .order_by(HoursEntry.id)
    )
    found: dict[str, HoursEntry] = {}
    for line, stands, event, who in rows:
        subject = f"manual {line.manual_id}" if event is None else f"event {event} volunteer {who}"
        if stands:
            found.pop(subject, None)
        else:
            found[subject] = line
    return found


def tell_answer(question: HourQuestion, *, now: datetime) -> None:
    """Say that a question has its answer; whoever cannot be written to is called."""
    until = now + CALLED_WITHIN
    for home, reach in _people({question.volunteer_id}).values():
        subject = f"question {question.id}"
        put(_rows(Occasion.ANSWERED, subject, home, reach, question.site_id, now, until_at=until))


def _rows(occasion, subject: str, home: int, reach, site_id: int, now: datetime, **more) -> list[dict]:
    chosen = ways(occasion, reach, switches().on)
    return [
        row(occasion, subject, way, household_id=home, site_id=site_id, now=now, **more) for way in chosen
    ]


def _people(volunteer_ids: Iterable[int]) -> dict[int, tuple]:
    """(household, how it is reached) of those whose profile goes on and whose record is nobody else's."""
    rows = db.session.execute(
        select(Volunteer.id, Household.id, *reach_columns())
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Household, Household.id == Resident.household_id)
        .where(Volunteer.id.in_(volunteer_ids), Volunteer.ended_at.is_(None), Resident.merged_into.is_(None))
    )
    return {who: (home, reach_of(*sealed, calls=False)) for who, home, *sealed in rows}


def _subjects(attendance_ids: Iterable[int]) -> dict[int, str]:
    rows = db.session.execute(
        select(Attendance.id, Event.code, Volunteer.code)
        .join(Event, Event.id == Attendance.event_id)
        .join(Volunteer, Volunteer.resident_id == Attendance.resident_id)
        .where(Attendance.id.in_(list(attendance_ids)))
    )
    return {which: f"event {event} volunteer {who}" for which, event, who in rows}


def _told_back(subjects: Iterable[str]) -> dict[str, int]:
    """The last step at which each of these was told to be taken back."""
    return _last_told(subjects, Occasion.HOURS_BACK)


def _last_told(subjects: Iterable[str], occasion: Occasion = Occasion.HOURS) -> dict[str, int]:
    """The last step at which each of these was told of."""
    query = select(Message.subject, func.max(Message.step)).where(
        Message.occasion == occasion, Message.subject.in_(list(subjects))
    )
    return dict(db.session.execute(query.group_by(Message.subject)).all())


def _minutes_by_turn(attendance_ids: Iterable[int]) -> dict[tuple[int, int], int]:
    rows = db.session.execute(
        select(HoursEntry.attendance_id, HoursEntry.turn, HoursEntry.minutes).where(
            HoursEntry.attendance_id.in_(list(attendance_ids))
        )
    )
    return {(which, turn): minutes for which, turn, minutes in rows}


# --- reading ----------------------------------------------------------------------------------------------------


def _of_hours(messages: Sequence[Message]) -> dict[int, Known]:
    """The line that stands; none, or a later word about the same: nothing to say."""
    last = _last_told({one.subject for one in messages})
    standing = _standing_lines(messages)
    found = {}
    for one in messages:
        known = standing.get(one.subject)
        if known is None:
            continue
        line, title, by_hand, volunteer, resident = known
        facts = {
            "who": mask(resident.name, None).name,
            "title": title,
            "when": day(line.served_on),
            "hours": hours(line.minutes),
            "by_hand": by_hand,
        }
        true = last[one.subject] == one.step and _is_theirs(one, volunteer, resident)
        found[one.id] = Known(resident.id, facts if true else None, _own_page(volunteer))
    return found


def _of_hours_back(messages: Sequence[Message]) -> dict[int, Known]:
    """The last line there was; that it was taken back is true while none stands."""
    standing, all_of_them = _standing_lines(messages), _lines(messages, HoursEntry.corrects_id.is_(None))
    found = {}
    for one in messages:
        if one.subject not in all_of_them:
            continue
        line, title, _by_hand, volunteer, resident = all_of_them[one.subject]
        facts = {"who": mask(resident.name, None).name, "title": title, "when": day(line.served_on)}
        true = one.subject not in standing and _is_theirs(one, volunteer, resident)
        found[one.id] = Known(resident.id, facts if true else None, _own_page(volunteer))
    return found


def _standing_lines(messages: Sequence[Message]) -> dict[str, tuple]:
    """Those of `_lines` that stand."""
    return _lines(messages, LIVE)


def _lines(messages: Sequence[Message], such: ColumnElement[bool]) -> dict[str, tuple]:
    """(line, title, how said when by hand, Volunteer, Resident) by subject: the last such line of each."""
    said = [one.subject.split(" ") for one in messages]
    pairs = [(words[1], words[3]) for words in said if words[0] == "event"]
    by_hand = [int(words[1]) for words in said if words[0] == "manual"]
    found: dict[str, tuple] = {}
    if pairs:
        rows = db.session.execute(
            select(HoursEntry, Event.code, Event.title, Volunteer, Resident)
            .join(Attendance, Attendance.id == HoursEntry.attendance_id)
            .join(Event, Event.id == Attendance.event_id)
            .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
            .join(Resident, Resident.id == Volunteer.resident_id)
            .where(such, tuple_(Event.code, Volunteer.code).in_(pairs))
            .order_by(HoursEntry.id)
        )
        for line, code, title, volunteer, resident in rows:
            found[f"event {code} volunteer {volunteer.code}"] = (line, title, "", volunteer, resident)
    if by_hand:
        rows = db.session.execute(
            select(HoursEntry, ManualHours, Event.title, Volunteer, Resident)
            .join(ManualHours, ManualHours.id == HoursEntry.manual_id)
            .outerjoin(Event, Event.id == ManualHours.event_id)
            .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
            .join(Resident, Resident.id == Volunteer.resident_id)
            .where(such, ManualHours.id.in_(by_hand))
        )
        for line, manual, title, volunteer, resident in rows:
            known = (line, title or str(word(manual.reason)), "补录", volunteer, resident)
            found[f"manual {manual.id}"] = known
    return found


def _of_answers(messages: Sequence[Message]) -> dict[int, Known]:
    ids = {one.id: int(one.subject.removeprefix("question ")) for one in messages}
    rows = db.session.execute(
        select(HourQuestion, HoursEntry.served_on, Event.title, Volunteer, Resident)
        .outerjoin(HoursEntry, HoursEntry.id == HourQuestion.entry_id)
        .outerjoin(Event, Event.id == HourQuestion.event_id)
        .join(Volunteer, Volunteer.id == HourQuestion.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .where(HourQuestion.id.in_(ids.values()), HourQuestion.answered_at.is_not(None))
    )
    known = {row.HourQuestion.id: tuple(row) for row in rows}
    found = {}
    for one in messages:
        if ids[one.id] not in known:
            continue
        question, served_on, title, volunteer, resident = known[ids[one.id]]
        about = (
            f"“{title}”的志愿时长" if title else f"{day(served_on)}的志愿时长" if served_on else "志愿时长"
        )
        facts = {"title": about, "result": str(word(question.outcome)), "answer": question.answer}
        true = _is_theirs(one, volunteer, resident)
        found[one.id] = Known(resident.id, facts if true else None, _own_page(volunteer))
    return found


def _is_theirs(message: Message, volunteer: Volunteer, resident: Resident) -> bool:
    """Whether the profile goes on and its person lives in the household the message is for."""
    return (
        volunteer.ended_at is None
        and resident.merged_into is None
        and resident.household_id == message.household_id
    )


def _own_page(volunteer: Volunteer) -> str:
    return f"/hours/{vault().unseal(volunteer.personal_sealed)}"


READERS = {
    Occasion.HOURS: _of_hours,
    Occasion.HOURS_BACK: _of_hours_back,
    Occasion.ANSWERED: _of_answers,
}
"""How messages learn what they say (`messages.further`)."""
