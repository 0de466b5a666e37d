"""The poster's code and the four digits said aloud (domain.md §7, way 6)."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.logins import MISSES_PER_ADDRESS
from stationapp.attendance import operations, pins
from stationapp.attendance.models import RefusedScan, Scan
from stationapp.attendance.queries import find_attendance, venue_token
from stationapp.attendance.rules import STAFF_SIDE, How, Kind, Part
from stationapp.db import db, transaction
from stationapp.events.queries import get_event
from stationapp.residents import homes
from stationapp.residents.guard import COOKIE as HOME
from stationapp.residents.queries import get_resident
from stationapp.signups.queries import find_by_code
from stationapp.volunteers import ledger
from stationapp.volunteers.operations import post_hours
from tests import cast
from tests.attendance.test_desk import Door
from tests.harness.inspect import Page


@pytest.fixture
def door(app):
    return Door(app)


def pin(app, door, days: int = 0) -> str:
    with app.app_context():
        return pins.pin_of(door.event, clock.day_of(door.now) + timedelta(days=days))


def wrong(app, door, n: int = 1) -> str:
    return f"{(int(pin(app, door)) + n) % 10000:04}"


def row(app, door, code):
    with app.app_context():
        return find_attendance(door.event.id, find_by_code(code).resident_id)


def scans(app) -> list[Scan]:
    with app.app_context():
        return list(db.session.scalars(select(Scan).order_by(Scan.id)))


def test_the_posters_code_and_the_pin_check_a_resident_in_by_one_form(app, client, door):
    page = client.get(f"/c/{door.event.code.lower()}")
    assert "今天的口令" in page.text and pin(app, door) not in page.text and row(app, door, door.wu) is None
    typed = "".join(
        chr(ord(c) + 0xFEE0) for c in pin(app, door)
    )  # full-width, as a Chinese keyboard may write
    done = client.submit(
        page, {"pin": f" {typed}", "code": door.wu.lower()}, to="arrivals", follow_redirects=True
    )
    assert "吴*英 签到成功" in done.text
    assert row(app, door, door.wu).came_how is How.PIN
    again = client.submit(
        page, {"pin": pin(app, door), "code": door.wu}, to="arrivals", follow_redirects=True
    )
    assert "签到成功" in again.text and len(scans(app)) == 1


def test_a_wrong_pin_says_whom_to_ask_and_keeps_what_was_typed(app, client, door):
    page = client.get(f"/c/{door.event.code}")
    for typed in (wrong(app, door), "", "口令", pin(app, door, days=1), pin(app, door, days=-1)):
        answer = client.submit(page, {"pin": typed, "code": door.wu}, to="arrivals")
        assert answer.status_code == 409 and "请问现场的工作人员" in answer.text and door.wu in answer.text
    assert row(app, door, door.wu) is None
    with app.app_context():
        refused = db.session.scalars(select(RefusedScan)).all()
    assert {(one.reason, one.how) for one in refused} == {("pin_wrong", How.PIN)}


def test_a_right_pin_with_a_wrong_code_need_not_be_typed_again(app, client, door):
    page = client.get(f"/c/{door.event.code}")
    missed = client.submit(page, {"pin": pin(app, door), "code": "2345678923"}, to="arrivals")
    assert (
        missed.status_code == 409 and "没有找到这个报名号" in missed.text and "今天的口令" not in missed.text
    )
    done = client.submit(missed, {"code": door.wu}, to="arrivals", follow_redirects=True)
    assert "签到成功" in done.text and row(app, door, door.wu).came_how is How.PIN


def test_a_posters_ticket_opens_no_venue_code_and_the_other_way_round(app, client, door):
    with app.app_context():
        token = venue_token(door.event, door.now)
    poster, venue = client.get(f"/c/{door.event.code}"), client.get(f"/c/{token}")
    ticket = next(form.values["ticket"] for form in Page(venue.text).forms if "arrivals" in form.action)
    answer = client.submit(poster, {"ticket": ticket, "pin": "", "code": door.wu}, to="arrivals")
    assert answer.status_code == 409 and row(app, door, door.wu) is None
    missed = client.submit(poster, {"pin": pin(app, door), "code": "2345678923"}, to="arrivals")
    ticket = next(form.values["ticket"] for form in Page(missed.text).forms if "arrivals" in form.action)
    answer = client.submit(venue, {"ticket": ticket, "code": door.wu}, to="arrivals")
    assert answer.status_code == 404 and row(app, door, door.wu) is None


def shut(answer) -> bool:
    return answer.status_code == 409 and "口令错得太多了" in answer.text


@pytest.mark.both_databases
def test_after_a_few_wrong_pins_the_right_one_is_not_looked_at_either(app, client, door):
    page = client.get(f"/c/{door.event.code}")
    for n in range(pins.MISSES_PER_BROWSER):
        client.submit(page, {"pin": wrong(app, door, n + 1), "code": door.wu}, to="arrivals")
    right = {"pin": pin(app, door), "code": door.wu}
    answer = client.submit(page, right, to="arrivals")
    again = clock.local(pins.tries_again_at(clock.now()))
    assert shut(answer) and f"{again:%H:%M}以后才能再试" in answer.text and row(app, door, door.wu) is None
    neighbour = app.test_client()  # another phone behind the hall's address
    page = neighbour.get(f"/c/{door.event.code}")
    assert neighbour.submit(page, right, to="arrivals").status_code == 303


def test_a_browser_that_throws_its_mark_away_has_the_tries_of_its_address(app, client, door):
    with app.app_context(), transaction():
        for n in range(pins.MISSES_PER_ADDRESS):
            pins.count_miss(door.event, "127.0.0.1", bytes([n]), now=clock.now())
    page, right = client.get(f"/c/{door.event.code}"), {"pin": pin(app, door), "code": door.wu}
    assert shut(client.submit(page, right, to="arrivals")) and row(app, door, door.wu) is None
    elsewhere = {"environ_base": {"REMOTE_ADDR": "198.51.100.7"}}
    done = client.submit(page, right, to="arrivals", **elsewhere)
    assert done.status_code == 303  # another address is nobody's neighbour


def test_the_tries_of_an_hour_are_good_again_in_the_next(app, client, door):
    page, right = client.get(f"/c/{door.event.code}"), {"pin": pin(app, door), "code": door.wu}
    with app.app_context(), transaction():
        for n in range(pins.MISSES_PER_EVENT):
            pins.count_miss(door.event, f"198.51.100.{n}", b"", now=clock.now())
    with time_machine.travel(pins.tries_again_at(clock.now()) - timedelta(seconds=1), tick=False):
        assert shut(client.submit(page, right, to="arrivals"))
    with time_machine.travel(pins.tries_again_at(clock.now()), tick=False):
        right["pin"] = pins_now(app, door)
        assert client.submit(page, right, to="arrivals").status_code == 303


def pins_now(app, door) -> str:
    """What is said aloud at this moment, which may be of another day than the event's beginning."""
    with app.app_context():
        return pins.pin_of(door.event, clock.day_of(clock.now()))


