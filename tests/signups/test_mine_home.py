"""全家的报名: a household's own page behind a code (domain.md §6, trust.md §4.7, §4.10, §4.11)."""

import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event as listening
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.models import Tries
from stationapp.db import db, transaction
from stationapp.messages import switches
from stationapp.messages.models import Message
from stationapp.messages.rules import Way
from stationapp.notices.rules import Occasion
from stationapp.residents import guard, homes
from stationapp.residents.merging import merge
from stationapp.residents.models import HomeCode, HomeLogin, Household, Resident
from stationapp.residents.rules import CodeVia
from stationapp.signups.models import Offer, Party, Signup
from stationapp.signups.rules import Place
from tests import cast

UNKNOWN = "19900009999"
OTHER = "19900002222"


@pytest.fixture
def people(app):
    made = cast.district(app)
    with app.app_context():
        yield made


@pytest.fixture
def family(people):
    """Granny Wu and Xiao Li on one phone; each is coming to something."""
    wu = cast.sign_up(cast.event(people.one, title="书法课"), cast.granny_wu(people.one))
    li = cast.sign_up(cast.event(people.one, title="折纸"), cast.xiao_li(people.one))
    return wu, li


@pytest.fixture
def texts(app):
    """Text messages are switched on."""
    address = switches.switches().public_url
    switches.use(sms=True, email=False, public_url=address)
    yield
    switches.use(sms=False, email=False, public_url=address)


def fresh() -> None:
    """Read what the browser's requests wrote: the test's own view of the database begins anew."""
    db.session.rollback()
    db.session.expire_all()


def home_id(phone: str = cast.PHONE) -> int:
    return homes.find_household(phone)


def code_for(phone: str = cast.PHONE, by: int | None = None) -> str:
    with transaction():
        return homes.make_code(home_id(phone), CodeVia.DESK, by=by, now=clock.now())


def enter(client, code: str, phone: str = cast.PHONE, **more):
    return client.submit("/mine/logins", {"phone": phone, "code": code, **more})


def come_in(client, phone: str = cast.PHONE, **more):
    answer = enter(client, code_for(phone), phone, **more)
    assert (answer.status_code, answer.location) == (303, "/mine/home")
    return answer


def wrong_code(right: str) -> str:
    return f"{(int(right) + 1) % 10**6:06d}"


# --- the page ----------------------------------------------------------------------------------------------------


def test_everybody_of_the_phone_is_on_one_page_with_what_they_come_to(client, family):
    come_in(client)
    page = client.get("/mine/home").text
    assert cast.GRANNY_WU in page and cast.XIAO_LI in page
    assert "书法课" in page and "折纸" in page


def test_without_the_code_there_is_no_page(client, family):
    for path in ("/mine/home", "/mine/about", "/mine/about/people/new", "/mine/about/people/1"):
        answer = client.get(path)
        assert (answer.status_code, answer.location) == (303, "/mine")
    client.set_cookie(guard.COOKIE, "guessed")
    assert client.get("/mine/home").status_code == 303


def test_a_place_is_given_back_from_the_page_and_stands_among_the_past_ones(client, family):
    come_in(client)
    wu, _li = family
    signup = db.session.scalar(select(Signup.id).where(Signup.party_id == wu.party_id))
    answer = client.submit("/mine/home", to=f"/places/{signup}/cancellation", follow_redirects=True)
    assert "取消好了" in answer.text
    fresh()
    assert db.session.get(Signup, signup).state is Place.CANCELLED
    assert client.submit(answer, to="/mine/logout").status_code == 303


def test_who_waits_sees_their_rank(client, people):
    full = cast.event(people.one, capacity=1)
    cast.sign_up(full, cast.person("王强", OTHER))
    cast.sign_up(full, cast.granny_wu(people.one))
    come_in(client)
    assert "候补第 1 位" in client.get("/mine/home").text


def test_who_waits_for_a_draw_sees_no_rank(client, people):
    drawn = cast.event(people.one, capacity=1, draw_at=clock.now() + timedelta(hours=6))
    cast.sign_up(drawn, cast.granny_wu(people.one))
    come_in(client)
    page = client.get("/mine/home").text
    assert "等抽签" in page and "候补第" not in page


