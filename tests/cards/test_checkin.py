"""The scanner's field: whatever is typed is understood, the last five stand below, nothing is guessed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.attendance import operations as attendance
from stationapp.attendance.models import RefusedScan
from stationapp.attendance.queries import find_attendance
from stationapp.attendance.rules import How, Part
from stationapp.cards import operations, queries
from stationapp.cards.rules import Ended, scanned
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.residents.queries import get_resident
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.cards.scenes import scene
from tests.harness.inspect import Page


@pytest.fixture
def door(app):
    return scene(app)


@pytest.fixture
def lin(app, door):
    return cast.signed_in(app, door.people.lin)


def type_in(client, text: str, at: str = "/desk/checkin", **more):
    page = client.get(at)
    form = next(form for form in Page(page.text).forms if {"keep", "code"} <= form.fields)
    data = form.values | {"code": text} | more
    return client.post(form.action, data=data, follow_redirects=True)


def presence(app, event, resident):
    with app.app_context():
        return find_attendance(event.id, resident)


@pytest.mark.parametrize(
    "typed",
    [
        "https://wm.example.cn/p/ABCDE23456",
        "http://192.168.1.8:8000/p/ABCDE23456?x=1",
        "HTTPS://WM.EXAMPLE.CN/P/ABCDE23456".replace("/P/", "/p/"),
        "https://wm.example.cn/signups/abcde23456",
        "https:、、wm.example.cn、p、ABCDE23456",
        "ｈｔｔｐｓ：／／ｗｍ．ｃｎ／ｐ／ＡＢＣＤＥ２３４５６",
        " abcde-23456 ",
        "ABCDE 23456\r\n",
    ],
)
def test_whatever_a_scanner_or_a_hand_types_is_the_code(typed):
    assert scanned(typed) == "ABCDE23456"


def test_a_scan_checks_in_and_the_field_waits_for_the_next(app, lin, door):
    page = type_in(lin, f"https://elsewhere.example/p/{door.card}")
    assert "✓ 吴*英 到了：智能手机课堂" in page.text and "autofocus" in page.text
    row = presence(app, door.event, door.wu)
    assert (row.came_how, row.part) == (How.STAFF_SCAN, Part.RESIDENT)
    for text in (door.place, door.serial.lower(), door.card):
        assert "已经到了" in type_in(lin, text).text
    page = type_in(lin, "WRONGCODE2")
    assert page.status_code == 409 and "✗ 没有找到这个码" in page.text
    assert 'value="WRONGCODE2"' not in page.text  # the next scan would be written behind it
    for _again in range(3):
        page = type_in(lin, door.card, act="out")
    assert page.text.count("✓") + page.text.count("✗") == 5 and "吴秀英" not in page.text
    assert presence(app, door.event, door.wu).left_how is How.STAFF_SCAN
    out = next(form for form in Page(page.text).forms if "keep" in form.fields)
    assert out.values["act"] == ["out"]  # leaving stays chosen


def test_a_lost_card_is_told_and_lets_nobody_in(app, lin, door):
    with app.app_context(), transaction():
        operations.end(queries.get_card(door.serial), Ended.LOST, by=None, now=clock.now())
    for text in (door.card, door.serial):
        page = type_in(lin, text)
        assert page.status_code == 409 and "这张卡已挂失" in page.text and "吴" not in page.text
    assert presence(app, door.event, door.wu) is None
    assert "到了" in type_in(lin, door.place).text  # the sign-up itself is as it was


def test_who_is_not_signed_up_is_taken_in_by_a_button_while_there_is_room(app, lin, door):
    page = type_in(lin, door.stranger)
    assert page.status_code == 409 and "没有报这一场" in page.text
    assert presence(app, door.event, door.qian) is None
    form = next(form for form in Page(page.text).forms if "walk" in form.fields)
    assert "钱*来 到了" in lin.post(form.action, data=form.values, follow_redirects=True).text
    assert presence(app, door.event, door.qian).came_how is How.WALK_IN
    with app.app_context():
        full = cast.event(door.people.one, starts_at=clock.now() + timedelta(minutes=5), capacity=1)
        cast.sign_up(full, cast.person("孙丽", "19900002222"))
    data = form.values | {"event": full.code}
    page = lin.post(form.action, data=data, follow_redirects=True)
    assert page.status_code == 409 and "确实要收下" in page.text
    assert presence(app, full, door.qian) is None


def test_several_at_once_are_asked_about_and_a_helper_is_a_volunteer(app, lin, door):
    with app.app_context():
        other = cast.event(door.people.one, title="八段锦", starts_at=clock.now() + timedelta(minutes=55))
        cast.sign_up(other, cast.granny_wu(door.people.one))
    page = type_in(lin, door.card)
    assert page.status_code == 409 and "来的是哪一场" in page.text
    form = next(form for form in Page(page.text).forms if form.values.get("event") == [other.code])
    assert "到了：八段锦" in lin.post(form.action, data=form.values, follow_redirects=True).text
    assert presence(app, door.event, door.wu) is None
    assert "这个报名号是“智能手机课堂”的" in type_in(lin, door.place, event=other.code).text
    with app.app_context(), transaction():
        by = {"by": None, "now": clock.now()}
        helper = volunteers.register(get_resident(door.qian), site=door.people.one, **by)
        shift = volunteers.add_shift(
            other, title="引导", needed=1, risk=Risk.ORDINARY, risk_note="久站", **by
        )
        volunteers.assign(shift, helper, **by)
    assert "到了：八段锦" in type_in(lin, door.stranger).text
    assert presence(app, other, door.qian).part is Part.VOLUNTEER


def test_a_cards_address_is_a_button_for_the_desk_and_tells_strangers_nothing(app, client, lin, door):
    found = client.get(f"/p/{door.card}")
    assert found.status_code == 200 and "捡到了别人的卡" in found.text
    assert not any(word in found.text for word in ("吴", "智能手机课堂", door.serial, door.place))
    page = lin.get(f"/p/{door.card.lower()}")
    assert "吴*英" in page.text and "吴秀英" not in page.text
    assert presence(app, door.event, door.wu) is None  # asking changed nothing
    page = lin.submit(page, to="checkin", follow_redirects=True)
    assert "已经到了" in page.text and presence(app, door.event, door.wu)
    ma = cast.signed_in(app, door.people.ma)
    assert "吴" not in ma.get(f"/p/{door.card}").text
    assert ma.get("/p/23456789AB").status_code == 404
    page = type_in(ma, door.card)
    assert page.status_code == 409 and "现在没有可以签到的活动" in page.text
    page = type_in(ma, door.place)
    assert page.status_code == 409 and "没有找到这个码" in page.text


def test_whose_card_it_is_sees_their_places_of_today(app, client, door):
    from stationapp.residents.homes import make_code
    from stationapp.residents.rules import CodeVia

    with app.app_context(), transaction():
        home = get_resident(door.wu).household_id
        code = make_code(home, CodeVia.DESK, by=door.people.lin.id, now=clock.now())
    client.submit("/mine/logins", {"phone": cast.PHONE, "code": code})
    page = client.get(f"/p/{door.card}")
    assert "智能手机课堂" in page.text and "吴秀英" not in page.text
    assert "智能手机课堂" not in client.get(f"/p/{door.stranger}").text


def test_the_camera_is_allowed_on_its_own_page_alone(app, lin, door):
    assert lin.get("/desk/checkin/camera").headers["Permissions-Policy"] == "camera=(self)"
    for path in ("/desk/checkin", "/", f"/p/{door.card}"):
        assert lin.get(path).headers["Permissions-Policy"] == "camera=()"
    page = lin.get("/desk/checkin/camera").text
    assert "<noscript>" in page and "/desk/checkin?" not in page and 'href="/desk/checkin"' in page


def starts(app, event, ago: timedelta) -> None:
    """Move an event, so that its doors are open or shut by now."""
    with app.app_context(), transaction():
        moved = db.session.get_one(Event, event.id)
        moved.starts_at = clock.now() - ago
        moved.ends_at = moved.starts_at + timedelta(minutes=30)


def beside(app, door, *people) -> Event:
    """Another event of the station that begins soon, with these people signed up for it."""
    with app.app_context():
        other = cast.event(door.people.one, title="八段锦", starts_at=clock.now() + timedelta(minutes=50))
        if people:
            cast.sign_up(other, *people, now=clock.now() - timedelta(hours=2))
        return other


def button(page, event):
    """The button for an event, of a question or a card's page."""
    forms = Page(page.text).forms
    return next(f for f in forms if f.values.get("event") == [event.code] and "keep" not in f.fields)


