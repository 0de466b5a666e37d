"""Who gets a place, who waits, and who comes next (domain.md §6)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.rules import Residence, State
from stationapp.notices.models import Notice
from stationapp.refusal import Refused
from stationapp.residents.rules import Lives, ResidentRefusal
from stationapp.signups import operations, queries
from stationapp.signups.models import PassedOver, SignupMove
from stationapp.signups.rules import PARTY_LIMIT, Place, SignupRefusal
from tests import cast
from tests.signups.scene import people, person, sign_up

pytestmark = pytest.mark.both_databases


@pytest.fixture
def district(app):
    made = cast.district(app)
    with app.app_context():
        yield made


def give_back(code: str, **more) -> None:
    with transaction():
        operations.cancel(queries.get_by_code(code), by=None, why="own", now=clock.now(), **more)


def soon(home, **more):
    """An event so near that nobody is asked any more: freed seats are given at once."""
    return cast.event(home, starts_at=clock.now() + timedelta(hours=20), **more)


def state_of(answer) -> list[Place]:
    db.session.expire_all()
    return [queries.get_by_code(code).state for code in answer.codes]


def reason(event, *party, **more):
    with pytest.raises(Refused) as refused:
        sign_up(event, *party, **more)
    return refused.value.reason


def test_two_people_of_one_phone_get_two_places_and_codes_of_their_own(district):
    answer = sign_up(cast.event(district.one), person(cast.GRANNY_WU), person("李大妈"))
    assert answer.state is Place.CONFIRMED
    assert len(set(answer.codes)) == 2


def test_the_same_key_gets_the_same_answer_even_after_cancelling(district):
    event = cast.event(district.one, capacity=1)
    first = sign_up(event, *people(1, 1), key="k")
    give_back(first.codes[0])
    again = sign_up(event, *people(1, 1), key="k")
    assert (again.party_id, again.codes, again.state, again.repeated) == (*_told(first), True)
    assert state_of(first) == [Place.CANCELLED]


def _told(answer):
    return answer.party_id, answer.codes, answer.state


def test_signing_up_twice_returns_the_same_place(district):
    event = cast.event(district.one)
    first = sign_up(event, *people(2, 1))
    again = sign_up(event, *people(2, 1))
    assert (*_told(again), again.repeated) == (*_told(first), True)
    assert event.taken == 2


def test_somebody_who_cancelled_may_come_back_as_a_new_party(district):
    event = cast.event(district.one)
    first = sign_up(event, *people(1, 1))
    give_back(first.codes[0])
    assert sign_up(event, *people(1, 1)).codes != first.codes


def test_a_key_used_for_somebody_else_is_refused(district):
    event = cast.event(district.one)
    sign_up(event, *people(1, 1), key="k")
    assert reason(event, *people(1, 2), key="k") is SignupRefusal.KEY_REUSED


@pytest.mark.parametrize("other", ["one more", "another event"])
def test_a_key_used_for_more_people_or_another_event_is_refused_for_somebody_picked_too(district, other):
    first = cast.event(district.one)
    second = cast.event(district.one, starts_at=first.starts_at + timedelta(days=9))
    code = sign_up(first, person("王芳"), key="k").codes[0]
    picked = person("王芳", None, resident_id=queries.get_by_code(code).resident_id)
    again = sign_up(first, picked, key="k", by=district.lin.id)
    assert again.repeated and again.codes == (code,)
    event, party = (first, [picked, person("王明")]) if other == "one more" else (second, [picked])
    assert reason(event, *party, key="k", by=district.lin.id) is SignupRefusal.KEY_REUSED


def test_a_party_gets_all_its_places_or_waits_as_a_whole(district):
    event = cast.event(district.one, capacity=3)
    sign_up(event, *people(2, 1))
    answer = sign_up(event, *people(2, 2))
    assert (answer.state, answer.rank, state_of(answer)) == (Place.WAITLISTED, 1, [Place.WAITLISTED] * 2)


def test_a_party_too_large_keeps_its_rank_while_a_smaller_one_is_seated(district):
    event = soon(district.one, capacity=2)
    seated = sign_up(event, *people(2, 1))
    large, small = sign_up(event, *people(2, 2)), sign_up(event, *people(1, 3))
    give_back(seated.codes[0])
    assert state_of(small) == [Place.CONFIRMED]
    assert state_of(large) == [Place.WAITLISTED] * 2
    assert queries.rank_of(queries.get_party(large.party_id)) == 1
    passed = db.session.scalars(select(PassedOver)).one()
    assert (passed.party_id, passed.overtaken_by, passed.needed) == (large.party_id, small.party_id, 2)


def test_a_newcomer_takes_a_seat_too_few_for_those_who_wait_and_that_is_written_down(district):
    event = cast.event(district.one, capacity=3)
    sign_up(event, *people(2, 1))
    large = sign_up(event, *people(2, 2))
    assert sign_up(event, *people(1, 3)).state is Place.CONFIRMED
    assert db.session.scalars(select(PassedOver.party_id)).all() == [large.party_id]


def test_a_waiting_party_that_becomes_smaller_is_seated_when_it_then_fits(district):
    event = soon(district.one, capacity=3)
    sign_up(event, *people(2, 1))
    large = sign_up(event, *people(2, 2))
    give_back(large.codes[0])
    assert state_of(large) == [Place.CANCELLED, Place.CONFIRMED]


def test_a_freed_seat_goes_to_the_next_in_line_and_the_desk_is_told_to_call(district):
    event = soon(district.one, capacity=1)
    seated, next_one = sign_up(event, *people(1, 1)), sign_up(event, *people(1, 2))
    give_back(seated.codes[0])
    assert state_of(next_one) == [Place.CONFIRMED]
    assert (event.taken, event.waiting) == (1, 0)
    notice = db.session.scalars(select(Notice)).one()
    assert (notice.subject, notice.site_id) == (f"party {next_one.party_id}", district.one.id)


def test_cancelling_twice_is_harmless(district):
    event = cast.event(district.one, capacity=2)
    answer = sign_up(event, *people(2, 1))
    give_back(answer.codes[0])
    give_back(answer.codes[0])
    assert event.taken == 1
    assert len(db.session.scalars(select(SignupMove)).all()) == 1


def test_a_resident_cannot_cancel_once_it_began_but_staff_can_until_it_ends(district):
    event = cast.event(district.one)
    answer = sign_up(event, *people(1, 1))
    place, begun = queries.get_by_code(answer.codes[0]), event.starts_at + timedelta(minutes=5)
    with pytest.raises(Refused) as refused, transaction():
        operations.cancel(place, by=None, why="own", now=begun)
    assert refused.value.reason is SignupRefusal.EVENT_STARTED
    with transaction():
        operations.cancel(place, by=district.lin.id, why="staff", now=begun)
    assert state_of(answer) == [Place.CANCELLED]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"min_age": 60}, SignupRefusal.AGE_UNKNOWN),
        ({"residence": Residence.DISTRICT}, SignupRefusal.NOT_FROM_HERE),
        ({"opens_at": clock.now() + timedelta(hours=1)}, SignupRefusal.NOT_OPEN_YET),
        ({"closes_at": clock.now() - timedelta(hours=1)}, SignupRefusal.CLOSED),
    ],
)
def test_what_the_event_asks_for_is_kept(district, changes, expected):
    assert reason(cast.event(district.one, **changes), *people(1, 1)) is expected


@pytest.mark.parametrize(
    ("month", "expected"), [("2010-01", SignupRefusal.TOO_YOUNG), ("1930-01", SignupRefusal.TOO_OLD)]
)
def test_ages_count_on_the_day_of_the_event(district, month, expected):
    event = cast.event(district.one, min_age=60, max_age=80)
    assert reason(event, person(cast.GRANNY_WU, birth_month=month)) is expected


def test_a_neighbour_of_the_same_sub_district_may_come_and_one_from_afar_may_not(district):
    event = cast.event(district.one, residence=Residence.OFFICE)
    near = {"lives": Lives.HERE, "community_id": district.two.id}
    far = {"lives": Lives.HERE, "community_id": district.far.id}
    assert sign_up(event, person("周近", **near)).state is Place.CONFIRMED
    assert reason(event, person("钱远", "19900000009", **far)) is SignupRefusal.NOT_FROM_HERE


def test_a_postponed_or_cancelled_event_takes_nobody(district):
    for state, expected in ((State.POSTPONED, "POSTPONED"), (State.CANCELLED, "CANCELLED")):
        event = cast.event(district.one)
        with transaction():
            event.state = state
        assert reason(event, *people(1, 1)) is SignupRefusal[expected]


def test_nobody_can_be_in_two_places_at_once(district):
    sign_up(cast.event(district.one), *people(1, 1))
    assert reason(cast.event(district.two), *people(1, 1)) is SignupRefusal.CLASHES


def test_parties_are_bounded_and_so_is_what_one_phone_takes_by_itself(district):
    event = cast.event(district.one)
    assert reason(event) is SignupRefusal.PARTY_EMPTY
    assert reason(event, *people(PARTY_LIMIT + 1, 1)) is SignupRefusal.PARTY_TOO_LARGE
    sign_up(event, *people(PARTY_LIMIT, 1))
    more = person("又一个", people(1, 1)[0].phone)
    assert reason(event, more) is SignupRefusal.PARTY_TOO_LARGE
    assert sign_up(event, more, by=district.lin.id).state is Place.CONFIRMED


def test_one_person_cannot_be_written_twice_nor_half_a_party_be_there_already(district):
    event = cast.event(district.one)
    assert reason(event, person("吴 秀英"), person("吴秀英")) is SignupRefusal.SAME_PERSON_TWICE
    sign_up(event, *people(1, 1))
    assert reason(event, *people(2, 1)) is SignupRefusal.ALREADY


def test_a_child_comes_with_a_guardians_consent(district):
    event = cast.event(district.one)
    child = {"birth_month": "2020-05"}
    assert reason(event, person(cast.XIAO_LI, **child)) is ResidentRefusal.CONSENT_MISSING
    assert sign_up(event, person(cast.XIAO_LI, guardian_consent=True, **child)).state is Place.CONFIRMED


def test_a_refused_party_leaves_nothing_behind(district):
    event = cast.event(district.one, capacity=1)
    sign_up(event, *people(1, 1))
    assert reason(event, *people(2, 1)) is SignupRefusal.ALREADY
    assert (event.taken, event.waiting, event.queued) == (1, 0, 0)
