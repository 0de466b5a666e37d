"""Each invariant of devices is clean on a fresh device and fires on a row that somebody spoilt."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.devices import operations
from stationapp.devices.checks import CHECKS
from stationapp.devices.queries import get_device
from tests import cast
from tests.devices.helping import enrol


def found() -> dict[str, list[str]]:
    return {check.name: rows for check in CHECKS if (rows := check.find())}


@pytest.mark.both_databases
def test_devices_in_every_standing_are_clean(app):
    people = cast.district(app)
    enrol(app, people.one)
    gone = enrol(app, people.one)
    with app.app_context():
        with transaction():
            given = {"names_shown": False, "by": people.lin.id, "now": clock.now()}
            today = clock.day_of(clock.now())
            operations.enrol(people.two, "手机", today, today + timedelta(days=91), **given)
            operations.revoke(
                get_device(gone.code)[0], by=people.lin.id, now=clock.now() - timedelta(hours=1)
            )
        assert found() == {}


@pytest.mark.parametrize(
    ("spoilt", "check"),
    [
        ("until_on = date(from_on, '+92 days')", "devices"),
        ("link_until_at = datetime(made_at, '+31 minutes')", "devices link"),
        ("link_index = x'00'", "devices link"),
        ("taken_up_at = datetime(made_at, '-1 day')", "devices order"),
        ("taken_up_at = NULL, token_index = NULL", "devices order"),
        ("revoked_at = datetime(seen_at, '-1 minutes')", "devices order"),
        ("before_id = id", "devices before"),
    ],
)
def test_a_spoilt_row_is_named(app, spoilt, check):
    people = cast.district(app)
    device, elsewhere = enrol(app, people.one), enrol(app, people.two, name="别处")
    with app.app_context():
        with transaction() as session:
            session.execute(text(f"UPDATE devices SET {spoilt} WHERE id <> {elsewhere.id}"))
        db.session.rollback()
        assert found() == {check: [f"device {device.id}"]}
