"""What residents read and do where an event has rules of its own: seats for callers, lots, limits, kept seats."""

import re
from contextlib import contextmanager
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event as listening
from sqlalchemy import select, update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event, Series
from stationapp.events.rules import Cadence, Category, Residence, State, Theme
from stationapp.residents import guard, homes
from stationapp.residents.models import Resident
from stationapp.residents.rules import CodeVia
from stationapp.signups.models import SeatHold, Signup
from stationapp.signups.rules import HoldEnd
from stationapp.web.filters import exact, moment
from tests import cast
from tests.harness.inspect import Page
from tests.signups.scene import course

WU = {"name": "吴秀英", "phone": "19900001111"}


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def clock_at():
    """The time of day, which stands still until it is moved."""
    with time_machine.travel(clock.now().replace(microsecond=0), tick=False) as traveller:
        yield traveller


@pytest.fixture
def make(app):
    """An event at a site: its code."""

    def made(where, **changes):
        facts = {
            name: changes.pop(name)
            for name in ("taken", "phone_taken", "waiting", "state")
            if name in changes
        }
        with app.app_context():
            code = cast.event(where, **changes).code
            if facts:
                with transaction() as session:
                    session.execute(update(Event).where(Event.code == code).values(facts))
            return code

    return made


def ask(client, code, values=(), **options):
    return client.submit(f"/events/{code}", WU | dict(values), to="signups", **options)


def press_more(client, page, values):
    """Fill in the form and press the button for another row."""
    form = next(form for form in Page(page.text).forms if "signups" in form.action)
    return client.post(form.action, data=form.values | values | {"more": "1"})


@contextmanager
def asked(app):
    """The statements the database was asked meanwhile."""
    said = []
    with app.app_context():
        engine = db.engine

    def note(connection, cursor, statement, *rest):
        said.append(statement)

    listening.listen(engine, "before_cursor_execute", note)
    yield said
    listening.remove(engine, "before_cursor_execute", note)


def holds(app):
    with app.app_context():
        return list(db.session.scalars(select(SeatHold).order_by(SeatHold.id)))


# --- seats for callers, lots, limits in words ----------------------------------------------------------------------


def test_seats_for_callers_are_named_with_the_number_to_call_and_not_counted_for_the_web(
    client, people, make
):
    until = clock.now() + timedelta(hours=20)
    code = make(people.one, capacity=10, phone_seats=4, phone_until_at=until, taken=3, phone_taken=1)
    page = client.get(f"/events/{code}").text
    assert "还有 4 个名额" in page and "一共 10 个名额" in page
    assert f"另有 3 个名额留给电话报名，{moment(until)}前打电话" in page and 'href="tel:037900000001"' in page
    assert "还有 4 个名额" in client.get("/").text


def test_where_only_callers_seats_are_left_the_page_says_so_and_the_list_of_free_ones_leaves_it_out(
    client, people, make
):
    until = clock.now() + timedelta(hours=20)
    code = make(people.one, capacity=10, phone_seats=4, phone_until_at=until, taken=6)
    page = client.get(f"/events/{code}").text
    assert "网上的名额报满了" in page and "另有 4 个名额留给电话报名" in page
    assert "还有 4 个留给打电话的人" in client.get("/").text
    assert "智能手机课堂" not in client.get("/?free=1").text


def test_callers_seats_are_everybodys_when_their_time_is_over_even_on_a_kept_page(
    app, client, people, make, clock_at
):
    until = clock.now() + timedelta(hours=20)
    code = make(people.one, capacity=10, phone_seats=4, phone_until_at=until, taken=6)
    assert "留给打电话的人" in client.get("/").text
    clock_at.move_to(until)
    assert "还有 4 个名额" in client.get("/").text and "还有 4 个名额" in client.get(f"/events/{code}").text
    assert "留给电话" not in client.get(f"/events/{code}").text


def test_a_draw_is_said_in_plain_words_with_its_time(client, people, make):
    draws = clock.now() + timedelta(hours=20)
    code = make(people.one, capacity=10, draw_at=draws)
    page = client.get(f"/events/{code}").text
    assert "一共 10 个名额，抽签决定" in page and f"{moment(draws)}抽签" in page and "机会一样" in page
    assert f"10 个名额，{moment(draws)}抽签" in client.get("/").text


