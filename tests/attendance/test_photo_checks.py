"""The checks of pictures fire on rows that somebody changed behind our back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.attendance import photos
from stationapp.attendance.photo_checks import CHECKS
from stationapp.db import transaction
from tests import cast
from tests.attendance import pictures


@pytest.fixture
def kept(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, starts_at=clock.now() - timedelta(hours=1))
        jpeg = photos.encode(pictures.picture(40, 30))
        with transaction():
            photos.add_photo(event, jpeg, by=None, now=clock.now())
        yield event, jpeg


def found() -> dict[str, list[str]]:
    return {check.name: check.find() for check in CHECKS}


def wrong(statement: str, **values) -> dict[str, list[str]]:
    with transaction() as session:
        session.execute(text(statement), values)
    return {name: rows for name, rows in found().items() if rows}


@pytest.mark.both_databases
def test_a_picture_as_it_was_kept_passes(kept):
    assert found() == {"PH1": [], "PH2": [], "PH3": []}


@pytest.mark.both_databases
def test_other_bytes_under_the_same_address_are_named(kept):
    other = photos.encode(pictures.picture(50, 30))
    assert wrong("UPDATE photos SET jpeg = :other", other=other) == {"PH2": ["photo 1"]}


@pytest.mark.both_databases
def test_a_picture_with_something_of_the_camera_is_named(kept):
    given = pictures.with_place()
    assert wrong("UPDATE photos SET jpeg = :given", given=given) == {"PH2": ["photo 1"], "PH3": ["photo 1"]}


def test_a_fourth_picture_is_named_where_the_table_lost_its_constraint(kept):
    event, _jpeg = kept
    with transaction() as session:
        session.execute(text("CREATE TABLE loose AS SELECT * FROM photos"))
        session.execute(text("DROP TABLE photos"))
        session.execute(text("ALTER TABLE loose RENAME TO photos"))
    row = "id + :n, event_id, place + :n, jpeg, digest, added_at, added_by"
    again = f"INSERT INTO photos SELECT {row} FROM photos WHERE id = 1"
    for n in (1, 2):
        assert wrong(again, n=n) == {}
    assert wrong(again, n=3) == {"PH1": [f"event {event.id}"]}
