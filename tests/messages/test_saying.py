"""What messages say, made from what is true then; what is true no more is void."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select, update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.queries import fields_of
from stationapp.messages import switches
from stationapp.messages.builtin import TEXTS
from stationapp.messages.models import Message
from stationapp.messages.operations import send_code
from stationapp.messages.queries import list_for_household
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.saying import facts_of
from stationapp.messages.spreading import spread
from stationapp.messages.wordings import text
from stationapp.notices.rules import Occasion
from stationapp.residents.homes import make_code
from stationapp.residents.models import HomeCode
from stationapp.residents.rules import CodeVia
from stationapp.signups import offers, operations, queries
from stationapp.signups.models import Party
from stationapp.web.filters import groups, moment, span
from tests import cast
from tests.signups.scene import people, sign_up

pytestmark = pytest.mark.both_databases

DAY = clock.day_of(clock.now()) + timedelta(days=5)
NINE, THREE = clock.instant(DAY, 9), clock.instant(DAY, 15)
SITE = "http://station.test"


@pytest.fixture
def home(app):
    """Text messages are switched on."""
    switches.use(sms=True, email=False, public_url=SITE)
    district = cast.district(app)
    with app.app_context():
        yield district


def go(now=None) -> None:
    with transaction():
        spread(now=now or clock.now())


def act(operation, event, **more) -> None:
    with transaction():
        operation(event, by=None, now=clock.now(), **more)


def move(event, **fields) -> None:
    act(
        lambda event, by, now: events.change(event, replace(fields_of(event), **fields), by=by, now=now),
        event,
    )


def give_back(answer) -> None:
    with transaction():
        for code in answer.codes:
            operations.cancel(queries.get_by_code(code), by=None, why="own", now=clock.now())


def said(occasion: Occasion, answer=None, *, way: Way = Way.SMS, now=None):
    """The facts of the message of that occasion to the household, None when it is void."""
    db.session.rollback()
    db.session.expire_all()
    query = select(Message).where(Message.occasion == occasion, Message.way == way)
    if answer is not None:
        query = query.where(Message.household_id == db.session.get_one(Party, answer.party_id).household_id)
    message = db.session.scalars(query.order_by(Message.id.desc())).first()
    return facts_of([message], now=now or clock.now())[message.id]


def test_a_confirmation_says_what_when_where_and_the_code(home):
    event = cast.event(home.one, starts_at=NINE, contact_phone="0379-00000009")
    answer = sign_up(event, *people(2, 1))
    go()
    assert said(Occasion.CONFIRMED) == {
        "title": "智能手机课堂",
        "when": span(event.starts_at, event.ends_at),
        "where": "一楼多功能厅",
        "site": "湖北路示例一社区",
        "phone": "0379-00000009",
        "code": groups(answer.codes[0]),
        "link": f"{SITE}/signups/{answer.codes[0]}",
    }
    give_back(answer)
    assert said(Occasion.CONFIRMED) is None


def test_who_waits_hears_the_rank_of_that_moment_until_there_is_a_place(home):
    event = cast.event(home.one, starts_at=NINE, capacity=1)
    first, second, third = (sign_up(event, *people(1, household)) for household in (1, 2, 3))
    go()
    assert said(Occasion.WAITLISTED, third)["rank"] == "2"
    give_back(second)
    assert said(Occasion.WAITLISTED, third)["rank"] == "1"
    assert said(Occasion.WAITLISTED, second) is None
    give_back(first)
    assert said(Occasion.WAITLISTED, third) is None
    go()
    assert said(Occasion.OFFERED, third)["until"] == moment(_offered_until())


def _offered_until():
    offered = (Message.occasion == Occasion.OFFERED, Message.way == Way.SMS)
    return db.session.scalars(select(Message.until_at).where(*offered)).one()


def test_an_offer_answered_or_over_is_not_spoken_of_and_its_end_only_to_who_did_not_sign_up_again(home):
    event = cast.event(home.one, starts_at=NINE, capacity=1)
    first, second = (sign_up(event, *people(1, household)) for household in (1, 2))
    give_back(first)
    go()
    until = db.session.scalars(
        select(Message.until_at).where(Message.way == Way.SMS, Message.until_at.is_not(None))
    ).one()
    late = until + timedelta(minutes=1)
    assert said(Occasion.OFFERED, second) and said(Occasion.OFFERED, second, now=late) is None
    db.session.rollback()
    with transaction():
        offers.lapse(now=late)
    go(late)
    assert said(Occasion.OFFERED, second) is None
    assert said(Occasion.OFFER_LAPSED, second)["link"] == f"{SITE}/events/{event.code}"
    sign_up(event, *people(1, 2))
    assert said(Occasion.OFFER_LAPSED, second) is None


def test_a_change_says_what_was_when_they_last_heard(home):
    event = cast.event(home.one, starts_at=NINE)
    answer = sign_up(event, *people(1, 1))
    was = span(event.starts_at, event.ends_at)
    move(event, place="二楼")
    go()
    assert said(Occasion.MOVED)["before"] == "一楼多功能厅"
    move(event, starts_at=NINE + timedelta(hours=1), ends_at=NINE + timedelta(hours=3))
    go()
    assert said(Occasion.MOVED)["before"] == f"{was}，一楼多功能厅"  # of the first they never heard
    with transaction() as session:
        session.execute(update(Message).where(Message.way == Way.SMS).values(state=Delivery.ACCEPTED))
    move(event, place="三楼")
    go()
    assert said(Occasion.MOVED)["before"] == "二楼"
    give_back(answer)
    assert said(Occasion.MOVED) is None


def test_what_was_put_off_is_said_with_its_reason_until_it_has_its_time(home):
    event = cast.event(home.one, starts_at=NINE)
    sign_up(event, *people(1, 1))
    act(events.postpone, event, reason="修房顶")
    go()
    facts = said(Occasion.POSTPONED)
    assert facts["reason"] == "修房顶" and facts["before"] == span(NINE, NINE + timedelta(hours=2))
    assert said(Occasion.POSTPONED, now=NINE + timedelta(days=3))  # its old time does not matter
    act(events.publish, event)
    assert said(Occasion.POSTPONED) is None
    go()
    assert said(Occasion.MOVED)["before"] == ""
    act(events.cancel, event, reason="停电")
    assert said(Occasion.MOVED) is None
    go()
    assert said(Occasion.CANCELLED)["reason"] == "停电"
    assert said(Occasion.CANCELLED, now=NINE + timedelta(hours=3)) is None


def test_a_reminder_says_the_whole_day_and_only_what_is_still_ahead(home):
    morning = cast.event(home.one, starts_at=NINE)
    afternoon = cast.event(home.two, starts_at=THREE, title="书法课", place="书画室")
    answer = sign_up(morning, *people(2, 1))
    sign_up(afternoon, *people(1, 1))
    before = NINE - timedelta(hours=24)
    go(before)
    facts = said(Occasion.REMINDER, now=before)
    assert facts["events"] == f"{moment(NINE)}智能手机课堂，一楼多功能厅；下午3点书法课，书画室"
    assert facts["link"] == f"{SITE}/signups/{answer.codes[0]}"
    assert (
        said(Occasion.REMINDER, now=NINE + timedelta(minutes=1))["events"] == f"{moment(THREE)}书法课，书画室"
    )
    give_back(answer)
    act(events.cancel, afternoon, reason="停电")
    assert said(Occasion.REMINDER, now=before) is None


def test_a_code_is_said_until_it_is_used_or_asked_for_anew(home):
    event = cast.event(home.one)
    answer = sign_up(event, *people(1, 1))
    household_id = db.session.get_one(Party, answer.party_id).household_id
    db.session.rollback()
    for _ in range(2):
        with transaction():
            code = make_code(household_id, CodeVia.SMS, by=None, now=clock.now())
            send_code(household_id, now=clock.now())
    messages = db.session.scalars(select(Message).where(Message.occasion == Occasion.HOME_CODE)).all()
    facts = facts_of(messages, now=clock.now())
    assert [one and one["code"] for one in facts.values()] == [None, code]
    db.session.rollback()
    with transaction() as session:
        session.scalars(select(HomeCode).order_by(HomeCode.id.desc())).first().used_at = clock.now()
    assert said(Occasion.HOME_CODE) is None


def test_a_households_page_shows_the_newest_of_what_is_still_true(home):
    event = cast.event(home.one, starts_at=NINE)
    answer = sign_up(event, *people(1, 1))
    go()
    move(event, place="二楼")
    go()
    household_id = db.session.get_one(Party, answer.party_id).household_id
    shown = list_for_household(household_id, now=clock.now())
    assert [one.occasion for one in shown] == [Occasion.MOVED, Occasion.CONFIRMED]
    assert "二楼" in shown[0].sentence and "报名成功" in shown[1].sentence
    assert list_for_household(household_id, 1, now=clock.now()) == shown[:1]
    assert list_for_household(household_id + 1, now=clock.now()) == []
    assert list_for_household(household_id, now=NINE + timedelta(hours=3)) == []


def test_many_messages_are_said_with_as_few_questions_as_one(home):
    event = cast.event(home.one, starts_at=NINE)
    for household in range(1, 9):
        sign_up(event, *people(1, household))
    move(event, place="二楼")
    go()
    messages = db.session.scalars(select(Message).where(Message.occasion == Occasion.MOVED)).all()
    asked: list[str] = []

    def note(_connection, _cursor, statement, *_more) -> None:
        asked.append(statement)

    listening.listen(db.engine, "before_cursor_execute", note)
    try:
        counts = []
        for some in (messages[:1], messages):
            db.session.expunge_all()
            asked.clear()
            facts = facts_of(some, now=clock.now())
            assert all(text(Occasion.MOVED, Way.SMS, one, {}) for one in facts.values())
            counts.append(len(asked))
    finally:
        listening.remove(db.engine, "before_cursor_execute", note)
    assert counts[0] == counts[1] <= 7


def test_where_nobody_could_open_a_link_none_is_sent(home):
    switches.use(sms=True, email=True, public_url="")
    event = cast.event(home.one, starts_at=NINE, capacity=1)
    first, _second = (sign_up(event, *people(1, household)) for household in (1, 2))
    give_back(first)
    go()
    facts = said(Occasion.OFFERED)
    assert facts["link"] == "" and facts["code"]
    told = {way: text(Occasion.OFFERED, way, facts) for way in (Way.SMS, Way.EMAIL)}
    assert f"前答复：打{facts['phone']}。过时" in told[Way.SMS]
    for words in told.values():
        assert "http" not in words and "/signups/" not in words and "点这里" not in words
    for (_occasion, way), words in TEXTS.items():
        bare = re.sub("〔[^〔〕]*〕", "", str(words))
        assert way is Way.CALL or "{link}" not in bare