def test_an_offer_is_answered_on_the_page(app, client, people):
    full = cast.event(
        people.one, capacity=1, starts_at=clock.instant(clock.day_of(clock.now()) + timedelta(days=5), 9)
    )
    cast.sign_up(full, cast.person("王强", OTHER))
    waits = cast.sign_up(full, cast.granny_wu(people.one))
    with transaction():
        from stationapp.signups.operations import cancel

        first = db.session.scalar(select(Signup).where(Signup.event_id == full.id).order_by(Signup.id))
        cancel(first, by=None, why="own", now=clock.now())
    come_in(client)
    page = client.get("/mine/home")
    assert "有名额了，来不来？" in page.text
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    path = re.search(r'action="(/mine/home/places/\d+/answer)"', page.text)[1]
    answer = client.post(path, data={"comes": "yes"}, follow_redirects=True)
    assert "名额给您留下了" in answer.text
    fresh()
    assert db.session.scalar(select(Offer.ended_at).where(Offer.party_id == waits.party_id)) is not None


def test_a_long_past_is_told_page_by_page(client, people):
    for n in range(25):
        held = cast.event(
            people.one, title=f"第{n}场", starts_at=clock.now() + timedelta(days=1, hours=3 * n)
        )
        cast.sign_up(held, cast.granny_wu(people.one))
    with time_machine.travel(clock.now() + timedelta(days=30)):
        come_in(client)
        assert "第24场" in client.get("/mine/home").text
        second = client.get("/mine/home?page=2").text
        assert "第0场" in second and "第24场" not in second


