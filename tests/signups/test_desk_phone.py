"""The phone desk: found, chosen, read back, signed up; and everything else a caller may want."""

import re
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.residents.models import Household, Resident
from stationapp.signups import holds, limits, offers, queries
from stationapp.signups.models import Offer, Party, SeatHold, Signup
from stationapp.signups.rules import Channel, Counted, HoldEnd, OfferEnd, Place, Span
from stationapp.vault import vault
from stationapp.web.filters import exact, groups
from tests import cast
from tests.signups import scene

DESK = "/desk/phone/"


@pytest.fixture
def people(app, client):
    """The district, with Lin signed in at the phone desk and Granny Wu and Xiao Li known there."""
    made = cast.district(app)
    cast.sign_in(client, made.lin)
    with app.app_context():
        cast.resident(cast.granny_wu(made.one))
        cast.resident(cast.xiao_li(made.one))
    return made


@pytest.fixture
def event(app, people):
    """An event with three places."""
    with app.app_context():
        return cast.event(people.one, capacity=3)


def found(client, text: str):
    """The page a search leads to."""
    return client.submit(DESK, {"text": text}, to=DESK, follow_redirects=True)


def read_back(client, text: str, event: str = "1", *, who=(0,), **more):
    """Search, tick the people at these positions, choose the event: the page to read from, or what was refused."""
    ticks = {f"known-{n}-comes": "y" for n in who}
    return client.submit(found(client, text), {"event": event} | ticks | more, to="readback")


def new_caller(client, text: str, **fields):
    """The same for somebody nobody knows."""
    return client.submit(found(client, text), {"event": "1"} | fields, to="readback")


def signed_up(client, page):
    """The page after the consent was given."""
    return client.submit(page, to="/desk/phone/signups", follow_redirects=True)


def said(page) -> str:
    """What is to be read aloud, in one line."""
    return " ".join(
        re.sub(r"<[^>]+>", "", re.search(r"<blockquote.*?</blockquote>", page.text, re.S)[0]).split()
    )


def as_it_is(event: Event) -> Event:
    """The event as it stands in the database."""
    db.session.rollback()
    return db.session.get(Event, event.id, populate_existing=True)


def parties() -> list[Party]:
    """All of them."""
    return db.session.query(Party).order_by(Party.id).all()


# --- a known caller -------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_caller_known_by_four_digits_is_signed_up_with_oral_consent(app, client, people, event):
    page = read_back(client, "1111", who=(0, 1))
    assert "智能手机课堂，一楼多功能厅，两位，姓吴、姓李，对吗？" in said(page)
    assert "姓名和电话只用来组织这次活动" in said(page)
    done = signed_up(client, page)
    assert "报好了" in done.text and "吴*英" in done.text and cast.GRANNY_WU not in done.text
    assert len(re.findall(r'<b class="code">', done.text)) == 2
    with app.app_context():
        (party,) = parties()
        assert (party.channel, party.consent, party.by) == (Channel.PHONE, "oral-1", people.lin.id)
        hold = db.session.query(SeatHold).one()
        assert (hold.ended, hold.party_id, hold.by_phone) == (HoldEnd.USED, party.id, True)
        assert as_it_is(event).taken == 2


@pytest.mark.parametrize(
    "text", ["1111", "１１１１", "199 0000 1111", "+8619900001111", "wxy", "吴秀", "秀英"]
)
def test_a_household_is_found_by_what_people_say_of_themselves(client, people, text):
    page = found(client, text)
    assert page.request.path.startswith("/desk/phone/homes/")
    assert "吴*英" in page.text and "李*满" in page.text and "138" not in page.text
    assert cast.GRANNY_WU not in page.text and cast.PHONE not in page.text


@pytest.mark.parametrize("text", ["0379-00000123", "0379 00000123", "00000123", "0123"])
def test_a_landline_is_found_with_and_without_its_area_code(app, client, people, text):
    with app.app_context():
        cast.resident(cast.person("赵四海", "0379-00000123", home=people.one))
    assert "赵*海" in found(client, text).text


