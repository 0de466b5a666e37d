"""What is in an event's way is named as far as its desk may know, and other times and rooms are a click away."""

from datetime import date, timedelta
from urllib.parse import unquote

import pytest
import time_machine

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.events.clashes import trouble_of
from stationapp.events.queries import fields_of, get_event, get_with_site
from stationapp.events.rules import State
from stationapp.rooms.models import Room
from stationapp.rooms.operations import add_room, hold
from stationapp.rooms.rules import RoomFacts, RoomKind
from tests import cast

NINE = clock.instant(date(2026, 11, 25), 9)
HOUR = timedelta(hours=1)
HOURS = "每天 08:30-12:00 14:30-20:00"


@pytest.fixture(autouse=True)
def monday():
    with time_machine.travel(clock.instant(date(2026, 11, 23), 8), tick=False):
        yield


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def lin(app, people):
    return cast.signed_in(app, people.lin)


def add(app, site, name="舞蹈室", kind=RoomKind.ROOM, **facts) -> int:
    with app.app_context(), transaction():
        facts = {"hours": HOURS} | facts
        return add_room(site, kind, RoomFacts(name, **facts), by=None, now=clock.now()).id


def make(app, site, start=0.0, *, submit=False, **changes) -> str:
    with app.app_context():
        changes = {"starts_at": NINE + start * HOUR, "publish": False} | changes
        event = cast.event(site, **changes)
        if submit:
            with transaction():
                operations.submit(event, by=None, now=clock.now())
        return event.code


def trouble(app, code):
    with app.app_context():
        event, site = get_with_site(code)
        found = trouble_of(fields_of(event), site, state=event.state, event_id=event.id, now=clock.now())
        return (
            [(one.what, bool(one.code)) for one in found.clashes],
            [room.name for room in found.closed],
            [(at - NINE) / HOUR for at in found.offers.times],
            [room.name for room in found.offers.rooms],
        )


# --- what is named and what is offered ----------------------------------------------------------------------------


def test_a_draft_is_told_of_its_clash_and_offered_the_nearest_times_and_rooms(app, people):
    room = add(app, people.one, capacity=30, step_free=True)
    add(app, people.one, "够大的", capacity=25, step_free=True)
    add(app, people.one, "太小的", capacity=19, step_free=True)
    add(app, people.one, "有台阶的", capacity=40, step_free=False)
    taken = add(app, people.one, "也占着的", capacity=40, step_free=True)
    make(app, people.one, title="书法班", room_id=room, publish=True)
    make(app, people.one, 1, room_id=taken, publish=True)
    draft = make(app, people.one, 0.5, room_id=room, capacity=20)
    assert trouble(app, draft) == ([("书法班", True)], [], [5.5, 24.5, 29.5], ["够大的"])


def test_a_room_with_steps_may_be_exchanged_for_any_other(app, people):
    room = add(app, people.one, step_free=False)
    add(app, people.one, "没有写明的")
    add(app, people.two, "别站的")
    make(app, people.one, room_id=room, publish=True)
    assert trouble(app, make(app, people.one, room_id=room))[3] == ["没有写明的"]


def test_a_time_outside_the_hours_is_a_warning_and_no_refusal(app, people, lin):
    room = add(app, people.one)
    draft = make(app, people.one, 3.5, room_id=room)
    assert trouble(app, draft) == ([], ["舞蹈室"], [5.5, 1.0, 29.5], [])
    page = lin.get(f"/desk/events/{draft}")
    assert "不在开放时间内" in page.text and HOURS in page.text
    assert lin.submit(page, to="/submission").status_code == 303


def test_what_another_station_has_is_named_only_when_it_is_public(app, people):
    bus = add(app, people.office, "流动图书车", RoomKind.SHARED, hours="")
    room = add(app, people.one, hours="")
    wish = {"shared": frozenset({bus}), "room_id": room}
    make(app, people.two, title="还没公开的", shared=frozenset({bus}), submit=True)
    make(app, people.two, 2, title="已经公开的", shared=frozenset({bus}), publish=True)
    assert trouble(app, make(app, people.one, **wish))[0] == [("别的站点的活动", False)]
    both = trouble(app, make(app, people.one, 1, **wish))
    assert both[0] == [("别的站点的活动", False), ("已经公开的", False)]
    assert both[3] == []  # another room does not help: it is the bus that is away


def test_a_hold_is_named_by_its_purpose(app, people):
    room = add(app, people.one)
    with app.app_context(), transaction():
        times = {"starts_at": NINE, "ends_at": NINE + HOUR}
        hold(db.session.get_one(Room, room), **times, purpose="空调检修", by=None, now=clock.now())
    assert trouble(app, make(app, people.one, room_id=room))[0] == [("空调检修", False)]


