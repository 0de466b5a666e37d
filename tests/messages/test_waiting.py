"""Who waits is told what for: for a draw, by lot, or because what is left is for those who call."""

import re
from datetime import timedelta

import pytest
import time_machine

from stationapp import clock
from stationapp.db import transaction
from stationapp.events.queries import get_event
from stationapp.jobs.operations import DUTIES
from stationapp.messages import checks
from stationapp.web.filters import moment
from tests import cast
from tests.messages.test_parties import EVENING, SITE, ask, give_up, handed, place  # noqa: F401

pytestmark = pytest.mark.both_databases


def test_who_waits_while_seats_are_kept_for_callers_reads_what_the_page_says(app, place):  # noqa: F811
    until = EVENING + timedelta(days=1)
    with app.app_context():
        kept = {"phone_seats": 2, "phone_until_at": until}
        code = cast.event(place.one, starts_at=EVENING + timedelta(days=3), capacity=3, **kept).code
    ask(app, code, "吴奶奶")
    ask(app, code, "周一", "19900007102")
    with app.app_context():
        said = handed()[1]
        page = app.test_client().get(f"/events/{code}").text
        for words in ("网上的名额报满了", "个名额留给电话报名", f"{moment(until)}前打电话"):
            assert words in page and words in said
        assert "另有2个名额" in said and "候补第1位" in said
    ask(app, code, "郑一", "19900007103")
    with time_machine.travel(until + timedelta(minutes=1), tick=False), app.app_context():
        with transaction():
            DUTIES["phone_seats"](now=clock.now())
        assert all("电话报名" not in text and "候补第" not in text for text in handed())


def test_who_waits_for_a_draw_is_told_when_and_afterwards_everybody_once_what_came_of_it(app, place):  # noqa: F811
    at = EVENING + timedelta(days=1)
    with app.app_context():
        code = cast.event(place.one, starts_at=EVENING + timedelta(days=3), capacity=2, draw_at=at).code
    tickets = [ask(app, code, f"{'赵钱孙李周'[n]}一", f"1990000720{n}") for n in range(5)]
    with app.app_context():
        before = handed()
        assert len(before) == 5
        for number, text in enumerate(before, start=1):
            assert "抽签" in text and moment(at) in text and f"您家的号是{number}" in text
            assert "报满" not in text and "候补" not in text
        assert handed() == []
    give_up(app, tickets.pop())
    page = app.test_client().get(f"/signups/{tickets[0]}").text
    assert "等抽签" in page
    with time_machine.travel(at, tick=False), app.app_context():
        with transaction():
            assert DUTIES["draws"](now=at) == 1
        after = handed()
        assert handed() == []
        assert len(after) == 4 and sum("有您家的名额了" in text for text in after) == 2
        assert sorted(
            re.search(r"没有抽中.*候补第(\d)位", text)[1] for text in after if "没有抽中" in text
        ) == ["1", "2"]
        assert all(not check.find() for check in checks.CHECKS)
        late = [ask(app, code, "冯一", "19900007208")]
        assert ["报满了" in text and "候补第3位" in text for text in handed()] == [True]
    stories = {}
    with time_machine.travel(at + timedelta(minutes=1), tick=False):
        for ticket in [*tickets, *late]:
            page = app.test_client().get(f"/signups/{ticket}").text
            stories[ticket] = page[page.index("名额的经过") :]
    lost = [story for story in stories.values() if "没有抽中" in story]
    assert len(lost) == 2 and "没有抽中" not in stories[late[0]]
    assert sorted(
        re.search(r"抽出的次序是第 (\d)，没有抽中，现在候补第 (\d) 位", story).groups() for story in lost
    ) == [
        ("3", "1"),
        ("4", "2"),
    ]
    assert all(f'href="/events/{code}/draw"' in story for story in lost)


def test_who_cannot_be_written_to_is_called_about_the_draw_unless_there_is_a_place_by_then(app, place):  # noqa: F811
    from stationapp.messages import switches

    switches.use(sms=False, email=False, public_url=SITE)
    at = EVENING + timedelta(days=1)
    with app.app_context():
        code = cast.event(place.one, starts_at=EVENING + timedelta(days=3), capacity=1, draw_at=at).code
    tickets = [ask(app, code, f"{'赵钱'[n]}一", f"1990000720{n}") for n in range(2)]
    with time_machine.travel(at, tick=False):
        with app.app_context():
            with transaction():
                DUTIES["draws"](now=at)
                DUTIES["spread"](now=at)
            winner = get_event(code) and next(
                one for one in tickets if "抽签抽中" in app.test_client().get(f"/signups/{one}").text
            )
        lin = cast.signed_in(app, place.lin)
        listed = lin.get("/desk/calls/?about=not_drawn").text
        assert re.search(r"抽过签了，您家的[12]号没有抽中", listed) and "排在候补第1位" in listed
        give_up(app, winner)
        assert "号没有抽中" not in lin.get("/desk/calls/?about=not_drawn").text
