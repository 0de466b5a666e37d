"""A migration leaves the old schema or the new one; the copy comes first; what must stay is guarded."""

import shutil
import stat
import subprocess
import sys
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import MetaData, create_engine, func, inspect, select, text
from sqlalchemy.exc import DBAPIError

from stationapp import clock, migrate
from stationapp.app import create_app
from stationapp.attendance import checks as attendance_checks
from stationapp.audit.models import AuditLine
from stationapp.audit.operations import record
from stationapp.config import Settings
from stationapp.db import db, sqlite_module, transaction
from stationapp.events.models import Event, EventStep
from stationapp.migrations.append_only import TABLES
from tests import cast
from tests.harness.server import ROOT

SECOND = '''
"""A later migration."""
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", {before!r}, None, None

def upgrade():
    op.create_table("later", sa.Column("id", sa.Integer, primary_key=True))
    with op.batch_alter_table("sites") as batch:
        batch.add_column(sa.Column("later", sa.Text, server_default="", nullable=False))
    op.execute("UPDATE sites SET later = 'half'")
    {end}
'''


@pytest.fixture
def second(monkeypatch, tmp_path):
    """A copy of the migrations with one more, which ends as told."""

    def make(end: str) -> None:
        folder = tmp_path / "migrations"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ROOT / "stationapp" / "migrations", folder)
        (head,) = migrate._heads()
        monkeypatch.setattr(migrate, "_FOLDER", folder)
        (folder / "versions" / "9999_later.py").write_text(SECOND.format(before=head, end=end))

    return make


def rows() -> dict[str, int]:
    return {
        table: db.session.scalar(text(f'SELECT count(*) FROM "{table}"'))
        for table in inspect(db.engine).get_table_names()
        if table not in ("alembic_version", "later")
    }


def facts() -> tuple:
    found = rows(), inspect(db.engine).has_table("later"), migrate.pending(db.engine)
    db.session.rollback()
    return found


def fill(app):
    people = cast.district(app)
    with app.app_context():
        cast.sign_up(cast.event(people.one), cast.granny_wu(people.one), cast.xiao_li(people.one))
    return people


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "end", ["raise RuntimeError('cut')", "op.execute('SELECT * FROM nothing_of_that_name')"]
)
def test_a_migration_that_fails_in_the_middle_leaves_the_old_schema_and_a_second_try_finishes(
    app, second, end
):
    fill(app)
    with app.app_context():
        before, _, pending = facts()
        assert before["sites"] == 6 and before["events"] == 1 and not pending
        second(end)
        with pytest.raises((RuntimeError, DBAPIError)):
            migrate.migrate(db.engine)
        assert facts() == (before, False, True)
        assert "later" not in {column["name"] for column in inspect(db.engine).get_columns("sites")}
        second("pass")
        migrate.migrate(db.engine)
        assert facts() == (before, True, False)
        assert db.session.scalar(text("SELECT count(*) FROM sites WHERE later = 'half'")) == 6
        db.session.rollback()
        if db.engine.dialect.name == "sqlite":  # the connection that migrated is fit for use again
            with db.engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA foreign_keys").scalar() == 1


def test_a_sqlite_database_is_copied_first_for_its_owner_alone(app, second):
    fill(app)
    second("pass")
    with app.app_context():
        before = rows()
        db.session.rollback()
        migrate.migrate(db.engine)
        path = Path(db.engine.url.database)
    (copy,) = path.parent.glob("station.db.before-*")
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    old = create_engine(f"sqlite:///{copy}", module=sqlite_module())
    with old.connect() as connection:
        assert "later" not in inspect(connection).get_table_names()
        assert connection.execute(text("PRAGMA integrity_check")).scalar() == "ok"
        counted = {
            table: connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar() for table in before
        }
    old.dispose()
    assert counted == before


def test_nothing_is_copied_when_nothing_is_pending(app):
    with app.app_context():
        migrate.migrate(db.engine)
        assert list(Path(db.engine.url.database).parent.glob("*.before-*")) == []


@pytest.mark.both_databases
def test_ready_is_said_only_when_the_schema_is_the_codes(app, client, second):
    assert (client.get("/readyz").status_code, client.get("/healthz").status_code) == (200, 200)
    second("pass")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json) == (503, {"status": "not migrated"})
    assert client.get("/healthz").status_code == 200
    with app.app_context():
        migrate.migrate(db.engine)
    assert client.get("/readyz").status_code == 200


