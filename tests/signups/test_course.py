"""One sign-up for a whole course: the same place at every date still to come, and so it stays."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of
from stationapp.events.rules import EventRefusal
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.signups import course as in_step
from stationapp.signups import operations, promotion, queries
from stationapp.signups.checks import CHECKS
from stationapp.signups.models import Party, PassedOver, Signup
from stationapp.signups.rules import Place, SignupRefusal
from tests import cast
from tests.signups.scene import announce, course, further_date, let_pass, people, person, sign_up

pytestmark = pytest.mark.both_databases


@pytest.fixture
def district(app):
    made = cast.district(app)
    with app.app_context():
        yield made
        db.session.rollback()
        assert {check.name: found for check in CHECKS if (found := check.find())} == {}


def give_back(code: str, **more) -> None:
    with transaction():
        operations.cancel(queries.get_by_code(code), **{"by": None, "why": "own", "now": clock.now()} | more)


def places(name_or_answer, *dates) -> list[Place | None]:
    """The state at each date of the first person of an answer."""
    db.session.rollback()
    db.session.expire_all()
    person_id = queries.get_by_code(name_or_answer.codes[0]).resident_id
    found = dict(
        db.session.execute(
            select(Signup.event_id, Signup.state)
            .where(Signup.resident_id == person_id)
            .order_by(Signup.state != Place.CANCELLED)
        ).all()
    )
    return [found.get(date.id) for date in dates]


def fresh(event: Event) -> Event:
    db.session.rollback()
    db.session.refresh(event)
    return event


SEATED, WAITS, GONE = Place.CONFIRMED, Place.WAITLISTED, Place.CANCELLED


def test_one_sign_up_takes_a_place_at_every_date_from_whichever_it_is_made(district):
    _, dates = course(district.one, 4)
    answer = sign_up(dates[2], *people(2, 1))
    assert answer.state is SEATED and len(answer.codes) == 2
    assert places(answer, *dates) == [SEATED] * 4
    assert [fresh(date).taken for date in dates] == [2] * 4
    assert queries.get_by_code(answer.codes[0]).event_id == dates[2].id


def test_all_or_none_is_seated_and_the_line_is_the_same_everywhere(district):
    _, dates = course(district.one, 3, capacity=3)
    sign_up(dates[0], *people(2, 1))
    waits = sign_up(dates[1], *people(2, 2))
    assert (waits.state, waits.rank) == (WAITS, 1)
    assert places(waits, *dates) == [WAITS] * 3


def test_the_same_key_gets_the_same_answer_for_ever_whichever_date_it_comes_through(district):
    _, dates = course(district.one, 3)
    first = sign_up(dates[0], *people(2, 1), key="k")
    give_back(first.codes[0])
    again = sign_up(dates[1], *people(2, 1), key="k")
    assert (again.codes, again.state, again.repeated) == (first.codes, first.state, True)
    with pytest.raises(Refused) as refused:
        sign_up(dates[1], *people(2, 3), key="k")
    assert refused.value.reason is SignupRefusal.KEY_REUSED


def test_who_is_on_the_course_already_gets_the_place_they_have(district):
    _, dates = course(district.one, 3)
    sign_up(dates[0], *people(1, 1))
    again = sign_up(dates[2], *people(1, 1))
    assert again.repeated and db.session.scalar(select(func.count()).select_from(Party)) == 3


def test_cancelling_gives_back_every_place_to_come_and_the_same_household_moves_up_everywhere(district):
    _, dates = course(district.one, 3, capacity=1)
    seated, first, second = (sign_up(dates[0], *people(1, n)) for n in (1, 2, 3))
    give_back(seated.codes[0])
    give_back(seated.codes[0])
    assert places(seated, *dates) == [GONE] * 3
    assert places(first, *dates) == [SEATED] * 3
    assert places(second, *dates) == [WAITS] * 3
    told = db.session.scalars(select(Notice.subject).where(Notice.occasion == Occasion.PROMOTED)).all()
    assert told == [f"party {first.party_id}"]


def test_a_party_too_large_keeps_its_rank_at_every_date(district):
    _, dates = course(district.one, 3, capacity=2)
    seated = sign_up(dates[0], *people(2, 1))
    large, small = sign_up(dates[0], *people(2, 2)), sign_up(dates[0], *people(1, 3))
    give_back(seated.codes[0])
    assert places(small, *dates) == [SEATED] * 3
    assert places(large, *dates) == [WAITS] * 3
    assert db.session.scalar(select(func.count()).select_from(PassedOver)) == 3


def test_who_joins_late_takes_only_what_is_still_to_come(district):
    _, dates = course(district.one, 3)
    let_pass(dates[0])
    answer = sign_up(dates[1], *people(1, 1))
    assert places(answer, *dates) == [None, SEATED, SEATED]
    with pytest.raises(Refused) as refused:
        sign_up(dates[0], *people(1, 2))
    assert refused.value.reason is SignupRefusal.CLOSED


def test_after_the_first_date_a_place_given_back_leaves_that_one_as_it_was(district):
    _, dates = course(district.one, 3)
    answer = sign_up(dates[0], *people(1, 1))
    let_pass(dates[0])
    give_back(answer.codes[0])
    assert places(answer, *dates) == [SEATED, GONE, GONE]
    give_back(answer.codes[0])
    let_pass(*dates)
    with pytest.raises(Refused) as refused:
        give_back(answer.codes[0])
    assert refused.value.reason is SignupRefusal.EVENT_STARTED


def test_staff_take_somebody_off_a_date_that_is_under_way_and_all_after_it(district):
    _, dates = course(district.one, 2)
    answer = sign_up(dates[0], *people(1, 1))
    give_back(answer.codes[0], by=district.lin.id, why="staff", now=dates[0].starts_at + timedelta(minutes=5))
    assert places(answer, *dates) == [GONE, GONE]


def test_a_further_date_takes_everybody_along_in_the_same_order(district):
    series, dates = course(district.one, 2, capacity=2)
    seated, first, second = (sign_up(dates[0], *people(n % 2 + 1, n)) for n in (1, 2, 3))
    more = further_date(series, district.one, weeks=2, capacity=2)
    assert places(seated, *dates, more) == [SEATED] * 3
    assert places(first, *dates, more) == places(second, *dates, more) == [WAITS] * 3
    assert (fresh(more).taken, more.waiting, more.queued) == (2, 3, 2)


def test_a_further_date_with_other_places_is_not_published(district):
    series, _ = course(district.one, 2, capacity=2)
    more = further_date(series, district.one, weeks=2, capacity=5, publish=False)
    with pytest.raises(Refused) as refused:
        announce(more)
    assert (refused.value.reason, refused.value.facts["capacity"]) == (SignupRefusal.COURSE_PLACES_DIFFER, 2)


def test_a_course_that_goes_on_after_its_last_date_keeps_its_people_if_there_is_room(district):
    series, dates = course(district.one, 1, capacity=4)
    answer, waits = sign_up(dates[0], *people(4, 1)), sign_up(dates[0], *people(2, 2))
    let_pass(dates[0])
    small = further_date(series, district.one, weeks=1, capacity=3, publish=False)
    with pytest.raises(Refused) as refused:
        announce(small)
    assert (refused.value.reason, refused.value.facts["taken"]) == (SignupRefusal.COURSE_TOO_SMALL, 4)
    large = further_date(series, district.one, weeks=2, capacity=6)
    assert places(answer, large) == places(waits, large) == [SEATED]


def test_a_date_called_off_is_simply_void(district):
    _, dates = course(district.one, 3)
    answer = sign_up(dates[0], *people(1, 1))
    with transaction():
        events.cancel(dates[1], by=None, now=clock.now(), reason="停电")
    joins = sign_up(dates[0], *people(1, 2))
    assert places(joins, *dates) == [SEATED, None, SEATED]
    give_back(answer.codes[0])
    assert places(answer, *dates) == [GONE, SEATED, GONE]


def test_a_date_put_off_keeps_its_places_and_takes_newcomers_along_when_it_is_back(district):
    _, dates = course(district.one, 3, capacity=2)
    stays, goes = sign_up(dates[0], *people(1, 1)), sign_up(dates[0], *people(1, 2))
    waits = sign_up(dates[0], *people(1, 3))
    with transaction():
        events.postpone(dates[1], by=None, now=clock.now(), reason="修房顶")
    newcomer = sign_up(dates[0], *people(1, 4))
    give_back(goes.codes[0])
    assert places(stays, *dates) == places(waits, *dates) == [SEATED] * 3
    assert places(newcomer, *dates) == [WAITS, None, WAITS]
    announce(dates[1])
    assert places(newcomer, *dates) == [WAITS] * 3


def test_more_places_at_one_date_are_more_places_at_all_and_seat_who_waits(district):
    series, dates = course(district.one, 3, capacity=1)
    planned = further_date(series, district.one, weeks=5, capacity=1, publish=False)
    sign_up(dates[0], *people(1, 1))
    waits = sign_up(dates[0], *people(1, 2))
    change(dates[1], capacity=3)
    assert [fresh(date).capacity for date in (*dates, planned)] == [3] * 4
    assert places(waits, *dates) == [SEATED] * 3


def test_seats_kept_for_callers_at_one_date_are_kept_at_all_until_the_same_moment(district):
    series, dates = course(district.one, 3, capacity=2)
    planned = further_date(series, district.one, weeks=5, capacity=2, publish=False)
    until = dates[0].starts_at + timedelta(days=5)
    change(dates[1], phone_seats=1, phone_until_at=until)
    kept = [(fresh(date).phone_seats, fresh(date).phone_until_at) for date in (*dates, planned)]
    assert kept == [(1, dates[0].starts_at), (1, until), (1, until), (1, until)]
    sign_up(dates[0], *people(1, 1))
    waits = sign_up(dates[2], *people(1, 2))
    assert places(waits, *dates) == [WAITS] * 3
    change(dates[0], phone_seats=0, phone_until_at=None)
    assert [fresh(date).phone_seats for date in (*dates, planned)] == [0] * 4
    assert places(waits, *dates) == [SEATED] * 3


def test_a_further_date_keeps_what_the_others_keep_for_callers(district):
    series, dates = course(district.one, 2, capacity=3)
    change(dates[0], phone_seats=2, phone_until_at=dates[0].starts_at)
    late = further_date(series, district.one, weeks=3, capacity=3)
    assert (fresh(late).phone_seats, fresh(late).phone_until_at) == (2, dates[0].starts_at)


def change(event: Event, **fields) -> None:
    """Change it the way the desk does."""
    now = clock.now()
    with transaction():
        in_step.hold_for(event, now=now)
        events.change(event, replace(fields_of(event), **fields), by=None, now=now)
        in_step.spread_places(event, by=None, now=now)
        promotion.promote(event.id, now=now)


def test_a_further_date_has_as_many_places_as_the_dates_put_off(district):
    series, dates = course(district.one, 1, capacity=1)
    for household in (1, 2):
        sign_up(dates[0], *people(1, household))
    with transaction():
        events.postpone(dates[0], by=None, now=clock.now(), reason="停电")
    late = further_date(series, district.one, weeks=2, capacity=2, publish=False)
    with pytest.raises(Refused) as refused:
        announce(late)
    assert refused.value.reason is SignupRefusal.COURSE_PLACES_DIFFER


def test_fewer_places_than_are_taken_are_refused(district):
    _, dates = course(district.one, 2, capacity=5)
    sign_up(dates[0], *people(3, 1))
    with pytest.raises(Refused) as refused:
        change(dates[0], capacity=2)
    assert refused.value.reason is EventRefusal.CAPACITY_BELOW_TAKEN


def test_a_clash_with_any_date_is_a_clash_and_another_date_of_the_course_is_none(district):
    _, dates = course(district.one, 3)
    sign_up(cast.event(district.two, starts_at=dates[2].starts_at), *people(1, 1))
    with pytest.raises(Refused) as refused:
        sign_up(dates[0], *people(1, 1))
    assert refused.value.reason is SignupRefusal.CLASHES


def test_ages_must_fit_every_date(district):
    series, dates = course(district.one, 1, capacity=None)
    old = clock.local(dates[0].starts_at)
    further_date(series, district.one, weeks=30, capacity=None, max_age=60)
    with pytest.raises(Refused) as refused:
        sign_up(dates[0], person("孙大海", birth_month=f"{old.year - 61}-{old.month:02d}"))
    assert refused.value.reason is SignupRefusal.TOO_OLD


def test_the_desk_signs_up_for_the_whole_course_even_while_a_date_is_under_way(district):
    _, dates = course(district.one, 2)
    answer = sign_up(
        dates[0], *people(1, 1), by=district.lin.id, now=dates[0].starts_at + timedelta(minutes=5)
    )
    assert places(answer, *dates) == [SEATED, SEATED]
