"""An arrival typed from a sheet, where another one is known."""

from datetime import date, timedelta

import time_machine

from stationapp import clock
from tests import cast
from tests.attendance.test_desk import Door, press
from tests.attendance.test_sheets import enter, printed

WHEN = clock.instant(date(2030, 2, 3), 15, 30)


def test_an_arrival_that_is_known_stands_against_a_papers_and_it_says_so(app):
    with time_machine.travel(WHEN, tick=False):
        door = Door(app, begins=timedelta(hours=-3))
        lin = cast.signed_in(app, door.people.lin)
        paper = printed(lin, door.at)
        enter(lin, paper, times="3 12:40-13:30")
        same = enter(lin, paper, times="3 12:40-13:35", keep=False)
        assert "以它为准" not in same.text
        shown = enter(lin, paper, times="3 12:50-13:40", keep=False)
        assert "已经记了 12:40 到（纸质签到），以它为准" in shown.text and "（13:40离开" in shown.text
        done = enter(lin, paper, times="3 12:50-13:40").text
        assert "第 3 行的到场时间没有记上：已经记了 12:40 到" in done and "1 人的离开时间也记了" in done
        assert "以它为准" not in enter(lin, paper, rows="3", times="3 13:40", keep=False).text


def test_both_times_that_stand_against_a_papers_are_said(app):
    with time_machine.travel(WHEN, tick=False):
        door = Door(app, begins=timedelta(hours=-3))
        lin = cast.signed_in(app, door.people.lin)
        paper = printed(lin, door.at)
        press(lin, door, **{"in": door.wang.resident_id})
        press(lin, door, leave=door.wang.resident_id, time="15:30")
        early = enter(lin, paper, times="3 12:30-13:30", keep=False).text
        assert "已经记了 15:30 到" in early


def test_a_leaving_before_the_known_coming_names_that_time(app):
    with time_machine.travel(WHEN, tick=False):
        door = Door(app, begins=timedelta(hours=-3))
        lin = cast.signed_in(app, door.people.lin)
        paper = printed(lin, door.at)
        enter(lin, paper, times="3 13:00-13:30")
        for typed in ("3 12:50", "3 12:30-12:50"):
            shown = enter(lin, paper, times=typed, keep=False).text
            assert "离开的时间要晚于到场的时间（" in shown and "13:00）" in shown
