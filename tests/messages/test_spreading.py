"""What happened becomes messages: one a household and way, each once."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update

from stationapp import clock
from stationapp.db import db, retried, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of
from stationapp.messages import switches
from stationapp.messages.models import Message
from stationapp.messages.rules import Way
from stationapp.messages.spreading import spread, spread_notices
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.residents.models import Household
from stationapp.signups import operations, queries
from stationapp.signups.models import Party
from tests import cast
from tests.signups.scene import announce, course, further_date, people, person, sign_up

pytestmark = pytest.mark.both_databases

DAY = clock.day_of(clock.now()) + timedelta(days=5)
NINE, THREE = clock.instant(DAY, 9), clock.instant(DAY, 15)


@pytest.fixture
def home(app):
    district = cast.district(app)
    with app.app_context():
        yield district


@pytest.fixture
def writing(app):
    """Text messages and mail are switched on."""
    switches.use(sms=True, email=True, public_url="http://127.0.0.1")


def told(occasion: Occasion | None = None) -> Counter:
    """How many messages there are by way and state, the page's left out."""
    query = select(Message.way, Message.state, func.count()).where(Message.way != Way.PAGE)
    if occasion:
        query = query.where(Message.occasion == occasion)
    db.session.rollback()
    rows = db.session.execute(query.group_by(Message.way, Message.state))
    return Counter({(way.value, state.value): number for way, state, number in rows})


def on_pages() -> Counter:
    db.session.rollback()
    rows = db.session.execute(select(Message.occasion, Message.state).where(Message.way == Way.PAGE))
    return Counter((occasion.value, state.value) for occasion, state in rows)


def go(now: datetime | None = None) -> int:
    with transaction():
        return spread(now=now or clock.now())


def move(event: Event, now: datetime | None = None, **fields) -> None:
    with transaction():
        events.change(event, replace(fields_of(event), **fields), by=None, now=now or clock.now())


def take(operation, event: Event, **more) -> None:
    with transaction():
        operation(event, by=None, now=clock.now(), **more)


def give_back(answer, now: datetime | None = None) -> None:
    with transaction():
        for code in answer.codes:
            operations.cancel(queries.get_by_code(code), by=None, why="own", now=now or clock.now())


# --- notices ------------------------------------------------------------------------------------------------------


def test_a_change_reaches_every_household_with_a_place_once(home):
    event = cast.event(home.one, capacity=3)
    sign_up(event, *people(2, 1))
    sign_up(event, person("孙大海", "0379-00000022"))
    gone = sign_up(event, *people(1, 3))  # waits, and then does not
    sign_up(event, *people(1, 4))
    give_back(gone)
    move(event, place="二楼")
    sign_up(event, *people(1, 5))  # knows no other place
    assert go() == 6
    assert told() == {("call", "pending"): 3} and on_pages() == {("moved", "accepted"): 3}
    assert go() == go() == 0
    assert db.session.scalar(select(func.count()).where(Notice.spread_at.is_(None))) == 0


def test_who_can_be_written_to_is_written_to_and_the_others_are_called(home, writing):
    event = cast.event(home.one, capacity=9)
    sign_up(event, *people(1, 1))
    sign_up(event, person("孙大海", "0379-00000022"))
    sign_up(event, person("郑有福", None), by=home.lin.id)
    quiet = sign_up(event, *people(1, 4))
    with transaction() as session:
        party = session.get_one(Party, quiet.party_id)
        session.execute(
            update(Household).where(Household.id == party.household_id).values(no_texts_at=clock.now())
        )
    take(events.postpone, event, reason="修房顶")
    go()
    assert told(Occasion.POSTPONED) == {("sms", "pending"): 1, ("call", "pending"): 3}


