"""The jobs page: who leads, what each duty last did, and how late it is."""

import re
from datetime import timedelta

from stationapp import clock
from stationapp.db import transaction
from stationapp.jobs import runner
from stationapp.jobs.operations import note_run
from stationapp.jobs.rules import PACES
from tests import cast


def test_before_any_process_led_the_page_says_what_to_start(app, client):
    people = cast.district(app)
    cast.sign_in(client, people.chen)
    text = client.get("/desk/jobs/").text
    assert "没有运行" in text and "stationapp jobs" in text
    assert text.count("还没有运行过") == len(PACES)


def test_after_a_tick_every_duty_stands_with_what_it_did(app, client):
    people = cast.district(app)
    runner.tick(app, "a")
    cast.sign_in(client, people.root)
    text = client.get("/desk/jobs/").text
    assert "正在运行" in text and "还没有运行过" not in text and ">0 分钟<" not in text
    assert text.count("准时") == len(PACES) and text.count(">正常<") == len(PACES)
    assert [name in text for name in ("归档提醒", "放出没人来的功能室", "报表准备", "清理过期内容")] == [
        True
    ] * 4


def test_a_late_duty_and_a_failed_one_are_told_apart(app, client):
    people = cast.district(app)
    now = clock.now()
    with app.app_context(), transaction():
        note_run("close_out_reminders", 1, began_at=now - timedelta(minutes=11), now=now, done=0)
        note_run("tidy", 1, began_at=now, now=now, done=0, problem="OperationalError")
    cast.sign_in(client, people.chen)
    text = client.get("/desk/jobs/").text
    assert "10 分钟" in text and "出错，会再试" in text
    assert "OperationalError" not in text


def test_a_station_manager_and_a_viewer_do_not_see_the_jobs(app, client):
    people = cast.district(app)
    for who in (people.lin, people.zhao):
        cast.sign_in(client, who)
        assert client.get("/desk/jobs/").status_code == 403


def test_every_duty_has_a_name_a_person_can_read(app, client):
    cast.sign_in(client, cast.district(app).root)
    heads = re.findall(r'<th scope="row">(.*?)</th>', client.get("/desk/jobs/").text)
    assert len(heads) == len(PACES) and all(re.search("[一-鿿]", head) for head in heads)