def test_somebody_alone_on_a_phone_is_ticked_already(app, client, people, event):
    with app.app_context():
        cast.resident(cast.person("赵四海", "19900002222", home=people.one))
    page = client.submit(found(client, "2222"), {"event": "zn"}, to="readback")
    assert "一位，姓赵" in said(page)


def test_who_was_searched_by_name_is_ticked_already(client, people, event):
    page = client.submit(found(client, "lxm"), {"event": "智能"}, to="readback")
    assert "一位，姓李" in said(page)


def test_several_households_are_listed_masked_to_choose_from(app, client, people):
    with app.app_context():
        cast.resident(cast.person("赵四海", "19911111111", home=people.one))
        cast.resident(cast.person("钱多多", "19900009999", home=people.two))
    page = client.submit(DESK, {"text": "1111"}, to=DESK)
    assert page.status_code == 200 and "是哪一家" in page.text
    assert "赵*海" in page.text and "吴*英" in page.text and "199****1111" in page.text
    assert "钱" not in page.text
    assert "吴*英" in client.get(re.findall(r"/desk/phone/homes/\d+", page.text)[-1]).text


@pytest.mark.parametrize("text", ["", "  ", "1", "12", "123", "\0", "９"])
def test_too_little_to_search_for_is_said(client, people, text):
    page = client.submit(DESK, {"text": text}, to=DESK)
    assert "太短了" in page.text


def test_nobody_of_another_station_is_found_or_shown(app, client, people, event):
    with app.app_context():
        other = cast.resident(cast.person("钱多多", "19900009999", home=people.two)).household_id
    assert "新的来电人" in found(client, "9999").text
    assert client.get(f"/desk/phone/homes/{other}").status_code == 404
    page = found(client, "1111")
    assert client.submit(page, {"event": "1", "home": str(other)}, to="readback").status_code == 404


def test_what_they_do_elsewhere_is_not_shown(app, client, people, event):
    with app.app_context():
        far = cast.event(people.two, title="别处的课")
        cast.sign_up(far, cast.granny_wu(people.one))
        place = db.session.query(Signup).one().id
        near = cast.event(
            people.one, title="这里的课", starts_at=clock.instant(clock.day_of(clock.now()) + timedelta(5), 9)
        )
        cast.sign_up(near, cast.xiao_li(people.one))
    page = found(client, "1111").text
    assert "李*满 · 这里的课" in page and "别处的课" not in page
    assert client.get(f"/desk/phone/places/{place}").status_code == 404


def test_no_address_holds_a_name_or_a_phone(client, people, event):
    answer = client.submit(DESK, {"text": cast.PHONE}, to=DESK)
    assert re.fullmatch(r"/desk/phone/homes/\d+", answer.location)
    answer = client.submit(DESK, {"text": cast.GRANNY_WU}, to=DESK)
    assert re.fullmatch(r"/desk/phone/homes/\d+\?who=\d+", answer.location)
    done = client.submit(read_back(client, "1111"), to="/desk/phone/signups")
    assert re.fullmatch(r"/desk/phone/\?done=\d+", done.location)


# --- the event ------------------------------------------------------------------------------------------------------


def _two_more(people):
    day = clock.day_of(clock.now())
    cast.event(people.one, title="智能家居", starts_at=clock.instant(day + timedelta(3), 9))
    cast.event(people.one, title="书法", starts_at=clock.instant(day + timedelta(4), 9))


@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("3", "书法"),
        ("３", "书法"),
        ("sf", "书法"),
        ("SF", "书法"),
        ("znjj", "智能家居"),
        ("家居", "智能家居"),
    ],
)
def test_an_event_is_chosen_by_number_initials_or_words(app, client, people, event, typed, title):
    with app.app_context():
        _two_more(people)
    assert title in said(read_back(client, "1111", typed))


def test_words_that_mean_several_events_are_asked_about(app, client, people, event):
    with app.app_context():
        _two_more(people)
    page = read_back(client, "1111", "智能")
    assert page.status_code == 422 and "“智能”有几场" in page.text and "书法" not in page.text
    assert "智能家居" in said(client.submit(page, {"event": "2"}, to="readback"))


