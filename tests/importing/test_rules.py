"""The district's files, as they are and as people bend them."""

import csv
import io
import random
import time
from datetime import date
from pathlib import Path

import openpyxl
import pytest

from stationapp import importing
from stationapp.clock import local
from stationapp.events.rules import Category, Task, Theme
from stationapp.importing.audience import read_audience
from stationapp.importing.cells import category, contact, note, seats
from stationapp.importing.rules import (
    SiteName,
    Term,
    Weight,
    read_holidays,
    read_plan,
    read_population,
    read_rooms,
    read_sites,
    read_table,
)
from stationapp.importing.values import chinese_number
from stationapp.refusal import Unreadable
from stationapp.sites.rules import Group, Level

SAMPLE = Path(importing.__file__).parents[1] / "sample"
PLAN_BYTES = (SAMPLE / "jianxi" / "plan-2026-11.xlsx").read_bytes()
SITES = read_sites(read_table((SAMPLE / "jianxi" / "sites.csv").read_bytes(), "sites.csv"))
CODES = {site.code for site in SITES.rows}
NAMES = [SiteName(site.code, site.name, site.level) for site in SITES.rows]


def sample(name):
    return read_table((SAMPLE / name).read_bytes(), name)


def table(text, name="x.csv"):
    return read_table(text.encode(), name)


def plan(
    *rows,
    title="2026年11月计划",
    heads="承办单位,活动名称,活动类别,时间,对象,人数,负责人及电话,备注",
    month=None,
):
    text = "\n".join([title, heads, *rows])
    return read_plan(table(text, "plan.csv"), sites=NAMES, month=month)


def found(reading):
    return [(problem.row, problem.column, problem.value) for problem in reading.problems]


def test_the_sample_sites_are_all_read():
    assert SITES.problems == ()
    assert [level for level in Level for site in SITES.rows if site.level is level] == [
        site.level for site in SITES.rows
    ]
    assert [sum(site.level is level for site in SITES.rows) for level in Level] == [1, 11, 88]
    first = SITES.rows[0]
    assert (first.code, first.parent, first.phone) == ("410305000", None, "0379-00000001")


def test_the_sample_population_is_read_and_six_odd_figures_are_shown():
    reading = read_population(sample("jianxi/population.csv"), sites=CODES)
    assert len(reading.rows) == 527
    assert [problem.row for problem in reading.problems] == [15, 68, 158, 350, 476, 482]
    assert reading.lost == ()
    row = reading.rows[0]
    assert (row.site, row.group, row.people, row.as_of) == (
        "410305001001",
        Group.ALL,
        5799,
        date(2025, 12, 31),
    )


def test_the_sample_rooms_and_holidays_are_all_read():
    rooms = read_rooms(sample("jianxi/rooms.csv"), sites=CODES)
    assert (len(rooms.rows), rooms.problems) == (356, ())
    assert {room.capacity for room in rooms.rows if room.name == "文化广场"} == {None}
    assert all(len(room.week) == 7 for room in rooms.rows)
    holidays = read_holidays(sample("holidays.csv"))
    assert (len(holidays.rows), holidays.problems) == (39, ())
    assert [row.day for row in holidays.rows if row.works][:2] == [date(2026, 1, 4), date(2026, 2, 14)]


def test_the_sample_plan_has_147_good_lines_and_exactly_four_problems():
    reading = read_plan(read_table(PLAN_BYTES, "plan-2026-11.xlsx"), sites=NAMES)
    assert found(reading) == [
        (83, "时间", "11月31日上午9点"),
        (120, "时间", "11月31日上午9点"),
        (125, "时间", "11月31日上午9点"),
        (142, "承办单位", "工农示例一社区文明实杜区"),
    ]
    assert "是不是“工农示例一社区新时代文明实践站”" in reading.problems[3].message
    assert {row.row for row in reading.rows} == set(range(4, 155)) - {83, 120, 125, 142}
    assert all(local(slot.starts_at).month == 11 for row in reading.rows for slot in row.slots)
    assert {problem.sheet for problem in reading.problems} == {"11月计划"}


