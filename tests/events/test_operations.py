"""Drafting, changing and walking the machine, with its record."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import checks, operations
from stationapp.events.models import Event
from stationapp.events.queries import fields_of, find_event, list_steps, themes_of
from stationapp.events.rules import MACHINE, Category, EventRefusal, State, Step, Task, Theme
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.rooms.models import Room
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from tests import cast

VERBS = {
    Step.SUBMIT: operations.submit,
    Step.WITHDRAW: operations.withdraw,
    Step.RETURN: operations.send_back,
    Step.PUBLISH: operations.publish,
    Step.POSTPONE: operations.postpone,
    Step.CANCEL: operations.cancel,
    Step.CLOSE_OUT: operations.archive,
    Step.REOPEN: operations.reopen,
    Step.DISCARD: operations.discard,
    Step.RESTORE: operations.restore,
}


def take(step: Step, event: Event, **more) -> None:
    with transaction():
        VERBS[step](event, **{"by": None, "now": clock.now(), "reason": "有事"} | more)


def refusal(act, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    return refused.value


def change(event: Event, **changes) -> None:
    with transaction():
        operations.change(event, replace(fields_of(event), **changes), by=None, now=clock.now())


def notices(event: Event) -> list[tuple[Occasion, int]]:
    query = select(Notice).where(Notice.subject == f"event {event.code}").order_by(Notice.id)
    return [(notice.occasion, notice.step) for notice in db.session.scalars(query)]


def taken(event: Event, number: int) -> None:
    with transaction():
        db.session.get_one(Event, event.id).taken = number


@pytest.mark.both_databases
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(steps=st.lists(st.sampled_from(list(Step)), max_size=12), lies_ahead=st.booleans())
def test_any_row_of_steps_keeps_the_state_the_fold_of_the_steps_taken(app, steps, lies_ahead):
    with app.app_context():
        site = _center()
        starts = clock.now() + timedelta(days=1)
        event = cast.event(site, publish=False, starts_at=starts)
        expected = State.DRAFT
        for step in steps:
            now = (
                starts - timedelta(hours=1)
                if lies_ahead or step is not Step.CLOSE_OUT
                else starts + timedelta(days=1)
            )
            before = expected
            try:
                take(step, event, now=now)
            except Refused:
                if step is not Step.CLOSE_OUT:
                    assert before not in MACHINE[step][0]
            else:
                assert before in MACHINE[step][0]
                expected = MACHINE[step][1]
            found = find_event(event.code)
            assert found.state is expected
            assert (found.closed_out_at is not None) == (expected is State.CLOSED_OUT)
        walked = [step for step, _who in list_steps(event.id)]
        assert [step.to_state for step in walked][-1:] == ([expected] if walked else [])
        assert all(check.find() == [] for check in checks.CHECKS)


def _center() -> Site:
    return db.session.scalar(select(Site)) or cast.site("410305000", Level.CENTER, "涧西区")


@pytest.mark.both_databases
def test_each_step_and_change_leaves_its_audit_line_with_its_reason(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, by=people.lin.id, publish=False)
        take(Step.SUBMIT, event, by=people.lin.id, reason="")
        take(Step.RETURN, event, by=people.chen.id, reason="  地点写清楚 ")
        change(event, place="二楼")
        lines = db.session.execute(
            select(AuditLine.act, AuditLine.actor_id, AuditLine.reason, AuditLine.site_id)
            .where(AuditLine.subject == f"event {event.code}")
            .order_by(AuditLine.number)
        )
        assert [tuple(line) for line in lines] == [
            ("events.draft", people.lin.id, "", people.one.id),
            ("events.submit", people.lin.id, "", people.one.id),
            ("events.return", people.chen.id, "地点写清楚", people.one.id),
            ("events.change", None, "", people.one.id),
        ]
        assert [who for _step, who in list_steps(event.id)] == ["林晓燕", "陈立新"]


def test_a_refused_step_writes_nothing(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, publish=False, summary="")
        refused = refusal(take, Step.SUBMIT, event)
        assert (refused.reason, refused.facts["missing"]) == (EventRefusal.INCOMPLETE, ("summary",))
        assert find_event(event.code).state is State.DRAFT
        assert list_steps(event.id) == []
        assert refusal(take, Step.REOPEN, event).reason is EventRefusal.NOT_FROM_HERE


def test_the_same_values_again_change_nothing_and_are_not_recorded(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, themes=frozenset({Theme.OLD, Theme.FRAUD}))
        before = len(db.session.scalars(select(AuditLine)).all())
        change(event)
        assert len(db.session.scalars(select(AuditLine)).all()) == before
        change(event, themes=frozenset({Theme.OLD, Theme.LAW}), category=Category.A06, task=Task.T5)
        assert themes_of(event.id) == {Theme.OLD, Theme.LAW}


def test_a_published_event_stays_complete(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one)
        assert refusal(change, event, audience="").reason is EventRefusal.INCOMPLETE
        assert find_event(event.code).audience == "60岁以上居民"


def test_a_draft_without_a_title_is_refused(app):
    people = cast.district(app)
    with app.app_context():
        assert refusal(cast.event, people.one, title="").facts == {"missing": ("title",)}
        event = cast.event(people.one, publish=False)
        assert refusal(change, event, title="").facts == {"missing": ("title",)}


def test_a_room_of_another_site_is_refused(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            room = Room(site_id=people.two.id, name="多功能厅", capacity=40)
            own = Room(site_id=people.one.id, name="舞蹈室", capacity=20)
            db.session.add_all([room, own])
        assert refusal(cast.event, people.one, room_id=room.id).reason is EventRefusal.ROOM_ELSEWHERE
        event = cast.event(people.one, room_id=own.id)
        assert refusal(change, event, room_id=room.id).reason is EventRefusal.ROOM_ELSEWHERE


@pytest.mark.both_databases
def test_capacity_never_falls_below_the_places_taken(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, capacity=10)
        taken(event, 6)
        assert refusal(change, event, capacity=5).facts["taken"] == 6
        change(event, capacity=6)
        assert find_event(event.code).capacity == 6


@pytest.mark.both_databases
def test_the_desk_is_told_each_time_people_with_a_place_must_hear(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, capacity=10)
        change(event, place="没有人报名时换地方")
        assert notices(event) == []
        taken(event, 1)
        change(event, capacity=20)
        assert notices(event) == []
        change(event, place="广场")
        change(event, place="二楼")
        take(Step.POSTPONE, event)
        change(event, ends_at=event.ends_at + timedelta(hours=1))
        take(Step.PUBLISH, event)
        take(Step.POSTPONE, event)
        take(Step.CANCEL, event)
        assert notices(event) == [
            (Occasion.MOVED, 0),
            (Occasion.MOVED, 1),
            (Occasion.POSTPONED, 0),
            (Occasion.MOVED, 2),  # it has its new time
            (Occasion.POSTPONED, 1),
            (Occasion.CANCELLED, 0),
        ]


def test_the_first_publishing_is_remembered(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one)
        first = event.published_at
        take(Step.POSTPONE, event)
        take(Step.PUBLISH, event)
        assert find_event(event.code).published_at == first


@pytest.mark.both_databases
def test_of_several_people_who_press_the_same_button_one_succeeds(app):
    people = cast.district(app)
    with app.app_context():
        code = cast.event(people.one, publish=False).code

    def press(_number: int) -> str:
        with app.app_context():
            event = find_event(code)
            try:
                take(Step.SUBMIT, event)
            except Refused as refused:
                return refused.reason.value
            return "done"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(pool.map(press, range(4)))
    assert said == ["done", *["not_from_here"] * 3]
    with app.app_context():
        assert len(list_steps(find_event(code).id)) == 1
