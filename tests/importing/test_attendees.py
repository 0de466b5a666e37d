"""Signed sheets become attendance: who came, as what, once; and what is wrong is said with its row."""

from collections import Counter

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance import checks
from stationapp.attendance.models import Attendance
from stationapp.attendance.operations import close_out, undo
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.importing.paper import MOST_LINES
from stationapp.importing.paperwork import Outcome
from stationapp.importing.queries import sites_where
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import get_resident
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.models import Site
from stationapp.volunteers.models import Volunteer
from tests import cast
from tests.importing.sheets import ABOVE, DAY, NOW, SAMPLE, exercise, messages, sheet, take


@pytest.fixture
def people(app):
    found = cast.district(app)
    with app.test_request_context():
        yield found


def there() -> list[Attendance]:
    return list(db.session.scalars(select(Attendance).where(~Attendance.undone).order_by(Attendance.id)))


def everybody() -> dict[str, Resident]:
    return {one.name: one for one in db.session.scalars(select(Resident))}


def households() -> int:
    return len(db.session.scalars(select(Household.id)).all())


@pytest.mark.both_databases
def test_the_sample_sheet_is_taken_in_once_however_often_it_is_loaded(people):
    event = exercise(people.one)
    loaded = take(SAMPLE, by=people.lin.id)
    assert (loaded.added, loaded.same, list(loaded.lost)) == (35, 0, [])
    assert (loaded.number_of(Outcome.ABSENT), loaded.number_of(Outcome.TWICE)) == (7, 1)
    rows, who = there(), everybody()
    assert Counter(row.part for row in rows) == {Part.RESIDENT: 30, Part.VOLUNTEER: 5}
    assert {(row.event_id, row.came_how, row.channel) for row in rows} == {
        (event.id, How.PAPER, Channel.WALK_IN)
    }
    assert (who["贾涵"].birth_month, who["贾涵"].lives) == ("1944-07", Lives.OUTSIDE)
    assert (who["白涵"].birth_month, who["袁雪"].birth_month) == ("1941-10", None)
    assert (who["王轩"].community_id, who["傅长欣"].community_id) == (people.one.id, people.two.id)
    assert "冯生" not in who and "汤霞建" in who
    assert [one for one in messages(loaded) if "71" not in one and "年龄" not in one] == [
        "23 读到“萧华一”，与第22行是同一个人，只算一次。"
    ]
    before = (households(), len(rows))
    again = take(SAMPLE, by=people.lin.id)
    assert (again.added, again.same) == (0, 35)
    assert (households(), len(there())) == before
    assert [check.find() for check in checks.CHECKS] == [[]] * len(checks.CHECKS)


def test_who_has_a_place_keeps_it_and_who_waits_is_taken_in_at_the_door(people):
    event = exercise(people.one, capacity=1)
    early = clock.instant(clock.day_of(event.starts_at), 6)
    cast.sign_up(event, cast.person("王轩", "19900007249"), now=early)
    cast.sign_up(event, cast.person("程永", "19900006848"), now=early)
    loaded = take(sheet("1,王轩,199 0000 7249,,,√,", "2,程永,１９９００００６８４８,,,√,", "3,薛爱,,,,√,"))
    assert [line.outcome for line in loaded.lines] == [
        Outcome.SIGNED_UP, Outcome.WALKED_IN, Outcome.WALKED_IN,
    ]  # fmt: skip
    assert [(row.channel, row.came_how) for row in there()] == [
        (Channel.WEB, How.PAPER), (Channel.WEB, How.WALK_IN), (Channel.WALK_IN, How.PAPER),
    ]  # fmt: skip


def test_phones_of_every_form_are_one_person_and_a_wrong_one_keeps_the_row_out(people):
    exercise(people.one)
    forms = ("199 0000 2680", "+86 19900002680", "１９９００００２６８０", "19900002680.0")
    loaded = take(sheet(*(f",袁雪,{form},,,√," for form in forms), ",袁雪,1990000,,,√,"))
    assert [line.outcome for line in loaded.lines] == [
        Outcome.WALKED_IN, *[Outcome.TWICE] * 3, Outcome.LOST,
    ]  # fmt: skip
    assert loaded.lost[0].column == "电话" and "读到“1990000”" in loaded.lost[0].message


