"""The verbs of questions about hours: ask, write one down for a caller, answer (domain.md §7, last but one paragraph).

Locks: the volunteer, the question, the audit chain at the very end.
"""

import json
from datetime import date, datetime, timedelta

from sqlalchemy import func, select

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.calendar.queries import differs
from stationapp.calendar.rules import add_working_days
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers import lines, posting, queries, question_rules, telling
from stationapp.volunteers.models import HourQuestion, HoursEntry, Volunteer
from stationapp.volunteers.question_rules import QuestionRefusal
from stationapp.volunteers.rules import QuestionOutcome


def ask(
    volunteer: Volunteer,
    said: str,
    *,
    key: str,
    line: HoursEntry | None = None,
    event: Event | None = None,
    by: int | None = None,
    now: datetime,
) -> HourQuestion:
    """A question about a line, about an event without one, or about the hours in general; `by`: staff for a caller.

    The same `key` again with the same words about the same thing gives the question it gave before. The second one
    about the same thing goes to the site above. Raises Refused(QuestionRefusal).
    """
    said = said.strip()
    if problem := question_rules.text_problem(said):
        raise Refused(problem, most=question_rules.LONGEST)
    if not key:
        raise Refused(QuestionRefusal.KEY_MISSING)
    posting.hold(volunteer.id)  # repeats and the count of open ones stand in line
    event_id = event.id if event else lines.event_of(line) if line else None
    index = _index(volunteer.id, key, line.id if line else None, event_id, said)
    before = db.session.scalar(select(HourQuestion).where(HourQuestion.key_index == index))
    if before:
        return before
    earlier = _about(volunteer.id, line, event_id)
    _may_ask(volunteer.id, earlier, of_one_thing=bool(line or event_id), for_caller=by is not None)
    asked = HourQuestion(
        volunteer_id=volunteer.id,
        site_id=_who_answers(volunteer, line, event_id, again=bool(earlier)),
        entry_id=line.id if line else None,
        event_id=event_id,
        key_index=index,
        said_sealed=vault().seal(said),
        asked_at=now,
        due_on=due_on(clock.day_of(now)),
    )
    db.session.add(asked)
    db.session.flush()
    if by is not None:
        record("volunteers.ask_hours", f"question {asked.id}", by=by, now=now, site_id=asked.site_id)
    return asked


def _index(volunteer_id: int, key: str, *what: object) -> bytes:
    """What a repeat has in common with the question it repeats; who goes back and writes something else asks anew."""
    return vault().index("hour question", json.dumps([volunteer_id, key, *what], ensure_ascii=False))


def due_on(asked_on: date) -> date:
    """The last day for an answer to what was asked on that day."""
    return add_working_days(
        asked_on, question_rules.ANSWER_WITHIN, differs(asked_on, asked_on + timedelta(days=30))
    )


def _about(volunteer_id: int, line: HoursEntry | None, event_id: int | None) -> list[HourQuestion]:
    """Earlier questions about the same thing: the same event whatever became of its lines, else the same line."""
    its = select(HourQuestion).where(HourQuestion.volunteer_id == volunteer_id)
    if event_id is not None:
        its = its.where(HourQuestion.event_id == event_id)
    elif line is not None:
        its = its.where(HourQuestion.entry_id == line.id)
    else:
        return []
    return list(db.session.scalars(its.order_by(HourQuestion.id)))


def _may_ask(volunteer_id: int, earlier: list[HourQuestion], *, of_one_thing: bool, for_caller: bool) -> None:
    open_ones = select(func.count(HourQuestion.id)).where(
        HourQuestion.volunteer_id == volunteer_id, HourQuestion.answered_at.is_(None)
    )
    problem = question_rules.asking_problem(
        [one.answered_at is not None for one in earlier],
        db.session.scalar(open_ones),
        of_one_thing=of_one_thing,
    )
    if problem:
        due = earlier[-1].due_on if earlier else None
        raise Refused(problem, most=question_rules.MOST_OPEN, due_on=due, for_caller=for_caller)


def _who_answers(volunteer: Volunteer, line: HoursEntry | None, event_id: int | None, *, again: bool) -> int:
    """The site of the line, of the event, of the profile; asked again: the one above it."""
    if line is not None:
        site_id = line.site_id
    elif event_id is not None:
        site_id = db.session.get_one(Event, event_id).site_id
    else:
        site_id = volunteer.site_id
    above = db.session.get_one(Site, site_id).parent_id if again else None
    return above or site_id


def answer(
    question: HourQuestion, outcome: QuestionOutcome | None, text: str, *, by: int, now: datetime
) -> HourQuestion:
    """Answer a question; a correction has been made before, by the ways there are. Raises Refused(QuestionRefusal)."""
    db.session.refresh(question, with_for_update=True)
    if question.answered_at is not None:
        raise Refused(QuestionRefusal.ALREADY_ANSWERED)
    text = text.strip()
    if outcome is None:
        raise Refused(QuestionRefusal.OUTCOME_MISSING)
    if not text:
        raise Refused(QuestionRefusal.ANSWER_MISSING)
    if len(text) > question_rules.LONGEST:
        raise Refused(QuestionRefusal.TOO_LONG, most=question_rules.LONGEST)
    if queries.is_same_name(question.volunteer_id, by):
        raise Refused(QuestionRefusal.OWN_QUESTION)
    if outcome is QuestionOutcome.CORRECTED and not lines.corrected(HourQuestion.id == question.id):
        raise Refused(QuestionRefusal.NOTHING_CORRECTED)
    question.outcome, question.answer = outcome, text
    question.answered_at, question.answered_by = now, by
    db.session.flush()
    telling.tell_answer(question, now=now)
    record(
        "volunteers.answer_hours",
        f"question {question.id}",
        by=by,
        now=now,
        site_id=question.site_id,
        reason=outcome.value,
    )
    return question
