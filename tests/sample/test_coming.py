"""A newcomer to the sample district meets each way of getting a seat, and people who are to be told of it."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.commands import all_checks
from stationapp.db import db, transaction
from stationapp.events.models import Event, EventMove
from stationapp.jobs.operations import DUTIES
from stationapp.messages.models import CallAnswer, Message
from stationapp.messages.rules import Delivery, Way
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.residents.duplicates import ONE, OTHER, pairs
from stationapp.residents.models import Household, Merge, Resident
from stationapp.sample import offered
from stationapp.sample import operations as sample
from stationapp.signups.models import Draw, Offer, Party, PlaceLimit, Signup
from stationapp.signups.rules import Channel, Counted, Place, Span


@pytest.mark.both_databases
def test_a_newcomer_meets_every_way_of_getting_a_seat(app):
    with app.app_context():
        sample.settle(lambda done, of: None, stations=1, months=0)
    with app.test_request_context():
        a_full_event_has_offered_a_seat_and_people_wait()
        seats_are_kept_for_callers_and_one_event_opens_tomorrow()
        one_draw_is_to_come_and_one_was_held_last_week()
        one_event_is_for_some_alone_and_the_office_limits_households()
        children_have_guardians_and_who_has_no_phone_is_reached()
        two_records_look_like_one_person_and_two_were_merged()
        the_call_list_knows_an_offer_reminders_and_what_moved()
        nothing_breaks_when_the_jobs_take_over()


def found(offer: offered.Offer) -> Event:
    return db.session.scalars(select(Event).where(Event.title == offer.title)).one()


def places(event: Event, state: Place) -> list[Signup]:
    its = select(Signup).where(Signup.event_id == event.id, Signup.state == state)
    return list(db.session.scalars(its.order_by(Signup.id)))


def a_full_event_has_offered_a_seat_and_people_wait() -> None:
    event = found(offered.FULL)
    assert (event.taken, event.waiting) == (event.capacity, 3)
    asked = places(event, Place.OFFERED)
    assert [db.session.get_one(Resident, one.resident_id).name for one in asked] == ["李凤英"]
    offer = db.session.scalars(select(Offer).where(Offer.party_id == asked[0].party_id)).one()
    assert offer.ended_at is None and offer.until_at > clock.now()


def seats_are_kept_for_callers_and_one_event_opens_tomorrow() -> None:
    event = found(offered.CALLERS_FIRST)
    assert event.phone_seats > event.phone_taken > 0 and event.phone_until_at > clock.now()
    channels = set(db.session.scalars(select(Party.channel).where(Party.event_id == event.id)))
    assert {Channel.WEB, Channel.PHONE, Channel.DESK} <= channels
    tomorrow = clock.day_of(clock.now()) + timedelta(days=1)
    assert found(offered.OPENS_TOMORROW).opens_at == clock.instant(tomorrow, 8, 30)


def one_draw_is_to_come_and_one_was_held_last_week() -> None:
    to_come, held = found(offered.DRAW_TO_COME), found(offered.DRAWN)
    assert to_come.taken == 0 and to_come.waiting > to_come.capacity
    assert db.session.get_one(Draw, to_come.id).drawn_at is None
    made = db.session.get_one(Draw, held.id)
    assert made.seed and made.drawn_at == held.draw_at
    ranks = db.session.scalars(select(Party.drawn).where(Party.event_id == held.id)).all()
    assert sorted(ranks) == list(range(1, len(offered.DRAWN.asks) + 1))


def one_event_is_for_some_alone_and_the_office_limits_households() -> None:
    assert found(offered.FOR_SOME).audience_only
    limit = db.session.scalars(select(PlaceLimit)).one()
    assert (limit.counted, limit.span) == (Counted.HOME, Span.MONTH)


def children_have_guardians_and_who_has_no_phone_is_reached() -> None:
    children = db.session.scalars(select(Resident).where(Resident.guardian_id.is_not(None))).all()
    assert len(children) >= 3 and all(child.guardian_consent_at for child in children)
    assert db.session.scalar(select(func.count(Household.id)).where(Household.reach_sealed.is_not(None))) == 1


def two_records_look_like_one_person_and_two_were_merged() -> None:
    everybody = (ONE.id > 0, OTHER.id > 0)
    alike = {db.session.get_one(Resident, row[0].id).name for row in db.session.execute(pairs(*everybody))}
    assert alike == {"何秀英"}
    assert db.session.scalars(select(Merge)).one().undone_at is None


def the_call_list_knows_an_offer_reminders_and_what_moved() -> None:
    calls = select(Message.occasion).where(Message.way == Way.CALL, Message.state == Delivery.PENDING)
    assert set(db.session.scalars(calls)) >= {Occasion.OFFERED, Occasion.REMINDER, Occasion.MOVED}
    assert db.session.scalar(select(func.count(Message.id)).where(Message.way == Way.PAGE)) > 5
    assert db.session.scalars(select(EventMove)).one().event_id == found(offered.MOVED).id
    drawn = select(Message.id).join(Party).where(Party.event_id == found(offered.DRAWN).id)
    told = select(func.count(CallAnswer.id)).where(CallAnswer.message_id.in_(drawn))
    assert db.session.scalar(told) == len(
        {one.party_id for one in places(found(offered.DRAWN), Place.CONFIRMED)}
    )
    assert db.session.scalar(select(func.count(Notice.id)).where(Notice.spread_at.is_(None))) == 0


def nothing_breaks_when_the_jobs_take_over() -> None:
    for name, duty in DUTIES.items():
        with transaction():
            assert duty(now=clock.now()) == 0 or name in (
                "call_tidying",  # by day somebody's event has begun
                "close_out_reminders",
                "month_preparation",
                "room_release",
                "spot_draws",
            )
    assert {check.name: check.find() for check in all_checks() if check.find()} == {}
