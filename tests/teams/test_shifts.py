"""How a shift is filled: what it needs, who fits, and the day that becomes too long."""

import re
from datetime import timedelta

import pytest
import time_machine

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.teams import operations
from stationapp.teams.rules import DayPart, Skill
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import Assignment
from stationapp.volunteers.rules import VolunteerRefusal
from tests import cast
from tests.teams.scenes import in_two_days, personal, scene, send, shift
from tests.volunteers.acts import close, serve


@pytest.fixture
def here(app):
    return scene(app)


@pytest.fixture
def lin(app, here):
    return cast.signed_in(app, here.people.lin)


def at(one) -> str:
    return f"/desk/shifts/{one.id}"


def put(client, one, who, **values):
    return send(client, at(one), f"{at(one)}/assignments", volunteer=who.code, **values)


def test_a_shift_says_how_many_it_still_needs(lin, here):
    assert "还缺<strong>2</strong>" in lin.get(at(here.shift)).text
    page = put(lin, here.shift, here.member)
    assert "引导 1 / 2" in page.text and "还缺<strong>1</strong>" in page.text
    event = re.search(r"/desk/events/\w{8}", page.text)[0]
    assert "还缺 1 人" in lin.get(event).text


@pytest.mark.both_databases
def test_who_fits_is_found_by_team_skill_and_free_time(app, here, lin):
    weekday = (clock.day_of(clock.now()) + timedelta(days=2)).weekday()
    with app.app_context(), transaction():
        given = {"by": here.people.lin.id, "now": clock.now()}
        operations.say_about(
            db.session.merge(here.member), skills=[Skill.HAIRCUT], free=[(weekday, DayPart.MORNING)], **given
        )
        operations.leave(db.session.merge(here.team), here.leader, **given)
    both = lin.get(at(here.shift)).text
    assert "王*国" in both and "李*兰" in both
    for asked in ("free=1", f"team={here.team.code}"):
        page = lin.get(f"{at(here.shift)}?{asked}").text
        assert "李*兰" in page and "王*国" not in page, asked
    assert (
        "没有符合这些条件的志愿者" in lin.get(f"{at(here.shift)}?skill=haircut").text
    )  # said, not confirmed
    with app.app_context(), transaction():
        operations.confirm_skill(here.member, Skill.HAIRCUT, by=here.people.lin.id, site=here.people.one,
                                 now=clock.now())  # fmt: skip
    asked = f"{at(here.shift)}?skill=haircut&free=1&team={here.team.code}"
    assert "李*兰" in lin.get(asked).text
    page = lin.submit(asked, to="/assignments")  # the button says who; the filters stay in the address
    assert "skill=haircut" in page.text and page.status_code == 409


def test_who_is_free_in_the_evening_alone_does_not_fit_the_afternoon_before_it(app, here, lin):
    weekday = (clock.day_of(clock.now()) + timedelta(days=2)).weekday()
    with app.app_context():
        long = shift(here.people.one, starts_at=in_two_days(16), hours=4, title="灯会")
        with transaction():
            given = {"by": None, "now": clock.now()}
            free = [(weekday, DayPart.EVENING)]
            operations.say_about(db.session.merge(here.leader), skills=[], free=free, **given)
            operations.say_about(
                db.session.merge(here.member), skills=[], free=[*free, (weekday, DayPart.AFTERNOON)], **given
            )
    page = lin.get(f"{at(long)}?free=1").text
    assert "李*兰" in page and "王*国" not in page


def long_day(here, *, hours=7):
    """Two more shifts of that day, one after the other, from one to eight in the afternoon at the latest."""
    return [
        shift(here.people.one, starts_at=in_two_days(hour), hours=many, title=f"{hour}点的活动")
        for hour, many in ((11, 4), (15, hours))
    ]


def test_more_than_twelve_hours_of_a_day_are_asked_about_once_more(app, here, lin):
    with app.app_context():
        noon, evening = long_day(here, hours=7)
    for one in (here.shift, noon):
        assert put(lin, one, here.member).status_code == 200
    assert "会超过 12 小时" in lin.get(at(evening)).text
    asked = put(lin, evening, here.member)
    assert asked.status_code == 409 and "13.0 小时" in asked.text and "仍然安排" in asked.text
    with app.app_context():
        assert db.session.query(Assignment).count() == 2
    page = put(lin, evening, here.member, knowing="1")
    assert page.status_code == 200 and "引导 1 / 1" in page.text and "请注意休息" in page.text
    assert "请注意休息" in lin.get(at(here.shift)).text
    assert "13.0 小时" in lin.get(f"/desk/volunteers/{here.member.code}").text
    with app.app_context():
        mine = f"/hours/{personal(here.member)}"
    assert "请注意休息" in app.test_client().get(mine).text


