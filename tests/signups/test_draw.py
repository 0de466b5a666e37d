"""A draw is fair, can be done again by anybody, and gives out places by its order (domain.md §6)."""

import hashlib
import html
import math
import random
import re
from collections import Counter
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import get_event
from stationapp.jobs.operations import DUTIES
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.signups import checks, draws, offer_checks, operations, queries
from stationapp.signups.draw_rules import DrawRefusal, fingerprint, order
from stationapp.signups.models import Draw, Party
from stationapp.signups.offer_rules import OfferRefusal
from stationapp.signups.promotion import seat_out_of_turn
from stationapp.signups.rules import Place
from tests import cast
from tests.signups.scene import people, sign_up

CHECKS = (*checks.CHECKS, *offer_checks.CHECKS)
RUNS = 10_000


# --- the order ----------------------------------------------------------------------------------------------------


def seeds():
    """Ten thousand seeds, the same in every run of the tests."""
    return (fingerprint(f"run {run}")[:32] for run in range(RUNS))


def p_value(counts: list[int]) -> float:
    """How likely at least so uneven a count is, were all cases as likely: χ², its tail by recursion."""
    expected = sum(counts) / len(counts)
    x, freedom = sum((count - expected) ** 2 / expected for count in counts), len(counts) - 1
    tail = math.exp(-x / 2) if freedom % 2 == 0 else math.erfc(math.sqrt(x / 2))
    for k in range(2 if freedom % 2 == 0 else 1, freedom, 2):
        tail += math.exp(k / 2 * math.log(x / 2) - x / 2 - math.lgamma(k / 2 + 1))
    return tail


def test_the_measure_itself_finds_what_is_loaded_and_passes_what_is_even():
    assert p_value([101, 99] * 5) > 0.99
    assert p_value([170, *[100] * 9]) < 0.01
    # Known values of the distribution: 95 % of 1 and of 10 degrees of freedom.
    assert p_value([50 + 9.8, 50 - 9.8]) == pytest.approx(0.05, abs=1e-3)


def test_every_order_of_four_is_as_likely_over_ten_thousand_seeds():
    found = Counter(tuple(order(seed, range(1, 5))) for seed in seeds())
    assert len(found) == 24
    assert p_value(list(found.values())) > 0.001


def test_everybody_is_first_last_and_anywhere_as_often():
    numbers = range(1, 31)
    first, last, of_17 = Counter(), Counter(), Counter()
    for seed in seeds():
        drawn = order(seed, numbers)
        first[drawn[0]] += 1
        last[drawn[-1]] += 1
        of_17[drawn.index(17)] += 1
    for counts in (first, last, of_17):
        assert len(counts) == 30
        assert p_value(list(counts.values())) > 0.001


def test_the_order_depends_on_the_seed_and_the_numbers_and_not_on_how_they_come():
    numbers = list(range(1, 200))
    drawn = order("5eed", numbers)
    random.Random(1).shuffle(numbers)
    assert order("5eed", numbers) == drawn != order("5eee", numbers)
    assert sorted(drawn) == sorted(numbers)
    assert order("5eed", numbers[:50]) == [n for n in drawn if n in numbers[:50]]


# --- the event ----------------------------------------------------------------------------------------------------


@pytest.fixture
def district(app):
    made = cast.district(app)
    with app.app_context():
        yield made


def announced(home, **more) -> Event:
    """Two seats, drawn in two days, three days before the start."""
    now = clock.now()
    times = {"starts_at": now + timedelta(days=5), "draw_at": now + timedelta(days=2)}
    event = cast.event(home, **{"capacity": 2} | times | more)
    with transaction():
        draws.announce(event, now=now)
    return event


def hold_draw(event) -> None:
    with transaction():
        assert DUTIES["draws"](now=event.draw_at) == 1


def state_of(answer) -> set[Place]:
    db.session.expire_all()
    return {queries.get_by_code(code).state for code in answer.codes}


def by_lot(event, answers):
    """The answers in the order that follows from the seed."""
    seed = db.session.get_one(Draw, event.id, populate_existing=True).seed
    by_number = {answer.rank: answer for answer in answers}
    return [by_number[number] for number in order(seed, by_number)]


def assert_sound():
    assert {check.name: found for check in CHECKS if (found := check.find())} == {}