def test_lines_of_the_sample_plan_say_what_they_say():
    rows = {row.row: row for row in read_plan(read_table(PLAN_BYTES, "p.xlsx"), sites=NAMES).rows}
    weekly = rows[4]
    assert (weekly.site, weekly.title, weekly.category) == ("410305001001", "少儿书法班", Category.A03)
    assert [f"{local(slot.starts_at):%d %H:%M}" for slot in weekly.slots] == [
        "06 19:00",
        "13 19:00",
        "20 19:00",
        "27 19:00",
    ]
    assert (weekly.repeats, weekly.end_assumed, weekly.capacity, weekly.bring) == (True, True, 15, "水杯")
    assert (weekly.min_age, weekly.max_age, weekly.themes) == (6, 12, (Theme.YOUNG,))
    assert (weekly.contact_name, weekly.contact_phone, weekly.task) == ("钟子", "19900000242", None)
    cell = rows[5]
    assert (cell.repeats, cell.end_assumed, cell.capacity, cell.audience) == (False, True, 25, "")
    ranged = rows[10]
    assert (ranged.contact_phone, ranged.note, ranged.min_age) == ("0379-00007987", "雨天顺延", 60)
    assert [f"{local(slot.starts_at):%d %H:%M}-{local(slot.ends_at):%H:%M}" for slot in ranged.slots] == [
        "23 09:00-10:30"
    ]
    assert rows[15].volunteers_needed == 3 and rows[15].capacity is None
    assert rows[33].capacity == 30 and rows[11].capacity == 50 and rows[9].accompanied


def test_reading_again_gives_equal_rows():
    assert read_plan(read_table(PLAN_BYTES, "a"), sites=NAMES) == read_plan(
        read_table(PLAN_BYTES, "a"), sites=NAMES
    )


@pytest.mark.parametrize("seed", range(3))
def test_columns_may_stand_in_any_order_and_any_encoding(seed):
    order = random.Random(seed)
    for name, read in (
        ("sites", read_sites),
        ("population", lambda given: read_population(given, sites=CODES)),
        ("rooms", lambda given: read_rooms(given, sites=CODES)),
    ):
        original = (SAMPLE / "jianxi" / f"{name}.csv").read_text("utf-8-sig")
        rows = list(csv.reader(io.StringIO(original)))
        places = order.sample(range(len(rows[0])), len(rows[0]))
        out = io.StringIO()
        csv.writer(out, delimiter="\t").writerows([[row[place] for place in places] for row in rows])
        assert read(read_table(out.getvalue().encode("gb18030"), "x.txt")).rows == read(table(original)).rows


def test_the_plan_with_shuffled_columns_reads_the_same():
    sheet = openpyxl.load_workbook(io.BytesIO(PLAN_BYTES)).active
    book = openpyxl.Workbook()
    places = [9, 3, 1, 8, 2, 7, 4, 0, 6, 5]
    for row in sheet.iter_rows(values_only=True):
        book.active.append(
            list(row) if row[0] and str(row[0]).startswith(("涧西", "填表")) else [row[p] for p in places]
        )
    out = io.BytesIO()
    book.save(out)
    mixed = read_plan(read_table(out.getvalue(), "x.xlsx"), sites=NAMES)
    straight = read_plan(read_table(PLAN_BYTES, "x.xlsx"), sites=NAMES)
    assert mixed.rows == straight.rows
    assert found(mixed) == found(straight)