def test_what_is_over_called_off_or_at_rest_has_no_trouble(app, people, lin):
    room = add(app, people.one)
    make(app, people.one, room_id=room, publish=True)
    draft = make(app, people.one, room_id=room)
    assert trouble(app, draft) != ([], [], [], [])
    assert trouble(app, make(app, people.one)) == ([], [], [], [])
    with app.app_context(), transaction():
        operations.discard(get_event(draft), by=None, now=clock.now())
    assert trouble(app, draft) == ([], [], [], [])


def test_trouble_asks_the_database_the_same_few_times_however_full_the_room_is(app, people):
    from sqlalchemy import event as listening

    room = add(app, people.one)
    for number in range(8):
        add(app, people.one, f"第{number}间")
    draft = make(app, people.one, room_id=room)

    def asked() -> int:
        seen = []
        with app.app_context():
            event, site = get_with_site(draft)
            fields = fields_of(event)
            listen = lambda *args: seen.append(args[2])  # noqa: E731
            listening.listen(db.engine, "before_cursor_execute", listen)
            trouble_of(fields, site, state=event.state, event_id=event.id, now=clock.now())
            listening.remove(db.engine, "before_cursor_execute", listen)
        return len(seen)

    make(app, people.one, room_id=room, publish=True)
    one = asked()
    for number in range(1, 10):
        make(app, people.one, number * 24, room_id=room, publish=True)
    assert asked() == one <= 6


# --- at the desk --------------------------------------------------------------------------------------------------


def test_submitting_into_a_clash_is_refused_in_words_with_links_that_fill_the_form(app, people, lin):
    room, other = add(app, people.one), add(app, people.one, "书画室")
    make(app, people.one, title="书法班", room_id=room, publish=True)
    draft = make(app, people.one, room_id=room, place="舞蹈室")
    refused = lin.submit(f"/desk/events/{draft}", to="/submission")
    text = unquote(refused.text)
    assert refused.status_code == 409 and "这段时间已经有别的安排：舞蹈室" in text and "（书法班）" in text
    link = f"/desk/events/{draft}/edit?instead=2026-11-25T14:30"
    assert link in text and f"instead=2026-11-25T09:00/{other}" in text
    form = lin.get(link)
    assert 'value="2026-11-25T14:30"' in form.text and 'value="2026-11-25T16:30"' in form.text
    assert "已经有别的安排" not in form.text
    assert lin.submit(form, to="/edit").status_code == 303
    assert lin.submit(f"/desk/events/{draft}", to="/submission").status_code == 303
    with app.app_context():
        event = get_event(draft)
        assert (event.state, event.starts_at, event.room_id) == (State.SUBMITTED, NINE + 5.5 * HOUR, room)


def test_another_room_chosen_in_the_form_takes_the_place_in_words_along(app, people, lin):
    room, other = add(app, people.one), add(app, people.one, "书画室")
    make(app, people.one, room_id=room, publish=True)
    draft = make(app, people.one, room_id=room, place="舞蹈室")
    choice = f"2026-11-25T09:00/{other}"
    page = lin.get(f"/desk/events/{draft}/edit")
    assert choice in page.text and "换个时间或地方" in page.text
    assert lin.submit(page, {"instead": choice}, to="/edit").status_code == 303
    with app.app_context():
        event = get_event(draft)
        assert (event.room_id, event.place, event.starts_at) == (other, "书画室", NINE)


def test_a_published_event_changed_into_a_clash_keeps_what_was_typed_and_offers_choices(app, people, lin):
    room = add(app, people.one)
    make(app, people.one, title="书法班", room_id=room, publish=True)
    code = make(app, people.one, 6, room_id=room, publish=True)
    typed = {"starts_at": "2026-11-25T09:30", "ends_at": "2026-11-25T11:30", "bring": "老花镜"}
    refused = lin.submit(f"/desk/events/{code}/edit", typed, to="/edit")
    assert refused.status_code == 409 and "（书法班）" in refused.text and 'value="老花镜"' in refused.text
    saved = lin.submit(refused, {"instead": "2026-11-25T16:00"}, to="/edit")
    assert saved.status_code == 303
    with app.app_context():
        event = get_event(code)
        assert (event.starts_at, event.bring) == (NINE + 7 * HOUR, "老花镜")


@pytest.mark.parametrize(
    "instead",
    ["", "x", "2026-11-25T09:00/4711", "2026-11-25T09:00/x", "/1", "9999-99-99T99:99", "%00", "a" * 9000],
)
def test_an_offer_that_makes_no_sense_changes_nothing(app, people, lin, instead):
    add(app, people.one)
    draft = make(app, people.one)
    page = lin.get(f"/desk/events/{draft}/edit?instead={instead}")
    assert page.status_code == 200 and 'value="2026-11-25T09:00"' in page.text
