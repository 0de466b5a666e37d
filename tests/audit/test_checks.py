"""A2 fires on a log that was changed, trimmed or grown past its operations."""

import pytest
from sqlalchemy import text

from stationapp.audit.checks import CHECKS
from stationapp.db import db, transaction
from tests import cast


def find() -> list[str]:
    return CHECKS[0].find()


@pytest.mark.both_databases
def test_a_log_as_written_is_clean(app):
    cast.district(app)
    with app.app_context():
        assert find() == []


def test_an_empty_log_is_clean(app):
    with app.app_context():
        assert find() == []


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE audit_lines SET reason = 'other' WHERE number = 3", ["audit line 3"]),
        ("UPDATE audit_lines SET actor_id = NULL WHERE number = 3", ["audit line 3"]),
        ("DELETE FROM audit_lines WHERE number = 3", ["audit line 4"]),
        ("DELETE FROM audit_lines WHERE number = 5", ["chain audit"]),
        ("DELETE FROM chains WHERE name = 'audit'", ["chain audit"]),
    ],
)
def test_a_log_tampered_with_is_found(app, change, found):
    cast.district(app)
    with app.app_context():
        with transaction():
            db.session.execute(text("DROP TRIGGER audit_lines_no_update"))
            db.session.execute(text("DROP TRIGGER audit_lines_no_delete"))
            db.session.execute(text(change))
        assert find() == found


@pytest.mark.both_databases
@pytest.mark.parametrize("change", ["UPDATE audit_lines SET reason = 'other'", "DELETE FROM audit_lines"])
def test_the_database_itself_refuses_to_change_the_log(app, change):
    cast.district(app)
    with app.app_context(), pytest.raises(Exception, match="append-only"), transaction():
        db.session.execute(text(change))