def test_a_later_notice_replaces_what_was_not_told_yet(home, writing):
    event = cast.event(home.one)
    sign_up(event, *people(1, 1))
    sign_up(event, person("孙大海", "0379-00000022"))
    move(event, place="二楼")
    go()
    move(event, place="三楼")
    take(events.cancel, event, reason="停电")
    go()
    assert told(Occasion.MOVED) == {("sms", "void"): 1, ("call", "void"): 1}
    assert told(Occasion.CANCELLED) == {("sms", "pending"): 1, ("call", "pending"): 1}
    assert on_pages()["moved", "accepted"] == 2  # the second move was over before anybody could hear of it


def test_an_event_called_off_takes_back_what_single_households_were_to_hear(home):
    event = cast.event(home.one, capacity=1, starts_at=clock.now() + timedelta(hours=5))
    first = sign_up(event, *people(1, 1))
    sign_up(event, *people(1, 2))
    give_back(first)
    go()
    assert told(Occasion.PROMOTED) == {("call", "pending"): 1}
    take(events.cancel, event, reason="停电")
    go()
    assert told(Occasion.PROMOTED) == {("call", "void"): 1}
    assert told(Occasion.CANCELLED) == {("call", "pending"): 1}


def test_a_freed_place_is_offered_until_its_time_is_over_and_its_end_is_told(home):
    from stationapp.signups.offers import lapse

    event = cast.event(home.one, capacity=1, starts_at=NINE)
    first = sign_up(event, *people(1, 1))
    sign_up(event, *people(1, 2))
    give_back(first)
    go()
    offer = db.session.scalars(select(Message).where(Message.way == Way.CALL)).one()
    assert offer.occasion is Occasion.OFFERED and offer.until_at > clock.now()
    db.session.rollback()
    late = offer.until_at + timedelta(minutes=1)
    with transaction():
        assert lapse(now=late) == 1
    go(late)
    assert told(Occasion.OFFER_LAPSED) == {("call", "pending"): 1}


def test_what_is_over_or_concerns_the_desk_alone_becomes_no_message(home):
    event = cast.event(home.one)
    sign_up(event, *people(1, 1))
    move(event, place="二楼")
    with transaction():
        tell_desk(Occasion.CLOSE_OUT_DUE, f"event {event.code}", site_id=home.one.id, now=clock.now())
        assert spread_notices(now=event.ends_at) == 0
    assert not told() and db.session.scalar(select(func.count()).where(Notice.spread_at.is_(None))) == 0


def test_two_processes_at_once_write_everything_once(app, home):
    for number in range(6):
        event = cast.event(home.one, title=f"第{number}场")
        for household in range(4):
            sign_up(event, *people(1, 4 * number + household))
        move(event, place="二楼")

    def work(_) -> int:
        with app.app_context():
            return retried(go)

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(work, range(8))) == 48
    assert told() == {("call", "pending"): 24}


# --- sign-ups -----------------------------------------------------------------------------------------------------


def test_a_sign_up_is_confirmed_in_writing_or_not_at_all(home):
    event = cast.event(home.one, capacity=1)
    sign_up(event, *people(1, 1))
    assert go() == 0
    switches.use(sms=True, email=False, public_url="http://127.0.0.1")
    sign_up(event, *people(1, 2))
    sign_up(event, person("孙大海", "0379-00000022"))
    go()
    assert told(Occasion.CONFIRMED) == told(Occasion.WAITLISTED) == {("sms", "pending"): 1}
    assert go() == 0


def test_after_an_outage_nobody_reads_of_a_sign_up_long_ago(home, writing):
    event = cast.event(home.one)
    sign_up(event, *people(1, 1))
    assert go(clock.now() + timedelta(hours=2, minutes=1)) == 0


def test_a_course_is_confirmed_once_and_a_further_date_when_it_comes(home, writing):
    series, dates = course(home.one, 3)
    sign_up(dates[0], *people(2, 1))
    go()
    assert told(Occasion.CONFIRMED) == {("sms", "pending"): 1}
    announce(further_date(series, home.one, weeks=9, publish=False, capacity=10))
    go()
    assert told(Occasion.CONFIRMED) == {("sms", "pending"): 2}


# --- reminders ----------------------------------------------------------------------------------------------------