def test_a_hall_of_walk_ins_behind_one_address_is_let_in(app, client, door):
    """Nobody of them is signed up: each is asked for more once, and no try is counted for it."""
    page, right = client.get(f"/c/{door.event.code}"), {"pin": pin(app, door)}
    for n in range(MISSES_PER_ADDRESS + 5):
        asked = client.submit(page, right | {"name": "孙丽", "phone": f"1990002{n:04}"}, to="arrivals")
        assert "没有报名也欢迎" in asked.text
    done = client.submit(asked, {}, to="walkins", follow_redirects=True)
    assert "签到成功" in done.text


def test_many_addresses_that_guess_at_one_event_are_stopped_together(app, client, door):
    page = client.get(f"/c/{door.event.code}")
    with app.app_context(), transaction():
        for n in range(pins.MISSES_PER_EVENT):
            pins.count_miss(door.event, f"198.51.100.{n}", b"", now=clock.now())
    answer = client.submit(page, {"pin": pin(app, door), "code": door.wu}, to="arrivals")
    assert shut(answer) and row(app, door, door.wu) is None


def test_the_page_has_its_form_only_while_the_doors_are_open(app, client):
    door = Door(app, begins=timedelta(hours=5))
    assert "还没到签到时间" in client.get(f"/c/{door.event.code}").text
    assert "您到现场了吗" not in client.get(f"/events/{door.event.code}").text
    with time_machine.travel(door.event.starts_at - timedelta(minutes=30)):
        assert "今天的口令" in client.get(f"/c/{door.event.code}").text
        page = client.get(f"/events/{door.event.code}")
        assert "您到现场了吗" in page.text and f'href="/c/{door.event.code}"' in page.text
    with time_machine.travel(door.event.ends_at + timedelta(hours=4)):
        assert "不能自己签到了" in client.get(f"/c/{door.event.code}").text


def test_a_code_that_is_no_events_or_of_a_draft_says_nothing(app, client, door):
    with app.app_context():
        draft = cast.event(door.people.one, title="还没定", publish=False)
    for code in (draft.code, "ZZZZZZZZ"):
        answer = client.get(f"/c/{code}")
        assert answer.status_code == 404 and "不是我们的签到码" in answer.text and "还没定" not in answer.text


