"""What the desk sees of answers: never who, and nothing of fewer than five."""

import re
from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.operations import reopen
from stationapp.opinions import operations
from stationapp.opinions.queries import comments_of, last_answer, rows_of, scores_of
from stationapp.opinions.rules import heard, spoken
from tests import cast
from tests.opinions.scene import attendances, past, press

DAY = timedelta(days=1)
AGO = DAY + timedelta(hours=4)


@pytest.fixture
def scene(app):
    return past(app, 8, ago=AGO)


@pytest.fixture
def lin(app, scene):
    return cast.signed_in(app, scene.people.lin)


def say(app, scene, *faces: int, comment: str = "") -> None:
    """The first of those who came answer, one face each; yesterday."""
    its, now = attendances(app, scene.event_id), clock.now() - DAY
    with app.app_context():
        for n, face in enumerate(faces):
            with transaction():
                said = comment and f"{comment}{n}"
                operations.say(its[n], score=face, comment=said, key=f"{face}{n}", now=now)


def month(scene) -> str:
    return str(Month.of(clock.day_of(clock.now() - AGO)))


def test_fewer_than_five_answers_show_neither_share_nor_comment(app, lin, scene):
    say(app, scene, 5, 5, 3, 1, comment="悄悄话")
    page = lin.get(f"{scene.at}/opinions")
    assert "样本不足" in page.text
    assert "不足 5 份，意见先不显示" in page.text
    assert "悄悄话" not in page.text
    assert "<td" not in page.text  # no faces either
    assert "样本不足" in lin.get(f"/desk/opinions/?month={month(scene)}").text
    assert "悄悄话" not in lin.get(f"/desk/opinions/comments?month={month(scene)}").text
    assert "样本不足" in lin.get(f"/desk/opinions/list.csv?month={month(scene)}").data.decode("utf-8-sig")


def test_from_five_on_share_and_comments_are_shown_without_time_or_person(app, lin, scene):
    say(app, scene, 5, 5, 5, 3, 1, comment="说的话")
    page = lin.get(f"{scene.at}/opinions")
    assert "60.0%" in page.text
    assert {f"说的话{n}" for n in range(5)} <= set(re.findall(r"说的话\d", page.text))
    assert "试人" not in page.text
    listed = lin.get(f"/desk/opinions/?month={month(scene)}")
    assert "60.0%" in listed.text
    assert "3 / 5" in listed.text
    rows = lin.get(f"/desk/opinions/list.csv?month={month(scene)}").data.decode("utf-8-sig").splitlines()
    assert rows[1].endswith("示例讲座,湖北路示例一社区,8,5,60.0%,5,0,0")
    said = lin.get(f"/desk/opinions/comments.csv?month={month(scene)}").data.decode("utf-8-sig").splitlines()
    assert sorted(said[1:]) == [f"说的话{n}" for n in range(5)]


def test_an_office_reads_no_words_that_are_those_of_a_station_with_few(app, lin, scene):
    """What the office reads less what each station reads would be them."""
    other = past(app, 8, where="two", people=scene.people, ago=AGO)
    say(app, scene, 5, 5, 5, 3, 1, comment="说的话")
    say(app, other, 1, comment="独一句")
    chen = cast.signed_in(app, scene.people.chen)
    pages = [f"/desk/opinions/comments?month={month(scene)}{site}" for site in ("", "&site=410305001")]
    for page in (chen.get(page).text for page in pages):
        assert "说的话4" in page and "独一句" not in page
    say(app, other, 1, 3, 5, 5, 5, comment="独一句")
    assert all("独一句" in chen.get(page).text for page in pages)


def test_what_is_left_of_several_sites_is_heard_where_it_is_enough():
    few = {"/1/2/3/": 5, "/1/2/4/": 3, "/1/2/5/": 1, "/1/6/7/": 1}
    assert heard(few, ["/1/2/", "/1/2/3/", "/1/2/4/", "/1/2/5/"]) == {"/1/2/3/"}
    assert heard(few, ["/1/", "/1/2/", "/1/6/", *few]) == set(few)
    assert heard(few | {"/1/2/5/": 2}, ["/1/2/", *few]) == {"/1/2/3/", "/1/2/4/", "/1/2/5/"}
    assert heard(few | {"/1/2/5/": 2}, ["/1/", "/1/2/", *few]) == {"/1/2/3/", "/1/2/4/", "/1/2/5/"}