def test_twelve_hours_sharp_are_not_too_many_and_what_overlaps_counts_once(app, here, lin):
    with app.app_context():
        noon, evening = long_day(here, hours=6)
    for one in (here.shift, noon, evening):
        assert put(lin, one, here.member).status_code == 200


@pytest.mark.both_databases
def test_services_of_the_day_count_with_the_shifts(app, here, lin):
    day = clock.day_of(clock.now())
    with app.app_context():
        early = cast.event(here.people.two, starts_at=clock.instant(day, 6), ends_at=clock.instant(day, 15))
        serve(early, here.member, clock.instant(day, 6), clock.instant(day, 15), now=clock.instant(day, 15))
        evening = shift(here.people.one, starts_at=clock.instant(day, 17), hours=4, title="夜校")
    asked = put(lin, evening, here.member)
    assert asked.status_code == 409 and "13.0 小时" in asked.text


def test_a_leader_is_asked_once_more_and_not_told_how_long_elsewhere(app, here):
    with app.app_context():
        elsewhere = shift(here.people.two, starts_at=in_two_days(11), hours=11, title="二站的活动")
        with transaction():
            volunteers.assign(elsewhere, here.member, by=None, now=clock.now())
    client = app.test_client()
    address = f"{here.leaders_page}/shifts/{here.shift.id}"
    asked = send(client, here.leaders_page, address, volunteer=here.member.code)
    assert asked.status_code == 409 and "超过 12 小时" in asked.text and "13.0" not in asked.text
    page = send(client, here.leaders_page, address, volunteer=here.member.code, knowing="1")
    assert page.status_code == 200 and "我们队" in page.text


def test_what_forbids_a_shift_comes_before_the_long_day(app, here, lin):
    with app.app_context():
        noon, evening = long_day(here)
        other = shift(here.people.one, starts_at=in_two_days(16), title="同时的活动")
        with transaction():
            for one in (db.session.merge(here.shift), noon, other):
                volunteers.assign(one, here.member, by=None, now=clock.now())
    refused = put(lin, evening, here.member)
    assert (
        refused.status_code == 409 and "同一时间已经安排在" in refused.text and "仍然安排" not in refused.text
    )


def test_a_day_ends_at_midnight_here(app, here, lin):
    """Seven hours before and seven after midnight are no long day."""
    with app.app_context():
        before = shift(here.people.one, starts_at=in_two_days(17), hours=7, title="守岁")
        after = shift(here.people.one, starts_at=in_two_days(17) + timedelta(hours=7), hours=7, title="清早")
    assert put(lin, before, here.member).status_code == 200
    assert put(lin, after, here.member).status_code == 200


@pytest.mark.both_databases
def test_a_mistyped_shift_is_taken_back_while_nobody_stands_in_it(app, client, here, lin):
    path = at(here.shift)
    page = lin.get(path)
    assert "撤掉这个岗位" in page.text
    send(lin, path, f"{path}/assignments", volunteer=here.member.code)
    assert "撤掉这个岗位" not in lin.get(path).text
    refused = lin.submit(page, to="/removal")
    assert refused.status_code == 409 and "已经安排了人" in refused.text
    lin.submit(path, to="/end")
    assert cast.signed_in(app, here.people.ma).get(path).status_code == 404
    gone = lin.submit(path, to="/removal", follow_redirects=True)
    assert "岗位“引导”已撤掉" in gone.text and "/desk/shifts/" not in gone.text
    assert lin.get(path).status_code == 404 and "引导" not in client.get(here.leaders_page).text
    assert lin.submit(page, to="/removal").status_code == 404
    with app.app_context(), transaction(), pytest.raises(Refused) as refused:
        volunteers.assign(db.session.merge(here.shift), here.member, by=None, now=clock.now())
    assert refused.value.reason is VolunteerRefusal.SHIFT_GONE


def test_after_the_close_out_nobody_is_taken_off_and_no_shift_is_taken_back(app, here, lin):
    path = at(here.shift)
    send(lin, path, f"{path}/assignments", volunteer=here.member.code)
    off = re.search(r"/desk/assignments/\d+/end", lin.get(path).text)[0]
    with app.app_context():
        made = db.session.get_one(Event, here.shift.event_id)
        ends = made.ends_at
        close(made)
    with time_machine.travel(ends + timedelta(hours=1)):
        cast.sign_in(lin, here.people.lin)
        for act in (off, f"{path}/removal"):
            late = send(lin, "/desk/volunteers/new", act)
            assert late.status_code == 409 and "岗位和安排不能再改" in late.text