def test_sites_that_do_not_fit_the_tree_are_problems():
    reading = read_sites(
        table(
            "代码,层级,名称,上级代码,地址,电话,法人单位,开放时间\n"
            "410305001001,站,甲站,410305001,,+86 199 0000 0242,,看门人在就开\n"
            "410305001,所,乙所,410305000,,(0379)00000101,,\n"
            "410305000,中心,丙中心,,,,,\n"
            "410305001001,站,又一个,410305001,,,,\n"
            "410305002001,站,越级,410305000,,,,\n"
            "410305003001,站,孤儿,410305009,,,,\n"
            "410305004,处,怪层级,410305000,,,,\n"
            "410305004001,站,上级坏了,410305004,,,,\n"
            "41-03,所,坏代码,410305000,,,,\n"
            "410305005,所,坏电话,410305000,,12345,,\n"
            "410305006,所,,410305000,,,,\n"
            "410305999,中心,第二个中心,,,,,\n"
        )
    )
    assert [(site.code, site.phone) for site in reading.rows] == [
        ("410305000", ""), ("410305001", "0379-00000101"), ("410305001001", "19900000242"),
    ]  # fmt: skip
    assert reading.rows[2].hours == "看门人在就开"
    assert [(p.row, p.column) for p in reading.problems] == [
        (2, "开放时间"), (5, "代码"), (6, "上级代码"), (7, "上级代码"), (8, "层级"), (9, "上级代码"), (10, "代码"),
        (11, "电话"), (12, "名称"), (13, "层级"),
    ]  # fmt: skip
    assert [p.weight for p in reading.problems].count(Weight.NOTICE) == 1


def test_a_parent_already_known_is_enough():
    text = "代码,层级,名称,上级代码\n410305001001,station,甲站,410305001\n"
    assert len(read_sites(table(text), known={"410305001": Level.OFFICE}).rows) == 1
    assert read_sites(table(text)).rows == ()


def test_a_site_ends_after_it_began_and_goes_over_into_one_that_goes_on():
    known = {"410305000": Level.CENTER, "410305001": Level.OFFICE, "410305001001": Level.STATION}
    known |= {f"41030500100{n}": Level.STATION for n in (2, 3, 4, 5, 6, 9)}
    terms = dict.fromkeys(known, Term(date(2026, 1, 1)))
    terms["410305001006"] = Term(date(2026, 1, 1), date(2026, 9, 30), "410305001005")
    head = "代码,层级,名称,上级代码,启用日期,最后在用日,并入代码\n"
    reading = read_sites(
        table(
            f"{head}410305001001,站,甲,410305001,,2026-10-31,410305001002\n"  # good
            "410305001002,站,乙,410305001,,2026-12-31,410305001009\n"  # good: goes on for longer
            "410305001003,站,丙,410305001,2026-06-01,2026-05-31,\n"  # ends before it began
            "410305001004,站,丁,410305001,,2026-10-31,410305001\n"  # into an office
            "410305001005,站,戊,410305001,,2026-09-01,410305001006\n"  # in a circle
            "410305001006,站,己,410305001,,,410305001005\n"  # merged without an end
            "410305001007,站,庚,410305001,3月,2026-10-31,410305009\n"  # no date
            "410305001008,站,辛,410305001,,2026-10-31,410305009\n"  # into nothing
            "410305000,中心,全区,,,2026-10-31,\n"  # all that is beneath would stand on nothing
        ),
        known=known,
        terms=terms,
    )
    assert [(site.code[-1], site.term.until, site.term.successor) for site in reading.rows] == [
        ("2", date(2026, 12, 31), "410305001009"),
        ("1", date(2026, 10, 31), "410305001002"),
    ]
    assert [(p.row, p.column) for p in reading.problems] == [
        (2, "并入代码"), (3, "并入代码"), (4, "最后在用日"), (5, "并入代码"),
        (6, "并入代码"), (7, "最后在用日"), (8, "启用日期"), (9, "并入代码"), (10, "最后在用日"),
    ]  # fmt: skip
    assert [p.row for p in reading.problems if p.weight is Weight.NOTICE] == [2, 3]
    nothing_said = "代码,层级,名称,上级代码\n410305001006,站,己,410305001\n"
    assert read_sites(table(nothing_said), known=known, terms=terms).rows[0].term == terms["410305001006"]