@pytest.mark.parametrize("typed", ["", "9", "没有的", "xyz", "%", "1" * 90])
def test_an_event_that_is_not_there_is_said_and_who_comes_is_kept(client, people, event, typed):
    page = read_back(client, "1111", typed, who=(1,))
    assert page.status_code == 422 and "智能手机课堂" in page.text
    assert "一位，姓李" in said(client.submit(page, {"event": "1"}, to="readback"))


def test_the_numbers_are_those_that_were_shown_though_the_list_changed(app, client, people, event):
    page = found(client, "wxy")
    with app.app_context():
        cast.event(people.one, title="更早的", starts_at=clock.now() + timedelta(hours=3))
    assert "智能手机课堂" in said(client.submit(page, {"event": "1"}, to="readback"))


def test_an_event_is_chosen_with_its_button_too(client, people, event):
    page = found(client, "wxy")
    form = client._form(page, "readback")
    answer = client.post(form.action, data=form.values | {"pick": event.code})
    assert "智能手机课堂" in said(answer)


def test_an_event_of_another_station_cannot_be_chosen(app, client, people):
    with app.app_context():
        other = cast.event(people.two, title="别处的课").code
    assert read_back(client, "1111", other).status_code == 422


def test_seats_kept_for_callers_are_told_apart(app, client, people):
    with app.app_context():
        cast.event(people.one, capacity=5, phone_seats=2, phone_until_at=clock.now() + timedelta(hours=20))
    page = " ".join(found(client, "1111").text.split())
    assert "还有 5 个" in page and "含电话留的 2 个" in page


def test_a_course_is_one_line_and_is_signed_up_for_as_a_whole(app, client, people):
    with app.app_context():
        scene.course(people.one, 3)
    page = found(client, "wxy")
    assert "全程 3 次" in page.text and page.text.count("<strong>书法课</strong>") == 1
    page = client.submit(page, {"event": "1"}, to="readback")
    assert "一共 3 次，书法课" in said(page)
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        assert len(parties()) == 3
    assert "共 3 次" in found(client, "wxy").text


# --- a new caller, further people -----------------------------------------------------------------------------------


def test_a_new_caller_is_written_down_with_what_was_typed(app, client, people, event):
    page = new_caller(client, "19900005555", name="钱多多", community=people.one.code)
    assert "一位，钱多多，对吗？" in said(page)
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        person = db.session.query(Resident).filter_by(name="钱多多").one()
        assert person.community_id == people.one.id
    assert "钱*多" in found(client, "5555").text


def test_a_name_that_was_searched_for_is_written_already(client, people, event):
    page = new_caller(client, "阿依努尔·买买提", phone="0379 00000456")
    assert "阿依努尔·买买提" in said(page)
    assert "报好了" in signed_up(client, page).text


def test_without_a_phone_it_is_asked_how_to_reach_them(app, client, people, event):
    page = new_caller(client, "孙桂芳")
    assert page.status_code == 422 and "怎么找到人" in page.text
    page = client.submit(page, {"event": "1", "reach": "找二楼王姐转告"}, to="readback")
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        home = db.session.query(Household).filter(Household.phone_index.is_(None)).one()
        assert vault().unseal(home.reach_sealed) == "找二楼王姐转告"
    page = client.submit(found(client, "孙桂"), {"event": "1"}, to="readback", follow_redirects=True)
    assert "已经报过了" in page.text
    with app.app_context():
        assert as_it_is(event).taken == 1


def test_where_the_caller_has_no_phone_the_way_to_find_them_is_asked_for_at_once(client, people, event):
    page = found(client, "孙桂芳")
    label = re.search(r'<label for="reach">.*?</label>', page.text)[0]
    assert "没有电话：怎么找到人" in label and "选填" not in label
    answer = client.submit(page, {"event": "1", "reach": "找二楼王姐转告"}, to="readback")
    assert answer.status_code == 200 and "对吗？" in said(answer)
    known = found(client, "1111")
    assert 'for="reach"' not in known.text