def test_comments_do_not_stand_in_the_order_in_which_they_came(app, lin, scene, monkeypatch):
    say(app, scene, 5, 5, 5, 3, 1, 5, 5, 5, comment="说的话")
    monkeypatch.setattr("stationapp.opinions.desk.COMMENTS", 5)
    pages = [lin.get(f"/desk/opinions/comments?month={month(scene)}&page={n}").text for n in (1, 2, 3)]
    assert [len(set(re.findall(r"说的话\d", page))) for page in pages] == [5, 3, 0]
    assert "8 句" in pages[0]
    with app.app_context():
        shown = comments_of([scene.event_id])
        assert shown == comments_of([scene.event_id])
    assert sorted(shown) == [f"说的话{n}" for n in range(8)]
    assert shown != sorted(shown) or len(set(shown)) == 8


def test_a_viewer_sees_figures_and_no_comment_and_a_neighbour_nothing(app, scene):
    say(app, scene, 5, 5, 5, 3, 1, comment="说的话")
    zhao, ma = cast.signed_in(app, scene.people.zhao), cast.signed_in(app, scene.people.ma)
    listed = zhao.get(f"/desk/opinions/?month={month(scene)}")
    assert "60.0%" in listed.text
    assert "大家说的话" not in listed.text
    for path in (f"{scene.at}/opinions", f"/desk/opinions/comments?month={month(scene)}"):
        assert zhao.get(path).status_code in (403, 404)
    assert ma.get(f"{scene.at}/opinions").status_code == 404
    assert "示例讲座" not in ma.get(f"/desk/opinions/?month={month(scene)}").text
    assert "说的话0" not in ma.get(f"/desk/opinions/comments?month={month(scene)}").text


def test_the_ways_lead_from_the_event_and_the_close_out(lin, scene):
    assert f"{scene.at}/opinions" in lin.get(scene.at).text
    assert f"{scene.at}/slips" in lin.get(f"{scene.at}/closeout").text
    assert f"{scene.at}/slips" in lin.get(f"{scene.at}/opinions").text


def test_empty_months_and_events_say_what_to_do(lin, scene):
    assert "还没有办完的活动" in lin.get("/desk/opinions/?month=2020-01").text
    assert "还没有人评价" in lin.get(f"{scene.at}/opinions").text
    assert "还没有能看的话" in lin.get("/desk/opinions/comments?month=2020-01").text


def test_what_is_said_today_is_shown_tomorrow(app, lin, scene):
    """Whoever looks before and after somebody pressed at the door reads nothing of it, be they the sixth."""
    say(app, scene, 5, 5, 5, 3, 1, comment="说的话")
    paths = (f"/desk/opinions/?month={month(scene)}", f"/desk/opinions/list.csv?month={month(scene)}")
    paths += (f"/desk/opinions/comments?month={month(scene)}", f"{scene.at}/opinions")
    before = [lin.get(path).text for path in paths]
    press(app.test_client(), scene.codes[5], 1, "太吵")
    after = [lin.get(path).text for path in paths]
    assert after[:3] == before[:3]
    assert "今天又收到 1 份" in after[3] and "60.0%" in after[3] and "太吵" not in after[3]
    with time_machine.travel(clock.now() + DAY):
        lin = cast.signed_in(app, scene.people.lin)
        assert "50.0%" in lin.get(paths[0]).text
        assert "太吵" in lin.get(paths[3]).text


# --- for reports ------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_scores_are_of_the_rows_up_to_the_cut(app, scene):
    say(app, scene, 5, 5, 3)
    with app.app_context():
        cut = last_answer()
    say(app, scene, 1, 5, 1, 5)  # the first and the third change their mind, one more comes
    whole = (clock.now() - timedelta(days=40), clock.now() + timedelta(days=1))
    with app.app_context():
        (before,), (after,) = (scores_of(*whole, cut=one).values() for one in (cut, None))
        assert (before.answers, before.good, before.by_face) == (3, 2, {5: 2, 3: 1, 1: 0})
        assert (after.answers, after.good, after.by_face) == (4, 2, {5: 2, 3: 0, 1: 2})
        assert scores_of(*whole, cut=0) == {}
        assert scores_of(whole[1], whole[1] + timedelta(days=9)) == {}
        assert len(rows_of([scene.event_id], cut=cut)) == 3


