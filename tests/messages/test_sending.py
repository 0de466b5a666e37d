"""Each message is handed over once, whoever else drains the outbox and whatever happens in between (trust.md M2)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.messages import sending
from stationapp.messages.gateways.base import Answer
from stationapp.messages.models import Message
from stationapp.messages.operations import send_code
from stationapp.messages.rules import AttemptEnd, Delivery, Way
from stationapp.messages.sending import drain, sweep
from stationapp.messages.sending_rules import MOST_TRIES, Limits
from stationapp.notices.rules import Occasion
from stationapp.residents.homes import make_code
from stationapp.residents.models import HomeCode, Household
from stationapp.residents.rules import CodeVia
from stationapp.signups import operations as signups
from stationapp.signups.models import Party, Signup
from stationapp.vault import vault
from tests import cast
from tests.messages.outbox import NOON, Playing, attempts, message, opened, phone, scene, states, write

BUSY = Answer(AttemptEnd.BUSY, "http-503")
UNKNOWN = Answer(AttemptEnd.UNKNOWN, "ReadTimeout")
NO = Answer(AttemptEnd.REFUSED, "http-400")

pytestmark = pytest.mark.both_databases


@pytest.fixture
def made(app):
    with app.app_context():
        yield scene(app)


def send(gateway: Playing, now=NOON, most: int = 1000, way: Way = Way.SMS, **more) -> int:
    return drain({way: gateway}, now_of=lambda: now, most=most, **more)


def test_what_is_due_is_handed_over_once_and_in_words_that_are_true(made):
    ids, gateway = write(made), Playing()
    assert send(gateway) == 3
    assert send(gateway) == 0
    assert gateway.numbers == {phone(0): 1, phone(1): 1, phone(2): 1}
    assert states() == {Delivery.ACCEPTED: 3}
    assert "《智能手机课堂》报名成功" in gateway.got[0].text
    one = message(ids[0])
    assert opened(one.text_sealed) == next(got.text for got in gateway.got if got.to == phone(0))
    assert (one.claim, one.claimed_at, one.tries, one.ended_at) == (None, None, 1, NOON)
    assert attempts(ids[0]) == [(1, AttemptEnd.ACCEPTED, "ok")]


def test_what_is_not_due_yet_waits(made):
    write(made, now=NOON + timedelta(minutes=1))
    assert send(Playing()) == 0


def test_a_clear_no_is_final_and_the_household_is_called(made):
    ids = write(made, occasion=Occasion.PROMOTED)
    send(Playing({phone(1): NO}))
    assert [message(id_).state for id_ in ids] == [Delivery.ACCEPTED, Delivery.FAILED, Delivery.ACCEPTED]
    assert message(ids[1]).why == "http-400"
    calls = db.session.scalars(select(Message).where(Message.way == Way.CALL)).all()
    assert [(call.household_id, call.state) for call in calls] == [
        (message(ids[1]).household_id, Delivery.PENDING)
    ]


def test_what_was_surely_not_taken_is_tried_again_later_and_given_up_after_five_times(made):
    ids, now = write(made, parties=made.parties[:1]), NOON
    for number in range(1, MOST_TRIES + 1):
        gateway = Playing({"*": BUSY})
        assert send(gateway, now) == 1
        assert send(gateway, now) == 0, "it waits before it is tried again"
        assert message(ids[0]).tries == number
        now = max(message(ids[0]).due_at, now)
    assert (message(ids[0]).state, message(ids[0]).why) == (Delivery.FAILED, "http-503")
    assert [number for number, *_ in attempts(ids[0])] == [1, 2, 3, 4, 5]
    assert send(Playing(), now + timedelta(days=1)) == 0


def test_a_try_that_succeeds_after_others_did_not_is_the_only_acceptance(made):
    ids = write(made, parties=made.parties[:1])
    send(Playing({"*": BUSY}))
    gateway = Playing()
    assert send(gateway, message(ids[0]).due_at) == 1
    assert attempts(ids[0]) == [(1, AttemptEnd.BUSY, "http-503"), (2, AttemptEnd.ACCEPTED, "ok")]


def test_a_lost_answer_leaves_it_in_doubt_for_ever_and_the_household_is_called(made):
    ids, gateway = write(made, occasion=Occasion.PROMOTED), Playing({"*": UNKNOWN})
    send(gateway)
    assert states() == {Delivery.IN_DOUBT: 3}
    assert send(Playing(), NOON + timedelta(days=1)) == 0
    assert db.session.scalars(select(Message.household_id).where(Message.way == Way.CALL)).all() == [
        message(id_).household_id for id_ in ids
    ]


def test_a_gateway_that_raises_leaves_it_in_doubt_and_the_others_go_on(made):
    write(made)
    gateway = Playing()

    def breaks(outgoing):
        if outgoing.to == phone(1):
            raise ZeroDivisionError

    gateway.meanwhile = breaks
    send(gateway)
    assert states() == {Delivery.ACCEPTED: 2, Delivery.IN_DOUBT: 1}


def test_a_gateway_name_given_twice_does_not_keep_the_outcome_from_being_written(made):
    ids = write(made)
    send(Playing({"*": Answer(AttemptEnd.ACCEPTED, "ok", "the same")}))
    assert states() == {Delivery.ACCEPTED: 3}
    assert sorted(message(id_).gateway_ref or "" for id_ in ids) == ["", "", "the same"]


# --- who frozen or gone -----------------------------------------------------------------------------------------


def test_a_claim_of_a_process_that_is_gone_is_free_again_after_two_minutes(made):
    ids = write(made)
    with transaction():
        db.session.execute(update(Message).values(state=Delivery.CLAIMED, claim="gone", claimed_at=NOON))
    with transaction():
        assert sweep(now=NOON + timedelta(seconds=119)) == 0
    assert send(Playing()) == 0
    with transaction():
        assert sweep(now=NOON + timedelta(minutes=2)) == 3
    gateway = Playing()
    assert send(gateway) == 3
    assert attempts(ids[0]) == [(1, AttemptEnd.ACCEPTED, "ok")]


def test_what_was_marked_by_a_process_that_is_gone_is_in_doubt_and_never_sent_again(made):
    ids = write(made, occasion=Occasion.PROMOTED)
    with transaction():
        db.session.execute(
            update(Message).values(state=Delivery.SENDING, claim="gone", claimed_at=NOON, tries=1)
        )
    with transaction():
        assert sweep(now=NOON + timedelta(minutes=2)) == 3
    assert states() == {Delivery.IN_DOUBT: 3}
    assert attempts(ids[0]) == [(1, AttemptEnd.UNKNOWN, "lost")]
    assert send(Playing(), NOON + timedelta(days=1)) == 0
    assert len(db.session.scalars(select(Message.id).where(Message.way == Way.CALL)).all()) == 3


def test_a_process_that_wakes_up_after_losing_its_claim_sends_nothing(made, monkeypatch):
    write(made)
    prepared = sending.written_or_fault

    def frozen(ids, *, now):
        letters = prepared(ids, now=now)
        with transaction():  # meanwhile others found its claim to be old
            sweep(now=NOON + timedelta(minutes=3))
        return letters

    monkeypatch.setattr(sending, "written_or_fault", frozen)
    gateway = Playing()
    send(gateway, most=3)
    assert gateway.got == []
    assert states() == {Delivery.PENDING: 3}


def test_a_process_that_wakes_up_after_being_swept_changes_nothing(made):
    ids, gateway = write(made, parties=made.parties[:1]), Playing()

    def swept(_outgoing):
        with made.app.app_context(), transaction():
            sweep(now=NOON + timedelta(minutes=3))

    gateway.meanwhile = swept
    send(gateway)
    assert states() == {Delivery.IN_DOUBT: 1}
    assert attempts(ids[0]) == [(1, AttemptEnd.UNKNOWN, "lost")]


def test_a_process_that_slept_between_marking_and_sending_sends_nothing(made, monkeypatch):
    ids, gateway, hour = write(made, parties=made.parties[:1]), Playing(), [NOON]
    mark = sending._Run._mark

    def sleeps(run, letters):
        marked = mark(run, letters)
        hour[0] = NOON + timedelta(seconds=61)
        return marked

    monkeypatch.setattr(sending._Run, "_mark", sleeps)
    drain({Way.SMS: gateway}, now_of=lambda: hour[0], most=1)
    assert gateway.got == []
    assert attempts(ids[0]) == [(1, AttemptEnd.BUSY, "woke-late")]
    assert message(ids[0]).state is Delivery.PENDING


def test_told_to_stop_it_gives_back_what_it_has_not_begun(made, monkeypatch):
    write(made)
    told = []
    gateway = Playing()
    gateway.meanwhile = told.append
    monkeypatch.setattr(sending, "GROUP", 1)
    send(gateway, go_on=lambda: not told)
    assert len(gateway.got) == 1
    assert states() == {Delivery.ACCEPTED: 1, Delivery.PENDING: 2}


# --- what is not sent -------------------------------------------------------------------------------------------


def test_nothing_is_sent_to_those_who_have_cancelled_since(made):
    ids, gateway = write(made), Playing()
    with transaction():
        place = db.session.scalar(select(Signup).where(Signup.party_id == made.parties[0].id))
        signups.cancel(place, by=None, why="own", now=NOON)
    send(gateway)
    assert gateway.numbers == {phone(1): 1, phone(2): 1}
    assert (message(ids[0]).state, message(ids[0]).why) == (Delivery.VOID, "gone")
    assert attempts(ids[0]) == []


def test_who_wants_no_texts_gets_none_but_codes(made):
    write(made, parties=made.parties[:1])
    with transaction():
        db.session.execute(update(Household).values(no_texts_at=NOON))
    gateway = Playing()
    send(gateway)
    assert (gateway.got, states()) == ([], {Delivery.VOID: 1})
    _ask_for_code(made)
    send(gateway)
    assert len(gateway.got) == 1


def _ask_for_code(made, now=NOON) -> str:
    with transaction():
        code = make_code(made.parties[0].household_id, CodeVia.SMS, by=None, now=now)
        send_code(made.parties[0].household_id, now=now)
    return code


def test_a_code_goes_out_at_night_and_nothing_else_does(made):
    night = clock.instant(clock.day_of(NOON), 23, 30)
    write(made, now=NOON)
    code, gateway = _ask_for_code(made, night), Playing()
    assert send(gateway, night) == 1
    assert code in gateway.got[0].text.replace(" ", "")
    assert send(gateway, clock.instant(clock.day_of(night) + timedelta(days=1), 8)) == 3


def test_a_code_is_kept_nowhere_once_it_was_sent(made):
    code = _ask_for_code(made)
    send(Playing())
    assert db.session.scalars(select(HomeCode.code_sealed)).all() == [None]
    assert code not in opened(db.session.scalar(select(Message.text_sealed))).replace(" ", "")


def test_one_number_gets_five_codes_an_hour(made):
    gateway = Playing()
    for minute in range(7):
        _ask_for_code(made, NOON + timedelta(minutes=minute))
        send(gateway, NOON + timedelta(minutes=minute))
    assert len(gateway.got) == 5
    _ask_for_code(made, NOON + timedelta(minutes=61))
    send(gateway, NOON + timedelta(minutes=61))
    assert len(gateway.got) == 6


def test_one_number_gets_eight_messages_a_day_and_is_called_about_the_ninth(made):
    for step in range(10):
        write(made, occasion=Occasion.PROMOTED, step=step, parties=made.parties[:1])
    gateway = Playing()
    send(gateway)
    assert len(gateway.got) == 8
    assert db.session.scalars(select(Message.why).where(Message.state == Delivery.FAILED)).all() == [
        "too_many",
        "too_many",
    ]
    assert len(db.session.scalars(select(Message.id).where(Message.way == Way.CALL)).all()) == 2


def test_what_is_under_way_counts_among_the_eight(made, monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 4)
    monkeypatch.setattr(sending, "GROUP", 4)
    for step in range(12):
        write(made, occasion=Occasion.PROMOTED, step=step, parties=made.parties[:1])
    gateway = Playing()
    send(gateway)
    assert len(gateway.got) == 8
    assert states()[Delivery.FAILED] == 4


def test_a_landline_gets_no_text_message_and_is_called(made):
    cast.sign_up(made.event, cast.person("钱九", "0379-00000111"), key="landline")
    party = db.session.scalars(select(Party).order_by(Party.id.desc()).limit(1)).one()
    ids = write(made, occasion=Occasion.PROMOTED, parties=[party])
    gateway = Playing()
    send(gateway)
    assert gateway.got == []
    assert (message(ids[0]).state, message(ids[0]).why) == (Delivery.FAILED, "no_address")


def test_as_many_as_a_minute_may_have_and_the_others_wait(made):
    write(made)
    gateway, bounds = Playing(), Limits(a_minute=2)
    send(gateway, bounds=bounds)
    assert len(gateway.got) == 2
    send(gateway, NOON + timedelta(seconds=61), bounds=bounds)
    assert len(gateway.got) == 3


def test_several_that_drain_at_once_hand_each_message_over_once(made, monkeypatch):
    monkeypatch.setattr(sending, "BATCH", 4)
    for step in range(8):
        write(made, step=step)
    gateway = Playing()

    def drains() -> int:
        with made.app.app_context():
            return send(gateway)

    with ThreadPoolExecutor(3) as hands:
        done = [one.result() for one in [hands.submit(drains) for _ in range(3)]]
    assert sum(done) == 24
    assert gateway.numbers == {phone(0): 8, phone(1): 8, phone(2): 8}
    assert states() == {Delivery.ACCEPTED: 24}


def test_mail_goes_to_the_households_address_and_nowhere_without_one(made):
    ids, gateway = write(made, way=Way.EMAIL), Playing()
    with transaction():
        db.session.execute(
            update(Household)
            .where(Household.id == made.parties[0].household_id)
            .values(email_sealed=vault().seal("wu@example.cn"))
        )
    send(gateway, way=Way.EMAIL)
    assert [one.to for one in gateway.got] == ["wu@example.cn"]
    assert gateway.got[0].text.startswith("报名成功：《智能手机课堂》\n")
    assert [message(id_).why for id_ in ids] == ["", "no_address", "no_address"]


def test_a_way_without_a_gateway_waits(made):
    write(made, way=Way.EMAIL)
    assert send(Playing(), way=Way.SMS) == 0
    assert drain({}, now_of=lambda: NOON, most=10) == 0
    assert states() == {Delivery.PENDING: 3}