def test_somebody_new_of_a_household_without_a_phone(app, client, people, event):
    with app.app_context():
        cast.resident(cast.person("孙桂芳", None, home=people.one))
    page = client.submit(
        found(client, "孙桂"), {"event": "1", "known-0-comes": None, "party-0-name": "孙小宝"}, to="readback"
    )
    assert page.status_code == 422 and "怎么找到人" in page.text
    page = client.submit(page, {"reach": "找桂芳转告", "event": "1"}, to="readback")
    assert "报好了" in signed_up(client, page).text


def test_family_not_known_yet_comes_along(app, client, people, event):
    page = read_back(client, "1111", **{"party-0-name": "吴小宝"})
    assert "两位，吴小宝、姓吴，对吗？" in said(page)
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        home = {one.household_id for one in db.session.query(Resident)}
        assert len(home) == 1


def test_only_somebody_new_of_a_known_household(app, client, people, event):
    page = client.submit(found(client, "1111"), {"event": "1", "party-0-name": "吴小宝"}, to="readback")
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        child = db.session.query(Resident).filter_by(name="吴小宝").one()
        granny = db.session.query(Resident).filter_by(name=cast.GRANNY_WU).one()
        assert (child.household_id, child.community_id) == (granny.household_id, people.one.id)


def test_a_known_name_written_once_more_is_the_same_person(app, client, people, event):
    page = read_back(client, "1111", **{"party-0-name": " 吴 秀英 "})
    assert "一位，姓吴" in said(page)
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        assert as_it_is(event).taken == 1


def test_another_row_is_added_and_what_was_typed_stays(client, people, event):
    form = client._form(found(client, "1111"), "readback")
    values = form.values | {"party-0-name": "吴小宝", "known-0-comes": "y", "more": "1"}
    page = client.post(form.action, data=values)
    assert (
        'value="吴小宝"' in page.text
        and "party-1-name" in page.text
        and 'checked id="known-0-comes"' in page.text
    )


def test_a_month_of_birth_is_asked_only_where_the_event_asks_and_it_is_missing(app, client, people):
    with app.app_context():
        cast.event(people.one, min_age=60)
        cast.resident(cast.person("赵四海", "19900002222", home=people.one))
    assert "birth_month" not in found(client, "2222").text
    page = client.submit(found(client, "2222"), {"event": "1"}, to="readback")
    assert page.status_code == 409 and "出生年月" in page.text
    refused = client.submit(page, {"known-0-birth_month": "2001-01"}, to="readback")
    assert refused.status_code == 409 and "满 60 岁" in refused.text
    page = client.submit(page, {"known-0-birth_month": "1950年1月"}, to="readback")
    assert "报好了" in signed_up(client, page).text
    assert "一位" in said(read_back(client, "1111"))


def test_before_sign_up_opens_the_list_says_when_and_nobody_is_signed_up(app, client, people):
    with app.app_context():
        opens_at = clock.instant(clock.day_of(clock.now()) + timedelta(1), 9)
        event = cast.event(people.one, title="重阳节", opens_at=opens_at)
    opens = f"{exact(opens_at)}开始"
    assert f"{opens}报名" in found(client, "1111").text
    page = read_back(client, "1111", "1")
    assert page.status_code == 409 and f"<b>重阳节</b>：报名还没开始，{opens}" in page.text
    with app.app_context():
        assert as_it_is(event).taken == 0
    path = f"/desk/events/{event.code}/signups/new"
    assert f"{opens}报名" in client.get(path).text
    at_the_desk = client.submit(path, {"name": "吴秀英", "phone": cast.PHONE}, to="signups")
    assert at_the_desk.status_code == 409 and f"报名还没开始，{opens}" in at_the_desk.text


def test_a_refusal_says_what_else_there_is(app, client, people):
    with app.app_context():
        cast.event(people.one, title="少年书法", max_age=14)
        cast.event(
            people.two, title="书法沙龙", starts_at=clock.instant(clock.day_of(clock.now()) + timedelta(3), 9)
        )
    page = read_back(client, "1111", "sn")
    assert page.status_code == 409 and "到 14 岁为止" in page.text
    assert "换成这些行不行" in page.text and "书法沙龙" in page.text