def test_population_figures_are_checked_one_by_one_and_together():
    code = "410305001001"
    reading = read_population(
        table(
            "代码,群体,人数,截至,来源\n"
            f'{code},总人口,"5,799",2025年12月31日,x\n'
            f"{code},60周岁及以上,１１５０,2025/12/31,x\n"
            f"{code},65岁以上,1200,2025-12-31,x\n"
            f"{code},14岁以下,6000,2025-12-31,x\n"
            f"{code},80岁以上,-5,2025-12-31,x\n"
            f"{code},18岁以下,12.5,2025-12-31,x\n"
            f"{code},老青年,10,2025-12-31,x\n"
            f"{code},under18,10,2025-02-30,x\n"
            f"{code},all,5799,2025-12-31,x\n"
            "999999999999,all,1,2025-12-31,x\n"
        ),
        sites=CODES,
    )
    assert [(row.group, row.people) for row in reading.rows] == [
        (Group.ALL, 5799), (Group.OVER_60, 1150), (Group.OVER_65, 1200),
    ]  # fmt: skip
    assert [(p.row, p.column, p.weight) for p in reading.problems] == [
        (4, "人数", Weight.NOTICE), (5, "人数", Weight.LOST), (6, "人数", Weight.LOST), (7, "人数", Weight.LOST),
        (8, "群体", Weight.LOST), (9, "截至", Weight.LOST), (10, "群体", Weight.LOST), (11, "代码", Weight.LOST),
    ]  # fmt: skip


def test_rooms_and_holidays_with_slips():
    rooms = read_rooms(
        table(
            "阵地代码,功能室,容纳人数,楼层,无障碍,开放时间\n410305001001,书画室,16人,二楼,有,工作日 8:30-12:00\n"
            "410305001001,书画室,20,2,是,\n410305001001,舞蹈室,0,2,是,\n410305001001,健身房,10,2,大概,\n"
            "410305001001,,10,2,是,\n410305001001,多功能厅,不限,B1,,有人就开\n410305001001,广场,,,,\n"
        ),
        sites=CODES,
    )
    assert [(r.name, r.capacity, r.floor, r.step_free, len(r.week)) for r in rooms.rows] == [
        ("书画室", 16, "2", True, 5), ("广场", None, "", None, 0),
    ]  # fmt: skip
    assert [(p.row, p.column) for p in rooms.problems] == [
        (3, "功能室"), (4, "容纳人数"), (5, "无障碍"), (6, "功能室"), (7, "开放时间"),
    ]  # fmt: skip
    days = read_holidays(
        table(
            "日期,名称,休/班\n2026-10-01,国庆,休\n2026/10/10,补班,班\n2026-10-01,国庆,休\n10月2日,国庆,休\n2026-10-03,国庆,?\n"
        )
    )
    assert [(row.day.day, row.works) for row in days.rows] == [(1, False), (10, True)]
    assert [(p.row, p.column) for p in days.problems] == [(4, "日期"), (5, "日期"), (6, "休/班")]


def test_each_slip_of_a_plan_s_line_is_told_and_the_good_lines_go_on():
    reading = plan(
        "湖北路示例一社区,读书,文化服务,11月3日上午9点,老年人,20,张三 19900000001,",
        "湖北路示例一社区,读书,文化服务,11月3日上午9点,老年人,20,张三 19900000001,",
        "湖北路示例一社区,,唱歌类,12月3日上午9点,60岁左右,很多,张三 1990000,",
        "湖北路示例二社区,合唱,A03,每月3日上午9点,党员,不限,张三,需志愿者两名；自带水杯、毛巾；雨天顺延",
    )
    assert [row.row for row in reading.rows] == [3, 6]
    assert [(p.row, p.column) for p in reading.lost] == [
        (4, "活动名称"), (5, "活动名称"), (5, "活动类别"), (5, "时间"), (5, "对象"), (5, "人数"), (5, "负责人及电话"),
    ]  # fmt: skip
    last = reading.rows[1]
    assert (last.volunteers_needed, last.bring, last.note, last.contact_name) == (
        2,
        "水杯、毛巾",
        "雨天顺延",
        "张三",
    )
    assert [(p.row, p.column) for p in reading.problems if p.weight is Weight.NOTICE] == [
        (6, "对象"),
        (6, "负责人及电话"),
    ]
    assert all(
        p.message.endswith(("。", "？")) and p.line.startswith("plan.csv 第") for p in reading.problems
    )


