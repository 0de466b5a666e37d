"""Y2 fires when a duty is late while somebody leads, and when nobody has led for a night."""

from datetime import timedelta

import pytest
import time_machine

from stationapp import clock, system
from stationapp.db import transaction
from stationapp.jobs.checks import CHECKS
from stationapp.jobs.operations import give_up, note_run, take_lease
from stationapp.jobs.rules import TICK


def found() -> list[tuple[str, list[str]]]:
    return [(check.name, check.find()) for check in CHECKS]


def stopped() -> list[str]:
    return next(check.find() for check in system.CHECKS if check.name == "Y2 jobs")


@pytest.mark.both_databases
def test_a_duty_late_by_more_than_five_periods_is_found_while_a_process_leads(app):
    now = clock.now()
    with app.app_context():
        with transaction():
            note_run("close_out_reminders", 1, began_at=now - timedelta(minutes=6), now=now, done=0)
            note_run("tidy", 1, began_at=now - timedelta(minutes=90), now=now, done=0)
        assert found() == [("Y2", [])]  # nobody leads
        with transaction():
            take_lease("a", now=now)
        assert found() == [("Y2", ["job close_out_reminders"])]
        with transaction():
            note_run("close_out_reminders", 1, began_at=now, now=now, done=0)
        assert found() == [("Y2", [])]


@pytest.mark.both_databases
def test_what_a_process_that_was_killed_left_is_nobody_s_lateness_though_its_lease_goes_on(app):
    now = clock.now()
    with app.app_context():
        with transaction():
            take_lease("a", now=now)
            note_run("spread", 1, began_at=now - TICK, now=now, done=0)
        for seconds in (0, 21, 27, 29, 31):
            with time_machine.travel(now + timedelta(seconds=seconds), tick=False):
                assert found() == [("Y2", [])]


@pytest.mark.both_databases
def test_a_night_without_jobs_is_told_with_what_to_do(app):
    now = clock.now()
    with app.app_context():
        assert stopped() == []
        with time_machine.travel(now + timedelta(hours=7), tick=False):
            assert "从来没有运行过" in stopped()[0] and "stationapp jobs" in stopped()[0]
        with transaction():
            take_lease("a", now=now)
            give_up("a", now=now)
        for hours, told in ((5, False), (7, True)):
            with time_machine.travel(now + timedelta(hours=hours), tick=False):
                assert bool(stopped()) is told
                assert all("没有运行" in row and "stationapp jobs" in row for row in stopped())