@pytest.mark.both_databases
def test_who_signs_up_before_waits_and_the_draw_gives_out_the_places_once(district):
    event = announced(district.one)
    answers = [sign_up(event, *people(1, household)) for household in range(1, 6)]
    assert {answer.state for answer in answers} == {Place.WAITLISTED}
    assert_sound()
    hold_draw(event)
    drawn = by_lot(event, answers)
    assert [state_of(answer) for answer in drawn] == [{Place.CONFIRMED}] * 2 + [{Place.WAITLISTED}] * 3
    assert [queries.rank_of(queries.get_party(answer.party_id)) for answer in drawn] == [None, None, 1, 2, 3]
    told = db.session.scalars(select(Notice.subject).where(Notice.occasion == Occasion.PROMOTED))
    assert set(told) == {f"party {answer.party_id}" for answer in drawn[:2]}
    with transaction():
        assert DUTIES["draws"](now=event.draw_at) == 0
        assert draws.draw(event.id, now=event.draw_at) == []
    assert_sound()


@pytest.mark.both_databases
def test_a_household_too_large_keeps_its_rank_and_who_comes_after_stands_behind(district):
    event = announced(district.one, capacity=3)
    answers = [sign_up(event, *people(2, household)) for household in range(1, 4)]
    hold_draw(event)
    drawn = by_lot(event, answers)
    assert [state_of(answer) for answer in drawn] == [
        {Place.CONFIRMED},
        {Place.WAITLISTED},
        {Place.WAITLISTED},
    ]
    after = event.draw_at + timedelta(hours=1)
    single = sign_up(event, *people(1, 4), now=after)
    assert single.state is Place.CONFIRMED  # what is left is too little for those before
    late = sign_up(event, *people(2, 5), now=after)
    assert queries.rank_of(queries.get_party(late.party_id)) == 3
    with transaction():
        places = [queries.get_by_code(code) for code in drawn[0].codes]
        operations.cancel(*places, by=None, why="own", now=after)
    assert state_of(drawn[1]) == {Place.OFFERED}
    assert_sound()


def test_nobody_is_drawn_before_the_time_or_seated_out_of_turn_before_it(district):
    event = announced(district.one)
    answer = sign_up(event, *people(1, 1))
    with pytest.raises(Refused) as refused, transaction():
        draws.draw(event.id, by=district.lin.id, now=clock.now())
    assert refused.value.reason is DrawRefusal.TOO_EARLY
    with pytest.raises(Refused) as refused, transaction():
        seat_out_of_turn(answer.party_id, by=district.lin.id, reason="腿脚不便", now=clock.now())
    assert refused.value.reason is OfferRefusal.NOT_DRAWN
    with pytest.raises(Refused) as refused, transaction():
        draws.draw(cast.event(district.one).id, now=clock.now())
    assert refused.value.reason is DrawRefusal.NOTHING


def test_an_event_put_off_is_drawn_when_it_is_public_again(district):
    event = announced(district.one)
    sign_up(event, *people(1, 1))
    with transaction():
        events.postpone(event, by=None, now=clock.now(), reason="下雨")
    with transaction():
        assert DUTIES["draws"](now=event.draw_at) == 0
        events.publish(event, by=None, now=clock.now())
        assert DUTIES["draws"](now=event.draw_at) == 1


def test_what_was_not_drawn_because_the_event_is_put_off_may_have_another_time_and_what_was_drawn_not(app):
    made = cast.district(app)
    with app.app_context():
        due, drawn = (announced(made.one, starts_at=clock.now() + timedelta(days=days)) for days in (5, 6))
        answer = sign_up(due, *people(1, 1))
        with transaction():
            draws.draw(drawn.id, now=drawn.draw_at)
            for event in (due, drawn):
                events.postpone(event, by=None, now=clock.now(), reason="下雨")
        codes, later = (due.code, drawn.code), due.draw_at + timedelta(hours=1)
        typed = f"{clock.local(later + timedelta(hours=20)):%Y-%m-%dT%H:%M}"
    lin = app.test_client()
    with time_machine.travel(later):
        cast.sign_in(lin, made.lin)
        answers = [lin.submit(f"/desk/events/{code}/edit", {"draw_at": typed}, to="/edit") for code in codes]
    assert [one.status_code for one in answers] == [303, 409]
    assert "已经抽过签了" in answers[1].text
    with app.app_context():
        assert state_of(answer) == {Place.WAITLISTED}