def test_who_opened_the_households_page_on_this_phone_ticks_who_came(app, client, door):
    with app.app_context():
        home = get_resident(door.wu_id).household_id
        with transaction():
            code = homes.make_code(home, homes.CodeVia.DESK, by=None, now=clock.now())
            token = homes.open_home(cast.PHONE, code, device="test", shared=False, now=clock.now())
    client.set_cookie(HOME, token)
    page = client.get(f"/c/{door.event.code}")
    assert "谁到了" in page.text and "吴*英" in page.text and "李*满" in page.text
    form = next(form for form in Page(page.text).forms if "known" in form.fields)
    done = client.post(form.action, data=form.values | {"pin": pin(app, door)}, follow_redirects=True)
    assert "签到成功" in done.text and row(app, door, door.wu) and row(app, door, door.li)


def test_somebody_without_a_sign_up_walks_in_by_the_pin(app, client, door):
    page = client.get(f"/c/{door.event.code}")
    asked = client.submit(
        page, {"pin": pin(app, door), "name": "孙丽", "phone": "19900002222"}, to="arrivals"
    )
    assert "没有报名也欢迎" in asked.text
    done = client.submit(asked, {}, to="walkins", follow_redirects=True)
    assert "孙* 签到成功" in done.text and scans(app)[-1].how is How.PIN


def test_a_pin_never_earns_a_volunteer_hours(app, client):
    door = Door(app, begins=timedelta(hours=-3))
    assert How.PIN not in STAFF_SIDE
    with app.app_context():
        given = {"part": Part.VOLUNTEER, "by": None, "now": door.now}
        wang = get_resident(door.wang.resident_id)
        with transaction():
            operations.check_in(door.event, wang, how=How.PIN, at=door.event.starts_at, **given)
            given.pop("part")
            operations.check_out(door.event, wang, how=How.VENUE, at=door.event.ends_at, **given)
            event = get_event(door.event.code)
            operations.close_out(event, note="", by=None, now=door.now)
            post_hours(event, by=None, now=door.now)
        assert ledger.total_minutes(door.wang.id) == 0


def test_the_desk_says_the_pin_of_the_day_while_the_doors_are_open(app, door):
    lin = cast.signed_in(app, door.people.lin)
    said = pin(app, door)
    assert said in lin.get(f"{door.at}/roster").text and said in lin.get(f"{door.at}/code").text
    with time_machine.travel(door.event.ends_at + timedelta(hours=4)):
        cast.sign_in(lin, door.people.lin)
        assert "扫海报签到的口令" not in lin.get(f"{door.at}/roster").text


def test_pins_differ_by_event_and_day_and_are_of_four_digits(app, door):
    with app.app_context():
        day = clock.day_of(door.now)
        other = cast.event(door.people.one, title="量血压", starts_at=door.now)
        said = [pins.pin_of(one, day + timedelta(days=n)) for one in (door.event, other) for n in range(30)]
    assert all(len(one) == 4 and one.isdigit() for one in said) and len(set(said)) > 50


# --- one browser for many ---------------------------------------------------------------------------------------


def test_scans_of_one_browser_bear_its_mark_and_another_browser_another(app, door):
    first, second = app.test_client(), app.test_client()
    with app.app_context():
        token = venue_token(door.event, door.now)
    poster = first.get(f"/c/{door.event.code}")
    assert "browser=" in poster.headers["Set-Cookie"] and "HttpOnly" in poster.headers["Set-Cookie"]
    first.submit(poster, {"pin": pin(app, door), "code": door.wu}, to="arrivals")
    first.submit(first.get(f"/c/{token}"), {"name": "孙丽", "phone": "19900002222"}, to="arrivals")
    second.submit(second.get(f"/c/{token}"), {"code": door.li}, to="arrivals")
    one, other = scans(app)
    assert (one.how, other.how) == (How.PIN, How.VENUE) and {one.kind, other.kind} == {Kind.IN}
    assert one.asker_index and other.asker_index and one.asker_index != other.asker_index
    page = first.get(f"/c/{token}")
    asked = first.submit(page, {"name": "孙丽", "phone": "19900002222"}, to="arrivals")
    first.submit(asked, {}, to="walkins")
    assert scans(app)[-1].asker_index == one.asker_index


def test_a_mark_made_up_by_the_browser_is_not_believed(app, door):
    marks = []
    for made_up in ("anything", "else"):
        client = app.test_client()
        page = client.get(f"/c/{door.event.code}")
        client.set_cookie("browser", made_up, path="/c/")
        code = door.wu if not marks else door.li
        client.submit(page, {"pin": pin(app, door), "code": code}, to="arrivals")
        marks.append(scans(app)[-1].asker_index)
    assert marks[0] == marks[1]  # the same address and the same kind of browser
