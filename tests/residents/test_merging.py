"""Two records that turn out to be one person: merged, undone, kept apart; what that means for a sign-up."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import Overtaken, db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents import queries
from stationapp.residents.duplicates import ONE, OTHER, pairs
from stationapp.residents.merging import keep_apart, merge, undo_merge
from stationapp.residents.models import Merge, Resident
from stationapp.residents.operations import admit, checked, take_in
from stationapp.residents.rules import Alike, MergeRefusal
from stationapp.signups.merged import give_back_doubles
from stationapp.signups.models import Signup
from stationapp.signups.queries import count_live
from stationapp.signups.rules import Place, SignupRefusal
from tests import cast

pytestmark = pytest.mark.both_databases

MOBILE, LANDLINE = "19900003333", "0379-00000303"


@pytest.fixture
def people(app):
    made = cast.district(app)
    with app.app_context():
        yield made


@pytest.fixture
def wu(people):
    """Granny Wu twice: by her mobile and by the phone at home."""
    by_mobile = cast.resident(cast.person(cast.GRANNY_WU, MOBILE, birth_month="1950-03", home=people.one))
    at_home = cast.resident(cast.person(cast.GRANNY_WU, LANDLINE, birth_month="1950-03", home=people.one))
    return by_mobile.id, at_home.id


def one_person(people, kept: int, gone: int, **more) -> int:
    with transaction():
        made = merge(kept, gone, by=people.lin.id, now=clock.now(), **more)
        give_back_doubles(kept, gone, by=people.lin.id, now=clock.now())
        return made.id


def two_people(people, merge_id: int) -> bool:
    with transaction():
        return undo_merge(merge_id, by=people.lin.id, now=clock.now())


def refused(call) -> object:
    with pytest.raises(Refused) as caught:
        call()
    db.session.rollback()
    return caught.value.reason


def places_of(person: int) -> list[tuple[int, Place]]:
    rows = select(Signup.event_id, Signup.state).where(Signup.resident_id == person).order_by(Signup.id)
    return [tuple(row) for row in db.session.execute(rows)]


# --- signing up ----------------------------------------------------------------------------------------------------


def test_signing_up_by_the_other_phone_takes_a_place_for_the_person_kept(people, wu):
    kept, gone = wu
    one_person(people, kept, gone)
    event = cast.event(people.one)
    cast.sign_up(event, cast.person(cast.GRANNY_WU, LANDLINE))
    assert (places_of(kept), places_of(gone)) == ([(event.id, Place.CONFIRMED)], [])


def test_one_person_gets_one_place_by_whichever_phone(people, wu):
    one_person(people, *wu)
    event = cast.event(people.one)
    first = cast.sign_up(event, cast.person(cast.GRANNY_WU, MOBILE), key="a")
    again = cast.sign_up(event, cast.person(cast.GRANNY_WU, LANDLINE), key="b")
    assert again.repeated and again.codes == first.codes
    homes = [queries.get_resident(one).household_id for one in wu]
    assert [count_live(event.id, home) for home in homes] == [1, 1]


def test_a_place_taken_before_the_merge_is_known_by_the_other_phone_after_it(people, wu):
    event = cast.event(people.one)
    before = cast.sign_up(event, cast.person(cast.GRANNY_WU, LANDLINE))
    one_person(people, *wu)
    after = cast.sign_up(event, cast.person(cast.GRANNY_WU, MOBILE), key="again")
    assert after.repeated and after.codes == before.codes


def test_the_person_cannot_be_in_two_places_at_once_by_two_phones(people, wu):
    one_person(people, *wu)
    cast.sign_up(cast.event(people.one), cast.person(cast.GRANNY_WU, MOBILE))
    elsewhere = cast.event(people.two)
    assert (
        refused(lambda: cast.sign_up(elsewhere, cast.person(cast.GRANNY_WU, LANDLINE)))
        is SignupRefusal.CLASHES
    )


def test_two_names_of_one_person_are_no_party_of_two(people, wu):
    kept, _gone = wu
    misspelt = cast.resident(cast.person("吴秀瑛", MOBILE))
    one_person(people, kept, misspelt.id)
    both = (cast.person(cast.GRANNY_WU, MOBILE), cast.person("吴秀瑛", MOBILE))
    assert refused(lambda: cast.sign_up(cast.event(people.one), *both)) is SignupRefusal.SAME_PERSON_TWICE


def test_of_two_live_places_one_is_given_back_and_the_seat_stays_with_who_had_it(people, wu):
    kept, gone = wu
    event = cast.event(people.one, capacity=1)
    cast.sign_up(event, cast.person(cast.GRANNY_WU, LANDLINE), key="a")
    cast.sign_up(event, cast.person(cast.GRANNY_WU, MOBILE), key="b")
    assert places_of(kept) == [(event.id, Place.WAITLISTED)]
    one_person(people, kept, gone)
    assert (places_of(kept), places_of(gone)) == (
        [(event.id, Place.CANCELLED)],
        [(event.id, Place.CONFIRMED)],
    )


def test_what_is_over_stays_as_it_was(people, wu):
    kept, gone = wu
    begins = clock.now() - timedelta(days=3)
    event = cast.event(people.one, starts_at=begins)
    for phone in (MOBILE, LANDLINE):
        cast.sign_up(event, cast.person(cast.GRANNY_WU, phone), key=phone, now=begins - timedelta(days=1))
    one_person(people, kept, gone)
    assert places_of(kept) == places_of(gone) == [(event.id, Place.CONFIRMED)]


def test_who_was_weighed_before_a_merge_is_looked_at_anew(people, wu):
    person = checked(cast.person(cast.GRANNY_WU, LANDLINE), now=clock.now())
    before = queries.home_of(person)
    one_person(people, *wu)
    with pytest.raises(Overtaken), transaction():
        admit(before, [person], now=clock.now())


def test_undone_they_are_two_again_and_nothing_of_either_is_lost(people, wu):
    kept, gone = wu
    made = one_person(people, kept, gone)
    event = cast.event(people.one)
    cast.sign_up(event, cast.person(cast.GRANNY_WU, LANDLINE))
    assert two_people(people, made) and not two_people(people, made)
    later = cast.event(people.one, starts_at=clock.now() + timedelta(days=5))
    cast.sign_up(later, cast.person(cast.GRANNY_WU, LANDLINE))
    assert (places_of(kept), places_of(gone)) == (
        [(event.id, Place.CONFIRMED)],
        [(later.id, Place.CONFIRMED)],
    )


# --- the merge itself ----------------------------------------------------------------------------------------------


def test_who_counts_as_whom_follows_time(people, wu):
    kept, gone = wu
    start = clock.now()
    with transaction():
        made = merge(kept, gone, by=people.lin.id, now=start)
        undo_merge(made.id, by=people.lin.id, now=start + timedelta(hours=2))
    asked = [start - timedelta(hours=1), start + timedelta(hours=1), start + timedelta(hours=3)]
    assert [queries.counts_as(at) for at in asked] == [{}, {gone: kept}, {}]
    assert queries.counts_as() == {}


def test_a_merge_and_its_undoing_leave_their_lines(people, wu):
    two_people(people, one_person(people, *wu, reason="本人说明"))
    lines = db.session.scalars(
        select(AuditLine).where(AuditLine.act.startswith("residents.")).order_by(AuditLine.number)
    )
    assert [(line.act, line.reason) for line in lines] == [
        ("residents.merge", "本人说明"),
        ("residents.undo_merge", ""),
    ]


def test_nobody_is_kept_and_gone_at_once(people, wu):
    kept, gone = wu
    third = cast.resident(cast.person(cast.GRANNY_WU, None)).id
    one_person(people, kept, gone)
    again = MergeRefusal.MERGED_ALREADY
    assert refused(lambda: one_person(people, gone, third)) is again
    assert refused(lambda: one_person(people, third, gone)) is again
    assert refused(lambda: one_person(people, third, kept)) is MergeRefusal.KEEPS_OTHERS
    assert refused(lambda: one_person(people, kept, kept)) is MergeRefusal.SAME
    one_person(people, kept, third)
    assert queries.counts_as() == {gone: kept, third: kept}


def test_a_minors_records_are_merged_with_a_reason(people):
    first, second = (
        cast.resident(cast.person(cast.XIAO_LI, phone, birth_month="2018-06", guardian_consent=True)).id
        for phone in (MOBILE, LANDLINE)
    )
    assert refused(lambda: one_person(people, first, second)) is MergeRefusal.REASON_MISSING
    assert one_person(people, first, second, reason="奶奶来电说明")


def test_there_is_nothing_to_merge_with_nobody(people, wu):
    with pytest.raises(NotFound), transaction():
        merge(wu[0], 999, by=people.lin.id, now=clock.now())
    with pytest.raises(NotFound), transaction():
        undo_merge(999, by=people.lin.id, now=clock.now())


def test_everybody_finds_the_person_by_either_phone_as_one(people, wu):
    kept, gone = wu
    one_person(people, kept, gone)
    for text in ("3333", "0303", "wxy"):
        assert [person.id for person, _shown in queries.search(text, among=Resident.id > 0)] == [kept]
    home = queries.get_resident(gone).household_id
    assert [one.id for one in queries.list_members(home)] == [kept]
    assert take(LANDLINE) == take(MOBILE) == kept


def take(phone: str) -> int:
    with transaction():
        return take_in(cast.person(cast.GRANNY_WU, phone), now=clock.now()).id


# --- suggestions ---------------------------------------------------------------------------------------------------


def suggested() -> list[tuple[int, int, Alike]]:
    rows = db.session.execute(pairs(ONE.id > 0, OTHER.id > 0))
    return [(one.id, other.id, Alike(why)) for one, other, why in rows]


def test_one_name_born_and_living_alike_is_suggested(people, wu):
    assert suggested() == [(*wu, Alike.BIRTH_AND_HOME)]


def test_a_record_without_a_phone_is_suggested_unless_something_speaks_against_it(people, wu):
    near = cast.resident(cast.person(cast.GRANNY_WU, None, home=people.one)).id
    afar = cast.resident(cast.person(cast.GRANNY_WU, None, home=people.two)).id
    younger = cast.resident(cast.person(cast.GRANNY_WU, None, birth_month="1951-03")).id
    found = {pair[:2]: pair[2] for pair in suggested()}
    assert found.pop(wu) is Alike.BIRTH_AND_HOME
    assert found == dict.fromkeys(
        ((wu[0], near), (wu[1], near), (near, younger), (afar, younger)), Alike.NO_PHONE
    )


def test_who_was_merged_or_kept_apart_is_not_suggested_again(people, wu):
    made = one_person(people, *wu)
    assert suggested() == []
    two_people(people, made)
    assert len(suggested()) == 1
    for _ in range(2):
        with transaction():
            keep_apart(*reversed(wu), by=people.lin.id, now=clock.now())
    assert suggested() == []
    assert db.session.scalars(select(Merge)).one().undone_at is not None


def test_two_people_of_one_name_and_nothing_else_in_common_are_left_alone(people):
    for phone in (MOBILE, LANDLINE):
        cast.resident(cast.person("王强", phone))
    assert suggested() == []
