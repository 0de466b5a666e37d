"""Each invariant of the spot check fires on a row made wrong on purpose."""

from datetime import date

import pytest
from sqlalchemy import select, text

from stationapp.calendar.rules import Month
from stationapp.db import db, transaction, writing
from stationapp.scrutiny import spots
from stationapp.scrutiny.checks import CHECKS
from stationapp.scrutiny.models import SpotCheck, SpotDraw
from tests import cast
from tests.scrutiny.acts import World, at, close, event, serve

pytestmark = pytest.mark.both_databases

LATER = at(9, day=date(2026, 12, 2))


def findings() -> dict[str, list[str]]:
    db.session.rollback()
    db.session.expire_all()
    return {check.name: rows for check in CHECKS if (rows := check.find())}


def corrupt(*statements: str) -> None:
    """Change what triggers and constraints protect, as somebody with a shell could."""
    db.session.rollback()
    sqlite = db.engine.dialect.name == "sqlite"
    with db.engine.connect().execution_options(**writing(db.engine)) as connection, connection.begin():
        for table in ("spot_draws", "dismissals"):
            if sqlite:
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
                connection.exec_driver_sql("PRAGMA ignore_check_constraints=ON")
            else:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}"))
                connection.execute(
                    text("ALTER TABLE dismissals DROP CONSTRAINT IF EXISTS ck_dismissals_reason")
                )
        for statement in statements:
            connection.execute(text(statement))


@pytest.fixture
def draw(app):
    """Six manual lines and one typed in afterwards, drawn; nothing is wrong."""
    world = World(app, cast.district(app))
    with app.app_context():
        for _ in range(6):
            world.approve(world.manual(world.volunteer(), 60))
        made = event(world.people.one, at(9), at(11))
        serve(made, world.volunteer(), at(9), at(11), by=world.people.lin.id, now=at(20))
        close(made, now=at(21))
        with transaction():
            made = spots.draw(world.people.office, Month(2026, 11), by=None, now=LATER)
        number = made.id
        assert findings() == {}
        yield world, number


def checks() -> list[SpotCheck]:
    return list(db.session.scalars(select(SpotCheck).order_by(SpotCheck.id)))


def test_a_check_left_out_is_named(draw):
    _world, number = draw
    corrupt(f"DELETE FROM spot_checks WHERE id = {checks()[0].id}")
    assert findings() == {"H4 drawn": [f"spot draw {number}"], "H4 seed": [f"spot draw {number}"]}


def test_a_line_exchanged_for_another_is_named(draw):
    _world, number = draw
    taken = {one.entry_id for one in checks()}
    spare = next(n for n in range(1, 8) if n not in taken)
    corrupt(f"UPDATE spot_checks SET entry_id = {spare} WHERE id = {checks()[0].id}")
    assert findings() == {"H4 seed": [f"spot draw {number}"]}


def test_another_seed_is_named(draw):
    _world, number = draw
    seed = db.session.get_one(SpotDraw, number).seed
    pool = spots.drawn_from()[number]
    other = next(
        f"{n:032x}" for n in range(100) if sorted(pool.drawn(f"{n:032x}")) != sorted(pool.drawn(seed))
    )
    corrupt(f"UPDATE spot_draws SET seed = '{other}' WHERE id = {number}")
    assert findings() == {"H4 seed": [f"spot draw {number}"]}


@pytest.mark.parametrize("who", ["proposer", "approver", "hand"])
def test_a_call_about_ones_own_work_is_named(draw, who):
    world, _number = draw
    by_hand = [one for one in checks() if one.entry_id <= 6]
    check = checks()[-1] if who == "hand" else by_hand[0]
    staff = world.people.chen if who == "approver" else world.people.lin
    corrupt(
        f"UPDATE spot_checks SET outcome = 'confirmed', checked_at = '2026-12-02 01:00:00.000000',"
        f" checked_by = {staff.id} WHERE id = {check.id}"
    )
    assert findings() == {"H4 called": [f"spot check {check.id}"]}


def test_a_flag_put_aside_without_a_reason_is_named(draw):
    world, _number = draw
    corrupt(
        "INSERT INTO dismissals (flag, subject, facts_hash, site_id, reason, at, by, lifted, whole) VALUES"
        f" ('long_day', 'x', 'y', {world.people.one.id}, '', '2026-12-02 01:00:00.000000', {world.people.chen.id},"
        " false, true)"
    )
    assert findings() == {"H4 dismissed": ["dismissal 1"]}
