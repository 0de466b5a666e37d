"""Questions about hours: whose they are, by when they are answered, and that an answer is one (domain.md §7)."""

from datetime import timedelta

from sqlalchemy import Select, or_, select

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.calendar.queries import differs
from stationapp.calendar.rules import add_working_days
from stationapp.db import db
from stationapp.volunteers import lines
from stationapp.volunteers.models import HourQuestion, HoursEntry
from stationapp.volunteers.question_rules import ANSWER_WITHIN
from stationapp.volunteers.rules import QuestionOutcome


def _ids(query: Select) -> list[str]:
    return [f"question {number}" for number in db.session.scalars(query.order_by(HourQuestion.id))]


def _no_answer() -> list[str]:
    """Outcome, words, time and who said it stand together or not at all, and the time is not before the question."""
    parts = (
        HourQuestion.outcome.is_not(None),
        HourQuestion.answer != "",
        HourQuestion.answered_by.is_not(None),
    )
    answered = HourQuestion.answered_at.is_not(None)
    wrong = [part != answered for part in parts]
    return _ids(select(HourQuestion.id).where(or_(*wrong, HourQuestion.answered_at < HourQuestion.asked_at)))


def _due_otherwise() -> list[str]:
    """An answer is due on the fifth working day, by the holidays as they stand, or as they stood: by none yet."""
    rows = db.session.execute(
        select(HourQuestion.id, HourQuestion.asked_at, HourQuestion.due_on).order_by(HourQuestion.id)
    ).all()
    if not rows:
        return []
    days = [clock.day_of(row.asked_at) for row in rows]
    holidays = differs(min(days), max(days) + timedelta(days=60))
    return [
        f"question {row.id}"
        for row, day in zip(rows, days, strict=True)
        if row.due_on not in {add_working_days(day, ANSWER_WITHIN, known) for known in (holidays, {})}
    ]


def _not_corrected() -> list[str]:
    """Where "corrected" was answered, something about it was written between question and answer."""
    said = HourQuestion.outcome == QuestionOutcome.CORRECTED
    right = lines.corrected(said)
    found = db.session.scalars(select(HourQuestion.id).where(said).order_by(HourQuestion.id))
    return [f"question {number}" for number in found if number not in right]


def _of_another() -> list[str]:
    """A question is about the asker's own line."""
    return _ids(
        select(HourQuestion.id)
        .join(HoursEntry, HoursEntry.id == HourQuestion.entry_id)
        .where(HoursEntry.volunteer_id != HourQuestion.volunteer_id)
    )


CHECKS = (
    Check("Q1 answered", "答复过的疑问有结果、有话、有人、有时间", _no_answer),
    Check("Q2 due", "疑问的到期日是第五个工作日", _due_otherwise),
    Check("Q3 corrected", "答复“已更正”的，台账真的动过", _not_corrected),
    Check("Q4 own line", "问的是本人自己的时长", _of_another),
)
