"""Y2 fires when a duty is late while somebody leads, and only then."""

from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import transaction
from stationapp.jobs.checks import CHECKS
from stationapp.jobs.operations import note_run, take_lease


def found() -> list[tuple[str, list[str]]]:
    return [(check.name, check.find()) for check in CHECKS]


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