def test_rows_behind_a_figure_hide_events_with_few_answers(app, scene):
    say(app, scene, 5, 5, 3)
    with app.app_context():
        rows = rows_of([scene.event_id])
        assert [(row.event_id, row.score) for row in rows] == [(None, None)] * 3
    say(app, scene, 5, 5, 3, 1, 1)
    with app.app_context():
        rows = rows_of([scene.event_id])
        assert [(row.event_id, row.score) for row in rows] == [
            (scene.event_id, face) for face in (5, 5, 3, 1, 1)
        ]


def test_the_month_less_the_events_shown_does_not_tell_of_a_small_one(app, lin, scene):
    """Six answers at one event, one at another of the same station: the seventh is the month less the six."""
    say(app, scene, 5, 5, 5, 5, 3, 1, comment="说的话")
    listed = f"/desk/opinions/?month={month(scene)}"
    assert "4 / 6" in lin.get(listed).text
    small = past(app, 2, people=scene.people, title="小讲座", ago=AGO)
    say(app, small, 1)
    page = lin.get(listed).text
    assert "4 / 6" not in page
    assert "并入全月" in page
    assert "57.1%" in page  # the month: 4 of 7
    rows = lin.get(f"/desk/opinions/list.csv?month={month(scene)}").data.decode("utf-8-sig")
    assert "66.7%" not in rows
    its = lin.get(f"{scene.at}/opinions").text
    assert "66.7%" not in its
    assert "<td" not in its
    assert "说的话" not in its
    with app.app_context():
        rows = rows_of([scene.event_id, small.event_id])
        assert [(row.event_id, row.score) for row in rows] == [(None, face) for face in (5, 5, 5, 5, 3, 1, 1)]


def test_what_is_not_closed_out_hides_nobody_in_the_month(app, lin, scene):
    """The month counts what is closed out: of six and one answers, and five of an open event, no six are shown."""
    say(app, scene, 5, 5, 5, 5, 3, 1)
    open_one, small = (
        past(app, 6, people=scene.people, title=title, ago=AGO) for title in ("没归档的", "小讲座")
    )
    with app.app_context(), transaction():
        reopen(db.session.get(Event, open_one.event_id), by=None, now=clock.now(), reason="改")
    say(app, open_one, 5, 5, 5, 5, 5)
    say(app, small, 1)
    page = lin.get(f"/desk/opinions/?month={month(scene)}").text
    assert "57.1%" in page  # the month: 4 of 7
    assert "66.7%" not in page
    assert "100.0%" not in page
    assert "归档后再看" in page
    its = lin.get(f"{open_one.at}/opinions").text
    assert "归档以后再看" in its and "<td" not in its


@pytest.mark.parametrize(
    ("answers", "told"),
    [
        ({}, set()),
        ({1: 5}, {1}),
        ({1: 4}, set()),
        ({1: 5, 2: 1}, set()),
        ({1: 9, 2: 5, 3: 1}, {1}),
        ({1: 9, 2: 3, 3: 2}, {1}),
        ({1: 9, 2: 6, 3: 7}, {1, 2, 3}),
    ],
)
def test_events_speak_when_what_is_left_besides_is_nobody_s_or_of_five(answers, told):
    assert spoken(answers) == told


@pytest.mark.both_databases
def test_an_answer_is_never_changed_or_deleted(app, scene):
    say(app, scene, 5)
    with app.app_context():
        for statement in ("UPDATE answers SET score = 1", "DELETE FROM answers"):
            with pytest.raises(DBAPIError, match="append-only"), transaction():
                db.session.execute(text(statement))


def test_midnight_of_the_month_is_shanghais(app):
    with time_machine.travel(clock.instant(date(2026, 10, 31), 23, 50), tick=False):
        scene = past(app, 5, ago=timedelta(hours=3))
        lin = cast.signed_in(app, scene.people.lin)
        assert "示例讲座" in lin.get("/desk/opinions/?month=2026-10").text
        assert "示例讲座" not in lin.get("/desk/opinions/?month=2026-11").text