def test_the_month_comes_from_the_title_or_from_the_person():
    line = "湖北路示例一社区,读书,文化服务,每周二上午9点,,,张三 19900000001,"
    assert len(plan(line, title="计划（2026 年 11 月）").rows[0].slots) == 4
    assert len(plan(line, title="", month=(2026, 12)).rows[0].slots) == 5
    assert "2026年11月" in plan(line, title="某区计划").problems[0].message


def test_a_task_column_and_separate_date_person_and_phone_columns_are_understood():
    reading = plan(
        "湖北路示例一社区,读书,文化服务,11月3日,上午9:00-10:00,T4,张三,19900000001",
        heads="承办单位,活动名称,活动类别,日期,时间,任务,负责人,联系电话",
    )
    row = reading.rows[0]
    assert (row.task, row.contact_name, row.contact_phone, row.end_assumed) == (
        Task.T4,
        "张三",
        "19900000001",
        False,
    )
    assert reading.problems == ()


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("湖北路示例一社区新时代文明实践站", "410305001001"),
        ("湖北路示例一社区文明实践站", "410305001001"),
        ("湖北路示例一社区居委会", "410305001001"),
        (" 湖北路 示例一社区 ", "410305001001"),
        ("410305001001", "410305001001"),
        ("湖北路办事处", "410305001"),
        ("湖北路街道", "410305001"),
        ("湖北路文明实践所", "410305001"),
        ("涧西区新时代文明实践中心", "410305000"),
    ],
)
def test_a_site_is_found_under_its_usual_names(written, code):
    assert plan(f"{written},读书,文化服务,11月3日上午9点,,,张三 19900000001,").rows[0].site == code


def test_a_name_that_fits_two_sites_or_none_is_never_guessed():
    twins = [
        SiteName("410305001001", "中心社区文明实践站", Level.STATION),
        SiteName("410305002001", "中心社区新时代文明实践站", Level.STATION),
    ]
    text = "2026年11月\n承办单位,活动名称,活动类别,时间\n中心社区,读书,文化服务,11月3日上午9点\n"
    assert "有2个阵地" in read_plan(table(text), sites=twins).problems[0].message
    message = plan("火星路社区,读书,文化服务,11月3日上午9点,,,张三 19900000001,").problems[0].message
    assert "没有这个阵地" in message and "火星" in message


@pytest.mark.parametrize(
    ("value", "number"),
    [(30, 30), (30.0, 30), ("30人", 30), ("20-25人", 25), ("20～25", 25), ("20人至25人", 25), ("约50", 50),
     ("约50人左右", 50),
     ("三十", 30), ("三十人", 30), ("１５", 15), ("50人以内", 50), ("不限", None), ("", None), (None, None)],
)  # fmt: skip
def test_seats_as_people_write_them(value, number):
    assert seats(value) == number


@pytest.mark.parametrize(
    "value", ["很多", "0", -3, 15.5, "二十多人", "20-", date(2026, 2, 25), True, "1e9", "9" * 30]
)
def test_seats_that_cannot_be_read(value):
    with pytest.raises(Unreadable):
        seats(value)