def test_a_limit_for_one_home_is_said_before_and_after(client, people, make):
    code = make(people.one, capacity=10, home_limit=1)
    page = client.get(f"/events/{code}")
    assert "一家最多 1 个名额" in page.text and "party-0-name" not in page.text
    values = Page(page.text).forms[-1].values | WU | {"party-0-name": "李大山"}
    refused = client.post(f"/events/{code}/signups", data=values)
    assert refused.status_code == 409 and "一家最多 1 个名额，好让更多人来得了" in refused.text
    assert client.submit(refused, {"party-0-name": ""}, to="signups").status_code == 303


def test_who_an_event_is_for_alone_is_a_tick_and_without_it_a_sentence(app, client, people, make):
    code = make(people.one, audience_only=True, audience="退役军人")
    assert "报名的人都是：退役军人" in client.get(f"/events/{code}").text
    refused = ask(client, code)
    assert refused.status_code == 409 and "只给这些人办：退役军人" in refused.text
    assert "拿不准，就打电话问" in refused.text
    assert client.submit(refused, {"declared": "y"}, to="signups").status_code == 303
    assert "declared" not in client.get(f"/events/{make(people.one)}").text


def test_one_tick_stands_for_every_date_of_a_course(app, client, people):
    with app.app_context():
        series, events = course(people.one, dates=2)
        with transaction() as session:
            session.execute(
                update(Event).where(Event.id == events[1].id).values(audience_only=True, audience="退役军人")
            )
        code = series.code
    assert "报名的人都是：退役军人" in client.get(f"/series/{code}").text


# --- the opening, to the second -------------------------------------------------------------------------------------


def test_before_the_opening_the_page_counts_down_and_says_when_to_come_without_scripts(client, people, make):
    opens = clock.instant(clock.day_of(clock.now()) + timedelta(days=1), 9, 0, 30)
    code = make(people.one, opens_at=opens)
    page = client.get(f"/events/{code}").text
    assert f"{exact(opens)}开始报名" in page and "上午9点00分30秒" in page and "刷新一下这一页" in page
    assert f'data-opens="{int(opens.timestamp() * 1000)}"' in page and "opening.js" in page
    assert 'id="come"' not in page
    assert "上午9点00分30秒开始" in client.get("/").text


def test_sign_up_opens_and_closes_to_the_second(client, people, make, clock_at):
    opens, closes = (clock.now().replace(microsecond=0) + timedelta(hours=n, seconds=n) for n in (1, 2))
    code, other = make(people.one, opens_at=opens, closes_at=closes), make(people.two, title="另一场")
    second, kept = timedelta(seconds=1), client.get("/").text
    assert "报名未开始" in kept

    def at(moment, said):
        clock_at.move_to(moment)
        assert said in client.get(f"/events/{code}").text
        return client.get("/").text

    def sign_up():
        values = Page(client.get(f"/events/{other}").text).forms[-1].values
        return client.post(f"/events/{code}/signups", data=values | WU)

    assert "报名未开始" in at(opens - second, "报名还没开始")
    early = sign_up()
    assert early.status_code == 409 and f"{exact(opens)}开始" in early.text
    assert "报名未开始" not in at(opens, "不限人数")
    assert "报名已截止" in at(closes, "网上报名已经截止")
    late = sign_up()
    assert late.status_code == 409 and "报名已经结束" in late.text
    clock_at.move_to(closes - second)
    assert sign_up().status_code == 303


# --- seats kept while a form is filled in ---------------------------------------------------------------------------


def test_another_row_keeps_seats_for_everybody_and_the_sign_up_uses_them(app, client, people, make):
    code = make(people.one, capacity=3)
    page = press_more(client, client.get(f"/events/{code}"), WU | {"party-0-name": "李大山"})
    assert page.status_code == 200 and "给您留了 3 个名额" in page.text
    assert "已满" in app.test_client().get(f"/events/{code}").text
    done = client.submit(page, {"party-1-name": "李小山"}, to="signups")
    assert done.status_code == 303 and "已报名" in client.get(done.location).text
    (kept,) = holds(app)
    assert (kept.size, kept.ended) == (3, HoldEnd.USED)


