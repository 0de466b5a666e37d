"""Days that differ from their weekday are written once and read by dates."""

from datetime import date

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.calendar.operations import Day, set_holidays
from stationapp.calendar.queries import differs
from stationapp.db import db, transaction

NEW_YEAR = [Day(date(2027, 1, 1), "元旦", False), Day(date(2027, 1, 3), "元旦调休", True)]


def write(days: list[Day]) -> int:
    with transaction():
        return set_holidays(days, by=None, now=clock.now())


@pytest.mark.both_databases
def test_what_is_written_is_read_within_its_dates(app):
    with app.app_context():
        assert write(NEW_YEAR) == 2
        assert differs(date(2027, 1, 1), date(2027, 1, 31)) == {
            date(2027, 1, 1): False,
            date(2027, 1, 3): True,
        }
        assert differs(date(2027, 1, 2), date(2027, 1, 2)) == {}


@pytest.mark.both_databases
def test_the_same_days_again_change_nothing_and_a_correction_changes_one(app):
    with app.app_context():
        write(NEW_YEAR)
        assert write(NEW_YEAR) == 0
        assert write([Day(date(2027, 1, 3), "元旦调休", False), NEW_YEAR[0]]) == 1
        assert differs(date(2027, 1, 3), date(2027, 1, 3)) == {date(2027, 1, 3): False}
        assert db.session.scalar(select(func.count()).select_from(AuditLine)) == 2


def test_no_days_are_no_change(app):
    with app.app_context():
        assert write([]) == 0