def test_a_child_needs_the_guardian_on_the_phone(app, client, people, event):
    with app.app_context():
        cast.event(people.one, title="剪纸", min_age=6, starts_at=clock.now() + timedelta(hours=5))
    page = read_back(client, "1111", who=(), **{"party-0-name": "吴小宝"})
    assert page.status_code == 409
    page = client.submit(page, {"party-0-birth_month": "2018-05"}, to="readback")
    assert page.status_code == 409 and "监护人" in page.text
    page = client.submit(page, {"party-0-guardian_consent": "y"}, to="readback")
    assert "报好了" in signed_up(client, page).text


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "请先选谁来"),
        ({"name": "12345"}, "姓名"),
        ({"name": "孙" * 41}, "最多 40 个字"),
        ({"name": "x" * 900_000}, "最多 40 个字"),
        ({"name": "孙桂芳", "phone": "12345"}, "不像电话号码"),
        ({"name": "孙桂芳", "phone": "😀"}, "不像电话号码"),
        ({"name": "孙桂芳", "community": "nowhere"}, "请从列表里选社区"),
        ({"name": "孙\x01桂芳"}, "看不见的特殊字符"),
    ],
)
def test_what_is_written_wrong_is_said_and_nothing_is_held(app, client, people, event, fields, sentence):
    page = new_caller(client, "19900005555", **fields)
    assert page.status_code in (409, 422) and sentence in page.text
    with app.app_context():
        assert as_it_is(event).taken == 0 and parties() == []


def test_nobody_ticked_is_said(client, people, event):
    page = read_back(client, "1111", who=())
    assert page.status_code == 422 and "请先选谁来" in page.text


@pytest.mark.parametrize(
    "junk", [{"key": ""}, {"key": "k" * 5000}, {"known-0-who": "99999"}, {"known-0-who": "x"}]
)
def test_a_form_somebody_tampered_with_does_no_harm(app, client, people, event, junk):
    page = read_back(client, "1111", who=(0, 1), **junk)
    assert page.status_code in (200, 422)
    with app.app_context():
        assert parties() == []


# --- seats while talking --------------------------------------------------------------------------------------------


def test_two_clerks_never_promise_the_same_seat(app, client, people):
    with app.app_context():
        event = cast.event(people.one, capacity=1)
        cast.resident(cast.person("赵四海", "19900002222", home=people.one))
        other = cast.signed_in(app, cast.staff("第二位", people.one, cast.Role.MANAGER))
    first = read_back(client, "1111")
    assert "名额替对方留到" in first.text
    second = read_back(other, "2222")
    assert "名额满了，可以排候补" in said(second) and "名额替对方留到" not in second.text
    assert "候补第 1 位" in signed_up(other, second).text
    assert "报好了" in signed_up(client, first).text
    with app.app_context():
        assert (as_it_is(event).taken, as_it_is(event).waiting) == (1, 1)


def test_giving_up_frees_the_seat_for_the_next_caller(app, client, people, event):
    page = read_back(client, "1111", who=(0, 1))
    with app.app_context():
        assert as_it_is(event).taken == 2
    form = client._form(page, "/desk/phone/signups")
    gone = client.post("/desk/phone/release", data=form.values, follow_redirects=True)
    assert "名额放回去了" in gone.text
    with app.app_context():
        assert as_it_is(event).taken == 0 and parties() == []


def test_changing_ones_mind_frees_the_seat_and_keeps_what_was_typed(app, client, people, event):
    form = client._form(read_back(client, "1111", who=(0, 1)), "/desk/phone/signups")
    page = client.post("/desk/phone/readback", data=form.values | {"change": "1"})
    assert page.text.count("checked") == 2
    with app.app_context():
        assert as_it_is(event).taken == 0
    page = client.submit(page, {"event": "1"}, to="readback")
    assert "报好了" in signed_up(client, page).text


