"""Each invariant of residents fires on a row that was corrupted behind its back."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.residents import checks, homes
from stationapp.residents.merging import merge
from stationapp.residents.rules import CodeVia
from stationapp.signups import merged_checks
from stationapp.signups.merged import give_back_doubles
from tests import cast

pytestmark = pytest.mark.both_databases

FIND = {check.name: check.find for check in (*checks.CHECKS, *merged_checks.CHECKS)}
OTHER = "19900002222"


@pytest.fixture
def lived(app):
    """A granny with her grandchild; somebody with two records that are one; a code; somebody without a phone."""
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one)
        cast.sign_up(event, cast.granny_wu(people.one), cast.xiao_li(people.one))  # 1, 2
        cast.sign_up(event, cast.person("王强", OTHER), key="a")  # 3
        again = cast.resident(cast.person("王强", "19900003333"))  # 4
        cast.sign_up(event, cast.person("王强", "19900003333"), key="b")
        cast.resident(cast.person("郑有福", None))  # 5
        with transaction():
            merge(3, again.id, by=people.lin.id, now=clock.now())
            give_back_doubles(3, again.id, by=people.lin.id, now=clock.now())
            homes.make_code(1, CodeVia.DESK, by=people.lin.id, now=clock.now())
        yield people


def corrupt(*statements: str) -> None:
    with transaction() as session:
        for statement in statements:
            session.execute(text(statement))


def test_a_household_kept_by_its_own_rules_breaks_none(lived):
    assert {name: find() for name, find in FIND.items()} == {name: [] for name in FIND}


@pytest.mark.parametrize(
    ("name", "found", "statement"),
    [
        ("A7 phones", "household 1", "UPDATE households SET tail_index = NULL WHERE id = 1"),
        ("A5 households", "household 4", "UPDATE residents SET household_id = 1 WHERE id = 5"),
        ("A5 merged", "resident 4", "UPDATE residents SET merged_into = NULL WHERE id = 4"),
        ("A5 merged", "resident 4", "UPDATE residents SET merged_into = 1 WHERE id = 4"),
        ("S10 guardians", "resident 2", "UPDATE residents SET birth_month = '2015-01' WHERE id = 1"),
        ("S10 guardians", "resident 2", "UPDATE residents SET guardian_id = 3 WHERE id = 2"),
        ("S10 guardians", "resident 2", "UPDATE residents SET guardian_id = 2 WHERE id = 2"),
        ("S10 guardians", "resident 2", "UPDATE residents SET guardian_consent_at = NULL WHERE id = 2"),
        ("S2 merged", "event 1", "UPDATE signups SET state = 'confirmed' WHERE resident_id = 4"),
    ],
)
def test_a_corrupted_row_is_named(lived, name, found, statement):
    corrupt(statement)
    assert FIND[name]() == [found]


def test_what_was_never_sealed_is_named(lived):
    plain = "x'31'" if db.engine.dialect.name == "sqlite" else "'\\x31'::bytea"
    corrupt(f"UPDATE households SET email_sealed = {plain} WHERE id = 2")
    assert FIND["A7 phones"]() == ["household 2"]


def test_two_steps_to_a_person_are_named(lived):
    at = clock.now() + timedelta(seconds=1)
    with transaction() as session:
        session.execute(text("UPDATE residents SET merged_into = 1 WHERE id = 3"))
        session.execute(
            text("INSERT INTO merges (kept_id, gone_id, at) VALUES (1, 3, :at)"),
            {"at": at.strftime("%Y-%m-%d %H:%M:%S.%f") if db.engine.dialect.name == "sqlite" else at},
        )
    assert FIND["A5 merged"]() == ["merge 1"]


def test_a_second_live_code_and_a_used_one_still_readable_are_named(lived):
    corrupt(
        "INSERT INTO home_codes (household_id, code_index, via, made_at, until_at, tries) "
        "SELECT household_id, code_index, via, made_at, until_at, 0 FROM home_codes WHERE id = 1"
    )
    assert FIND["A7 codes"]() == ["home_code 1"]
    corrupt("UPDATE home_codes SET used_at = made_at, code_sealed = code_index WHERE id = 1")
    assert FIND["A7 codes"]() == ["home_code 1"]
