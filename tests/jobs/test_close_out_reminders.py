"""Reminders of close-outs, day after day: two processes, outages, and events that are closed, opened again or moved."""

import threading
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.operations import close_out
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.queries import fields_of
from stationapp.jobs import runner
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from tests import cast

STARTS = clock.instant(clock.day_of(clock.now()) - timedelta(days=20), 9)
ENDS = STARTS + timedelta(hours=2)
STEPS = [(1, timedelta(hours=24)), (2, timedelta(days=3)), (3, timedelta(days=7))]


@pytest.fixture
def people(app):
    return cast.district(app)


def given(app, code: str) -> list[tuple[int, timedelta]]:
    """The reminders of an event: step, and how long after its end."""
    with app.app_context():
        about = select(Notice.step, Notice.made_at).where(
            Notice.occasion == Occasion.CLOSE_OUT_DUE, Notice.subject == f"event {code}"
        )
        return [(step, at - ENDS) for step, at in db.session.execute(about.order_by(Notice.step))]


def live(app, hours, *, holders=("a", "b"), on=None) -> None:
    """The jobs processes, taking turns at each of these hours after the end; `on` says what people do meanwhile."""
    for hour in hours:
        with time_machine.travel(ENDS + timedelta(hours=hour), tick=False):
            if on and hour in on:
                with app.app_context(), transaction():
                    on[hour]()
            for holder in holders if hour % 2 else reversed(holders):
                runner.tick(app, holder)


@pytest.mark.both_databases
def test_two_processes_remind_after_a_day_three_and_seven_once_each(app, people):
    with app.app_context():
        code = cast.event(people.one, starts_at=STARTS).code
    live(app, range(20, 200, 2))
    assert given(app, code) == STEPS


@pytest.mark.both_databases
def test_two_processes_that_tick_at_the_same_moment_remind_once(app, people):
    with app.app_context():
        codes = [cast.event(people.one, starts_at=STARTS).code for _ in range(8)]
    failed: list[BaseException] = []
    threading.excepthook, usual = (lambda what: failed.append(what.exc_value)), threading.excepthook
    try:
        with time_machine.travel(ENDS + timedelta(days=3), tick=False):
            both = [threading.Thread(target=runner.guarded_tick, args=(app, name)) for name in "ab"]
            for one in both:
                one.start()
            for one in both:
                one.join()
    finally:
        threading.excepthook = usual
    assert failed == []
    live(app, [72])  # the loser's turn
    assert [given(app, code) for code in codes] == [[(2, timedelta(days=3))]] * 8


@pytest.mark.both_databases
def test_after_five_days_without_jobs_the_newest_reminder_is_given_once(app, people):
    with app.app_context():
        code = cast.event(people.one, starts_at=STARTS).code
    live(app, [2, 22])
    live(app, range(22 + 5 * 24, 220, 6))
    assert given(app, code) == [(2, timedelta(hours=142)), (3, timedelta(hours=172))]


@pytest.mark.both_databases
def test_a_closed_event_is_left_alone_and_one_opened_again_gets_only_what_is_still_to_come(app, people):
    with app.app_context():
        event = cast.event(people.one, starts_at=STARTS)
    by = people.lin.id
    live(
        app,
        range(24, 240, 6),
        on={
            30: lambda: close_out(db.session.merge(event), note="", by=by, now=clock.now()),
            96: lambda: events.reopen(db.session.merge(event), by=by, now=clock.now(), reason="漏记一人"),
        },
    )
    # The third day fell into the time it was closed out: the step that is due when it is open again is given then.
    assert given(app, event.code) == [STEPS[0], (2, timedelta(hours=96)), (3, timedelta(hours=168))]


@pytest.mark.both_databases
def test_an_event_that_was_moved_is_asked_after_from_its_new_end_on(app, people):
    before = STARTS - timedelta(days=2)
    with app.app_context():
        event = cast.event(people.one, starts_at=STARTS - timedelta(days=1))
        with transaction():
            fields = fields_of(event)
            moved = type(fields)(**{**vars(fields), "starts_at": STARTS, "ends_at": ENDS})
            events.change(event, moved, by=people.lin.id, now=before)
    live(app, range(1, 200, 3))
    assert [step for step, _after in given(app, event.code)] == [1, 2, 3]
    assert given(app, event.code)[0][1] == timedelta(hours=25)  # the first look after the day was over


def test_reminders_lead_to_the_close_out_and_go_when_it_is_done(app, people, client):
    with app.app_context():
        event = cast.event(people.one, starts_at=STARTS)
    live(app, [24, 80])
    cast.sign_in(client, people.lin)
    page = client.get("/desk/").text
    assert page.count("活动结束了还没有归档") == 1  # both reminders are one card
    assert f'<a href="/desk/events/{event.code}/closeout">' in page
    with app.app_context(), transaction():
        close_out(db.session.merge(event), note="", by=people.lin.id, now=clock.now())
    assert "活动结束了还没有归档" not in client.get("/desk/").text


def test_after_ten_working_days_it_is_said_to_be_unfiled(app, people, client):
    cast.sign_in(client, people.lin)
    ended = clock.day_of(clock.now()) - timedelta(days=10)  # less than ten working days
    with app.app_context():
        cast.event(people.one, starts_at=clock.instant(ended, 9))
    assert "未归档" not in client.get("/desk/").text
    with app.app_context():
        cast.event(people.one, starts_at=STARTS - timedelta(days=10))
    page = client.get("/desk/").text
    assert page.count(">未归档<") == 1 and "过了 10 个工作日" in page
