"""Finding the heads and what is below them."""

import pytest

from stationapp.importing import headers
from stationapp.importing.headers import find_heads, folded_head, is_furniture
from stationapp.importing.tables import Line, Sheet

PLAN = ["序号", "承办单位", "活动名称", "活动类别", "时间", "地点", "对象", "人数", "负责人及电话", "备注"]


def sheet(*rows):
    return Sheet(
        "表", tuple(Line(number, tuple(row)) for number, row in enumerate(rows, start=1) if any(row))
    )


def test_the_plan_s_heads_are_found_below_titles_and_blank_lines():
    heads = find_heads(sheet(["2026年11月计划"], ["说明：时间写清楚"], [], PLAN), headers.PLAN)
    assert heads.line == 4
    assert heads.missing == heads.unknown == heads.double == ()
    assert list(heads.at) == [
        "organiser", "title", "category", "time", "place", "audience", "capacity", "contact", "note",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "written",
    [
        "人数",
        " 人 数 ",
        "人数（人）",
        "人数(人)",
        "人\n数",
        "*人数",
        "人数：",
        "【必填】人数",
        "名额",
        "参加人数",
    ],
)
def test_blanks_brackets_and_synonyms_do_not_matter(written):
    heads = find_heads(sheet([written, *(head for head in PLAN if head != "人数")]), headers.PLAN)
    assert heads.at["capacity"] == 0 and heads.unknown == ()
    assert heads.named["capacity"] == " ".join(written.split())


def test_unknown_heads_missing_columns_and_doubles_are_told():
    heads = find_heads(sheet(["承办单位", "时间", "活动时间", "天气"]), headers.PLAN)
    assert heads.unknown == ("天气",)
    assert heads.missing == ("活动名称", "活动类别")
    assert heads.double == ("活动时间",)


def test_a_sheet_without_heads_has_none():
    assert find_heads(sheet(["随便", "写写"], [1, 2]), headers.PLAN) is None
    assert find_heads(sheet(), headers.PLAN) is None


def test_a_head_that_is_only_a_bracket_keeps_its_words():
    assert folded_head("（备注）") == "(备注)"


@pytest.mark.parametrize(
    ("row", "passed_over"),
    [
        ([None, "合计", "151场"], True),
        (["合 计：", None, 30], True),
        (["小计3场", None], True),
        (["注：雨天顺延"], True),
        (["填表人：某某", "审核：某某"], True),
        (PLAN, True),
        ([1, "合计路社区", "读书"], False),
        ([1, "湖北路示例一社区", "说明：政策宣讲", "理论宣讲"], False),
        ([1, "湖北路示例一社区", "备注", "理论宣讲"], False),
    ],
)
def test_totals_footnotes_and_heads_printed_again_are_furniture(row, passed_over):
    heads = find_heads(sheet(PLAN), headers.PLAN)
    assert is_furniture(Line(9, tuple(row)), heads) is passed_over
