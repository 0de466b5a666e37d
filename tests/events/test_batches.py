"""Drafts written at once are taken back at once, and brought back."""

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import batches, operations
from stationapp.events.models import Batch, Event
from stationapp.events.queries import fields_of
from stationapp.events.rules import BatchKind, State
from tests import cast


def batch_of(people, number: int = 4) -> tuple[Batch, list[Event]]:
    """A batch of drafts at Lin's station, each as the cast's events are."""
    pattern = fields_of(cast.event(people.one, publish=False))
    with transaction():
        batch = batches.open_batch(people.one, BatchKind.COPY, by=people.lin.id, now=clock.now())
        made = [
            operations.draft(people.one, pattern, by=people.lin.id, now=clock.now(), batch=batch)
            for _ in range(number)
        ]
    return batch, made


def step(act, event: Event, reason: str = "") -> None:
    with transaction():
        act(event, by=None, now=clock.now(), reason=reason)


def undo(batch: Batch) -> batches.Undone:
    with transaction():
        return batches.undo(batch, by=None, now=clock.now())


def restore(batch: Batch) -> int:
    with transaction():
        return batches.restore(batch, by=None, now=clock.now())


def states(made: list[Event]) -> list[State]:
    ids = [event.id for event in made]
    return list(db.session.scalars(select(Event.state).where(Event.id.in_(ids)).order_by(Event.id)))


@pytest.mark.both_databases
def test_what_is_not_public_leaves_the_plan_and_what_is_public_stays(app):
    people = cast.district(app)
    with app.app_context():
        batch, made = batch_of(people)
        for event in made[1:]:
            step(operations.submit, event)
        step(operations.send_back, made[2], "地点不清楚")
        step(operations.publish, made[3])
        undone = undo(batch)
        assert undone.discarded == 3
        assert undone.kept == [made[3]]
        assert states(made) == [State.DISCARDED] * 3 + [State.PUBLISHED]


@pytest.mark.both_databases
def test_undoing_twice_takes_nothing_more_and_says_the_same_of_what_stays(app):
    people = cast.district(app)
    with app.app_context():
        batch, made = batch_of(people)
        step(operations.submit, made[0])
        step(operations.publish, made[0])
        undo(batch)
        first = batch.undone_at
        step(operations.restore, made[1])
        assert undo(batch) == (0, [made[0]])
        assert states(made)[1] is State.DRAFT
        assert db.session.scalar(select(Batch.undone_at)) == first


@pytest.mark.both_databases
def test_bringing_back_brings_only_what_the_undoing_took(app):
    people = cast.district(app)
    with app.app_context():
        batch, made = batch_of(people)
        step(operations.discard, made[0])
        assert restore(batch) == 0
        undo(batch)
        step(operations.restore, made[1])
        assert restore(batch) == 2
        assert states(made) == [State.DISCARDED, *[State.DRAFT] * 3]
        assert db.session.scalar(select(Batch.undone_at)) is None
        assert undo(batch).discarded == 3


def test_each_act_on_a_batch_leaves_its_audit_line(app):
    people = cast.district(app)
    with app.app_context():
        batch, _made = batch_of(people)
        undo(batch)
        restore(batch)
        acts = select(AuditLine.act).where(AuditLine.subject == f"batch {batch.code}")
        assert db.session.scalars(acts.order_by(AuditLine.number)).all() == [
            "events.open_batch",
            "events.undo_batch",
            "events.restore_batch",
        ]


def test_the_page_lists_what_was_written_and_undoes_and_restores_it(app, client):
    people = cast.district(app)
    with app.app_context():
        batch, made = batch_of(people)
        step(operations.submit, made[0])
        step(operations.publish, made[0])
        code = batch.code
    cast.sign_in(client, people.lin)
    assert client.get(f"/desk/batches/{code}").text.count("/desk/events/") >= 4
    answer = client.submit(f"/desk/batches/{code}", to="undoing", follow_redirects=True)
    assert "3 场移出计划；1 场居民已经看得到" in answer.text
    assert "已放回：3 场" in client.submit(answer, to="restoring", follow_redirects=True).text


def test_another_station_sees_no_batch(app, client):
    people = cast.district(app)
    with app.app_context():
        batch, _made = batch_of(people)
        code = batch.code
    cast.sign_in(client, people.ma)
    assert client.get(f"/desk/batches/{code}").status_code == 404