def test_pressing_again_keeps_them_longer_and_for_more(app, client, people, make, clock_at):
    code = make(people.one, capacity=10)
    page = press_more(client, client.get(f"/events/{code}"), WU)
    first = holds(app)[0].until_at
    later = clock.now() + timedelta(minutes=2)
    clock_at.move_to(later)
    page = press_more(client, page, {"party-0-name": "李大山"})
    (kept,) = holds(app)
    assert "给您留了 3 个名额" in page.text and kept.size == 3 and kept.until_at > first


def test_a_slip_of_the_finger_does_not_lose_the_seat(app, client, people, make):
    code = make(people.one, capacity=1)
    page = ask(client, code, {"phone": "1990000"})
    assert page.status_code == 422 and "给您留了 1 个名额" in page.text
    other = app.test_client()
    assert "候补" in other.get(ask(other, code, {"phone": "19900002222"}).location).text
    assert "已报名" in client.get(client.submit(page, WU, to="signups").location).text


def test_where_nothing_is_free_nothing_is_promised(app, client, people, make):
    code = make(people.one, capacity=1, taken=1)
    page = press_more(client, client.get(f"/events/{code}"), WU)
    assert page.status_code == 200 and "给您留了" not in page.text and holds(app) == []


# --- what else there is ----------------------------------------------------------------------------------------------


def titles(page):
    """The titles of the events named instead."""
    return re.findall(r"<h3>(.*?)</h3>", page.text)


def test_who_cannot_come_reads_where_else_there_is_room_nearest_first(client, people, make):
    code = make(people.one, capacity=1, taken=1, waiting=2)
    make(people.far, title="远处的", capacity=5)
    make(people.two, title="邻站的", capacity=5)
    make(people.two, title="满的", capacity=5, taken=5)
    make(people.two, title="以后的", starts_at=clock.now() + timedelta(days=15))
    make(people.two, title="别类的", category=Category.A05)
    make(people.two, title="同主题的", category=Category.A05, themes=frozenset({Theme.OLD}))
    make(people.two, title="没开放报名的", opens_at=clock.now() + timedelta(hours=1))
    make(people.two, title="只给孩子的", max_age=12)
    make(people.two, title="只限本社区的", residence=Residence.COMMUNITY)
    page = client.get(f"/events/{code}")
    assert titles(page) == ["邻站的", "远处的"] and "不想等" in page.text
    assert "tel:037900000001" in page.text.split("还有名额的场次</h2>")[1]


def test_other_dates_of_its_series_come_first_and_three_are_enough(app, client, people, make):
    codes = [
        make(people.one, title=f"第{n}次", starts_at=clock.now() + timedelta(days=20 + n), capacity=2)
        for n in range(3)
    ]
    with app.app_context(), transaction() as session:
        series = Series(
            code="SERIES22", site_id=people.one.id, title="几次", cadence=Cadence.STAGED, made_at=clock.now()
        )
        session.add(series)
        session.flush()
        session.execute(update(Event).where(Event.code.in_(codes)).values(series_id=series.id))
    make(people.two, title="邻站的", capacity=5)
    make(people.far, title="远处的", capacity=5)
    with app.app_context(), transaction() as session:
        session.execute(update(Event).where(Event.code == codes[0]).values(state=State.CANCELLED))
    assert titles(client.get(f"/events/{codes[0]}")) == ["第1次", "第2次", "邻站的"]


@pytest.mark.both_databases
def test_who_is_too_young_is_shown_what_suits_their_age(client, people, make):
    code = make(people.one, min_age=60)
    make(people.two, title="青年的", min_age=18, max_age=35)
    make(people.two, title="老年的", min_age=60)
    born = f"{clock.day_of(clock.now()).year - 20}-01"
    refused = ask(client, code, {"birth_month": born})
    assert refused.status_code == 409 and "有人还不到年龄" in refused.text and titles(refused) == ["青年的"]