def test_seats_are_kept_longer_when_asked_for(app, client, people, event):
    form = client._form(read_back(client, "1111"), "/desk/phone/signups")
    with app.app_context():
        before = db.session.query(SeatHold).one().until_at
    assert client.post("/desk/phone/readback", data=form.values | {"longer": "1"}).status_code == 200
    with app.app_context():
        hold = db.session.query(SeatHold).one()
        assert hold.until_at > before and hold.size == 1 and as_it_is(event).taken == 1


def test_pressing_twice_is_one_sign_up_with_the_same_numbers(app, client, people, event):
    page = read_back(client, "1111")
    form = client._form(page, "/desk/phone/signups")
    answers = {client.post(form.action, data=form.values).location for _ in range(3)}
    assert len(answers) == 1
    with app.app_context():
        assert len(parties()) == 1 and as_it_is(event).taken == 1


def test_who_has_a_place_is_told_the_same_number(app, client, people, event):
    first = signed_up(client, read_back(client, "1111")).text
    again = client.submit(found(client, "wxy"), {"event": "1"}, to="readback", follow_redirects=True).text
    assert "已经报过了" in again
    code = re.search(r'<b class="code">([^<]+)', first)[1]
    assert code in again


def test_a_seat_whose_time_ran_out_may_be_gone_and_that_is_said(app, client, people):
    with app.app_context():
        event = cast.event(people.one, capacity=1)
    page = read_back(client, "1111")
    with app.app_context():
        with transaction():
            holds.expire(now=clock.now() + timedelta(minutes=11))
        cast.sign_up(event, cast.person("赵四海", "19900002222"))
    assert "候补第 1 位" in signed_up(client, page).text


def test_a_draw_is_said_and_everybody_waits_for_it(app, client, people):
    with app.app_context():
        code = cast.event(people.one, capacity=1, draw_at=clock.now() + timedelta(hours=6)).code
    assert "抽签" in found(client, "1111").text
    page = read_back(client, "1111")
    assert "这场要抽签：先登记" in said(page)
    answer = signed_up(client, page)
    assert (
        answer.status_code == 200 and "登记好了，等抽签，1 号" in answer.text and "候补第" not in answer.text
    )
    with app.app_context():
        signup = db.session.query(Signup).one()
        assert signup.state is Place.WAITLISTED
        home_id = parties()[0].household_id
    place = client.get(f"/desk/phone/places/{signup.id}").text
    assert "等抽签，1 号" in place and "候补" not in place.split("<h1>")[1]
    home = client.get(f"/desk/phone/homes/{home_id}").text.split("已经报的")[1]
    assert "等抽签" in home and "候补<" not in home
    desk = client.get(f"/desk/events/{code}/signups").text
    assert "登记等抽签，1 人，抽签号 1" in desk and "登记候补" not in desk


def test_an_event_called_off_while_talking_is_said(app, client, people, event):
    page = read_back(client, "1111")
    with app.app_context(), transaction():
        events.cancel(db.session.get(Event, event.id), by=None, now=clock.now(), reason="停电")
    answer = client.submit(page, to="/desk/phone/signups")
    assert answer.status_code == 409 and "取消了" in answer.text


def test_a_limit_is_lifted_with_a_reason_that_stays_on_record(app, client, people, event):
    with app.app_context(), transaction():
        limits.set_limit(people.one, Counted.HOME, Span.MONTH, 1, by=None, now=clock.now())
    page = read_back(client, "1111", who=(0, 1))
    assert page.status_code == 409 and "放宽的原因" in page.text
    page = client.submit(page, {"lift": "老人要人陪"}, to="readback")
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        (party,) = parties()
        assert party.lifted == "老人要人陪"


def test_an_event_for_some_alone_asks_whether_they_belong_to_it(app, client, people):
    with app.app_context():
        cast.event(people.one, audience="退役军人", audience_only=True)
    page = read_back(client, "1111")
    assert "只给这些人办：退役军人。来的人都是吗？" in said(page)
    assert "报好了" in signed_up(client, page).text
    with app.app_context():
        assert parties()[0].declared


# --- what else a caller asks for ------------------------------------------------------------------------------------


def _place_page(client, text: str = "1111"):
    return client.get(re.search(r"/desk/phone/places/\d+", found(client, text).text)[0])


