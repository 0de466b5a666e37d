"""R1 fires on a kept file that was changed behind its back."""

import pytest
import time_machine
from sqlalchemy import select, update

from stationapp.commands import all_checks
from stationapp.db import db, transaction
from stationapp.reports.life_rules import Audience
from stationapp.reports.models import ReportFile
from stationapp.reports.operations import close_month
from stationapp.reports.prepared import Made, keep
from tests import cast
from tests.attendance.test_tampering import unguard
from tests.reports.build import AFTER, MONTH

pytestmark = pytest.mark.both_databases


@pytest.fixture
def kept(app):
    """The numbers of two kept files."""
    with time_machine.travel(AFTER, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                report = close_month(people.one, MONTH, by=None, now=AFTER)
                keep([Made(report.id, "pdf", audience, b"paper") for audience in Audience], now=AFTER)
            yield list(db.session.scalars(select(ReportFile.id).order_by(ReportFile.id)))


def _found() -> list[str]:
    return next(check for check in all_checks() if check.name == "R1 files").find()


@pytest.mark.parametrize("change", [{"content": b"another paper"}, {"digest": "0" * 64}], ids=str)
def test_a_file_that_was_changed_is_named(kept, change):
    assert _found() == []
    with transaction() as session:
        unguard()
        session.execute(update(ReportFile).where(ReportFile.id == kept[1]).values(change))
    assert _found() == [f"file {kept[1]}"]
