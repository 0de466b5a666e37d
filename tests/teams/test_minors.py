"""Who under 18 may help, and when not (domain.md §7): at the desk, and where a leader asks."""

from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.teams import operations
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.teams.scenes import in_two_days, scene, send, shift, volunteer


def born(age: int) -> str:
    """A birth month of somebody of that age in two days."""
    day = clock.day_of(clock.now())
    return f"{day.year - age - 1 if day.month == 1 else day.year - age}-01"


@pytest.fixture
def here(app):
    return scene(app)


class Asked:
    """Puts somebody to a shift, by the desk or by the leader of their team."""

    def __init__(self, app, here, way: str) -> None:
        self.app, self.here, self.way = app, here, way
        self.browser = cast.signed_in(app, here.people.lin) if way == "desk" else app.test_client()

    def put(self, who: Volunteer, to):
        if self.way == "desk":
            return send(
                self.browser, f"/desk/teams/{self.here.team.code}", f"/desk/shifts/{to.id}/assignments",
                volunteer=who.code,
            )  # fmt: skip
        with self.app.app_context(), transaction():
            team = db.session.merge(self.here.team)
            operations.join(team, who, by=None, now=clock.now())
        page = self.here.leaders_page
        return send(self.browser, page, f"{page}/shifts/{to.id}", volunteer=who.code)


@pytest.fixture(params=["desk", "leader"])
def asked(app, here, request) -> Asked:
    return Asked(app, here, request.param)


def child(here, age: int, *, phone="19900005555", name="李小满", consent=True) -> Volunteer:
    return volunteer(here.people.one, name, phone, born(age), consent)


def come(app, here, to, name: str) -> None:
    """Somebody grown up of the children's family has a place at a shift's event."""
    with app.app_context():
        event = db.session.get_one(Event, to.event_id)
        cast.sign_up(event, cast.person(name, "19900005555", birth_month="1985-05", home=here.people.one))


def refused(page, why: str) -> bool:
    return page.status_code == 409 and why in page.text


def taken(page) -> bool:
    return page.status_code == 200 and "已安排" in page.text


def test_under_eight_nobody_is_registered(app, here):
    values = {"name": "李小满", "phone": "19900005555", "birth_month": born(7), "guardian_consent": "y"}
    page = cast.signed_in(app, here.people.lin).submit("/desk/volunteers/new", values)
    assert refused(page, "未满 8 周岁不能登记")


def test_whose_birth_month_was_put_right_to_under_eight_gets_no_shift(app, here, asked):
    with app.app_context():
        who = child(here, 9)
        with transaction():
            db.session.get_one(Resident, who.resident_id).birth_month = born(7)
    assert refused(asked.put(who, here.shift), "未满 8 周岁")


def test_from_eight_to_thirteen_somebody_grown_up_of_the_family_comes_along(app, here, asked):
    with app.app_context():
        who = child(here, 9)
    assert refused(asked.put(who, here.shift), "家里的大人")
    come(app, here, here.shift, "李建军")
    assert taken(asked.put(who, here.shift))


def test_a_brother_of_fifteen_is_no_guardian(app, here, asked):
    with app.app_context():
        who, brother = child(here, 9), child(here, 15, name="李大满")
        with transaction():
            volunteers.assign(db.session.merge(here.shift), brother, by=None, now=clock.now())
    assert refused(asked.put(who, here.shift), "家里的大人")


@pytest.mark.parametrize("consent", [False, True])
def test_from_fourteen_on_the_guardians_consent_is_enough(app, here, asked, consent):
    with app.app_context():
        who = child(here, 15, consent=consent)
    page = asked.put(who, here.shift)
    assert taken(page) if consent else refused(page, "监护人同意")


@pytest.mark.parametrize("age", [12, 17])
def test_under_eighteen_there_is_no_elevated_risk_and_nothing_after_nine(app, here, asked, age):
    with app.app_context():
        who = child(here, age)
    with app.app_context():
        late = shift(here.people.one, starts_at=in_two_days(20), title="夜间巡逻")
    with app.app_context():
        risky = shift(here.people.one, risk=Risk.ELEVATED, title="登高清洁")
    for to, grown in ((late, "李建军"), (risky, "李建设")):
        come(app, here, to, grown)
    assert refused(asked.put(who, late), "晚上 9 点以后")
    assert refused(asked.put(who, risky), "较高风险")


def test_until_nine_sharp_is_early_enough_and_eighteen_is_old_enough(app, here, asked):
    with app.app_context():
        young, grown = child(here, 16), child(here, 18, phone="19900006666", name="赵大明", consent=False)
        until_nine = shift(here.people.one, starts_at=in_two_days(19), needed=2, title="晚间读书")
        late = shift(here.people.one, starts_at=in_two_days(21), risk=Risk.ELEVATED, title="夜间巡逻")
    assert taken(asked.put(young, until_nine))
    assert taken(asked.put(grown, late))


def test_without_a_birth_month_nobody_gets_what_minors_may_not(app, here, asked):
    with app.app_context():
        who = volunteer(here.people.one, "赵大明", "19900006666", None)
        risky = shift(here.people.one, risk=Risk.ELEVATED, title="登高清洁")
    assert refused(asked.put(who, risky), "出生年月")


def test_a_child_whose_grown_up_stays_away_is_told_on_the_shifts_page(app, here):
    lin = cast.signed_in(app, here.people.lin)
    with app.app_context():
        event = db.session.get_one(Event, here.shift.event_id)
        father = volunteer(here.people.one, "李建军", "19900005555", "1985-05")
        who, at = child(here, 9), clock.now()
        with transaction():
            held = volunteers.assign(db.session.merge(here.shift), father, by=None, now=at)
            volunteers.assign(db.session.merge(here.shift), who, by=None, now=at)
    address = f"/desk/shifts/{here.shift.id}"
    assert "家里的大人" not in lin.get(address).text
    with app.app_context(), transaction():
        volunteers.unassign(db.session.merge(held), by=None, now=clock.now())
    assert "家里的大人" in lin.get(address).text
    with app.app_context(), transaction():
        db.session.get_one(Event, event.id).ends_at = in_two_days(21) + timedelta(minutes=30)
    assert "晚上 9 点以后" in lin.get(address).text
