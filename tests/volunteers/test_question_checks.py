"""Each invariant of questions is shown to fire on a row made wrong behind the application's back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.volunteers import questions
from stationapp.volunteers.question_checks import CHECKS
from stationapp.volunteers.rules import QuestionOutcome
from tests import cast
from tests.volunteers.acts import at, close, event, serve, volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def asked(app):
    people = cast.district(app)
    with app.app_context():
        who, other = volunteer(people.one), volunteer(people.one, "赵敏", "19900004444")
        made = event(people.one, at(9), at(11))
        for one in (who, other):
            serve(made, one, at(9), at(11))
        close(made)
        now = clock.now()
        with transaction():
            its = questions.ask(who, "少了", key="1", now=now)
            questions.ask(who, "还少", key="2", now=now)
        with transaction():
            questions.answer(
                its, QuestionOutcome.AS_IT_STANDS, "没少", by=people.lin.id, now=now + timedelta(hours=1)
            )
        yield its.id


def found() -> dict[str, list[str]]:
    return {check.name: rows for check in CHECKS if (rows := check.find())}


def spoil(statement: str, **values) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


def test_nothing_is_found_where_all_is_well(asked):
    assert found() == {}


def test_an_answer_without_anybody_who_gave_it_is_found(asked):
    spoil("UPDATE hour_questions SET answered_by = NULL WHERE id = :id", id=asked)
    assert found() == {"Q1 answered": [f"question {asked}"]}


def test_a_day_put_off_is_found(asked):
    spoil("UPDATE hour_questions SET due_on = '2027-01-04' WHERE id = :id", id=asked)
    assert found() == {"Q2 due": [f"question {asked}"]}


def test_corrected_without_a_correction_is_found(asked):
    spoil("UPDATE hour_questions SET outcome = 'corrected' WHERE id = :id", id=asked)
    assert found() == {"Q3 corrected": [f"question {asked}"]}


def test_a_question_about_somebody_elses_line_is_found(asked):
    foreign = db.session.scalar(text("SELECT max(id) FROM hours_entries"))
    spoil("UPDATE hour_questions SET entry_id = :line WHERE id = :id", line=foreign, id=asked)
    assert found() == {"Q4 own line": [f"question {asked}"]}
