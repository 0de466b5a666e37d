"""A4 and A7 fire on rows that no operation would write."""

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.accounts.checks import CHECKS
from stationapp.accounts.models import Staff
from stationapp.accounts.operations import invite
from stationapp.db import db, transaction
from tests import cast

BY_NAME = {check.name: check.find for check in CHECKS}


@pytest.mark.both_databases
def test_what_the_operations_make_is_clean(app, client):
    people = cast.district(app)
    cast.sign_in(client, people.lin)
    with app.app_context():
        with transaction():
            invite(db.session.get_one(Staff, people.ma.id), by=people.root.id, now=clock.now())
        assert {name: find() for name, find in BY_NAME.items()} == {name: [] for name in BY_NAME}


def test_an_empty_instance_is_clean(app):
    with app.app_context():
        assert {name: find() for name, find in BY_NAME.items()} == {name: [] for name in BY_NAME}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("change", "name", "found"),
    [
        ("UPDATE staff SET ended_at = added_at WHERE name = '管理甲'", "A4 administrator", ["site {center}"]),
        (
            "UPDATE grants SET ended_at = granted_at WHERE role = 'administrator'",
            "A4 administrator",
            ["site {center}"],
        ),
        ("UPDATE grants SET granted_by = {ma} WHERE staff_id = {lin}", "A4 grants", ["grant {lin}"]),
        ("UPDATE grants SET granted_by = {root} WHERE staff_id = {root}", "A4 grants", ["grant {root}"]),
        ("UPDATE staff SET password_hash = 'sesame' WHERE id = {lin}", "A7 accounts", ["staff {lin}"]),
        ("UPDATE logins SET token_index = {clear}", "A7 accounts", ["login 1"]),
    ],
)
def test_a_row_that_should_not_be_is_found(app, client, change, name, found):
    people = cast.district(app)
    cast.sign_in(client, people.lin)
    with app.app_context():
        facts = {name: getattr(people, name).id for name in ("center", "lin", "ma", "root")}
        # Everybody's one grant has their own number: they were made in the same order.
        facts["clear"] = "X'6162'" if db.engine.dialect.name == "sqlite" else "'ab'"
        with transaction():
            db.session.execute(text(change.format(**facts)))
        assert BY_NAME[name]() == [one.format(**facts) for one in found]
