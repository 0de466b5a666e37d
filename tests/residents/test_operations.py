"""A person is a name and a phone; what is known of them is kept sealed."""

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from stationapp.residents import queries
from stationapp.residents.models import Household, Resident
from stationapp.residents.operations import take_in
from stationapp.residents.rules import Lives, PersonIn, ResidentRefusal
from tests import cast

pytestmark = pytest.mark.both_databases


@pytest.fixture
def home(app):
    made = cast.district(app)
    with app.app_context():
        yield {"lives": Lives.HERE, "community_id": made.one.id}


def meet(name: str, phone: str | None = cast.PHONE, **more) -> Resident:
    with transaction():
        return take_in(PersonIn(name, phone, **more), now=clock.now())


def test_the_same_name_and_phone_are_one_person_however_they_are_written(home):
    assert meet("吴 秀英", "+86 199-0000-1111").id == meet("吴秀英", "１９９００００１１１１").id


def test_two_names_on_one_phone_are_one_household(home):
    wu, li = meet(cast.GRANNY_WU), meet(cast.XIAO_LI)
    assert wu.id != li.id and wu.household_id == li.household_id


def test_a_phone_is_sealed_and_shown_masked(home):
    wu = meet(cast.GRANNY_WU)
    row = db.session.scalars(select(Household)).one()
    assert cast.PHONE.encode() not in bytes(row.phone_sealed) + bytes(row.phone_index)
    assert queries.phone_of(wu) == cast.PHONE
    assert (queries.masked(wu).name, queries.masked(wu).phone) == ("吴*英", "199****1111")


def test_landlines_and_no_phone_are_welcome(home):
    assert queries.phone_of(meet("孙大海", "0379 00000101")) == "0379-00000101"
    assert queries.masked(meet("郑有福", None)).phone == ""


def test_without_a_phone_only_name_home_and_month_together_make_the_same_person(home):
    known = {"birth_month": "1945-02"} | home
    assert meet("郑有福", None, **known).id == meet("郑有福", None, **known).id
    assert meet("郑有福", None).id != meet("郑有福", None).id


def test_what_was_said_last_counts_and_silence_changes_nothing(home):
    meet(cast.GRANNY_WU, birth_month="1950-03", **home)
    wu = meet(cast.GRANNY_WU)
    assert (wu.birth_month, wu.community_id) == ("1950-03", home["community_id"])
    assert meet(cast.GRANNY_WU, lives=Lives.OUTSIDE).community_id is None


def test_a_known_month_of_birth_is_kept_whatever_is_typed_in_passing_and_a_missing_one_is_learnt(home):
    assert meet(cast.XIAO_LI).birth_month is None
    assert meet(cast.XIAO_LI, birth_month="2012-03").birth_month == "2012-03"
    assert meet(cast.XIAO_LI, birth_month="1990-03").birth_month == "2012-03"


@pytest.mark.parametrize(
    ("person", "reason"),
    [
        (PersonIn("  "), ResidentRefusal.NAME_MISSING),
        (PersonIn("12345"), ResidentRefusal.NAME_UNREADABLE),
        (PersonIn("吴" * 41), ResidentRefusal.NAME_TOO_LONG),
        (PersonIn("吴秀英", "12345"), ResidentRefusal.PHONE_UNREADABLE),
        (PersonIn("吴秀英", birth_month="1950-13"), ResidentRefusal.BIRTH_MONTH_UNREADABLE),
        (PersonIn("吴秀英", birth_month="2999-01"), ResidentRefusal.BIRTH_MONTH_UNREADABLE),
        (PersonIn("吴秀英", lives=Lives.HERE), ResidentRefusal.COMMUNITY_UNKNOWN),
    ],
)
def test_what_cannot_be_read_is_refused_and_leaves_nothing(home, person, reason):
    with pytest.raises(Refused) as refused, transaction():
        take_in(person, now=clock.now())
    assert refused.value.reason is reason
    assert db.session.scalars(select(Resident)).all() == []
