"""Each invariant of joint events fires on a corrupted row, and on that row alone."""

import pytest
from sqlalchemy import text

from stationapp.db import db, transaction
from stationapp.events.joint_checks import CHECKS
from stationapp.rooms.rules import RoomKind
from tests import cast
from tests.catalogue.test_operations import room

CORRUPTIONS = [
    ("S9 joint lead", "UPDATE event_partners SET site_id = :lead WHERE event_id = :id"),
    (
        "S9 joint told",
        "DELETE FROM notices WHERE occasion = 'joint' AND site_id = :partner AND subject LIKE :subject",
    ),
    ("S9 joint shared", "UPDATE rooms SET kind = 'room' WHERE id = :room"),
    ("S9 joint shared", "UPDATE rooms SET site_id = :far WHERE id = :room"),
]


def found() -> dict[str, list[str]]:
    db.session.rollback()
    return {check.name: check.find() for check in CHECKS if check.find()}


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "sql"), CORRUPTIONS)
def test_the_check_fires_on_the_corrupted_row_alone(app, name, sql):
    people = cast.district(app)
    with app.app_context():
        shared = room(people.office, "讲师团", kind=RoomKind.SHARED)
        cast.event(people.two, partners=frozenset({people.far.id}))
        partners = frozenset({people.far.id})
        event = cast.event(people.one, partners=partners, shared=frozenset({shared}))
        assert found() == {}
        values = {
            "id": event.id, "lead": people.one.id, "partner": people.far.id, "subject": f"event {event.code} %",
            "room": shared, "far": people.far_office.id,
        }  # fmt: skip
        with transaction() as session:
            session.execute(text(sql), {one: value for one, value in values.items() if f":{one}" in sql})
        rows = found()
        assert rows.pop("S9 joint told", [f"event {event.id}"]) == [
            f"event {event.id}"
        ]  # the lead was never told
        assert (list(rows) or ["S9 joint told"]) == [name]
        assert all(ids == [f"event {event.id}"] for ids in rows.values())


def test_every_check_is_shown_to_fire():
    assert {name for name, _sql in CORRUPTIONS} == {check.name for check in CHECKS}