@pytest.mark.parametrize(
    ("written", "ages", "themes", "accompanied"),
    [
        ("老年人", (60, None), (Theme.OLD,), False),
        ("60岁以上老人", (60, None), (Theme.OLD,), False),
        ("65周岁及以上", (65, None), (Theme.OLD,), False),
        ("6-12岁儿童", (6, 12), (Theme.YOUNG,), False),
        ("6—12周岁儿童（家长陪同）", (6, 12), (Theme.YOUNG,), True),
        ("未成年人及家长", (None, None), (Theme.YOUNG,), False),
        ("未成年人", (None, 17), (Theme.YOUNG,), False),
        ("不满14周岁儿童", (None, 13), (Theme.YOUNG,), False),
        ("14岁以下", (None, 14), (Theme.YOUNG,), False),
        ("18至45岁青年", (18, 45), (), False),
        ("全体居民", (None, None), (), False),
        ("辖区居民", (None, None), (), False),
        (None, (None, None), (), False),
    ],
)
def test_audiences_become_ages_and_themes(written, ages, themes, accompanied):
    audience = read_audience(written)
    assert ((audience.min_age, audience.max_age), audience.themes, audience.accompanied) == (
        ages,
        themes,
        accompanied,
    )
    assert audience.understood and audience.text == (written or "")


@pytest.mark.parametrize("written", ["60岁以上老人、6-12岁儿童", "12-6岁", "60岁左右", "200岁以上"])
def test_audiences_with_unclear_ages_are_refused(written):
    with pytest.raises(Unreadable):
        read_audience(written)


def test_small_cells():
    assert contact("钟子：+86 199-0000-0242") == ("钟子", "19900000242", False)
    assert contact(19900000242.0) == ("", "19900000242", False)
    assert contact("张三 0379-00000101 / 19900000001") == ("张三", "0379-00000101", True)
    assert contact("张三 19900000001 19900000002") == ("张三", "19900000001", True)
    assert contact(None) == ("", "", False)
    assert note("自带水杯") == ("", "水杯", None)
    assert note("需志愿者3名") == ("", "", 3)
    assert note("雨天顺延，请自带纸笔") == ("雨天顺延", "纸笔", None)
    assert (
        category("文化服务类")
        is category("文化服务")
        is category("A03")
        is category("a03 文化服务")
        is Category.A03
    )
    for wrong in ("A08", "A01 文化服务", "", None, "文化"):
        with pytest.raises(Unreadable):
            category(wrong)
    assert [chinese_number(text) for text in ("十", "二十五", "一百零五", "两千", "一百二", "十十", "")] == [
        10, 25, 105, 2000, None, None, None,
    ]  # fmt: skip


@pytest.mark.parametrize("read", [read_sites, read_holidays, lambda given: read_plan(given, sites=NAMES)])
def test_a_file_that_is_something_else_gives_one_problem(read):
    for data in (b"", b"\x00" * 50, b"PK\x03\x04", "随便,写写\n1,2\n".encode()):
        reading = read(read_table(data, "x.csv"))
        assert reading.rows == () and reading.problems


def test_a_missing_column_is_told_by_name():
    reading = read_plan(table("承办单位,活动名称,时间\n甲,乙,丙\n"), sites=NAMES)
    assert reading.rows == () and "活动类别" in reading.problems[0].message


def test_an_unknown_column_is_told_and_the_rows_are_read():
    reading = read_holidays(table("日期,名称,休/班,天气\n2026-10-01,国庆,休,晴\n"))
    assert len(reading.rows) == 1 and reading.lost == ()
    assert [(p.row, p.column) for p in reading.problems] == [(1, "天气")]


def test_twenty_thousand_wrong_lines_cost_little_more_than_right_ones():
    def work(*names: str) -> float:
        started = time.process_time()
        plan(*(f"{name},读书,文化服务,11月3日上午9点,,,," for name in names))
        return time.process_time() - started

    right = work(*["重庆路街道重庆路社区文明实践站"] * 19_000)
    wrong = work(*(f"不存在的第{number}社区文明实践站" for number in range(19_000)))
    print(wrong / right)
    assert wrong < 5 * right
