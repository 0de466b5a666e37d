"""Seats held for a form or a call, seats kept back for callers (domain.md §6; trust.md §4.6)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.jobs.operations import DUTIES
from stationapp.refusal import Refused
from stationapp.signups import holds, operations, queries
from stationapp.signups.checks import CHECKS
from stationapp.signups.hold_rules import (
    DESK_HOLD_LASTS,
    FORM_HOLD_AT_MOST,
    FORM_HOLD_LASTS,
    FORM_HOLDS_UNUSED,
)
from stationapp.signups.models import PassedOver, SeatHold
from stationapp.signups.rules import (
    WAITLIST_LIMIT,
    HoldEnd,
    PassedWhy,
    Place,
    SignupRefusal,
)
from tests import cast
from tests.signups.scene import course, people, sign_up

pytestmark = pytest.mark.both_databases

SOON = timedelta(hours=20)
"""So near the start that a freed place is given at once instead of being offered."""


@pytest.fixture
def district(app):
    made = cast.district(app)
    with app.app_context():
        yield made
        db.session.rollback()
        assert {check.name: found for check in CHECKS if (found := check.find())} == {}


@pytest.fixture
def event(district):
    return cast.event(district.one, capacity=9, starts_at=clock.now() + SOON)


def hold(
    event: Event, size: int, token: str, *, by: int | None = None, asker: str = "192.0.2.1", after=timedelta()
):
    with transaction():
        return holds.hold_seats(event.id, size, token=token, by=by, asker=asker, now=clock.now() + after)


def let_go(token: str) -> None:
    with transaction():
        holds.let_go(token, now=clock.now())


def sweep(after: timedelta) -> int:
    with transaction():
        return DUTIES["holds"](now=clock.now() + after)


def taken(event: Event) -> tuple[int, int]:
    terms = queries.get_terms(event_id=event.id)
    return terms.taken, terms.phone_taken


def fill(event: Event, seats: int) -> None:
    for household in range(seats):
        sign_up(event, *people(1, 100 + household))


def ends() -> list[HoldEnd | None]:
    return list(db.session.scalars(select(SeatHold.ended).order_by(SeatHold.id)))


def refused(event: Event, *party, **more) -> Refused:
    with pytest.raises(Refused) as caught:
        sign_up(event, *party, **more)
    return caught.value


# --- holding, using, letting go -----------------------------------------------------------------------------------


def test_held_seats_are_nobody_elses_and_are_sat_down_in_though_everything_is_full(event):
    fill(event, 7)
    assert hold(event, 2, "a") is not None
    assert taken(event) == (9, 0)
    assert sign_up(event, *people(1, 1)).state is Place.WAITLISTED
    assert sign_up(event, *people(2, 2), hold="a").state is Place.CONFIRMED
    assert taken(event) == (9, 0) and ends() == [HoldEnd.USED]


def test_who_came_to_wait_while_seats_were_held_was_not_passed_over_and_who_waited_before_was(event):
    fill(event, 8)
    before = sign_up(event, *people(2, 1))
    hold(event, 1, "a")
    sign_up(event, *people(1, 2))
    seated = sign_up(event, *people(1, 3), hold="a")
    noted = db.session.execute(select(PassedOver.party_id, PassedOver.overtaken_by, PassedOver.why)).all()
    assert noted == [(before.party_id, seated.party_id, PassedWhy.SIZE)]


def test_a_smaller_party_gives_the_rest_back_and_a_larger_one_takes_what_it_lacks(event):
    hold(event, 3, "a")
    sign_up(event, *people(2, 1), hold="a")
    assert taken(event) == (2, 0)
    hold(event, 1, "b")
    sign_up(event, *people(3, 2), hold="b")
    assert taken(event) == (5, 0)


def test_what_a_smaller_party_leaves_of_its_hold_goes_to_whoever_waits(district, event):
    fill(event, 6)
    hold(event, 3, "a")
    waits = sign_up(event, *people(2, 1))
    sign_up(event, *people(1, 2), hold="a")
    assert queries.get_by_code(waits.codes[0]).state is Place.CONFIRMED
    _, dates = course(district.one, 2, capacity=3)
    hold(dates[0], 3, "b")
    waits = sign_up(dates[0], *people(2, 3))
    sign_up(dates[1], *people(1, 4), hold="b")
    assert [taken(date) for date in dates] == [(3, 0)] * 2


def test_a_party_larger_than_its_hold_is_refused_whole_when_the_rest_is_full_and_keeps_the_hold(event):
    fill(event, 8)
    hold(event, 1, "a")
    no = refused(event, *people(2, 1), hold="a")
    assert (no.reason, no.facts["held"]) == (SignupRefusal.HOLD_TOO_SMALL, 1)
    assert taken(event) == (9, 0) and ends() == [None]
    assert sign_up(event, *people(1, 1), hold="a").state is Place.CONFIRMED


def test_seats_let_go_go_to_whoever_waits_and_letting_go_twice_changes_nothing(event):
    fill(event, 7)
    hold(event, 2, "a")
    waits = sign_up(event, *people(2, 1))
    for token in ("a", "a", "unknown"):
        let_go(token)
    assert queries.get_by_code(waits.codes[0]).state is Place.CONFIRMED
    assert taken(event) == (9, 0) and ends() == [HoldEnd.RELEASED]


def test_a_hold_that_runs_out_is_ended_once_and_its_seats_are_handed_on(event):
    fill(event, 7)
    assert hold(event, 2, "a") > clock.now()
    waits = sign_up(event, *people(1, 1))
    assert sweep(timedelta()) == 0
    assert (sweep(FORM_HOLD_LASTS), sweep(FORM_HOLD_LASTS)) == (1, 0)
    assert queries.get_by_code(waits.codes[0]).state is Place.CONFIRMED
    assert taken(event) == (8, 0) and ends() == [HoldEnd.EXPIRED]


@pytest.mark.parametrize("token", ["", "never heard of", "a", "b"])
def test_a_token_that_ran_out_was_let_go_or_is_unknown_makes_an_ordinary_sign_up(event, token):
    hold(event, 1, "a")
    hold(event, 1, "b")
    let_go("b")
    sweep(FORM_HOLD_LASTS)
    assert sign_up(event, *people(2, 1), hold=token).state is Place.CONFIRMED
    assert taken(event) == (2, 0)


def test_a_token_of_another_event_holds_and_gives_nothing_here(district, event):
    other = cast.event(district.two, capacity=9)
    hold(other, 2, "a")
    assert hold(event, 1, "a") is None
    sign_up(event, *people(1, 1), hold="a")
    assert (taken(event), taken(other)) == ((1, 0), (2, 0))


def test_a_hold_over_its_time_is_ended_before_somebody_is_told_that_all_is_full(event):
    fill(event, 7)
    hold(event, 2, "a")
    later = clock.now() + FORM_HOLD_LASTS
    _wait(event, WAITLIST_LIMIT)
    assert refused(event, *people(2, 1)).reason is SignupRefusal.FULL
    assert sign_up(event, *people(2, 1), now=later).state is Place.CONFIRMED
    _wait(event, 0)


def _wait(event: Event, many: int) -> None:
    with transaction() as session:
        session.get_one(Event, event.id, populate_existing=True).waiting = many


# --- the same token again -----------------------------------------------------------------------------------------


def test_the_same_token_prolongs_grows_and_shrinks_its_hold(event):
    until = hold(event, 2, "a")
    assert hold(event, 3, "a", after=timedelta(minutes=3)) >= until + timedelta(minutes=3)
    assert taken(event) == (3, 0)
    assert hold(event, 1, "a") is not None
    assert taken(event) == (1, 0) and ends() == [None]


def test_a_hold_that_shrinks_hands_its_seats_on(event):
    fill(event, 6)
    hold(event, 3, "a")
    waits = sign_up(event, *people(2, 1))
    hold(event, 1, "a")
    assert queries.get_by_code(waits.codes[0]).state is Place.CONFIRMED


def test_a_hold_that_cannot_grow_stays_as_it_was(event):
    fill(event, 7)
    hold(event, 2, "a")
    assert hold(event, 3, "a") is None
    assert taken(event) == (9, 0) and ends() == [None]


def test_a_hold_that_ran_out_may_be_taken_up_again_while_there_are_seats(event):
    hold(event, 2, "a")
    sweep(FORM_HOLD_LASTS)
    assert hold(event, 2, "a") is not None
    assert taken(event) == (2, 0) and ends() == [None]


@pytest.mark.parametrize("how", ["used", "let go"])
def test_a_token_done_with_holds_nothing_more(event, how):
    hold(event, 2, "a")
    let_go("a") if how == "let go" else sign_up(event, *people(2, 1), hold="a")
    before = taken(event)
    assert hold(event, 2, "a") is None
    assert taken(event) == before


# --- what forms may hold, and what staff may ----------------------------------------------------------------------


def test_forms_hold_at_most_a_third_but_always_one_party(event):
    assert hold(event, 6, "a", asker="192.0.2.1") is not None  # one party's, though more than a third
    assert hold(event, 1, "b", asker="192.0.2.2") is None
    let_go("a")
    assert [hold(event, 1, f"c{n}", asker=f"192.0.2.{n}") is not None for n in range(4)] == [
        True,
        True,
        True,
        False,
    ]


def test_one_address_has_at_most_three_holds_at_an_event(district):
    event = cast.event(district.one, capacity=90)
    assert [hold(event, 1, f"a{n}") is not None for n in range(4)] == [True, True, True, False]
    assert hold(event, 1, "b", asker="192.0.2.2") is not None
    let_go("a0")
    assert hold(event, 1, "a4") is not None


def test_nothing_of_that_binds_staff_whose_holds_last_longer(district, event):
    by = district.lin.id
    assert [hold(event, 2, f"a{n}", by=by) is not None for n in range(4)] == [True] * 4
    assert hold(event, 2, "more", by=by) is None  # there is one seat left
    assert taken(event) == (8, 8)
    assert sweep(FORM_HOLD_LASTS) == 0
    assert sweep(DESK_HOLD_LASTS) == 1
    assert taken(event) == (0, 0)


@pytest.mark.parametrize("size", [0, 7])
def test_nobody_holds_more_than_a_party_or_nothing(event, size):
    assert hold(event, size, "a") is None


def test_a_form_does_not_hold_more_than_a_household_may_have(district):
    event = cast.event(district.one, home_limit=2)
    assert (hold(event, 3, "a"), hold(event, 2, "b") is None) == (None, False)


def test_a_form_holds_its_seats_not_for_ever(event):
    hold(event, 2, "a")
    for minutes in range(4, 20, 4):
        assert hold(event, 2, "a", after=timedelta(minutes=minutes)) is not None
    until = db.session.scalar(select(SeatHold.until_at))
    assert until <= clock.now() + FORM_HOLD_AT_MOST
    assert hold(event, 2, "a", after=FORM_HOLD_AT_MOST + timedelta(seconds=1)) is None


def test_growing_and_shrinking_or_running_out_in_between_do_not_make_it_longer(event):
    for minutes in range(0, 20, 4):
        assert hold(event, 1 + minutes // 4 % 2, "a", after=timedelta(minutes=minutes)) is not None
        assert db.session.scalar(select(SeatHold.until_at)) <= clock.now() + FORM_HOLD_AT_MOST
    assert hold(event, 2, "a", after=FORM_HOLD_AT_MOST) is None
    sweep(FORM_HOLD_AT_MOST + FORM_HOLD_LASTS)
    assert hold(event, 1, "a", after=FORM_HOLD_AT_MOST + FORM_HOLD_LASTS) is None
    assert taken(event) == (0, 0)


def test_staff_do_not_make_a_forms_hold_longer_either(event, district):
    hold(event, 1, "a")
    late = FORM_HOLD_AT_MOST - timedelta(minutes=2)
    assert hold(event, 2, "a", by=district.lin.id, after=late) <= clock.now() + FORM_HOLD_AT_MOST


def test_a_clock_that_was_put_back_is_no_fault(event):
    hold(event, 1, "a", after=timedelta(minutes=1))
    assert hold(event, 2, "a") is not None
    assert taken(event) == (2, 0)


def test_of_a_course_neither_through_another_of_its_dates(district):
    _, dates = course(district.one, 2, capacity=9)
    hold(dates[0], 1, "a")
    sweep(FORM_HOLD_LASTS)
    assert hold(dates[1], 1, "a", after=FORM_HOLD_AT_MOST - timedelta(minutes=1)) is not None
    assert hold(dates[1], 2, "a", after=FORM_HOLD_AT_MOST) is None


def test_one_address_lets_so_many_holds_run_out_and_then_holds_no_more_that_day(event):
    for number in range(FORM_HOLDS_UNUSED):
        at = number * FORM_HOLD_LASTS
        assert hold(event, 1, f"a{number}", after=at) is not None
        sweep(at + FORM_HOLD_LASTS)
    at = FORM_HOLDS_UNUSED * FORM_HOLD_LASTS
    assert hold(event, 1, "one more", after=at) is None
    assert hold(event, 1, "elsewhere", asker="192.0.2.2", after=at) is not None
    assert hold(event, 1, "tomorrow", after=at + timedelta(hours=18)) is None
    assert sign_up(event, *people(1, 1)).state is Place.CONFIRMED  # the seats are free for them all the same


def test_no_seats_are_held_before_sign_up_opens_or_once_the_event_is_off(district):
    later = cast.event(district.one, opens_at=clock.now() + timedelta(hours=1))
    assert hold(later, 1, "a") is None
    assert hold(later, 1, "b", by=district.lin.id) is None  # who calls early has no start on the others


def test_where_a_form_was_asked_from_is_forgotten_once_used_or_let_go_and_unused_holds_after_two_days(event):
    hold(event, 1, "a")
    hold(event, 1, "b")
    sign_up(event, *people(1, 1), hold="a")
    let_go("b")
    assert db.session.scalars(select(SeatHold.asker_index)).all() == [None, None]
    for days, left in ((1, [HoldEnd.USED, HoldEnd.RELEASED]), (3, [HoldEnd.USED])):
        with transaction():
            DUTIES["tidy"](now=clock.now() + timedelta(days=days))
        assert ends() == left


# --- courses ------------------------------------------------------------------------------------------------------


def test_of_a_course_every_date_is_held_and_sat_down_in(district):
    _, dates = course(district.one, 3, capacity=9)
    assert hold(dates[0], 2, "a") is not None
    assert [taken(date) for date in dates] == [(2, 0)] * 3
    assert hold(dates[1], 3, "a") is not None  # through another date
    assert [taken(date) for date in dates] == [(3, 0)] * 3
    for household in range(6):
        sign_up(dates[0], *people(1, 100 + household))
    assert sign_up(dates[0], *people(1, 1)).state is Place.WAITLISTED
    assert sign_up(dates[2], *people(3, 2), hold="a").state is Place.CONFIRMED
    assert [taken(date) for date in dates] == [(9, 0)] * 3
    assert ends() == [HoldEnd.USED] * 3


def test_a_course_hold_let_go_or_run_out_goes_on_at_every_date(district):
    _, dates = course(district.one, 2, capacity=3)
    hold(dates[0], 2, "a")
    waits = sign_up(dates[0], *people(2, 1))
    assert waits.state is Place.WAITLISTED
    let_go("a")
    assert [taken(date) for date in dates] == [(2, 0)] * 2
    hold(dates[1], 1, "b")
    assert refused(dates[0], *people(2, 2), hold="b").reason is SignupRefusal.HOLD_TOO_SMALL
    assert sweep(FORM_HOLD_LASTS) == 2
    assert [taken(date) for date in dates] == [(2, 0)] * 2


# --- seats kept back for callers ----------------------------------------------------------------------------------


@pytest.fixture
def kept(district):
    """Four seats, two of them for callers until an hour from now."""
    return cast.event(
        district.one,
        capacity=4,
        phone_seats=2,
        starts_at=clock.now() + SOON,
        phone_until_at=clock.now() + timedelta(hours=1),
    )


def test_the_web_takes_only_what_is_not_kept_back_and_callers_everything(district, kept):
    assert sign_up(kept, *people(2, 1)).state is Place.CONFIRMED
    assert sign_up(kept, *people(1, 2)).state is Place.WAITLISTED
    assert hold(kept, 1, "web") is None
    assert hold(kept, 1, "call", by=district.lin.id) is not None
    assert sign_up(kept, *people(1, 3), by=district.lin.id, hold="call").state is Place.CONFIRMED
    assert sign_up(kept, *people(1, 4), by=district.lin.id).state is Place.CONFIRMED
    assert taken(kept) == (4, 2)


def test_a_caller_seated_before_web_people_who_wait_is_noted_with_the_reason(district, kept):
    sign_up(kept, *people(2, 1))
    waits = sign_up(kept, *people(1, 2))
    large = sign_up(kept, *people(3, 3))
    called = sign_up(kept, *people(1, 4), by=district.lin.id)
    noted = db.session.execute(select(PassedOver.party_id, PassedOver.overtaken_by, PassedOver.why)).all()
    assert noted == [
        (waits.party_id, called.party_id, PassedWhy.PHONE),
        (large.party_id, called.party_id, PassedWhy.SIZE),
    ]


def test_callers_who_have_their_share_leave_the_rest_to_everybody(district, kept):
    sign_up(kept, *people(2, 1), by=district.lin.id)
    assert sign_up(kept, *people(2, 2)).state is Place.CONFIRMED


def test_when_the_time_is_over_whoever_waits_is_seated_at_once(kept):
    sign_up(kept, *people(2, 1))
    waits = sign_up(kept, *people(2, 2))
    with transaction():
        assert DUTIES["phone_seats"](now=clock.now()) == 0
    with transaction():
        assert DUTIES["phone_seats"](now=clock.now() + timedelta(hours=1)) == 1
    assert queries.get_by_code(waits.codes[0]).state is Place.CONFIRMED
    assert sign_up(kept, *people(1, 3), now=clock.now() + timedelta(hours=1)).state is Place.WAITLISTED


def test_a_place_a_caller_gives_back_is_kept_for_callers_again(district, kept):
    sign_up(kept, *people(2, 1))
    called = sign_up(kept, *people(2, 2), by=district.lin.id)
    waits = sign_up(kept, *people(1, 3))
    with transaction():
        operations.cancel(queries.get_by_code(called.codes[0]), by=None, why="own", now=clock.now())
    assert taken(kept) == (3, 1)
    assert queries.get_by_code(waits.codes[0]).state is Place.WAITLISTED


def test_a_course_keeps_seats_back_too(district):
    _, dates = course(district.one, 2, capacity=2)
    with transaction() as session:
        for date in dates:
            row = session.get_one(Event, date.id)
            row.phone_seats, row.phone_until_at = 1, clock.now() + timedelta(hours=1)
    assert sign_up(dates[0], *people(2, 1)).state is Place.WAITLISTED
    assert sign_up(dates[0], *people(1, 2), by=district.lin.id).state is Place.CONFIRMED
    assert [taken(date) for date in dates] == [(1, 1)] * 2
