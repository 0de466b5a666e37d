"""Whom a close-out signs out, and that it is tried again where it waited for somebody who waited for it."""

from datetime import timedelta

import pytest
from sqlalchemy.exc import OperationalError

from stationapp.attendance import operations as attendance
from stationapp.events.rules import State
from tests import cast
from tests.attendance.test_closeout import Evening
from tests.attendance.test_corrected import beside
from tests.attendance.test_desk import Door
from tests.attendance.test_sheets import enter, printed


@pytest.fixture
def evening(app):
    """Two volunteers, of whom the one taken in later comes first by initials."""
    made = Evening(app)
    with app.app_context():
        made.volunteers.append(made.helps("艾林", "19900004444"))
    return made


def test_all_to_the_end_means_those_the_page_showed(app, evening):
    page = evening.page()
    assert "2 位都到结束" in page.text
    with app.app_context():
        evening.volunteers.append(evening.helps("周平", "19900005555"))  # a tablet's scan arrives meanwhile
    done = evening.client.submit(page, {"end_all": "1"}, to="closeout")
    assert done.status_code == 303 and evening.minutes() == [120, 120, 0]


def sent_back_once(monkeypatch, verb: str) -> list[int]:
    """The first call of a verb is sent back as PostgreSQL does to break a ring of waiting; who was meant, by call."""
    really, called = getattr(attendance, verb), []

    def sent_back(event, resident, **given):
        called.append(resident.id)
        if len(called) == 1:
            lost = Exception()
            lost.sqlstate = "40P01"
            raise OperationalError("", {}, lost)
        return really(event, resident, **given)

    monkeypatch.setattr(attendance, verb, sent_back)
    return called


def test_a_close_out_holds_people_by_number_and_is_tried_again(evening, monkeypatch):
    called = sent_back_once(monkeypatch, "check_out")
    assert evening.close(end_all="1").status_code == 303
    first, second = sorted(one.resident_id for one in evening.volunteers)
    assert called == [first, first, second]
    assert evening.state() is State.CLOSED_OUT and evening.minutes() == [120, 120]


def test_an_undo_on_a_sheet_is_tried_again(app, monkeypatch):
    door = Door(app, begins=timedelta(hours=-3))
    lin = cast.signed_in(app, door.people.lin)
    paper = printed(lin, door.at)
    enter(lin, paper, rows="1")
    called = sent_back_once(monkeypatch, "undo")
    assert "已撤销第 1 行的签到" in beside(lin, paper, row="1").text and len(called) == 2
