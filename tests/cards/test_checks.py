"""The invariants of cards fire on rows made wrong on purpose."""

import pytest
from sqlalchemy import text

from stationapp.cards.checks import CHECKS
from stationapp.db import db, writing
from tests.cards.scenes import scene

pytestmark = pytest.mark.both_databases


def findings() -> list[str]:
    db.session.rollback()
    return [f"{check.name}: {row}" for check in CHECKS for row in check.find()]


def corrupt(statement: str) -> None:
    db.session.rollback()  # its reads would hold the tables against us
    with db.engine.connect().execution_options(**writing(db.engine)) as connection, connection.begin():
        if db.engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA ignore_check_constraints = ON"))
        else:
            connection.execute(text("ALTER TABLE cards DROP CONSTRAINT IF EXISTS ck_cards_ended"))
        connection.execute(text(statement))


def test_cards_made_wrong_are_found(app):
    scene(app)
    with app.app_context():
        assert findings() == []
        corrupt("UPDATE cards SET ended_why = 'lost' WHERE id = 1")
        assert [line.split(": ")[1] for line in findings()] == ["card 1"]
        corrupt("UPDATE cards SET ended_why = NULL WHERE id = 1")
        corrupt("UPDATE cards SET code_sealed = (SELECT code_sealed FROM cards WHERE id = 2) WHERE id = 1")
        assert [line.split(": ")[1] for line in findings()] == ["card 1"]
        corrupt("DROP INDEX uq_cards_live")
        corrupt("UPDATE cards SET resident_id = 1")
        assert "resident 1" in [line.split(": ")[1] for line in findings()]
