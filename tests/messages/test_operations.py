"""What came of calls, who is called because writing failed, and which calls nobody needs to make any more."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.messages import operations, switches
from stationapp.messages.hours import allowed_from
from stationapp.messages.models import CallAnswer, Message
from stationapp.messages.operations import answer_call, fall_back
from stationapp.messages.rules import CallOutcome, Delivery, Way
from stationapp.messages.saying import facts_of
from stationapp.messages.spreading import spread
from stationapp.messages.tidying import tidy_calls
from stationapp.notices.rules import Occasion
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import Household
from stationapp.signups import offers, queries
from stationapp.signups.operations import cancel
from stationapp.signups.rules import Place
from tests import cast
from tests.signups.scene import people, person, sign_up

pytestmark = pytest.mark.both_databases

DAY = clock.day_of(clock.now()) + timedelta(days=5)
NINE, THREE = clock.instant(DAY, 9), clock.instant(DAY, 15)
BEFORE = NINE - timedelta(hours=24)


@pytest.fixture
def home(app):
    district = cast.district(app)
    with app.app_context():
        yield district


@pytest.fixture
def put_off(home):
    """An event put off: (Lin's id, the party that is to be called about it, the call)."""
    event = cast.event(home.one, capacity=2, starts_at=NINE)
    answer = sign_up(event, *people(2, 1))
    sign_up(event, *people(1, 2))
    with transaction():
        events.postpone(event, by=None, now=clock.now(), reason="修房顶")
        spread(now=clock.now())
    return home.lin.id, answer, calls()[0].id


def calls(occasion: Occasion | None = None) -> list[Message]:
    db.session.rollback()
    query = select(Message).where(Message.way == Way.CALL).order_by(Message.id)
    if occasion:
        query = query.where(Message.occasion == occasion)
    return list(db.session.scalars(query.execution_options(populate_existing=True)))


def say(message_id: int, outcome: CallOutcome, by: int, now=None) -> CallAnswer:
    with transaction():
        return answer_call(message_id, outcome, by=by, now=now or clock.now())


def state_of(code: str) -> Place:
    db.session.rollback()
    db.session.expire_all()
    return queries.get_by_code(code).state


def answers() -> int:
    db.session.rollback()
    return len(db.session.scalars(select(CallAnswer)).all())


# --- what came of a call ------------------------------------------------------------------------------------------


def test_nobody_answered_so_the_call_comes_again_later_and_by_day(put_off):
    by, _answer, call = put_off
    noon, evening = clock.instant(DAY, 12), clock.instant(DAY, 20, 30)
    say(call, CallOutcome.NO_ANSWER, by, noon)
    assert (calls()[0].state, calls()[0].due_at) == (Delivery.PENDING, noon + timedelta(hours=1))
    say(call, CallOutcome.NO_ANSWER, by, noon + timedelta(minutes=1))
    assert answers() == 1  # the same button twice
    say(call, CallOutcome.NO_ANSWER, by, evening)
    assert answers() == 2
    assert calls()[0].due_at == allowed_from(Occasion.POSTPONED, evening + timedelta(hours=1))
    assert clock.local(calls()[0].due_at).hour == 8


def test_a_wrong_button_is_put_right_and_the_last_one_holds(put_off):
    by, answer, call = put_off
    for outcome in (CallOutcome.REACHED, CallOutcome.REACHED, CallOutcome.NO_ANSWER):
        say(call, outcome, by)
    assert calls()[0].state is Delivery.PENDING and calls()[0].ended_at is None
    say(call, CallOutcome.COMES, by)
    assert calls()[0].state is Delivery.ANSWERED and answers() == 3
    assert {state_of(code) for code in answer.codes} == {Place.CONFIRMED}


def test_who_does_not_come_gives_all_places_back_and_the_next_moves_up_in_the_same_stroke(put_off):
    by, answer, call = put_off
    say(call, CallOutcome.NOT_COMING, by)
    assert {state_of(code) for code in answer.codes} == {Place.CANCELLED}
    assert calls()[0].state is Delivery.ANSWERED


def test_what_is_no_call_cannot_be_answered(put_off):
    by, _answer, call = put_off
    page = db.session.scalars(select(Message.id).where(Message.way == Way.PAGE)).first()
    for message, outcome in ((page, CallOutcome.REACHED), (999, CallOutcome.REACHED)):
        with pytest.raises(NotFound):
            say(message, outcome, by)
    db.session.rollback()
    with transaction() as session:
        session.execute(update(Message).where(Message.id == call).values(occasion=Occasion.CANCELLED))
    with pytest.raises(NotFound):
        say(call, CallOutcome.NOT_COMING, by)
    assert answers() == 0


@pytest.fixture
def offered(home):
    """A freed place is offered: (Lin's id, the event, the answer of who was offered it, the call)."""
    event = cast.event(home.one, capacity=1, starts_at=NINE)
    first, second = (sign_up(event, *people(1, household)) for household in (1, 2))
    sign_up(event, *people(1, 3))
    with transaction():
        cancel(queries.get_by_code(first.codes[0]), by=None, why="own", now=clock.now())
        spread(now=clock.now())
    return home.lin.id, event, second, calls(Occasion.OFFERED)[0].id


def test_a_yes_on_the_phone_takes_the_offer(offered):
    by, _event, second, call = offered
    say(call, CallOutcome.COMES, by)
    assert state_of(second.codes[0]) is Place.CONFIRMED
    with pytest.raises(Refused):
        say(call, CallOutcome.NOT_COMING, by)
    assert answers() == 1


def test_a_no_on_the_phone_offers_the_place_to_the_next_at_once(offered):
    by, _event, second, call = offered
    with transaction():
        answer_call(call, CallOutcome.NOT_COMING, by=by, now=clock.now())
        spread(now=clock.now())
    assert state_of(second.codes[0]) is Place.CANCELLED
    assert [one.state for one in calls(Occasion.OFFERED)] == [Delivery.ANSWERED, Delivery.PENDING]


def test_an_offer_that_is_over_is_refused_and_no_answer_is_written(offered):
    by, _event, _second, call = offered
    late = calls(Occasion.OFFERED)[0].until_at + timedelta(minutes=1)
    with pytest.raises(Refused):
        say(call, CallOutcome.COMES, by, late)
    assert answers() == 0


def test_who_does_not_come_after_a_reminder_gives_back_what_there_is_that_day(home):
    morning, afternoon = cast.event(home.one, starts_at=NINE), cast.event(home.one, starts_at=THREE)
    later = cast.event(home.one, starts_at=NINE + timedelta(days=1))
    given = [sign_up(one, *people(1, 1), by=home.lin.id) for one in (morning, afternoon, later)]
    with transaction():
        spread(now=BEFORE)
    (call,) = calls(Occasion.REMINDER)
    say(call.id, CallOutcome.NOT_COMING, home.lin.id, BEFORE)
    assert [state_of(one.codes[0]) for one in given] == [Place.CANCELLED, Place.CANCELLED, Place.CONFIRMED]


def test_each_site_calls_about_what_is_held_there_and_an_answer_gives_back_nothing_elsewhere(home):
    here, there = (
        cast.event(home.one, starts_at=NINE, title="剪纸"),
        cast.event(home.two, starts_at=THREE, title="合唱"),
    )
    given = [sign_up(one, *people(1, 1), by=by) for one, by in ((here, home.lin.id), (there, home.ma.id))]
    with transaction():
        spread(now=BEFORE)
    first, second = calls(Occasion.REMINDER)
    assert [(one.site_id, one.step) for one in (first, second)] == [(home.one.id, 0), (home.two.id, 1)]
    said = facts_of([first, second], now=BEFORE)
    assert ["剪纸" in said[first.id]["events"], "合唱" in said[first.id]["events"]] == [True, False]
    assert ["剪纸" in said[second.id]["events"], "合唱" in said[second.id]["events"]] == [False, True]
    say(first.id, CallOutcome.NOT_COMING, home.lin.id, BEFORE)
    assert [state_of(one.codes[0]) for one in given] == [Place.CANCELLED, Place.CONFIRMED]
    with transaction():
        tidy_calls(now=BEFORE)
        spread(now=BEFORE)
    assert [one.state for one in calls(Occasion.REMINDER)] == [Delivery.ANSWERED, Delivery.PENDING]
    with transaction():
        cancel(queries.get_by_code(given[1].codes[0]), by=None, why="own", now=BEFORE)
        tidy_calls(now=BEFORE)
    assert calls(Occasion.REMINDER)[1].state is Delivery.VOID


# --- who is called because writing failed -------------------------------------------------------------------------


@pytest.fixture
def written(home):
    """Text messages are on: four households were written to about a change, and are to be reminded."""
    switches.use(sms=True, email=False, public_url="http://127.0.0.1")
    event = cast.event(home.one, starts_at=NINE)
    for household in (1, 2, 3, 4):
        sign_up(event, *people(1, household), by=home.lin.id if household == 4 else None)
    with transaction():
        spread(now=BEFORE)
        events.postpone(event, by=None, now=BEFORE, reason="修房顶")
        spread(now=BEFORE)
    return home


def texts(occasion: Occasion) -> list[Message]:
    db.session.rollback()
    its = (Message.way == Way.SMS, Message.occasion == occasion)
    return list(db.session.scalars(select(Message).where(*its).order_by(Message.id)))


def became(occasion: Occasion, *states: Delivery) -> list[int]:
    """Give the text messages about it these states; their ids."""
    ids = [one.id for one in texts(occasion)]
    db.session.rollback()
    with transaction() as session:
        for number, state in zip(ids, states, strict=True):
            session.execute(update(Message).where(Message.id == number).values(state=state))
    return ids


def test_whose_reminder_failed_is_called_by_each_site_of_that_day_and_by_none_when_it_arrived_after_all(
    written,
):
    event = cast.event(written.two, starts_at=THREE)
    sign_up(cast.event(written.one, starts_at=NINE, title="合唱"), *people(1, 5), by=written.lin.id)
    sign_up(event, *people(1, 5), by=written.ma.id)
    with transaction():
        spread(now=BEFORE)
    last = texts(Occasion.REMINDER)[-1]
    became(Occasion.REMINDER, *[Delivery.DELIVERED] * 4, Delivery.IN_DOUBT)
    with transaction():
        fall_back([last.id], now=BEFORE)
    assert [(one.site_id, one.step) for one in calls()] == [(written.one.id, 0), (written.two.id, 1)]
    became(Occasion.REMINDER, *[Delivery.DELIVERED] * 5)
    with transaction():
        tidy_calls(now=BEFORE)
    assert {(one.state, one.why) for one in calls()} == {(Delivery.VOID, "sent")}


def test_who_could_not_be_written_to_or_perhaps_was_not_is_called_once(written):
    states = (Delivery.FAILED, Delivery.IN_DOUBT, Delivery.DELIVERED, Delivery.PENDING)
    ids = became(Occasion.POSTPONED, *states)
    for _ in range(2):
        with transaction():
            fall_back(ids, now=BEFORE)
    failed, doubtful, *_others = texts(Occasion.POSTPONED)
    assert [one.household_id for one in calls()] == [failed.household_id, doubtful.household_id]
    assert {(one.occasion, one.notice_id, one.state) for one in calls()} == {
        (Occasion.POSTPONED, failed.notice_id, Delivery.PENDING)
    }


def test_of_reminders_that_failed_only_those_who_signed_up_by_phone_are_called(written):
    ids = became(Occasion.REMINDER, Delivery.FAILED, Delivery.IN_DOUBT, Delivery.FAILED, Delivery.FAILED)
    with transaction():
        fall_back(ids, now=BEFORE)
    reminders = texts(Occasion.REMINDER)
    assert [one.household_id for one in calls()] == [reminders[1].household_id, reminders[3].household_id]


def test_nobody_is_called_because_a_confirmation_failed(written):
    event = cast.event(written.one, starts_at=THREE)
    sign_up(event, *people(1, 1))
    with transaction():
        spread(now=clock.now())
    ids = became(Occasion.CONFIRMED, *[Delivery.FAILED] * len(texts(Occasion.CONFIRMED)))
    with transaction():
        assert ids and fall_back(ids, now=BEFORE) == 0
    assert calls() == []


# --- calls nobody needs any more ----------------------------------------------------------------------------------


def tidy(now=None) -> list[str]:
    with transaction():
        tidy_calls(now=now or clock.now())
    return [one.why for one in calls() if one.state is Delivery.VOID]


def test_a_call_to_who_gave_the_places_back_is_void(put_off):
    _by, answer, _call = put_off
    assert tidy() == []
    with transaction():
        for code in answer.codes:
            cancel(queries.get_by_code(code), by=None, why="own", now=clock.now())
    assert tidy() == ["gone"]


def test_a_call_about_what_is_over_is_void(home):
    event = cast.event(home.one, starts_at=NINE)
    sign_up(event, *people(1, 1))
    with transaction():
        events.cancel(event, by=None, now=clock.now(), reason="停电")
        spread(now=clock.now())
    assert tidy(event.ends_at - timedelta(minutes=1)) == []
    assert tidy(event.ends_at) == ["over"]


def test_a_call_about_an_offer_answered_on_the_page_is_void(offered):
    _by, _event, second, _call = offered
    with transaction():
        offers.accept(second.party_id, by=None, now=clock.now())
    assert tidy() == ["answered"]


def test_a_reminder_of_a_day_on_which_nothing_is_left_is_void(home):
    event = cast.event(home.one, starts_at=NINE)
    sign_up(event, *people(1, 1), by=home.lin.id)
    with transaction():
        spread(now=BEFORE)
    assert tidy(BEFORE) == []
    with transaction():
        events.postpone(event, by=None, now=BEFORE, reason="修房顶")
    assert tidy(BEFORE) == ["gone"]


def test_a_call_after_a_message_that_arrived_after_all_is_void(written):
    ids = became(Occasion.POSTPONED, *[Delivery.IN_DOUBT] * 4)
    with transaction():
        fall_back(ids, now=BEFORE)
    became(Occasion.POSTPONED, Delivery.DELIVERED, *[Delivery.IN_DOUBT] * 3)
    assert tidy(BEFORE) == ["sent"]


def test_a_code_is_sent_once_and_not_without_one(home):
    sign_up(cast.event(home.one), person("孙大海", "19900000022"))
    household_id = db.session.scalars(select(Household.id)).one()
    db.session.rollback()
    with pytest.raises(NotFound), transaction():
        operations.send_code(household_id, now=clock.now())
