"""A list of who signs up, from paper: each row a party by every rule of sign-ups, once; what is wrong with its row."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.importing.kinds import Kind
from stationapp.importing.paper import MOST_LINES
from stationapp.importing.paperwork import Outcome
from stationapp.importing.queries import sites_where
from stationapp.importing.signups import others_of, said_of
from stationapp.refusal import Unreadable
from stationapp.residents.models import Household, Resident
from stationapp.signups import operations, queries
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place
from stationapp.sites.models import Site
from tests import cast
from tests.importing.sheets import DAY, exercise, messages, sheet, take

NOW = clock.instant(DAY, 9) - timedelta(days=2)
"""When the list is loaded: two days before."""
HEAD = "序号,姓名,电话,出生年月,住址/社区,人数/同行,方式"
ABOVE = "八段锦晨练 报名表\n时间：,11月8日 星期日 上午8点\n"


@pytest.fixture
def people(app):
    found = cast.district(app)
    with app.test_request_context():
        yield found


def paper(*lines: str, above: str = ABOVE, head: str = HEAD) -> bytes:
    return sheet(*lines, above=above, head=head)


def load(content: bytes, by, **more):
    return take(content, by=by.id, kind=Kind.SIGNUPS, **{"now": NOW} | more)


def parties() -> list[Party]:
    return list(db.session.scalars(select(Party).order_by(Party.id)))


def everybody() -> dict[str, Resident]:
    return {one.name: one for one in db.session.scalars(select(Resident))}


@pytest.mark.both_databases
def test_each_row_is_a_party_by_phone_or_at_the_desk_and_loading_twice_changes_nothing(people):
    event = exercise(people.one, capacity=4)
    content = paper(
        "1,吴秀英,199 0000 1111,1950.3,本社区,+2 吴军、吴小妹(1985-02),",
        "2,程永,１９９００００６８４８,,外区,,现场",
        "3,薛爱,19900007454,,,2人：薛强,电话",
        "4,冯国,,,南门传达室,,",
        "5,,,,,,",
    )
    first = load(content, people.lin)
    assert [line.outcome for line in first.lines] == [
        Outcome.SEATED, Outcome.SEATED, Outcome.WAITS, Outcome.WAITS,
    ]  # fmt: skip
    assert (first.added, list(first.lost)) == (4, [])
    assert "名额不够，排在候补第1位。" in " ".join(messages(first))
    assert [(one.channel, one.size, one.by, one.consent, one.first_state) for one in parties()] == [
        (Channel.PHONE, 3, people.lin.id, "paper-1", Place.CONFIRMED),
        (Channel.DESK, 1, people.lin.id, "paper-1", Place.CONFIRMED),
        (Channel.PHONE, 2, people.lin.id, "paper-1", Place.WAITLISTED),
        (Channel.PHONE, 1, people.lin.id, "paper-1", Place.WAITLISTED),
    ]
    who = everybody()
    assert (who["吴小妹"].birth_month, who["吴小妹"].community_id) == ("1985-02", people.one.id)
    acts = db.session.scalars(select(AuditLine.act)).all()
    assert acts.count("importing.signups") == 1 and acts.count("signups.sign_up") == 4
    again = load(content, people.lin)
    assert (again.added, again.same, len(parties()), len(everybody())) == (0, 4, 4, len(who))
    db.session.refresh(event)
    assert (event.taken, event.waiting) == (4, 3)


def test_a_place_cancelled_since_is_not_given_again_by_the_same_file_and_other_ways_count(people):
    event = exercise(people.one)
    cast.sign_up(event, cast.person("程永", "19900006848"), now=NOW)
    content = paper(",吴秀英,19900001111,,,,", ",程永,19900006848,,,,", ",冯国,,,,,")
    loaded = load(content, people.lin)
    assert [line.outcome for line in loaded.lines] == [Outcome.SEATED, Outcome.SAME, Outcome.SEATED]
    with transaction():
        for signup, who, _party in queries.roster(event):
            if who.name != "程永":
                operations.cancel(signup, by=None, why="resident", now=NOW)
    again = load(content, people.lin)
    assert [line.outcome for line in again.lines] == [Outcome.SAME] * 3
    assert sum("报名后来取消了" in one for one in messages(again)) == 2
    assert [who.name for _signup, who, _party in queries.roster(event)] == ["程永"]


def test_every_rule_of_signing_up_holds_and_its_sentence_stands_at_the_row(people):
    exercise(people.one, min_age=60, capacity=1)
    other = exercise(people.one, title="合唱")
    cast.sign_up(other, cast.person("王轩", "19900007249"), now=NOW)
    loaded = load(
        paper(
            ",甲一,19900000011,1990.1,,,",
            ",乙一,19900000012,,,,",
            ",王轩,19900007249,1950.1,,,",
            ",丙一,19900000013,1950.1,,丁一,",
            ",李小满,19900001111,2018.6,,,",
            ",戊一,19900000014,1950.1,,戊一,",
        ),
        people.lin,
    )
    assert {line.outcome for line in loaded.lines} == {Outcome.LOST} and parties()[1:] == []
    said = [one.message for one in loaded.lost]
    for number, words in enumerate(("60", "出生年月", "时间", "出生年月", "未满14周岁", "写了两遍")):
        assert words in said[number], said[number]


@pytest.mark.parametrize(
    ("written", "names"),
    [
        ("", ()),
        ("1", ()),
        ("1人", ()),
        ("+2 王芳、李强", (("王芳", None), ("李强", None))),
        ("3人：王芳，李强", (("王芳", None), ("李强", None))),
        ("王芳/李小满（2018.6）", (("王芳", None), ("李小满", "2018-06"))),
        ("王芳,李强", (("王芳", None), ("李强", None))),
        ("＋１　王芳", (("王芳", None),)),
    ],
)
def test_further_people_are_read_as_they_are_written(written, names):
    found = others_of(written)
    assert tuple((one.name, one.birth_month) for one in found) == names
    assert others_of(said_of(found)) == found


@pytest.mark.parametrize(
    "written", ["+2", "3人", "+1 王芳、李强", "0", "12345", "王芳(属马)", "名" * 400, "(2018.6)"]
)
def test_a_number_without_names_and_what_is_no_name_is_never_guessed(written):
    with pytest.raises(Unreadable):
        others_of(written)


def test_the_same_row_twice_counts_once_and_a_wrong_cell_keeps_only_its_row_out(people):
    exercise(people.one)
    rows = (",王芳,19900000001,,,,", ",王芳,199 0000 0001,,,,", ",王芳,,,,,", ",李强,123,,,,", ",赵一,,,,3人,",
            ",钱一,,,,,短信", f",{'长' * 100_000},,,,,", ",孙一,19900000002,,,,")  # fmt: skip
    loaded = load(paper(*rows), people.lin)
    assert [line.outcome for line in loaded.lines] == [
        Outcome.SEATED, Outcome.TWICE, Outcome.TWICE, *[Outcome.LOST] * 3, Outcome.SEATED,
    ]  # fmt: skip
    assert [one.row for one in loaded.lost] == [7, 8, 9, 10]
    assert len(db.session.scalars(select(Household.id)).all()) == 2


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("报名表\n", "没有写是哪一场活动"),
        ("合唱 报名表\n", "没有发布，或已取消"),
        ("昨天的课 报名表\n2026.11.5\n", "已经结束，不能再报名"),
        ("天津路示例一社区 八段锦晨练 报名表\n", "不在您管的范围里"),
        ("智能手机课堂\n11月9日\n", "11月9日没有叫这个名字的活动"),
    ],
)
def test_an_event_that_is_not_clear_or_over_is_one_sentence(people, above, said):
    exercise(people.one)
    exercise(people.one, title="合唱", publish=False)
    exercise(people.one, title="昨天的课", starts_at=NOW - timedelta(days=1))
    beneath = sites_where(Site.path.startswith(people.office.path))
    loaded = load(paper(",程永,19900006848,,,,", above=above), people.lin, within=beneath)
    assert said in loaded.sheets[0].problem and parties() == []


def test_the_printed_number_is_enough_and_too_many_rows_are_refused_whole(people):
    event = exercise(people.one)
    assert load(paper(",程永,19900006848,,,,", above=f"编号 {event.code}-2\n"), people.lin).added == 1
    loaded = load(paper(*(f",居民{number},,,,," for number in range(10_000))), people.lin)
    assert loaded.lines == [] and f"一份报名表最多读{MOST_LINES}人" in loaded.lost[0].message
    assert len(db.session.scalars(select(Signup.id)).all()) == 1
