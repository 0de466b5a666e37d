"""Each invariant of templates and proposals fires on a corrupted row, and on that row alone."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.catalogue import checks as catalogue
from stationapp.db import db, transaction
from stationapp.events.batches import open_batch
from stationapp.events.rules import BatchKind
from stationapp.proposals import checks as proposals
from stationapp.proposals.models import Proposal
from stationapp.rooms.rules import RoomKind
from tests import cast
from tests.catalogue.test_operations import PAPER, room, write

CHECKS = (*catalogue.CHECKS, *proposals.CHECKS)

CORRUPTIONS = [
    ("P5 template owner", "UPDATE templates SET site_id = :station, shared_id = NULL WHERE id = :id", "template"),
    ("P5 template sane", "UPDATE templates SET summary = '' WHERE id = :id", "template"),
    ("P5 template sane", "UPDATE templates SET summary = summary || :long WHERE id = :id", "template"),
    ("P5 template sane", "UPDATE templates SET min_age = 22, max_age = NULL WHERE id = :id", "template"),
    ("P5 template sane",
     "UPDATE template_themes SET theme = 'old' WHERE theme = 'young' AND template_id = :id", "template"),
    ("P5 template shared", "UPDATE rooms SET site_id = :far WHERE id = :room", "template"),
    ("P5 template shared", "UPDATE rooms SET kind = 'room' WHERE id = :room", "template"),
    ("P6 proposal taken", "UPDATE batches SET kind = 'copy' WHERE id = :batch", "proposal"),
    ("P6 proposal taken", "UPDATE proposals SET site_id = :far WHERE id = :proposal", "proposal"),
    ("P6 proposal taken", "UPDATE proposals SET batch_id = NULL WHERE id = :proposal", "batch"),
]  # fmt: skip


def found() -> dict[str, list[str]]:
    db.session.rollback()
    return {check.name: check.find() for check in CHECKS if check.find()}


@pytest.mark.both_databases
@pytest.mark.parametrize(("name", "sql", "table"), CORRUPTIONS)
def test_the_check_fires_on_the_corrupted_row_alone(app, name, sql, table):
    people = cast.district(app)
    with app.app_context():
        write(people.office)
        shared = room(people.office, "讲师团", kind=RoomKind.SHARED)
        template = write(people.office, replace(PAPER, shared_id=shared))
        with transaction() as session:
            batch = open_batch(people.office, BatchKind.PROPOSAL, by=None, now=clock.now())
            proposal = Proposal(code="PRPSL234", site_id=people.office.id, month_on=date(2031, 3, 1), body="{}",
                                made_at=clock.now(), batch_id=batch.id)  # fmt: skip
            session.add(proposal)
        assert found() == {}
        values = {
            "id": template.id, "station": people.one.id, "far": people.far_office.id, "room": shared,
            "batch": batch.id, "proposal": proposal.id, "long": "字" * 41,
        }  # fmt: skip
        names = {name: value for name, value in values.items() if f":{name}" in sql}
        with transaction() as session:
            session.execute(text(sql), names)
        rows = found()
        assert list(rows) == [name]
        ids = {"template": template.id, "proposal": proposal.id, "batch": batch.id}
        assert rows[name] == [f"{table} {ids[table]}"]


def test_every_check_is_shown_to_fire():
    assert {name for name, _sql, _table in CORRUPTIONS} == {check.name for check in CHECKS}
