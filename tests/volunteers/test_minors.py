"""Minors at the door and at the close-out: refused where they may not help, and told where one did (domain.md §7)."""

import pytest
import time_machine

from stationapp.attendance.rules import How
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.volunteers import operations
from stationapp.volunteers.models import Assignment
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.volunteers.acts import at, close, event, serve, volunteer


@pytest.fixture
def people(app):
    return cast.district(app)


def shift(made, **changes):
    values = {
        "title": "引导",
        "needed": 3,
        "risk": Risk.ORDINARY,
        "risk_note": "久站",
        "by": None,
        "now": at(7),
    }
    with transaction():
        return operations.add_shift(made, **values | changes)


def family(people, made):
    """A child of nine and a grown-up of the family, both put to a shift: (the child, the grown-up's assignment)."""
    which = shift(made)
    grown, child = volunteer(people.one), volunteer(people.one, "王小宝", birth_month="2017-01")
    with transaction():
        beside = operations.assign(which, grown, by=None, now=at(7))
        operations.assign(which, child, by=None, now=at(7))
    return child, beside


def closeout(app, people, made) -> str:
    return cast.signed_in(app, people.lin).get(f"/desk/events/{made.code}/closeout").text


@pytest.mark.parametrize("stays_away", [True, False])
def test_the_close_out_names_a_child_who_helped_without_the_grown_up(app, people, stays_away):
    with app.app_context():
        made = event(people.one, at(9), at(11))
        child, beside = family(people, made)
        if stays_away:
            with transaction():
                operations.unassign(db.session.get_one(Assignment, beside.id), by=None, now=at(8))
        serve(made, child, at(9), at(11))
    with time_machine.travel(at(11, 30), tick=False):
        open_page = closeout(app, people, made)
        with app.app_context():
            close(db.session.get_one(Event, made.id))
        for page in (open_page, closeout(app, people, made)):
            assert ("王*宝（8 到 13 周岁，家里没有大人一起参加）" in page) is stays_away


def test_a_grown_up_of_the_family_who_simply_came_is_enough(app, people):
    with app.app_context():
        made = event(people.one, at(9), at(11))
        child, beside = family(people, made)
        with transaction():
            operations.unassign(db.session.get_one(Assignment, beside.id), by=None, now=at(8))
        for who in (child, volunteer(people.one)):
            serve(made, who, at(9), at(11), how=How.STAFF_SCAN)
    with time_machine.travel(at(11, 30), tick=False):
        assert "不该这样做志愿者" not in closeout(app, people, made)


@pytest.mark.parametrize(("risks", "status"), [([Risk.ELEVATED] * 2, 409), ([*Risk], 303), ([], 303)])
def test_a_minor_walks_in_to_help_unless_all_there_is_to_do_has_an_elevated_risk(app, people, risks, status):
    with app.app_context():
        made = event(people.one, at(9), at(11))
        for risk in risks:
            shift(made, risk=risk, insurance="PICC-1")
        cast.resident(
            cast.person(
                "郭子涵", "19900006666", birth_month="2010-01", guardian_consent=True, home=people.one
            )
        )
    with time_machine.travel(at(9, 10), tick=False):
        form = {"name": "郭子涵", "phone": "19900006666", "part": "volunteer"}
        door = f"/desk/events/{made.code}/roster"
        answer = cast.signed_in(app, people.lin).submit(door, form, to="walkins")
    assert answer.status_code == status
    assert ("有较高风险" in answer.text) is (status == 409)