def test_without_a_phone_the_one_of_that_name_who_signed_up_is_meant(people):
    event = exercise(people.one)
    cast.sign_up(
        event, cast.person("龚子丽", "19900003333"), now=clock.instant(clock.day_of(event.starts_at), 6)
    )
    loaded = take(sheet(",龚子丽,,1956.4,,√,", ",龚子丽,无,,,√,"))
    assert [line.outcome for line in loaded.lines] == [Outcome.SIGNED_UP, Outcome.TWICE]
    assert "按报名或签到名单上同名的人算" in messages(loaded)[0]
    assert households() == 1


def test_several_of_one_name_without_a_phone_are_asked_about(people):
    exercise(people.one)
    rows = (",王芳,19900000001,,,√,", ",王芳,19900000002,,,√,", ",王芳,,,,√,")
    for _ in range(2):
        loaded = take(sheet(*rows))
        assert loaded.lines[2].outcome is Outcome.LOST
        assert "有2位同名的人" in loaded.lost[0].message
    assert "按两个人算" in messages(loaded)[0] and len(there()) == 2


@pytest.mark.parametrize("mark", ["", "×", "✗", "未到", "请假", "-"])
def test_who_did_not_sign_did_not_come_and_is_not_written_down(people, mark):
    exercise(people.one)
    loaded = take(sheet(f",程永,19900006848,,,{mark},"))
    assert loaded.lines[0].outcome is Outcome.ABSENT and everybody() == {}


def test_a_volunteer_gets_a_profile_a_worker_none_and_an_unknown_role_keeps_the_row_out(people):
    exercise(people.one)
    loaded = take(
        sheet(",曹桂,19900005208,,,√,志愿者", ",魏雪,19900009212,,,√,社工", ",冯国,19900006352,,,√,贵宾")
    )
    assert [row.part for row in there()] == [Part.VOLUNTEER, Part.STAFF]
    names = [get_resident(one.resident_id).name for one in db.session.scalars(select(Volunteer))]
    assert names == ["曹桂"]
    assert "居民、志愿者、工作人员" in loaded.lost[0].message


def test_another_role_than_the_one_on_the_roster_is_a_problem(people):
    exercise(people.one)
    take(sheet(",曹桂,19900005208,,,√,志愿者"))
    loaded = take(sheet(",曹桂,19900005208,,,√,居民"))
    assert "别的身份" in loaded.lost[0].message and there()[0].part is Part.VOLUNTEER


@pytest.mark.parametrize(
    ("written", "kept", "said"),
    [
        ("1954.3", "1954-03", ""),
        ("1960年4月", "1960-04", ""),
        ("195403", "1954-03", ""),
        ("72岁", None, "只有年龄"),
        ("1954", None, "只有年份"),
        ("1954.13", None, "不像年龄"),
        ("属马", None, "不像年龄"),
    ],
)
def test_a_month_of_birth_is_never_guessed(people, written, kept, said):
    exercise(people.one)
    loaded = take(sheet(f",程永,19900006848,{written},,√,"))
    assert everybody()["程永"].birth_month == kept
    assert said in "".join(messages(loaded)) and bool(said) == bool(messages(loaded))


@pytest.mark.parametrize("born", ["2018.6", "8岁"])
def test_a_child_needs_the_guardian_s_consent(people, born):
    exercise(people.one)
    loaded = take(sheet(f",李小满,19900001111,{born},,√,"))
    assert "监护人" in loaded.lost[0].message and everybody() == {}
    cast.resident(cast.xiao_li(people.one))
    assert take(sheet(f",李小满,19900001111,{born},,√,")).added == 1


def test_a_home_that_is_no_community_is_said_and_the_row_goes_in(people):
    exercise(people.one)
    rows = (
        ",甲一,19900000011,,本社区,√,",
        ",乙一,19900000012,,湖北路示例三社区,√,",
        ",丙一,19900000013,,幸福里3号楼,√,",
    )
    loaded = take(sheet(*rows))
    who = everybody()
    assert [who[name].community_id for name in ("甲一", "乙一", "丙一")] == [people.one.id, None, None]
    assert "是不是" in messages(loaded)[0] and "没有记社区" in messages(loaded)[1]


