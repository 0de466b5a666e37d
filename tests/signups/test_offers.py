"""A freed place is offered, answered, or lapses, and goes on to the next at once (domain.md §6; trust.md S6)."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import desk_acts
from stationapp.events import operations as events
from stationapp.events.rules import State
from stationapp.jobs.operations import DUTIES
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.planning import operations as board
from stationapp.refusal import Refused
from stationapp.signups import offers, operations, promotion, queries
from stationapp.signups.checks import CHECKS
from stationapp.signups.models import Offer, SignupMove
from stationapp.signups.offer_rules import OfferRefusal
from stationapp.signups.rules import OfferEnd, Place, SignupRefusal
from tests import cast
from tests.signups.scene import people, sign_up

pytestmark = pytest.mark.both_databases

SEATED, WAITS, OFFERED, GONE = Place.CONFIRMED, Place.WAITLISTED, Place.OFFERED, Place.CANCELLED


@pytest.fixture
def scene(app):
    """Two seats, five days ahead: a couple has them, then a couple waits, then one and one."""
    made = cast.district(app)
    with app.app_context():
        event = cast.event(made.one, capacity=2, starts_at=clock.now() + timedelta(days=5))
        yield made, event, [sign_up(event, *people(size, home)) for home, size in enumerate((2, 2, 1, 1), 1)]
        assert {check.name: found for check in CHECKS if (found := check.find())} == {}


def give_back(answer, *, at=None, who: slice = slice(None)) -> None:
    with transaction():
        places = [queries.get_by_code(code) for code in answer.codes[who]]
        operations.cancel(*places, by=None, why="own", now=at or clock.now())


def act(verb, answer, *, by=None, at=None) -> None:
    with transaction():
        verb(answer.party_id, by=by, now=at or clock.now())


def states(*answers) -> list[list[Place]]:
    db.session.expire_all()
    return [[queries.get_by_code(code).state for code in answer.codes] for answer in answers]


def ends() -> list[OfferEnd | None]:
    return list(db.session.scalars(select(Offer.ended).order_by(Offer.id)))


def told(occasion: Occasion) -> list[str]:
    return list(
        db.session.scalars(select(Notice.subject).where(Notice.occasion == occasion).order_by(Notice.id))
    )


def refused(verb, answer, **more):
    with pytest.raises(Refused) as found:
        act(verb, answer, **more)
    return found.value.reason


def late(answer):
    its = select(Offer.until_at).where(Offer.party_id == answer.party_id)
    return db.session.scalar(its) + timedelta(seconds=1)


def test_a_freed_place_is_offered_to_the_next_household_as_a_whole(scene):
    _people, event, (seated, couple, *_others) = scene
    give_back(seated)
    assert states(couple) == [[OFFERED] * 2]
    assert (event.taken, event.waiting) == (2, 2)
    assert told(Occasion.OFFERED) == [f"party {couple.party_id}"] and told(Occasion.PROMOTED) == []


def test_an_offered_place_is_taken_and_taking_it_twice_changes_nothing(scene):
    _people, event, (seated, couple, *_others) = scene
    give_back(seated)
    act(offers.accept, couple)
    act(offers.accept, couple)
    assert states(couple) == [[SEATED] * 2]
    assert (ends(), event.taken) == ([OfferEnd.ACCEPTED], 2)


def test_staff_say_yes_for_somebody_who_was_called_and_it_is_on_record(scene):
    district, _event, (seated, couple, *_others) = scene
    give_back(seated)
    act(offers.accept, couple, by=district.lin.id)
    assert db.session.scalar(select(Offer.by)) == district.lin.id
    assert "signups.accept" in set(db.session.scalars(select(AuditLine.act)))


def test_a_place_given_up_goes_to_the_next_at_once(scene):
    _people, event, (seated, couple, third, fourth) = scene
    give_back(seated)
    act(offers.decline, couple)
    act(offers.decline, couple)
    assert states(couple, third, fourth) == [[GONE] * 2, [OFFERED], [OFFERED]]
    assert ends() == [OfferEnd.DECLINED, None, None]
    assert (event.taken, event.waiting) == (2, 0)


def test_a_place_nobody_answered_for_lapses_goes_on_and_the_desk_hears_of_it(scene):
    _people, _event, (seated, couple, third, _fourth) = scene
    give_back(seated)
    with transaction():
        assert DUTIES["offers"](now=clock.now()) == 0
    with transaction():
        assert DUTIES["offers"](now=late(couple)) == 1
    assert states(couple, third) == [[GONE] * 2, [OFFERED]]
    assert told(Occasion.OFFER_LAPSED) == [f"party {couple.party_id}"]
    why = db.session.scalars(select(SignupMove.why).where(SignupMove.from_state == OFFERED))
    assert set(why) == {"offer lapsed"}
    with transaction():
        assert DUTIES["offers"](now=clock.now()) == 0


def test_an_answer_after_the_time_is_too_late_before_and_after_the_place_went_on(scene):
    _people, _event, (seated, couple, *_others) = scene
    give_back(seated)
    at = late(couple)
    assert refused(offers.accept, couple, at=at) is OfferRefusal.OVER
    assert states(couple) == [[OFFERED] * 2]
    with transaction():
        offers.lapse(now=at)
    assert refused(offers.accept, couple, at=at) is OfferRefusal.OVER
    act(offers.decline, couple, at=at)  # they do not come anyhow
    assert states(couple) == [[GONE] * 2]


def test_who_took_the_places_gives_them_back_by_cancelling(scene):
    _people, _event, (seated, couple, *_others) = scene
    give_back(seated)
    act(offers.accept, couple)
    assert refused(offers.decline, couple) is OfferRefusal.ACCEPTED
    assert states(couple) == [[SEATED] * 2]


def test_who_was_offered_nothing_has_nothing_to_answer(scene):
    _people, _event, (_seated, couple, *_others) = scene
    assert refused(offers.accept, couple) is OfferRefusal.OVER
    assert refused(offers.decline, couple) is OfferRefusal.OVER
    assert states(couple) == [[WAITS] * 2]


def test_one_of_an_offered_household_stays_away_and_the_other_still_answers(scene):
    _people, event, (seated, couple, third, _fourth) = scene
    give_back(seated)
    give_back(couple, who=slice(1))
    assert states(couple, third) == [[GONE, OFFERED], [OFFERED]]
    assert ends() == [None, None]
    act(offers.accept, couple)
    assert states(couple) == [[GONE, SEATED]]
    assert event.taken == 2


def test_an_offer_is_withdrawn_when_all_its_places_are_cancelled(scene):
    _people, _event, (seated, couple, third, _fourth) = scene
    give_back(seated)
    give_back(couple)
    assert states(couple, third) == [[GONE] * 2, [OFFERED]]
    assert ends()[0] is OfferEnd.WITHDRAWN


def test_offered_places_are_given_at_once_when_the_event_is_put_off_and_so_is_what_is_freed_meanwhile(scene):
    district, event, (seated, couple, third, _fourth) = scene
    give_back(seated)
    with transaction():
        desk_acts.postpone(event, by=district.lin.id, now=clock.now(), reason="下雨")
    assert (states(couple), ends()) == ([[SEATED] * 2], [OfferEnd.GIVEN])
    with transaction():
        assert (
            offers.lapse(now=clock.now() + timedelta(days=30)) == 0
        )  # nobody loses a place to a time nobody knows
    give_back(couple, who=slice(1))
    assert states(couple, third) == [[GONE, SEATED], [SEATED]]
    with transaction():
        events.publish(event, by=None, now=clock.now())


def test_offered_places_are_given_at_once_when_the_event_comes_too_near_to_wait_for_an_answer(scene):
    district, event, (seated, couple, *_others) = scene
    give_back(seated)
    now, soon = clock.now(), clock.local(late(couple) + timedelta(hours=10))
    with transaction():
        board.move(event, soon.date(), soon.time(), by=district.lin.id, now=now)
    assert (states(couple), ends()) == ([[SEATED] * 2], [OfferEnd.GIVEN])
    assert told(Occasion.PROMOTED) == [f"party {couple.party_id}"]
    act(offers.accept, couple)
    assert refused(offers.decline, couple) is OfferRefusal.ACCEPTED
    assert states(couple) == [[SEATED] * 2]


def test_an_offer_stands_when_the_event_comes_nearer_and_it_can_still_be_answered(scene):
    district, event, (seated, couple, *_others) = scene
    give_back(seated)
    day = clock.day_of(event.starts_at) - timedelta(days=1)
    with transaction():
        board.move(event, day, None, by=district.lin.id, now=clock.now())
    assert (states(couple), ends()) == ([[OFFERED] * 2], [None])


def test_an_offer_ends_when_the_event_is_called_off(scene):
    _people, event, (seated, couple, third, _fourth) = scene
    give_back(seated)
    with transaction():
        events.cancel(event, by=None, now=clock.now(), reason="停电")
    assert refused(offers.accept, couple) is SignupRefusal.CANCELLED
    with transaction():
        assert offers.lapse(now=clock.now()) == 1
    assert (states(couple, third), ends()) == ([[GONE] * 2, [WAITS]], [OfferEnd.WITHDRAWN])
    assert told(Occasion.OFFER_LAPSED) == []


def test_nobody_is_seated_out_of_turn_at_what_is_over(scene):
    district, event, (seated, couple, third, _fourth) = scene
    with transaction():
        event.capacity += 2
    with pytest.raises(Refused) as found, transaction():
        promotion.seat_out_of_turn(third.party_id, by=district.lin.id, reason="他来了", now=event.ends_at)
    assert found.value.reason is OfferRefusal.EVENT_OVER
    assert states(seated, couple, third) == [[SEATED] * 2, [WAITS] * 2, [WAITS]]
    with transaction():
        promotion.promote(event.id, now=clock.now())


def test_a_day_before_the_start_the_next_one_has_the_place_at_once(scene):
    _people, event, (seated, couple, *_others) = scene
    with time_machine.travel(event.starts_at - timedelta(hours=23)):
        give_back(seated)
        assert states(couple) == [[SEATED] * 2]
    assert told(Occasion.PROMOTED) == [f"party {couple.party_id}"] and ends() == []


def test_a_household_too_large_keeps_its_rank_while_a_smaller_one_is_offered_the_seat(scene):
    _people, _event, (seated, couple, third, _fourth) = scene
    give_back(seated, who=slice(1))
    assert states(couple, third) == [[WAITS] * 2, [OFFERED]]
    assert queries.rank_of(queries.get_party(couple.party_id)) == 1


def test_a_couple_that_stays_away_leaves_two_seats_at_once_for_the_couple_that_waits(scene):
    _people, _event, (seated, couple, third, _fourth) = scene
    give_back(seated)
    assert states(couple, third) == [[OFFERED] * 2, [WAITS]]


def test_a_place_offered_at_night_is_kept_until_the_day(scene):
    _people, event, (seated, couple, *_others) = scene
    night = clock.instant(clock.day_of(event.starts_at) - timedelta(days=3), 23, 30)
    give_back(seated, at=night)
    assert clock.local(db.session.scalar(select(Offer.until_at))).hour == 11
    act(offers.accept, couple, at=night + timedelta(hours=9))
    assert event.state is State.PUBLISHED


def test_a_repeated_request_hears_of_the_offer_in_its_first_answer_and_takes_no_second_place(scene):
    _people, event, (seated, couple, *_others) = scene
    give_back(seated)
    again = sign_up(event, *people(2, 2))
    assert (again.repeated, again.party_id) == (True, couple.party_id)
    assert event.taken == 2