def aims(page) -> tuple[str, str]:
    """What the next scan will be taken for: coming or leaving, and of which event."""
    form = next(form for form in Page(page.text).forms if {"keep", "code"} <= form.fields)
    return form.values["act"][0], (form.values.get("event") or [""])[0]


def test_a_button_for_an_event_whose_doors_are_shut_by_now_takes_nobody_in_elsewhere(app, lin, door):
    pressed = button(lin.get(f"/p/{door.stranger}"), door.event)
    other = beside(app, door)
    starts(app, door.event, timedelta(hours=5))
    answer = lin.post(pressed.action, data=pressed.values, follow_redirects=True)
    assert answer.status_code == 409 and "“智能手机课堂”现在不能签到" in answer.text
    assert not presence(app, other, door.qian) and not presence(app, door.event, door.qian)
    with app.app_context():
        kept = db.session.scalars(select(RefusedScan)).all()
    assert [(one.reason, one.event_id) for one in kept] == [("nothing_on", door.event.id)]
    for nowhere in ("ZZZZZZZZ", "x" * 300, "\0"):
        page = lin.post(pressed.action, data=pressed.values | {"event": nowhere})
        assert page.status_code == 409 and not presence(app, other, door.qian)
    assert aims(answer) == ("in", "")
    page = type_in(lin, door.place, event=other.code)  # an open one, of which the code is not
    assert "这个报名号是“智能手机课堂”的" in page.text and not presence(app, other, door.wu)