@pytest.mark.parametrize(
    ("above", "said"),
    [
        ("签到表\n", "没有写是哪一场活动"),
        ("八段锦 签到表\n日期：,2026.11.8\n", "是不是11月8日08:00“八段锦晨练”"),
        ("八段锦晨练 签到表\n日期：,2026.11.9\n", "11月9日没有叫这个名字的活动"),
        ("八段锦晨练 签到表\n日期：,2026.11.31\n", "没有2026年11月31日"),
        ("八段锦晨练 签到表\n2026.11.8至2026.11.9\n", "几个日期"),
        ("智能手机课堂 签到表\n2026.11.8\n", "有2场活动都对得上"),
        ("合唱 签到表\n2026.11.8\n", "已经归档"),
        ("剪纸 签到表\n2026.11.8\n", "没有发布"),
        ("晚上的课 签到表\n2026.11.8\n", "还没开始"),
        ("天津路示例一社区 八段锦晨练 签到表\n2026.11.8\n", "天津路示例一社区的，不在您管的范围里"),
    ],
)
def test_an_event_that_is_not_clear_or_not_open_is_one_sentence(people, above, said):
    exercise(people.one)
    for _ in range(2):
        exercise(people.one, title="智能手机课堂")
    exercise(people.one, title="剪纸", publish=False)
    exercise(people.one, title="晚上的课", starts_at=clock.instant(DAY, 21))
    over = exercise(people.one, title="合唱")
    with transaction():
        close_out(over, note="", by=None, now=NOW)
    beneath = sites_where(Site.path.startswith(people.office.path))
    loaded = take(sheet(",程永,19900006848,,,√,", above=above), within=beneath)
    assert said in loaded.sheets[0].problem and there() == []
    assert loaded.lines[0].outcome is Outcome.LOST and len(loaded.lost) == 1


@pytest.mark.parametrize(
    "above",
    [
        "湖北路示例一社区 八段锦晨练 签到表\n",
        "签到表\n日期：,2026年11月8日\n",
        "八段锦晨练,11月8日\n",
        "编号 {code}-1\n",
    ],
)
def test_a_title_or_a_day_or_the_printed_number_is_enough_where_it_is_clear(people, above):
    event = exercise(people.one)
    loaded = take(sheet(",程永,19900006848,,,√,", above=above.format(code=event.code)))
    assert loaded.added == 1


def test_somebody_taken_back_is_not_brought_back_by_the_same_file(people):
    event = exercise(people.one)
    take(sheet(",程永,19900006848,,,√,"))
    with transaction():
        undo(event, everybody()["程永"], by=None, now=NOW)
    loaded = take(sheet(",程永,19900006848,,,√,"))
    assert (loaded.added, loaded.same, there()) == (0, 1, [])
    assert "撤销" in messages(loaded)[0]
    assert take(sheet(",程永,19900006848,,,√,", ",薛爱,19900007454,,,√,")).added == 2


def test_names_that_are_none_and_a_megabyte_are_problems_of_their_rows(people):
    exercise(people.one)
    loaded = take(sheet(",,19900006848,,,√,", ",123,19900006849,,,√,", f",{'长' * 60},,,,√,",
                        f",{'长' * 100_000},,,,√,", ",麦麦提·艾力𠮷😀,19900006850,,,√,"))  # fmt: skip
    assert sorted(one.row for one in loaded.lost) == [4, 5, 6, 7]
    assert list(everybody()) == ["麦麦提·艾力𠮷😀"]


def test_more_people_than_a_sheet_holds_are_refused_whole(people):
    exercise(people.one)
    loaded = take(sheet(*(f",居民{number},,,,√," for number in range(10_000))))
    assert (loaded.added, loaded.lines) == (0, [])
    assert f"最多读{MOST_LINES}人" in loaded.lost[0].message


def test_a_sheet_without_a_column_for_signing_is_not_read(people):
    exercise(people.one)
    loaded = take((ABOVE + "姓名,电话\n程永,19900006848").encode())
    assert "缺少这些列：签名" in loaded.lost[0].message and there() == []
