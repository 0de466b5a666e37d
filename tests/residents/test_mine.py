"""我家的资料: a household sees what is on record of it and puts it right (domain.md §11)."""

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.residents import families, guard, homes
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import CodeVia, Lives
from tests import cast


@pytest.fixture
def people(app):
    made = cast.district(app)
    with app.app_context():
        yield made


@pytest.fixture
def home(client, people):
    """Granny Wu and Xiao Li, whose page is open in this browser: the household's id."""
    wu = cast.resident(cast.granny_wu(people.one))
    cast.resident(cast.xiao_li(people.one))
    with transaction():
        now = clock.now()
        code = homes.make_code(wu.household_id, CodeVia.DESK, by=None, now=now)
        token = homes.open_home(cast.PHONE, code, device="", shared=False, now=now)
    client.set_cookie(guard.COOKIE, token)
    return wu.household_id


def person(name: str) -> Resident:
    db.session.rollback()
    db.session.expire_all()
    return db.session.scalars(select(Resident).where(Resident.name == name)).one()


def edit(client, who: str, **values):
    return client.submit(f"/mine/about/people/{person(who).id}", values, to="")


def test_everything_on_record_is_said_in_plain_words(client, home):
    page = client.get("/mine/about").text
    for said in (
        cast.PHONE,
        cast.GRANNY_WU,
        "1950-03",
        cast.XIAO_LI,
        "2018-06",
        "湖北路示例一社区",
        "报过 0 次",
    ):
        assert said in page


def test_name_month_and_community_are_put_right(client, people, home):
    answer = edit(client, cast.GRANNY_WU, name="吴秀瑛", birth_month="1951年4月", community=people.two.code)
    assert answer.status_code == 303
    wu = person("吴秀瑛")
    assert (wu.birth_month, wu.community_id, wu.initials) == ("1951-04", people.two.id, "wxy")


def test_what_is_emptied_is_no_longer_known(client, home):
    edit(client, cast.GRANNY_WU, birth_month="", community="")
    wu = person(cast.GRANNY_WU)
    assert (wu.birth_month, wu.lives, wu.community_id) == (None, Lives.UNKNOWN, None)


def test_two_of_one_household_do_not_bear_one_name(client, home):
    answer = edit(client, cast.GRANNY_WU, name=cast.XIAO_LI)
    assert answer.status_code == 422 and "已经有一位叫这个名字" in answer.text


@pytest.mark.both_databases
def test_a_name_that_a_sign_up_takes_at_the_same_moment_is_said_to_be_taken(client, home, monkeypatch):
    looked, look = [], families._name_free

    def just_before(household_id: int, name: str) -> None:
        if looked:
            look(household_id, name)
        looked.append(name)

    monkeypatch.setattr(families, "_name_free", just_before)
    answer = edit(client, cast.XIAO_LI, name=cast.GRANNY_WU, guardian_consent="y")
    assert answer.status_code == 422 and "已经有一位叫这个名字" in answer.text


def test_a_child_is_added_with_a_guardian_of_the_household(client, home):
    wu = person(cast.GRANNY_WU)
    child = {"name": "李小雨", "birth_month": "2019-02"}
    assert "监护人" in client.submit("/mine/about/people/new", child, to="").text
    answer = client.submit(
        "/mine/about/people/new", child | {"guardian": str(wu.id), "guardian_consent": "y"}, to=""
    )
    assert answer.status_code == 303
    made = person("李小雨")
    assert (made.guardian_id, made.household_id) == (wu.id, home) and made.guardian_consent_at


def test_a_child_or_a_stranger_is_no_guardian(client, people, home):
    stranger = cast.resident(cast.person("王强", "19900002222"))
    li = person(cast.XIAO_LI)
    for chosen in (stranger.id, li.id):
        answer = edit(client, cast.XIAO_LI, guardian=str(chosen), guardian_consent="y")
        assert answer.status_code == 422
    assert person(cast.XIAO_LI).guardian_id is None


def test_who_is_a_guardian_is_no_child(client, home):
    edit(client, cast.XIAO_LI, guardian=str(person(cast.GRANNY_WU).id), guardian_consent="y")
    answer = edit(client, cast.GRANNY_WU, birth_month="2015-01")
    assert answer.status_code == 422 and "监护人" in answer.text
    cast.resident(cast.person(cast.GRANNY_WU, birth_month="2015-01"))  # nor by a slip in a sign-up
    assert person(cast.GRANNY_WU).birth_month == "1950-03"


def test_an_address_for_mail_is_kept_sealed_and_texts_are_switched_off_and_on(client, home):
    client.submit("/mine/about", {"email": "wu@example.cn", "texts": None}, to="/contact")
    db.session.rollback()
    row = db.session.get(Household, home, populate_existing=True)
    assert b"example" not in bytes(row.email_sealed)
    assert (families.email_of(row), row.no_texts_at is not None) == ("wu@example.cn", True)
    client.submit("/mine/about", {"email": "", "texts": "y"}, to="/contact")
    db.session.rollback()
    row = db.session.get(Household, home, populate_existing=True)
    assert (row.email_sealed, row.no_texts_at) == (None, None)


@pytest.mark.parametrize("email", ["wu", "wu@", "a b@example.cn", "wu@example", "wu@exa mple.cn", "a@b.c\n"])
def test_what_is_no_address_is_said(client, home, email):
    answer = client.submit("/mine/about", {"email": email}, to="/contact")
    assert answer.status_code == (422 if email.strip() != "wu@example.cn" else 303)


def test_a_partys_adult_becomes_the_guardian_of_its_children(people):
    cast.sign_up(cast.event(people.one), cast.granny_wu(people.one), cast.xiao_li(people.one))
    wu, li = person(cast.GRANNY_WU), person(cast.XIAO_LI)
    assert li.guardian_id == wu.id and li.guardian_consent_at and wu.guardian_id is None


def test_a_child_signing_up_first_guards_nobody(people):
    brother = cast.person("李大满", birth_month="2014-01", home=people.one, guardian_consent=True)
    cast.sign_up(cast.event(people.one), brother, cast.xiao_li(people.one))
    assert person(cast.XIAO_LI).guardian_id is None
