"""「已更正」 is said only where the ledger was put right about what was asked (domain.md §7)."""

from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.volunteers import operations, questions
from stationapp.volunteers.models import HourQuestion, HoursEntry, ManualHours
from stationapp.volunteers.question_checks import CHECKS
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.volunteers.acts import at, close, event, serve, volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(app):
    return cast.district(app)


def days_ago(number: int):
    return clock.day_of(clock.now()) - timedelta(days=number)


def served(people, who, day):
    """An event of that day, closed out; its line's number."""
    made = event(people.one, at(9, day=day), at(11, day=day))
    serve(made, who, at(9, day=day), at(11, day=day))
    close(made)
    return db.session.query(HoursEntry).order_by(HoursEntry.id.desc()).first()


def enter(people, who, day, *, approved: bool):
    """An hour entered by hand and decided about."""
    now = clock.now()
    with transaction():
        entry = operations.propose_manual(
            who, site=people.one, from_site=people.one, served_on=day, minutes=60, reason=ManualReason.OUTSIDE,
            note="上门", knowing=True, by=people.lin.id, now=now,
        )  # fmt: skip
    with transaction():
        operations.decide_manual(
            db.session.get_one(ManualHours, entry.id), approved=approved, from_site=people.office,
            by=people.chen.id, now=now, reason="没有人能证明",
        )  # fmt: skip


def says_corrected(app, people, asked) -> int:
    """The status of the answer."""
    lin, where = cast.signed_in(app, people.lin), f"/desk/questions/{asked}"
    given = {"answer": "改好了", "outcome": "corrected"}
    return lin.submit(where, given, to="/answer").status_code


def ask(who, line=None) -> int:
    with transaction():
        now = clock.now() - timedelta(minutes=5)
        return questions.ask(who, "少记了", key="1", line=line, now=now).id


def test_an_entry_that_was_rejected_put_nothing_right(app, people):
    with app.app_context():
        who = volunteer(people.one)
        asked = ask(who)
        enter(people, who, days_ago(2), approved=False)
    assert says_corrected(app, people, asked) == 409
    with app.app_context():
        enter(people, who, days_ago(2), approved=True)
    assert says_corrected(app, people, asked) == 303


def test_a_line_of_another_day_put_nothing_right(app, people):
    with app.app_context():
        who = volunteer(people.one)
        asked = ask(who, served(people, who, days_ago(5)))
        served(people, who, days_ago(2))
        enter(people, who, days_ago(3), approved=True)
    assert says_corrected(app, people, asked) == 409
    with app.app_context():
        enter(people, who, days_ago(5), approved=True)
    assert says_corrected(app, people, asked) == 303


def test_corrected_with_nothing_written_about_it_is_found(app, people):
    with app.app_context():
        who = volunteer(people.one)
        asked = ask(who, served(people, who, days_ago(5)))
        enter(people, who, days_ago(5), approved=True)
    assert says_corrected(app, people, asked) == 303
    with app.app_context():
        assert [found for check in CHECKS for found in check.find()] == []
        other = served(people, who, days_ago(8))
        with transaction():
            db.session.get_one(HourQuestion, asked).entry_id = other.id
            db.session.get_one(HourQuestion, asked).event_id = None
        assert {check.name: check.find() for check in CHECKS if check.find()} == {
            "Q3 corrected": [f"question {asked}"]
        }