def test_a_page_that_is_full_asks_one_statement_more_however_much_else_there_is(app, client, people, make):
    code = make(people.one, capacity=1, taken=1)
    open_ = make(people.one, capacity=5)
    counts = []
    for path in (open_, code, code):
        with asked(app) as said:
            assert client.get(f"/events/{path}").status_code == 200
        counts.append(len([one for one in said if one.startswith("SELECT")]))
        make(people.two, title="又一场")
        make(people.two, title="再一场")
    assert counts[1] == counts[2] == counts[0] + 1


# --- people whose page is open ----------------------------------------------------------------------------------------


@pytest.fixture
def at_home(app, client):
    """A browser in which the page of Granny Wu's household is open; `also` lives there, too."""

    def opened(code, *also):
        rows = {f"party-{n}-name": name for n, name in enumerate(also)}
        page = client.get(f"/events/{code}")
        for _ in also[1:]:
            page = press_more(client, page, {})
        assert client.submit(page, WU | rows, to="signups").status_code == 303
        now, browser = clock.now(), app.test_client()
        with app.app_context(), transaction():
            digits = homes.make_code(homes.find_household(WU["phone"]), CodeVia.SMS, by=None, now=now)
            token = homes.open_home(WU["phone"], digits, device="", shared=False, now=now)
        browser.set_cookie(guard.COOKIE, token)
        return browser

    return opened


def test_a_household_of_one_has_its_place_with_one_press(people, make, at_home):
    home = at_home(make(people.one, title="上次的"))
    page = home.get(f"/events/{make(people.one, capacity=2, starts_at=clock.now() + timedelta(days=5))}")
    assert "给吴秀英报名" in page.text and 'name="phone"' not in page.text
    done = home.submit(page, to="signups")
    assert done.status_code == 303 and "已报名" in home.get(done.location).text


def test_a_household_ticks_who_comes_and_writes_who_is_new(app, people, make, at_home):
    home = at_home(make(people.one), "李大山")
    page = home.get(f"/events/{make(people.one, capacity=9, starts_at=clock.now() + timedelta(days=5))}")
    with app.app_context():
        ids = {one.name: one.id for one in db.session.scalars(select(Resident))}
    assert home.submit(page, to="signups").status_code == 409
    done = home.submit(page, {"members": [ids["李大山"]], "party-0-name": "李小山"}, to="signups")
    assert done.status_code == 303
    with app.app_context():
        named = db.session.scalars(
            select(Resident.name).join(Signup, Signup.resident_id == Resident.id).order_by(Signup.id)
        ).all()
    assert named == ["吴秀英", "李大山", "李大山", "李小山"]


def test_a_month_of_birth_that_is_not_known_is_asked_of_that_member_alone(app, people, make, at_home):
    home = at_home(make(people.one), "李大山")
    with app.app_context(), transaction() as session:
        session.execute(update(Resident).where(Resident.name == "李大山").values(birth_month="1950-03"))
    code = make(people.one, min_age=60, starts_at=clock.now() + timedelta(days=5))
    with app.app_context():
        ids = {one.name: one.id for one in db.session.scalars(select(Resident))}
    page = home.get(f"/events/{code}")
    assert f"born_{ids['吴秀英']}" in page.text and f"born_{ids['李大山']}" not in page.text
    both = {"members": list(ids.values())}
    assert "出生年月" in home.submit(page, both, to="signups").text
    assert home.submit(page, both | {f"born_{ids['吴秀英']}": "1952-01"}, to="signups").status_code == 303


def test_nobody_of_another_household_can_be_ticked_and_an_empty_form_is_one_link_away(
    app, people, make, at_home
):
    code = make(people.one)
    stranger = app.test_client()
    assert ask(stranger, code, {"name": "孙大海", "phone": "19900003333"}).status_code == 303
    home = at_home(code, "李大山")
    page = home.get(f"/events/{make(people.one, starts_at=clock.now() + timedelta(days=5))}")
    with app.app_context():
        other = db.session.scalar(select(Resident.id).where(Resident.name == "孙大海"))
    assert home.submit(page, {"members": [other]}, to="signups").status_code == 422
    blank = home.get(page.request.path + "?form=blank")
    assert 'name="phone"' in blank.text and 'name="members"' not in blank.text
    done = home.submit(blank, {"name": "钱一", "phone": "19900004444"}, to="signups")
    assert done.status_code == 303