def test_the_seed_stays_the_announced_one_whatever_is_changed(district):
    event = announced(district.one)
    before = db.session.get_one(Draw, event.id).commitment
    with transaction():
        draws.announce(event, now=clock.now())
    assert db.session.get_one(Draw, event.id).commitment == before


# --- through the surface ------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_anybody_can_do_the_draw_again_from_what_its_page_says(app, client):
    made = cast.district(app)
    with app.app_context():
        times = {"starts_at": clock.now() + timedelta(days=5), "draw_at": clock.now() + timedelta(days=2)}
        event = cast.event(made.one, capacity=2, publish=False, **times)
        with transaction():
            events.submit(event, by=None, now=clock.now())
    chen = cast.signed_in(app, made.chen)
    assert chen.submit(f"/desk/events/{event.code}", {}, to="/publication").status_code == 303
    before = client.get(f"/events/{event.code}/draw").text
    commitment = re.search(r"[0-9a-f]{64}", before)[0]
    assert "抽完才公布" in before and "现在有 0 家报了名" in before
    tickets = []
    for n in range(5):
        values = {"name": "赵钱孙李周"[n] + "一", "phone": f"1990000770{n}"}
        tickets.append(app.test_client().submit(f"/events/{event.code}", values, to="signups").location)
    assert "等抽签" in client.get(tickets[0]).text and "候补第" not in client.get(tickets[0]).text
    with app.app_context(), transaction():
        DUTIES["draws"](now=event.draw_at)
    page = html.unescape(client.get(f"/events/{event.code}/draw").text)
    seed = re.search(r'seed = "([0-9a-f]{32})"', page)[1]
    assert hashlib.sha256(seed.encode()).hexdigest() == commitment
    numbers = [int(n) for n in re.search(r"numbers = \[([\d, ]+)\]", page)[1].split(", ")]
    again = sorted(numbers, key=lambda n: hashlib.sha256(f"{seed}:{n}".encode()).hexdigest())
    assert [int(n) for n in re.findall(r"<li>(\d+) 号", page)] == again
    assert page.count("抽中</span>") == 2
    for n, ticket in enumerate(tickets, start=1):
        said = client.get(ticket).text
        assert ("抽签抽中" in said) == (n in again[:2])
        assert (f"候补第 {again.index(n) - 1} 位" in said) == (n not in again[:2])
    assert "赵*" not in page and "赵一" not in page


def test_until_the_lots_are_drawn_nobody_reads_of_free_seats(app, client):
    made = cast.district(app)
    with app.app_context():
        times = {"starts_at": clock.now() + timedelta(days=5), "draw_at": clock.now() + timedelta(hours=2)}
        event = cast.event(made.one, capacity=2, **times)
        for home in range(3):
            sign_up(event, *people(1, home))
        code, draw_at = event.code, event.draw_at
    with time_machine.travel(draw_at + timedelta(seconds=5), tick=False):
        for address in (f"/events/{code}", "/"):
            page = client.get(address).text
            assert "抽签" in page and "还有 2 个名额" not in page
        with app.app_context(), transaction():
            DUTIES["draws"](now=clock.now())
        for address in (f"/events/{code}", "/"):
            assert "已满，可候补（前面有 1 位）" in client.get(address).text


def test_the_desk_holds_a_draw_that_is_due(app, client):
    made = cast.district(app)
    with app.app_context():
        event = announced(made.one)
        sign_up(event, *people(1, 1))
    cast.sign_in(client, made.lin)
    desk = f"/desk/events/{event.code}/signups"
    assert "等抽签，1 号" in client.get(desk).text and "现在抽签" not in client.get(desk).text
    with time_machine.travel(event.draw_at + timedelta(minutes=1)):
        cast.sign_in(client, made.lin)
        assert client.submit(desk, {}, to="/draw").status_code == 303
        assert "抽过签" in client.get(desk).text
    with app.app_context():
        assert db.session.scalar(select(Party.drawn)) == 1
        assert get_event(event.code).taken == 1


def test_an_event_without_a_draw_has_no_such_page(app, client):
    made = cast.district(app)
    with app.app_context():
        event = cast.event(made.one)
    assert client.get(f"/events/{event.code}/draw").status_code == 404