@pytest.mark.both_databases
def test_two_processes_that_migrate_at_once_both_find_it_done(request, tmp_path, database_url):
    if database_url.startswith("sqlite"):
        empty = f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        empty = request.getfixturevalue("postgresql").fresh()
    code = (
        "import sys; from pathlib import Path; from stationapp.app import create_app; from stationapp.db import db\n"
        "from stationapp.config import Settings; from stationapp.migrate import migrate, pending\n"
        "app = create_app(Settings(instance=Path(sys.argv[1]), database_url=sys.argv[2]))\n"
        "with app.app_context(): migrate(db.engine); sys.exit(pending(db.engine))"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "instance"), empty]
    children = [subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) for _ in range(3)]
    try:
        said = [child.communicate(timeout=60)[1] for child in children]
        assert [child.returncode for child in children] == [0, 0, 0], said
    finally:
        if not database_url.startswith("sqlite"):
            request.getfixturevalue("postgresql").drop(empty)


@pytest.mark.both_databases
@pytest.mark.parametrize("change", ["UPDATE {} SET {} = {}", "DELETE FROM {} WHERE {} = {}"])
def test_what_was_written_for_good_cannot_be_changed_or_deleted(app, change):
    people = cast.district(app)
    with app.app_context():
        cast.event(people.one)
        with transaction():
            record("tests.act", "thing 1", by=people.lin.id, now=clock.now())
        before = db.session.scalar(select(func.count()).select_from(AuditLine))
        for table, column in (("audit_lines", "number"), ("event_steps", "id")):
            with pytest.raises(DBAPIError, match="append-only"), transaction():
                db.session.execute(text(change.format(table, column, column)))
        assert db.session.scalar(select(func.count()).select_from(AuditLine)) == before
        assert db.session.scalar(select(func.count()).select_from(EventStep)) >= 2
        assert db.session.scalars(select(Event.made_at)).one() <= clock.now() + timedelta(seconds=1)


@pytest.mark.both_databases
def test_every_table_that_is_kept_for_good_has_its_guard(app):
    lite = "SELECT DISTINCT tbl_name FROM sqlite_master WHERE type = 'trigger'"
    postgres = "SELECT DISTINCT event_object_table::text FROM information_schema.triggers"
    with app.app_context():
        names = db.session.scalars(text(lite if db.engine.dialect.name == "sqlite" else postgres))
        assert set(names) >= set(TABLES)


# --- from one version to the next, on a filled database ------------------------------------------------------------


@pytest.fixture
def of_version_1(request, tmp_path, database_url):
    """An application whose database stands at the first version, empty."""
    yield from _of_version("0001", request, tmp_path, database_url)


@pytest.fixture
def of_version_2(request, tmp_path, database_url):
    """The same at the second version."""
    yield from _of_version("0002", request, tmp_path, database_url)


@pytest.fixture
def of_version_3(request, tmp_path, database_url):
    """The same at the third version."""
    yield from _of_version("0003", request, tmp_path, database_url)


def _of_version(version: str, request, tmp_path, database_url):
    lite = database_url.startswith("sqlite")
    url = f"sqlite:///{tmp_path / 'old.db'}" if lite else request.getfixturevalue("postgresql").fresh()
    old = create_app(Settings(instance=tmp_path / "old", database_url=url))
    with old.app_context():
        config = Config()
        config.set_main_option("script_location", str(migrate._FOLDER))
        config.attributes["engine"] = db.engine
        command.upgrade(config, version)
        yield old
        db.session.remove()
        db.engine.dispose()
    if not lite:
        request.getfixturevalue("postgresql").drop(url)


NINE = clock.instant(date(2026, 11, 25), 9)
OLD_EVENTS = (
    # id, room, state, hours after nine
    (1, 1, "published", 0, 2),
    (2, 1, "published", 1, 3),  # was let in although the room was taken
    (3, 1, "submitted", 2, 4),
    (4, 1, "draft", 2, 4),
    (5, 1, "closed_out", -48, -46),
    (6, 1, "cancelled", 6, 7),
    (7, 2, "published", 0, 2),
    (8, None, "published", 0, 2),
)
STEPS = {"draft": (), "submitted": ("submit",), "published": ("submit", "publish")}
STEPS["closed_out"], STEPS["cancelled"] = (*STEPS["published"], "close_out"), (*STEPS["published"], "cancel")
LEADS_TO = {"submit": "submitted", "publish": "published", "close_out": "closed_out", "cancel": "cancelled"}