def test_an_answered_question_leaves_the_scanner_as_it_was_set(app, lin, door):
    other = beside(app, door, cast.granny_wu(door.people.one))
    for event in (door.event, other):
        with app.app_context(), transaction():
            given = {"how": How.ROSTER, "part": Part.RESIDENT, "by": None, "now": clock.now()}
            attendance.check_in(event, get_resident(door.wu), **given)
    asked = type_in(lin, door.card, act="out")
    assert asked.status_code == 409 and "离开的是哪一场" in asked.text and aims(asked) == ("out", "")
    pressed = button(asked, other)
    page = lin.post(pressed.action, data=pressed.values, follow_redirects=True)
    assert "吴*英 离开了：八段锦" in page.text and aims(page) == ("out", "")
    page = lin.post(pressed.action, data=pressed.values | {"pinned": door.event.code}, follow_redirects=True)
    assert aims(page) == ("out", door.event.code)


def test_a_roster_finds_who_is_scanned_or_typed_in_full_width(app, lin, door):
    roster = f"/desk/events/{door.event.code}/roster"
    tail = cast.granny_wu(door.people.one).phone[-4:]
    wide = "".join(chr(ord(c) + 0xFEE0) for c in tail)
    addresses = (
        f"https://wenming.example.gov.cn/p/{door.card}",
        f"https://wenming.example.gov.cn/p/{door.place}",
    )
    for typed in (wide, "ｗ", *addresses):
        assert f'id="p-{door.wu}"' in lin.get(roster, query_string={"q": typed}).text, typed
    for nobody in ("３３３３３３", "ｙ", f"https://wenming.example.gov.cn/p/{door.stranger}"):
        assert f'id="p-{door.wu}"' not in lin.get(roster, query_string={"q": nobody}).text, nobody


def test_who_has_left_everywhere_is_asked_nothing(app, lin, door):
    other = beside(app, door, cast.granny_wu(door.people.one))
    for event in (door.event, other):
        with app.app_context(), transaction():
            given = {"by": None, "now": clock.now()}
            who = get_resident(door.wu)
            attendance.check_in(event, who, how=How.ROSTER, part=Part.RESIDENT, **given)
            attendance.check_out(event, who, how=How.ROSTER, by=None, now=clock.now() + timedelta(seconds=1))
    page = lin.get(f"/p/{door.card}").text
    assert "来过，已经离开了" in page and "哪一场" not in page


def test_a_refused_button_chooses_nothing_for_the_next_scan(app, lin, door):
    full = beside(app, door, cast.person("孙丽", "19900002222"))
    with app.app_context(), transaction():
        db.session.get_one(Event, full.id).capacity = 1
    pressed = button(type_in(lin, door.stranger), full)
    answer = lin.post(pressed.action, data=pressed.values)
    assert "确实要收下" in answer.text and aims(answer) == ("in", "")


def test_a_question_left_unanswered_leaves_a_line(app, lin, door):
    type_in(lin, door.stranger)
    page = type_in(lin, door.card)
    assert "✓ 吴*英 到了" in page.text and "✗ 钱*来 扫了一下，没有记" in page.text


@pytest.mark.parametrize("several", [False, True])
def test_who_leaves_without_being_there_is_refused_at_once(app, lin, door, several):
    if several:
        beside(app, door)
    page = type_in(lin, door.stranger, act="out")
    assert page.status_code == 409 and "✗ 还没有签到，不能签退" in page.text
    assert "现场收下" not in page.text and aims(page)[0] == "out"


def test_who_leaves_is_asked_about_no_event_they_are_not_at(app, lin, door):
    beside(app, door, cast.granny_wu(door.people.one))
    with app.app_context(), transaction():
        given = {"how": How.ROSTER, "part": Part.RESIDENT, "by": None, "now": clock.now()}
        attendance.check_in(door.event, get_resident(door.wu), **given)
    assert "吴*英 离开了" in type_in(lin, door.card, act="out").text


def test_what_one_scanned_is_not_shown_to_the_next_at_the_same_computer(app, lin, door):
    assert "吴*英" in type_in(lin, door.card).text
    page = lin.get("/desk/account")
    lin.submit(page, to="signout")
    with lin.session_transaction() as kept:
        assert "scans" not in kept
    for who in (
        door.people.ma,
        door.people.lin,
    ):  # also without signing out: the sign-in before was left idle
        cast.sign_in(lin, who)
        assert "吴" not in lin.get("/desk/checkin").text
        assert "✗" in type_in(lin, "WRONGCODE2").text
    cast.sign_in(lin, door.people.ma)
    assert "✗" not in lin.get("/desk/checkin").text


def test_a_helper_scans_too(app, door):
    helper = app.test_client()
    with app.app_context():
        cast.sign_in(helper, cast.staff("何帮手", door.people.one, Role.HELPER))
    assert "到了" in type_in(helper, door.card).text
