"""A line that was tampered with takes nothing down but itself: its source is said not to be found."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.vault import vault
from stationapp.volunteers import operations
from stationapp.volunteers.models import ManualHours
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.volunteers.acts import at, close, event, serve, volunteer

pytestmark = pytest.mark.both_databases

LOST = "来源查不到，请联系站点"


@pytest.fixture
def people(app):
    return cast.district(app)


def tamper(column: str) -> None:
    """Let the line with that source name one that does not exist, past the guards of the database."""
    raw = db.engine.raw_connection()
    try:
        cursor = raw.cursor()
        if db.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA foreign_keys = OFF")
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f"DROP TRIGGER {name}")
        else:
            cursor.execute("SET session_replication_role = replica")  # no triggers, no foreign keys
        cursor.execute(f"UPDATE hours_entries SET {column} = 999999 WHERE {column} IS NOT NULL")
        if db.engine.dialect.name != "sqlite":
            cursor.execute("RESET session_replication_role")
        raw.commit()
        if db.engine.dialect.name == "sqlite":
            cursor.execute("PRAGMA foreign_keys = ON")
    finally:
        raw.close()


@pytest.mark.parametrize("column", ["manual_id", "attendance_id"])
def test_a_line_whose_source_is_gone_is_marked_and_the_rest_stands(app, people, client, column):
    day = clock.day_of(clock.now()) - timedelta(days=1)
    with app.app_context():
        who = volunteer(people.one)
        code, personal = who.code, vault().unseal(who.personal_sealed)
        made = event(people.one, at(9, day=day), at(11, day=day), title="清洁家园")
        serve(made, who, at(9, day=day), at(11, day=day))
        close(made)
        with transaction():
            entry = operations.propose_manual(
                who, site=people.one, from_site=people.one, served_on=day, minutes=60,
                reason=ManualReason.OUTSIDE, note="上门", by=people.lin.id, now=clock.now(),
            )  # fmt: skip
        with transaction():
            operations.decide_manual(
                db.session.get_one(ManualHours, entry.id), approved=True, from_site=people.office,
                by=people.chen.id, now=clock.now(),
            )  # fmt: skip
        number = db.session.scalar(text(f"SELECT id FROM hours_entries WHERE {column} IS NOT NULL"))
        db.session.rollback()
        tamper(column)
    stands = "清洁家园" if column == "manual_id" else "在站点以外服务"
    lin = cast.signed_in(app, people.lin)
    desk = f"/desk/volunteers/{code}"
    for page in (client.get(f"/hours/{personal}"), lin.get(desk), lin.get(f"{desk}/ledger"),
                 lin.get(f"{desk}/ledger.csv")):  # fmt: skip
        assert page.status_code == 200
        assert page.text.count(LOST) == 1 and stands in page.text
    asked = client.get(f"/hours/{personal}/question?line={number}")
    assert asked.status_code == 200 and LOST in asked.text
    asked = lin.get(f"/desk/questions/new/{code}?line={number}")
    assert asked.status_code == 200 and LOST in asked.text