def write_version_1() -> None:
    """A station, two rooms and eight events with their steps, as the first version kept them."""
    tables = MetaData()
    tables.reflect(db.engine)
    lite = db.engine.dialect.name == "sqlite"

    def at(hours: float):
        moment = NINE + timedelta(hours=hours)
        return moment.astimezone(UTC).replace(tzinfo=None) if lite else moment

    def put(connection, table: str, **values) -> None:
        connection.execute(tables.tables[table].insert().values(**values))

    with db.engine.begin() as connection:
        put(connection, "sites", id=1, code="410305000", level="center", name="涧西区新时代文明实践中心",
            short_name="涧西区", path="/1/", valid_from=date(2020, 1, 1), address="", phone="", legal_body="",
            hours="", publishes_directly=False)  # fmt: skip
        for room, name in ((1, "舞蹈室"), (2, "书画室")):
            put(connection, "rooms", id=room, site_id=1, name=name, floor="", hours="")
        for number, room, state, starts, ends in OLD_EVENTS:
            put(connection, "events", id=number, code=f"EVENT00{number}", site_id=1, state=state, title="旧活动",
                summary="", audience="", room_id=room, place="", starts_at=at(starts), ends_at=at(ends),
                residence="anyone", bring="", contact="", contact_phone="", notes="", remark="",
                break_minutes=0, taken=0, waiting=0, queued=0, made_at=at(-100))  # fmt: skip
            before = "draft"
            for step in STEPS[state]:
                put(connection, "event_steps", event_id=number, step=step, from_state=before,
                    to_state=LEADS_TO[step], at=at(-99), reason="")  # fmt: skip
                before = LEADS_TO[step]


def everything() -> dict[str, list]:
    """Each table of the first version with its rows, by the columns it had."""
    tables = MetaData()
    tables.reflect(db.engine)
    with db.engine.connect() as connection:
        return {
            name: [row._mapping for row in connection.execute(select(table).order_by(*table.primary_key))]
            for name, table in tables.tables.items()
            if name != "alembic_version"
        }


@pytest.mark.both_databases
def test_version_2_keeps_every_row_books_what_fits_and_still_refuses_to_change_what_is_written(of_version_1):
    write_version_1()
    before = everything()
    migrate.migrate(db.engine)
    after = everything()
    for table, old in before.items():
        rows = [row for row in after[table] if table != "chains" or row["name"] != "scans"]
        kept = [{name: row[name] for name in old_row} for old_row, row in zip(old, rows, strict=True)]
        assert kept == [dict(row) for row in old], table
    assert len(after["event_steps"]) == 15
    booked = [(row["event_id"], row["room_id"]) for row in after["bookings"]]
    assert sorted(booked) == [(1, 1), (3, 1), (5, 1), (7, 2)]
    for row in after["bookings"]:
        event = after["events"][row["event_id"] - 1]
        assert (row["starts_at"], row["ends_at"]) == (event["starts_at"], event["ends_at"])
    assert {row["kind"] for row in after["rooms"]} == {"room"}
    for change in ("UPDATE event_steps SET reason = 'x'", "DELETE FROM event_steps"):
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(change))
    overlapping = (
        "INSERT INTO bookings (room_id, starts_at, ends_at, purpose, made_at) "
        "SELECT room_id, starts_at, ends_at, 'x', made_at FROM bookings"
    )
    with pytest.raises(DBAPIError), db.engine.begin() as connection:
        connection.execute(text(overlapping))
    assert everything() == after


HOMES = {1: (1, 2), 2: (3,), 3: (4,)}
"""Parties of each household; the first signed up twice for the same event."""

CALLS = (  # notice, party, outcome
    (1, 1, "no_answer"),
    (1, 3, "reached"),
    (1, 2, "comes"),  # the first household's other party: the same call
    (2, 1, "not_coming"),
    (1, 4, "comes"),
    (1, 4, "no_answer"),  # pressed wrong before
)