def test_a_place_is_read_back_and_given_up_and_pressing_twice_is_harmless(app, client, people, event):
    signed_up(client, read_back(client, "1111"))
    page = _place_page(client)
    assert "取消" in said(page) and "姓吴的这一位" in said(page)
    form = client._form(page, "cancellation")
    gone = [client.post(form.action, data=form.values, follow_redirects=True) for _ in range(2)]
    assert "已取消" in gone[0].text and gone[0].request.path.startswith("/desk/phone/homes/")
    assert "已经不在了" in gone[1].text
    with app.app_context():
        assert as_it_is(event).taken == 0
        assert "signups.cancel" in [entry.act for entry in db.session.query(AuditLine)]


def _offered(app, people):
    """Granny Wu is offered the only place of an event in four days; (event, who gave it up)."""
    with app.app_context():
        event = cast.event(
            people.one, capacity=1, starts_at=clock.instant(clock.day_of(clock.now()) + timedelta(4), 9)
        )
        cast.sign_up(event, cast.person("赵四海", "19900002222", home=people.one))
        cast.sign_up(event, cast.granny_wu(people.one))
        return event


def _give_up_first(client):
    form = client._form(_place_page(client, "2222"), "cancellation")
    client.post(form.action, data=form.values)


@pytest.mark.parametrize(("answer", "state", "end"), [
    ("acceptance", Place.CONFIRMED, OfferEnd.ACCEPTED), ("decline", Place.CANCELLED, OfferEnd.DECLINED),
])  # fmt: skip
def test_an_offer_is_taken_or_given_up_on_the_phone(app, client, people, answer, state, end):
    _offered(app, people)
    _give_up_first(client)
    page = _place_page(client)
    assert "有名额空出来了" in said(page)
    assert client.submit(page, to=answer).location.startswith("/desk/phone/homes/")
    with app.app_context():
        offer = db.session.query(Offer).one()
        places = db.session.query(Signup).filter_by(party_id=offer.party_id)
        assert (offer.ended, offer.by, [place.state for place in places]) == (end, people.lin.id, [state])


def test_an_offer_whose_time_is_over_says_so(app, client, people):
    _offered(app, people)
    _give_up_first(client)
    page = _place_page(client)
    with app.app_context(), transaction():
        offers.lapse(now=clock.now() + timedelta(days=3))
    answer = client.submit(page, to="acceptance", follow_redirects=True)
    assert "已经不在了" in answer.text


@pytest.mark.parametrize(
    "path", ["?done=1", "?done=x", "?done=99999999999", "?done=", "homes/999", "places/999"]
)
def test_addresses_that_lead_nowhere(client, people, path):
    assert client.get(DESK + path).status_code in (200, 404)


def test_a_code_people_have_themselves_is_read_at_no_desk(app, client, people, event):
    """Whoever has it may answer for them, and how it was no member of staff fills in."""
    with app.app_context():
        answer = cast.sign_up(as_it_is(event), cast.granny_wu(people.one))
        (signup,) = queries.members(answer.party_id)[0][:1]
        place, code = signup.id, queries.code_of(signup)
    again = client.submit(
        f"/desk/events/{event.code}/signups/new", {"name": cast.GRANNY_WU, "phone": cast.PHONE}, to="signups"
    )
    pages = [
        client.get(again.location),
        client.get(f"{DESK}?done={answer.party_id}"),
        client.get(read_back(client, "1111").location),
        client.get(f"{DESK}places/{place}"),
    ]
    for page in pages:
        assert not any(shown in page.text for shown in (code, groups(code))), page.request.path
    assert "他们自己已经报过了" in pages[0].text and "这里不显示" in pages[1].text


def test_what_another_station_signed_up_is_not_told(app, client, people):
    with app.app_context():
        answer = cast.sign_up(cast.event(people.two), cast.person("钱多多", "19900009999", home=people.two))
    page = client.get(f"{DESK}?done={answer.party_id}")
    assert page.status_code == 200 and "报好了" not in page.text and "钱" not in page.text
