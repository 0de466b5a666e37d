"""The outdoor screen as the server gives it: today first, three at a time, never a person's name."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.events.models import Event
from stationapp.events.queries import get_event
from tests import cast

NOW = clock.instant(clock.day_of(clock.now()) + timedelta(days=1), 10)


@pytest.fixture
def people(app, monkeypatch):
    """The district, tomorrow at ten: no test runs over midnight."""
    made = cast.district(app)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return made


def make(app, where, title, hours, **changes):
    """A published event that many hours from now; its code."""
    with app.app_context():
        return cast.event(where, title=title, starts_at=NOW + timedelta(hours=hours), **changes).code


def screen(client, site, query=""):
    """The page."""
    answer = client.get(f"/sites/{site.code}/screen{query}")
    assert answer.status_code == 200
    return answer.text


def shown(text):
    """The titles to be seen when no script runs, and the heading above them."""
    lines = re.findall(r"<li( [^>]*)>.*?<h3>(.*?)</h3>", text, re.DOTALL)
    heading = re.search(r"<h2 data-heading=\"\w+\">(.*?)</h2>", text)[1]
    return heading, [title for attributes, title in lines if "hidden" not in attributes]


@pytest.mark.both_databases
def test_today_comes_first_and_three_stand_on_a_page(app, client, people):
    for number in range(4):
        make(app, people.one, f"今天{number}", number + 1)
    make(app, people.one, "后天的", 48)
    make(app, people.two, "别处的", 2)
    assert shown(screen(client, people.one)) == ("今天的活动", ["今天0", "今天1", "今天2"])
    assert shown(screen(client, people.one, "?page=2")) == ("今天和接下来的活动", ["今天3", "后天的"])
    assert shown(screen(client, people.one, "?page=3")) == shown(screen(client, people.one))


@pytest.mark.both_databases
def test_a_day_without_events_says_so_and_names_the_next_one(app, client, people):
    make(app, people.one, "下周的", 24 * 7)
    assert shown(screen(client, people.one)) == ("今天没有活动，接下来有", ["下周的"])
    assert shown(screen(client, people.two)) == ("今天没有活动，近期也还没有安排", [])


@pytest.mark.both_databases
def test_an_office_shows_its_stations_events_and_a_partner_the_joint_ones(app, client, people):
    make(app, people.one, "两家一起办的", 2, partners=frozenset({people.far.id}))
    for site in (people.one, people.office, people.center, people.far, people.far_office):
        assert shown(screen(client, site))[1] == ["两家一起办的"]
    assert shown(screen(client, people.two))[1] == []
    assert people.one.short_name in screen(client, people.far)


@pytest.mark.both_databases
def test_what_is_called_off_says_so_until_its_day_is_over(app, client, people, monkeypatch):
    off, later = make(app, people.one, "不办了", 2), make(app, people.one, "缓一缓", 3)
    with app.app_context(), transaction():
        operations.cancel(get_event(off), by=None, now=NOW, reason="下雨")
        operations.postpone(get_event(later), by=None, now=NOW, reason="停电")
    text = screen(client, people.one)
    assert "已取消" in text and "已延期" in text
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(days=1))
    assert shown(screen(client, people.one))[1] == []


def test_drafts_what_is_over_and_the_contacts_name_stay_away(app, client, people):
    make(app, people.one, "已经开过的", -30)
    make(app, people.one, "在办的", -1, contact="孙桂芳", contact_phone="19900007777")
    make(app, people.one, "草稿", 5, publish=False)
    text = screen(client, people.one)
    assert shown(text)[1] == ["在办的"] and "孙桂芳" not in text and people.one.phone in text


def test_without_scripts_a_page_leads_to_the_next_by_itself(app, client, people):
    for number in range(4):
        make(app, people.one, f"第{number}场", number + 1)
    for page, following in ((1, 2), (2, 1)):
        text = screen(client, people.one, f"?page={page}")
        assert f'content="12;url=/sites/{people.one.code}/screen?page={following}"' in text
    assert f"{clock.local(NOW):%H:%M}" in text


def test_an_unchanged_screen_is_not_sent_again_though_the_clock_goes_on(app, client, people, monkeypatch):
    code = make(app, people.one, "一场", 2, capacity=9)
    address = f"/sites/{people.one.code}/screen"
    first = client.get(address)
    monkeypatch.setattr(clock, "now", lambda: NOW + timedelta(minutes=5))
    asked = {"If-None-Match": first.headers["ETag"]}
    assert client.get(address, headers=asked).status_code == 304
    with app.app_context(), transaction() as session:
        session.execute(update(Event).where(Event.code == code).values(taken=2))
    again = client.get(address, headers=asked)
    assert again.status_code == 200 and "还有 7 个名额" in again.text


def test_a_screen_asks_twice_however_much_is_on(app, client, people):
    counts = []
    for number in range(2):
        make(app, people.one, f"第{number}场", number + 1)
        asked = []
        with app.app_context():
            engine = db.engine

        def note(connection, cursor, statement, *rest, asked=asked):
            asked.append(statement)

        listening.listen(engine, "before_cursor_execute", note)
        screen(client, people.office)
        listening.remove(engine, "before_cursor_execute", note)
        counts.append(sum(statement.startswith("SELECT") for statement in asked))
    assert counts == [2, 2]


@pytest.mark.parametrize("query", ["?page=0", "?page=-3", "?page=a%00", "?page=99999999999"])
def test_a_page_that_does_not_exist_is_the_first_or_another_one(client, people, query):
    assert screen(client, people.one, query)


def test_a_screen_of_no_site_is_not_found(client, people):
    for path in ("/sites/410305999/screen", "/sites/%00/screen", "/sites/410305999/screen-worker.js"):
        assert client.get(path).status_code == 404


def test_the_worker_is_a_script_that_is_asked_for_anew(client, people):
    answer = client.get(f"/sites/{people.one.code}/screen-worker.js", buffered=True)
    assert answer.mimetype == "text/javascript" and answer.headers["Cache-Control"] == "no-cache"