def test_a_get_changes_nothing(client, family):
    come_in(client)
    said = []
    listening.listen(db.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    for path in ("/mine", "/mine/logins", "/mine/home", "/mine/about", "/mine/about/people/new"):
        assert client.get(path).status_code == 200
    assert [one for one in said if not one.lstrip().upper().startswith(("SELECT", "WITH", "BEGIN"))] == []


def test_nothing_personal_stands_in_an_address_and_nothing_is_kept_by_the_browser(client, family):
    come_in(client)
    for path in ("/mine/home", "/mine/about"):
        answer = client.get(path)
        assert answer.headers["Cache-Control"] == "no-store"
        for address in re.findall(r'(?:href|action|src)="([^"]*)"', answer.text):
            assert cast.PHONE not in address and cast.GRANNY_WU not in address


def test_the_number_of_questions_is_the_same_for_few_and_for_many(client, people):
    def asked() -> int:
        said = []

        def note(*args) -> None:
            said.append(args[2])

        listening.listen(db.engine, "before_cursor_execute", note)
        client.get("/mine/home")
        listening.remove(db.engine, "before_cursor_execute", note)
        return len(said)

    full = cast.event(people.one, capacity=1)
    cast.sign_up(full, cast.person("王强", OTHER))
    cast.sign_up(full, cast.granny_wu(people.one))
    come_in(client)
    once = asked()
    for n in range(6):
        more = cast.event(people.one, capacity=1, starts_at=clock.now() + timedelta(days=3 + n))
        cast.sign_up(more, cast.person("王强", OTHER))
        cast.sign_up(more, cast.granny_wu(people.one))
        cast.sign_up(
            cast.event(people.one, starts_at=clock.now() + timedelta(days=12 + n)), cast.xiao_li(people.one)
        )
    assert asked() <= once + 1


# --- the code ----------------------------------------------------------------------------------------------------


def test_a_code_opens_once(app, client, family):
    code = code_for()
    assert enter(client, code).status_code == 303
    assert enter(app.test_client(), code).status_code == 422


def test_another_code_ends_the_one_before(client, family):
    first, second = code_for(), code_for()
    assert enter(client, first).status_code == (303 if first == second else 422)
    assert enter(client, second).status_code == 303


def test_five_wrong_tries_end_a_code(client, family):
    code = code_for()
    for _ in range(homes.TRIES):
        assert enter(client, wrong_code(code)).status_code == 422
    assert enter(client, code).status_code == 422
    assert enter(client, code_for()).status_code == 303


@pytest.mark.parametrize(("via", "minutes"), [(CodeVia.SMS, 10), (CodeVia.DESK, 30)])
def test_a_code_is_worth_nothing_after_its_time(client, family, via, minutes):
    now = clock.now()
    with transaction():
        code = homes.make_code(home_id(), via, by=None, now=now)
    with time_machine.travel(now + timedelta(minutes=minutes, seconds=1)):
        assert enter(client, code).status_code == 422
    with time_machine.travel(now + timedelta(minutes=minutes, seconds=-20)):
        assert enter(client, code).status_code == 303


def test_full_width_digits_and_blanks_are_read(client, family):
    code = code_for()
    typed = " ".join(chr(ord(digit) + 0xFEE0) for digit in code)
    assert enter(client, typed, "１９９ ０００ ０１１１１").status_code == 303


def test_guesses_from_one_address_are_slowed_down(client, people):
    said = {enter(client, "123456", UNKNOWN).status_code for _ in range(31)}
    assert said == {422, 429}


def test_a_code_is_kept_hashed_and_a_login_too(client, family):
    code = code_for()
    row = db.session.scalar(select(HomeCode).order_by(HomeCode.id.desc()))
    assert code.encode() not in bytes(row.code_index) and row.code_sealed is None
    enter(client, code)
    token = client.get_cookie(guard.COOKIE)
    fresh()
    login = db.session.scalar(select(HomeLogin))
    assert token.http_only and token.value.encode() != bytes(login.token_index)


# --- asking for it: the same for every number ----------------------------------------------------------------------


def asked_for(client, phone: str):
    return client.submit("/mine", {"phone": phone}, to="/mine/codes")


def _said(answer) -> str:
    plain = re.sub(r'name="csrf_token" value="[^"]*"', "", answer.text)
    return re.sub(r"199\d{8}", "PHONE", plain)


def test_a_number_nobody_has_gets_the_same_answer(client, family):
    known, unknown = asked_for(client, cast.PHONE), asked_for(client, UNKNOWN)
    assert (known.status_code, _said(known)) == (unknown.status_code, _said(unknown))
    assert "请打电话给站点" in known.text
    assert db.session.scalars(select(HomeCode)).all() == []


def test_who_was_told_a_code_on_the_phone_types_it_without_asking_for_another(client, family, texts):
    code = code_for()
    assert 'href="/mine/logins"' in client.get("/mine").text
    assert enter(client, code).status_code == 303


@pytest.mark.both_databases
def test_with_texts_on_the_answer_and_the_work_are_the_same_and_one_message_is_written(client, family, texts):
    def work(phone: str):
        said = []

        def note(*args) -> None:
            said.append(args[2].split()[0])

        listening.listen(db.engine, "before_cursor_execute", note)
        answer = asked_for(client, phone)
        listening.remove(db.engine, "before_cursor_execute", note)
        return answer, said

    (known, done), (unknown, undone) = work(cast.PHONE), work(UNKNOWN)
    assert _said(known) == _said(unknown)
    assert len(undone) - len(done) in (0, 1, 2)  # a household is made besides, and all is taken back
    message = db.session.scalars(select(Message).where(Message.occasion == Occasion.HOME_CODE)).one()
    assert (message.way, message.household_id) == (Way.SMS, home_id())
    assert db.session.scalar(select(HomeCode.code_sealed)) is not None
    assert db.session.scalars(select(Household).where(Household.phone_index.is_(None))).all() == []


def test_a_number_asked_for_too_often_gets_no_more_codes_and_the_same_answer(client, family, texts):
    said = {_said(asked_for(client, cast.PHONE)) for _ in range(6)}
    assert len(said) == 1
    assert len(db.session.scalars(select(HomeCode)).all()) == 3


def test_an_address_that_asks_for_many_numbers_is_stopped(client, people):
    said = [asked_for(client, f"1990001{n:04d}").status_code for n in range(14)]
    assert said == [200] * 12 + [429] * 2
    assert b"1990001" not in b"".join(bytes(key) for key in db.session.scalars(select(Tries.key_index)))


def test_what_is_no_phone_is_said_at_once(client, people):
    answer = asked_for(client, "12345")
    assert answer.status_code == 422 and "不像电话号码" in answer.text


# --- other households ---------------------------------------------------------------------------------------------


def test_nobody_sees_or_changes_another_household(app, client, people, family):
    cast.sign_up(cast.event(people.one, title="别家的课"), cast.person("王强", OTHER))
    come_in(client, OTHER)
    page = client.get("/mine/home").text
    assert "王强" in page and cast.GRANNY_WU not in page and "书法课" not in page
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    theirs = db.session.scalar(select(Resident.id).where(Resident.name == cast.GRANNY_WU))
    wu, _li = family
    signup = db.session.scalar(select(Signup.id).where(Signup.party_id == wu.party_id))
    assert client.get(f"/mine/about/people/{theirs}").status_code == 404
    assert client.post(f"/mine/about/people/{theirs}", data={"name": "王强"}).status_code == 404
    assert client.post(f"/mine/home/places/{signup}/cancellation").status_code == 404
    assert client.post(f"/mine/home/places/{signup}/answer", data={"comes": "no"}).status_code == 404
    with transaction():
        homes.open_home(cast.PHONE, code_for_inside(), device="", shared=False, now=clock.now())
    login = db.session.scalar(select(HomeLogin.id).where(HomeLogin.household_id == home_id()))
    assert client.post(f"/mine/about/logins/{login}/ending").status_code == 404
    fresh()
    assert db.session.get(Signup, signup).state is Place.CONFIRMED
    assert db.session.get(HomeLogin, login).ended_at is None


def code_for_inside() -> str:
    return homes.make_code(home_id(), CodeVia.DESK, by=None, now=clock.now())


def test_another_households_cookie_shows_another_household(app, client, people, family):
    cast.sign_up(cast.event(people.one), cast.person("王强", OTHER))
    other = app.test_client()
    come_in(client), come_in(other, OTHER)
    mine, theirs = client.get_cookie(guard.COOKIE).value, other.get_cookie(guard.COOKIE).value
    assert mine != theirs
    client.set_cookie(guard.COOKIE, theirs)
    assert cast.GRANNY_WU not in client.get("/mine/home").text


# --- where it is open ----------------------------------------------------------------------------------------------


def test_signing_out_closes_the_page_and_the_old_cookie_opens_nothing(client, family):
    come_in(client)
    token = client.get_cookie(guard.COOKIE).value
    client.submit("/mine/home", to="/mine/logout")
    client.set_cookie(guard.COOKIE, token)
    assert client.get("/mine/home").status_code == 303


def test_the_page_is_ended_in_another_browser(app, client, family):
    lost = app.test_client()
    come_in(lost), come_in(client)
    page = client.get("/mine/about")
    assert page.text.count("退出它") == 1
    client.submit(page, to=re.search(r'action="(/mine/about/logins/\d+/ending)"', page.text)[1])
    assert lost.get("/mine/home").status_code == 303
    assert client.get("/mine/home").status_code == 200


def test_the_page_is_ended_everywhere_else(app, client, family):
    lost = app.test_client()
    come_in(lost), come_in(client)
    client.submit("/mine/about", to="/others/ending")
    assert (lost.get("/mine/home").status_code, client.get("/mine/home").status_code) == (303, 200)


def test_on_a_shared_computer_the_page_closes_after_half_an_hour(client, family):
    now = clock.now()
    with time_machine.travel(now, tick=False):
        answer = come_in(client, shared="y")
    cookie = next(part for part in answer.headers.getlist("Set-Cookie") if part.startswith("home="))
    assert "Max-Age" not in cookie
    with time_machine.travel(now + timedelta(minutes=25), tick=False):
        assert client.get("/mine/home").status_code == 200  # used: the half hour begins anew
    with time_machine.travel(now + timedelta(minutes=50), tick=False):
        assert client.get("/mine/home").status_code == 200
    with time_machine.travel(now + timedelta(minutes=81), tick=False):
        assert client.get("/mine/home").status_code == 303


def test_on_ones_own_phone_it_stays_open_for_ninety_days(client, family):
    now = clock.now()
    with time_machine.travel(now, tick=False):
        come_in(client)
    with time_machine.travel(now + timedelta(days=89), tick=False):
        assert client.get("/mine/home").status_code == 200
    with time_machine.travel(now + timedelta(days=89 + 91), tick=False):
        assert client.get("/mine/home").status_code == 303


# --- people with two records -------------------------------------------------------------------------------------


def test_after_a_merge_both_phones_show_the_person_with_all_places(app, client, people):
    cast.sign_up(cast.event(people.one, title="书法课"), cast.person("吴秀英", cast.PHONE))
    later = clock.now() + timedelta(days=4)
    cast.sign_up(cast.event(people.one, title="太极拳", starts_at=later), cast.person("吴秀英", OTHER))
    kept, gone = db.session.scalars(select(Resident.id).order_by(Resident.id)).all()
    with transaction():
        merge(kept, gone, by=people.lin.id, now=clock.now())
    for browser, phone in ((client, cast.PHONE), (app.test_client(), OTHER)):
        come_in(browser, phone)
        page = browser.get("/mine/home").text
        assert "书法课" in page and "太极拳" in page and page.count('<h2 id="person-') == 1


def test_a_party_of_the_household_is_its_own_whoever_signed_it_up(client, people):
    """The desk signs a caller up: the household sees it like its own."""
    cast.sign_up(cast.event(people.one, title="书法课"), cast.granny_wu(people.one), cast.xiao_li(people.one))
    come_in(client)
    assert client.get("/mine/home").text.count("书法课") >= 2
    assert db.session.scalar(select(Party.size)) == 2