def write_version_2(calls=CALLS) -> None:
    """An event with four parties of three households, two notices about it, and what came of calling them."""
    tables = MetaData()
    tables.reflect(db.engine)
    lite = db.engine.dialect.name == "sqlite"

    def at(minutes: int):
        moment = NINE + timedelta(minutes=minutes)
        return moment.astimezone(UTC).replace(tzinfo=None) if lite else moment

    def put(connection, table: str, **values) -> None:
        connection.execute(tables.tables[table].insert().values(**values))

    with db.engine.begin() as connection:
        put(connection, "sites", id=1, code="410305000", level="center", name="涧西区新时代文明实践中心",
            short_name="涧西区", path="/1/", valid_from=date(2020, 1, 1), address="", phone="", legal_body="",
            hours="", publishes_directly=False)  # fmt: skip
        put(connection, "events", id=1, code="EVENT001", site_id=1, state="published", title="旧活动", summary="",
            audience="", place="", starts_at=at(600), ends_at=at(700), residence="anyone", bring="", contact="",
            contact_phone="", notes="", remark="", break_minutes=0, taken=4, waiting=0, queued=0,
            made_at=at(-900))  # fmt: skip
        for household, parties in HOMES.items():
            put(connection, "households", id=household, made_at=at(-800))
            for party in parties:
                put(connection, "parties", id=party, key_index=bytes([party]), event_id=1, household_id=household,
                    size=1, first_state="confirmed", channel="web", consent="web-1", made_at=at(-700))  # fmt: skip
        for notice, occasion in ((1, "moved"), (2, "cancelled")):
            put(connection, "notices", id=notice, site_id=1, occasion=occasion, subject="event EVENT001", step=0,
                made_at=at(notice))  # fmt: skip
        for number, (notice, party, outcome) in enumerate(calls, start=1):
            put(connection, "call_answers", id=number, notice_id=notice, party_id=party, outcome=outcome,
                at=at(10 + number))  # fmt: skip


@pytest.mark.both_databases
def test_version_3_gives_every_call_a_message_keeps_the_answers_and_still_refuses_to_change_them(
    of_version_2,
):
    write_version_2()
    before = everything()["call_answers"]
    migrate.migrate(db.engine)
    after = everything()
    calls = {
        (row["notice_id"], row["household_id"]): row for row in after["messages"] if row["way"] == "call"
    }
    assert len(calls) == len(after["messages"]) == 4
    told = [calls[1, 1], calls[1, 2], calls[1, 3], calls[2, 1]]
    assert [row["state"] for row in told] == ["answered", "answered", "pending", "answered"]
    assert [row["party_id"] for row in told] == [1, 3, 4, 1]
    assert [row["occasion"] for row in told] == ["moved", "moved", "moved", "cancelled"]
    assert {row["subject"] for row in told} == {"event EVENT001"}
    assert told[0]["ended_at"] == before[2]["at"] and told[2]["ended_at"] is None
    home_of = {party: household for household, parties in HOMES.items() for party in parties}
    expected = [
        (old["id"], calls[old["notice_id"], home_of[old["party_id"]]]["id"], old["outcome"], old["at"])
        for old in before
    ]
    assert [
        (row["id"], row["message_id"], row["outcome"], row["at"]) for row in after["call_answers"]
    ] == expected
    for change in ("UPDATE call_answers SET by = NULL", "DELETE FROM call_answers"):
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(change))
    with db.engine.begin() as connection:  # and the next one gets a number of its own
        connection.execute(
            text(
                "INSERT INTO call_answers (message_id, outcome, at) SELECT message_id, outcome, at FROM call_answers"
            )
        )
    assert len(everything()["call_answers"]) == 2 * len(CALLS)


def write_scans() -> None:
    """Somebody who came and left, as scans were kept before each had its link."""
    tables = MetaData()
    tables.reflect(db.engine)
    lite = db.engine.dialect.name == "sqlite"

    def at(minutes: int):
        moment = NINE + timedelta(minutes=minutes, microseconds=7)
        return moment.astimezone(UTC).replace(tzinfo=None) if lite else moment

    with db.engine.begin() as connection:
        person = {
            "household_id": 1,
            "name": "吴桂芳",
            "initials": "wgf",
            "lives": "outside",
            "made_at": at(0),
        }
        connection.execute(tables.tables["residents"].insert().values(id=1, **person))
        for kind, minutes in (("in", 0), ("out", 60)):
            scan = {"kind": kind, "how": "roster", "at": at(minutes), "arrived_at": at(minutes + 1)}
            connection.execute(tables.tables["scans"].insert().values(event_id=1, resident_id=1, **scan))


@pytest.mark.both_databases
def test_version_4_chains_what_was_scanned_before_and_still_refuses_to_change_it(of_version_3):
    write_version_2(calls=())
    write_scans()
    migrate.migrate(db.engine)
    broken = {check.name: check.find for check in attendance_checks.CHECKS}["H10 scans"]
    assert broken() == []
    assert [(row["number"], row["scan_id"]) for row in everything()["scan_links"]] == [(1, 1), (2, 2)]
    for change in ("UPDATE scans SET at = arrived_at", "DELETE FROM scan_links"):
        with pytest.raises(DBAPIError, match="append-only"), db.engine.begin() as connection:
            connection.execute(text(change))
