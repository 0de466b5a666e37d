"""Two desks meet at the same rows: whoever is sent back tries again, and nobody holds more than is needed."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select

from stationapp import clock
from stationapp.db import Overtaken, db, transaction
from stationapp.events import batches, operations, series
from stationapp.events.models import Event
from stationapp.events.queries import fields_of, list_steps
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import BatchKind, Cadence, Pattern, State
from stationapp.events.series_rules import Scope
from stationapp.planning import operations as planning
from stationapp.review import operations as review
from tests import cast


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def desk(app):
    def signed_in(who):
        return cast.signed_in(app, who)

    return signed_in


@pytest.fixture
def overtaken_once(monkeypatch):
    """Has a verb find itself overtaken the first time it is called: `overtaken_once("stationapp.events.…")`."""

    def arrange(path: str) -> list[int]:
        module, _dot, name = path.rpartition(".")
        verb, calls = getattr(__import__(module, fromlist=[name]), name), []

        def first_in_vain(*arguments, **named):
            done = verb(*arguments, **named)
            calls.append(1)
            if len(calls) == 1:
                raise Overtaken
            return done

        monkeypatch.setattr(path, first_in_vain)
        return calls

    return arrange


def draft(app, where, **changes) -> str:
    with app.app_context():
        return cast.event(where, publish=False, **changes).code


def submitted(app, where) -> str:
    with app.app_context():
        event = cast.event(where, publish=False)
        with transaction():
            operations.submit(event, by=None, now=clock.now())
        return event.code


def found(app, code: str) -> Event:
    with app.app_context():
        return db.session.scalars(select(Event).where(Event.code == code)).one()


def test_a_change_that_is_sent_back_is_made_all_the_same(app, people, desk, overtaken_once):
    code, calls = draft(app, people.one), overtaken_once("stationapp.events.desk.change")
    answer = desk(people.lin).submit(f"/desk/events/{code}/edit", {"title": "新名字"}, to="/edit")
    assert (answer.status_code, len(calls), found(app, code).title) == (303, 2, "新名字")


def test_a_move_on_the_board_and_its_undoing_that_are_sent_back_are_done(app, people, desk, overtaken_once):
    code, lin = draft(app, people.one), desk(people.lin)
    before = found(app, code).starts_at
    moves = overtaken_once("stationapp.planning.operations.move")
    backs = overtaken_once("stationapp.planning.operations.put_back")
    day = clock.day_of(before) + timedelta(days=3)
    answer = lin.submit(f"/desk/planning/moves?event={code}&day={day}", to="/moves", follow_redirects=True)
    assert (len(moves), found(app, code).starts_at - before) == (2, timedelta(days=3))
    lin.submit(answer, to="/moves/undoing")
    assert (len(backs), found(app, code).starts_at) == (2, before)


def test_what_was_written_at_once_is_taken_back_and_brought_back_once(app, people, desk, overtaken_once):
    with app.app_context(), transaction():
        batch = batches.open_batch(people.one, BatchKind.COPY, by=people.lin.id, now=clock.now())
        fields = fields_of(cast.event(people.one, publish=False))
        code = operations.draft(people.one, fields, by=people.lin.id, now=clock.now(), batch=batch).code
        page = f"/desk/batches/{batch.code}"
    undos = overtaken_once("stationapp.events.batches.undo")
    restores = overtaken_once("stationapp.events.batches.restore")
    lin = desk(people.lin)
    lin.submit(page, to="/undoing")
    assert (len(undos), found(app, code).state) == (2, State.DISCARDED)
    lin.submit(page, to="/restoring")
    assert (len(restores), found(app, code).state) == (2, State.DRAFT)


def test_a_step_that_is_sent_back_is_taken_once(app, people, desk, overtaken_once):
    code, calls = draft(app, people.one), overtaken_once("stationapp.events.operations.submit")
    answer = desk(people.lin).submit(f"/desk/events/{code}", to="/submission")
    assert (answer.status_code, len(calls), found(app, code).state) == (303, 2, State.SUBMITTED)


def test_a_decision_that_is_sent_back_stands(app, people, desk, overtaken_once):
    code, calls = submitted(app, people.one), overtaken_once("stationapp.review.operations.approve")
    answer = desk(people.chen).submit("/desk/queue/", to=f"/{code}/publication")
    assert (answer.status_code, len(calls), found(app, code).state) == (303, 2, State.PUBLISHED)


def test_of_decisions_about_many_the_one_sent_back_stands_too(app, people, desk, overtaken_once):
    code, calls = submitted(app, people.one), overtaken_once("stationapp.review.operations.approve")
    answer = desk(people.chen).submit("/desk/queue/", to="/publications", follow_redirects=True)
    assert "已通过 1 场" in answer.text
    assert (len(calls), found(app, code).state) == (2, State.PUBLISHED)


@pytest.mark.both_databases
def test_an_event_is_held_so_that_a_row_that_only_names_it_need_not_wait(app, people):
    """A sign-up or a shift names its event, and PostgreSQL lets it in beside everything but FOR UPDATE."""
    now = clock.now()
    day = clock.day_of(now) + timedelta(days=7)
    rule = Recurrence(Pattern.WEEKLY, day, times=2, weekdays=frozenset({day.weekday()}))
    said: list[str] = []
    with app.app_context():
        event = cast.event(people.one, publish=False, starts_at=clock.instant(day, 9))
        listening.listen(db.engine, "before_cursor_execute", lambda *given: said.append(given[2]))
        with transaction():
            planning.move(event, day + timedelta(days=1), None, by=None, now=now)
            operations.submit(event, by=None, now=now)
        step = list_steps(event.id)[-1][0].id
        with transaction():
            review.approve(event, step=step, by=people.chen.id, now=now)
        with transaction():
            laid = series.lay_out(
                people.one, fields_of(event), rule, cadence=Cadence.STAGED, by=None, now=now
            )
        with transaction():
            wish = replace(fields_of(laid.events[0]), title="新名字")
            series.change(laid.events[0], wish, Scope.ALL_FUTURE, by=None, now=now)
        with transaction():
            batches.undo(laid.batch, by=None, now=now)
        held = [one for one in said if re.search(r"FROM (events|batches)\b.* FOR ", one, re.DOTALL)]
        assert bool(held) is (db.engine.dialect.name == "postgresql")
    assert [one for one in held if "FOR NO KEY UPDATE" not in one] == []
