"""The invariants of offers and draws are quiet on a healthy instance and speak up about a corrupted row."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import transaction
from stationapp.signups import draws, offers, operations, queries
from stationapp.signups.offer_checks import CHECKS
from tests import cast
from tests.signups.scene import people, sign_up

pytestmark = pytest.mark.both_databases

BY_NAME = {check.name: check for check in CHECKS}


@pytest.fixture
def lived(app):
    """Event 1: place 1 went to party 2, who took it; place 2 was given up and is offered to party 4. Event 2: drawn."""
    home = cast.district(app).one
    with app.app_context():
        ahead = clock.now() + timedelta(days=5)
        event = cast.event(home, capacity=2, starts_at=ahead)
        first = sign_up(event, *people(2, 1))
        taker = sign_up(event, *people(1, 2))
        sign_up(event, *people(1, 3))
        for code in first.codes:
            with transaction():
                operations.cancel(queries.get_by_code(code), by=None, why="own", now=clock.now())
            with transaction():
                offers.accept(taker.party_id, by=None, now=clock.now())
        due = clock.now() + timedelta(hours=1)
        drawn = cast.event(home, capacity=1, starts_at=ahead + timedelta(days=1), draw_at=due, title="抽签")
        with transaction():
            draws.announce(drawn, now=clock.now())
        for household in (4, 5, 6):
            sign_up(drawn, *people(1, household))
        with transaction():
            draws.draw(drawn.id, now=due)
        yield event


def corrupt(*statements: str) -> None:
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def test_a_lived_in_instance_is_clean(lived):
    assert {name: found for name, check in BY_NAME.items() if (found := check.find())} == {}


LONG_AGO = "made_at = '2026-01-01 00:00:00', until_at = '2026-01-02 00:00:00'"


@pytest.mark.parametrize(
    ("name", "found", "statement"),
    [
        ("S5 offers", ["signup 4"], "DELETE FROM offers WHERE id = 2"),
        ("S5 offers", ["offer 2"], "UPDATE signups SET state = 'confirmed' WHERE state = 'offered'"),
        ("S5 offers", ["signup 3"], "UPDATE signups SET state = 'offered' WHERE id = 3"),
        ("S6 offers", ["offer 2"], f"UPDATE offers SET {LONG_AGO} WHERE id = 2"),
        ("S6 offers", ["offer 1"], f"UPDATE offers SET {LONG_AGO} WHERE id = 1"),
        ("S6 offers", ["offer 2"], "UPDATE events SET starts_at = '2026-01-01 00:00:00' WHERE id = 1"),
        ("S6 offers", ["offer 2"], "UPDATE events SET state = 'postponed' WHERE id = 1"),
        ("S6 draws", ["event 1"], "UPDATE events SET draw_at = '2026-01-01 00:00:00' WHERE id = 1"),
        ("S6 draws", ["event 2"], "DELETE FROM draws"),
        ("S6 draws", ["event 2"], "UPDATE draws SET drawn_at = NULL, seed = NULL"),
        ("S4 draws", ["event 2"], "UPDATE draws SET seed = 'another'"),
        ("S4 draws", ["event 2"], "UPDATE draws SET commitment = 'another'"),
        ("S4 draws", ["event 2"], "UPDATE parties SET drawn = 9 WHERE drawn = 1"),
        ("S4 draws", ["event 2"], "UPDATE parties SET drawn = NULL, queue_number = 0 WHERE drawn = 3"),
        ("S4 draws", ["event 1"], "UPDATE parties SET drawn = 1 WHERE id = 3"),
    ],
)
def test_a_corrupted_row_is_named(lived, name, found, statement):
    corrupt(statement)
    assert BY_NAME[name].find() == found