def test_a_household_is_reminded_once_a_day_of_all_it_goes_to(home, writing):
    morning, afternoon = cast.event(home.one, starts_at=NINE), cast.event(home.two, starts_at=THREE)
    sign_up(morning, *people(2, 1))
    sign_up(afternoon, *people(1, 1), *people(2, 1)[1:])
    sign_up(afternoon, *people(1, 2))
    before = NINE - timedelta(hours=24)
    go(before - timedelta(minutes=1))
    assert not told(Occasion.REMINDER)
    go(before)
    assert told(Occasion.REMINDER) == {("sms", "pending"): 1}
    go(THREE - timedelta(hours=24))
    go(NINE - timedelta(minutes=1))
    assert told(Occasion.REMINDER) == {("sms", "pending"): 2}
    subjects = set(db.session.scalars(select(Message.subject).where(Message.occasion == Occasion.REMINDER)))
    assert subjects == {f"day {DAY}"}


def test_only_who_signed_up_by_phone_is_called_to_be_reminded_and_who_waits_is_not(home):
    event = cast.event(home.one, capacity=2, starts_at=NINE)
    sign_up(event, *people(1, 1))
    sign_up(event, *people(1, 2), by=home.lin.id)
    sign_up(event, *people(1, 3), by=home.lin.id)
    go(NINE - timedelta(hours=24))
    assert told(Occasion.REMINDER) == {("call", "pending"): 1}
    assert on_pages() == {("reminder", "accepted"): 2}


def test_who_signed_up_within_the_day_finds_it_on_the_page_and_is_not_disturbed(home, writing):
    event, later = cast.event(home.one, starts_at=NINE), cast.event(home.one, starts_at=THREE)
    sign_up(event, *people(1, 1), now=NINE - timedelta(hours=20))
    sign_up(event, *people(1, 2), now=NINE - timedelta(hours=20))
    sign_up(later, *people(1, 2))  # long before: reminded of both
    go(NINE - timedelta(hours=20))
    assert told(Occasion.REMINDER) == {("sms", "pending"): 1}
    assert on_pages()["reminder", "accepted"] == 2


def test_reminders_keep_the_quiet_hours(home, writing):
    early = cast.event(home.one, starts_at=clock.instant(DAY, 7))
    late = cast.event(home.two, starts_at=clock.instant(DAY, 22))
    sign_up(early, *people(1, 1))
    sign_up(late, *people(1, 2))
    go(clock.instant(DAY - timedelta(days=1), 7))
    go(clock.instant(DAY - timedelta(days=1), 7, 59))
    assert not told(Occasion.REMINDER)
    go(clock.instant(DAY - timedelta(days=1), 8))
    assert told(Occasion.REMINDER) == {("sms", "pending"): 1}
    go(clock.instant(DAY - timedelta(days=1), 22, 30))
    assert told(Occasion.REMINDER) == {("sms", "pending"): 1}
    go(clock.instant(DAY, 8))
    assert told(Occasion.REMINDER) == {("sms", "pending"): 2}


def test_a_reminder_moves_with_the_event(home, writing):
    event = cast.event(home.one, starts_at=NINE)
    sign_up(event, *people(1, 1))
    week = timedelta(days=7)
    move(event, starts_at=NINE + week, ends_at=NINE + week + timedelta(hours=1))
    go(NINE - timedelta(hours=24))
    assert not told(Occasion.REMINDER)
    go(NINE + week - timedelta(hours=24))
    assert told(Occasion.REMINDER) == {("sms", "pending"): 1}


def test_cancelled_events_and_places_are_not_reminded_of(home, writing):
    off, left = cast.event(home.one, starts_at=NINE), cast.event(home.one, starts_at=THREE)
    sign_up(off, *people(1, 1))
    give_back(sign_up(left, *people(1, 2)))
    take(events.cancel, off, reason="停电")
    go(THREE - timedelta(hours=24))
    assert not told(Occasion.REMINDER)
