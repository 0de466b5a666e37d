"""Who has a shift hears that its event was moved, put off or called off: once a household."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import db, retried, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of
from stationapp.jobs.operations import tell
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.saying import facts_of
from stationapp.messages.tidying import tidy_calls
from stationapp.notices.rules import Occasion
from stationapp.volunteers import operations
from stationapp.volunteers.models import Assignment
from tests import cast
from tests.teams.scenes import personal, scene, send, volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def here(app):
    """A shift for two in two days, taken by a couple of one phone and nobody signed up."""
    made = scene(app)
    with app.app_context():
        wife = volunteer(made.people.one, "孙一梅", "19900004444")
        for who in (made.member, wife):
            put(made.shift, who)
    return made


def put(shift, who):
    with transaction():
        operations.assign(db.session.merge(shift), who, by=None, now=clock.now())


def event_of(here) -> Event:
    return db.session.get_one(Event, here.shift.event_id, populate_existing=True)


def take(act, here, **more):
    with transaction():
        act(event_of(here), by=None, now=clock.now(), **more)


def move(here, **changes):
    with transaction():
        its = event_of(here)
        events.change(its, replace(fields_of(its), **changes), by=None, now=clock.now())


def go() -> int:
    return retried(_go)


def _go() -> int:
    with transaction():
        return tell(now=clock.now())


def messages(way=Way.CALL, occasion=Occasion.SHIFT) -> list[Message]:
    its = db.session.query(Message).filter_by(occasion=occasion, way=way).order_by(Message.id)
    return its.populate_existing().all()


def changes() -> list[str | None]:
    """What the messages say by now, one after the other."""
    its = messages()
    facts = facts_of(its, now=clock.now())
    return [facts[one.id] and facts[one.id]["change"] for one in its]


def test_a_cancelled_event_is_told_to_its_helpers_and_stays_on_their_page(app, client, here):
    with app.app_context():
        take(events.cancel, here, reason="下雨")
        assert go() == 2 and go() == 0  # the page and the call of one household
        mine = f"/hours/{personal(here.member)}"
    page = client.get(mine).text
    assert "接下来的岗位" in page and "已取消" in page and "下雨" in page
    lin = cast.signed_in(app, here.people.lin)
    today = lin.get("/desk/").text
    assert "请告知排了岗位的志愿者" in today and "about=shift" in today
    calls = lin.get("/desk/calls/?about=shift")
    assert "您要去帮忙的《理发》取消了（下雨），原定" in calls.text and "李*兰" in calls.text
    where = re.search(r"/desk/calls/lines/\d+/answers", calls.text)[0]
    send(lin, "/desk/calls/", where, outcome="reached")
    assert "请告知排了岗位的志愿者" not in lin.get("/desk/").text
    with app.app_context():
        notice = messages()[0].notice_id
    assert lin.get(f"/desk/calls/{notice}").status_code == 200


def test_each_change_is_told_and_only_the_last_is_true(app, here):
    with app.app_context():
        starts = event_of(here).starts_at
        assert go() == 0
        move(here, starts_at=starts + timedelta(days=1), ends_at=starts + timedelta(days=1, hours=2))
        go()
        [moved] = changes()
        assert moved.startswith("改到") and "来不了请告诉我们" in moved
        take(events.postpone, here, reason="停电")
        go()
        assert changes() == [None, "延期了（停电），定了时间再告诉您"]
        assert messages()[0].state is Delivery.VOID
        move(here, starts_at=starts + timedelta(days=2), ends_at=starts + timedelta(days=2, hours=2))
        go()
        assert len(changes()) == 2  # told when it has its new time
        take(events.publish, here)
        go()
        before, now = changes()[1:]
        assert before is None and now.startswith("改到")
        tidy_calls(now=clock.now())
        assert [one.state for one in messages()] == [Delivery.VOID, Delivery.VOID, Delivery.PENDING]


def test_a_household_with_a_place_hears_it_once_and_who_came_later_or_left_not_at_all(app, here):
    with app.app_context():
        cast.sign_up(event_of(here), cast.person("孙二梅", "19900004444"))
        move(here, place="二楼")
        go()
        assert messages() == [] and len(messages(occasion=Occasion.MOVED)) == 1
    with app.app_context():
        with transaction():
            for one in db.session.query(Assignment):
                operations.unassign(one, by=None, now=clock.now())
        put(here.shift, here.leader)
        go()
        assert messages() == []
        move(here, place="三楼")
        go()
        [told] = messages()
        with transaction():
            its = db.session.query(Assignment).filter_by(volunteer_id=here.leader.id).one()
            operations.unassign(its, by=None, now=clock.now())
        assert facts_of([told], now=clock.now())[told.id] is None
