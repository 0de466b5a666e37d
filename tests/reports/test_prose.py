"""The month told in sentences: with nothing, one, many, what is missing and what is hidden."""

import re

import pytest

from stationapp.reports import prose, words
from stationapp.reports.queries import figures
from stationapp.reports.small_cells import hidden
from stationapp.sites.rules import Group
from tests import cast
from tests.reports import bodies_at_scale as scale
from tests.reports.bodies import share
from tests.reports.build import MONTH


@pytest.fixture
def told(app):
    with app.test_request_context():
        yield


def text(body: dict) -> str:
    return "\n".join(said for part in prose.parts(body) for said in part.paragraphs)


def sound(said: str) -> None:
    """No empty clause, no placeholder, no English left over."""
    assert not re.search(r"，[，。；]|。。|：。|、。|None|nan|%\(|\{|，$", said)
    assert all(line.endswith("。") for line in said.splitlines())


def test_a_whole_district(told):
    said = text(scale.district(40))
    sound(said)
    assert (
        "2026年10月，全区举办有效活动214场（计131项），服务居民8,123人、12,034人次，其中实名9,034人次" in said
    )
    assert "1月至10月累计举办有效活动856场" in said
    assert "上月为205场、11,200人次。" in said
    assert "（截至2025年12月31日）" in said
    assert "名额使用率101.9%（超过100%）" in said
    assert "收到活动后的评价4份，不足五份，样本不足，不计算满意度。" in said
    assert [part.heading for part in prose.parts(scale.district(40))] == [
        "总体情况", "阵地与活动", "覆盖情况", "志愿服务", "群众评价与需求", "空白与下一步", "数据说明"]  # fmt: skip


def test_a_month_without_anything(app):
    people = cast.district(app)
    with app.test_request_context():
        for site, who in ((people.center, "全区"), (people.one, people.one.name)):
            said = text(figures(site, MONTH))
            sound(said)
            assert f"2026年9月，{who}没有已归档的有效活动。" in said
            assert "本月没有志愿者服务的记录。" in said
            assert "尚未关账" in said


def test_only_heads_were_counted(told):
    body = scale.station()
    body["figures"]["I-04"] |= {"value": 30, "named": 0, "anonymous": 30}
    body["figures"]["I-05"]["value"] = 0
    said = text(body)
    sound(said)
    assert "服务30人次，均为现场计数、没有留名" in said
    assert words.sentence(body).endswith("办了 214 场，现场计数 30 人次，没有人留名。")


def test_a_community_without_a_population(told):
    body = scale.station()
    body["figures"]["I-07"] |= share(12, None) | {"missing": [body["site"]]}
    body["figures"]["I-08"]["groups"]["over60"] = share(3, None)
    said = text(body)
    sound(said)
    assert "有12人参加过全区的活动；有社区缺人口数，覆盖率未计算。" in said
    assert "60岁以上缺人口数" in said


def test_january_has_no_year_of_its_own_to_tell(told):
    assert "累计举办" not in text(scale.station() | {"month": "2026-01"})


def test_one_station_s_silence_is_said_of_here(told):
    body = scale.station()
    body["gaps"] = [
        {"site": body["site"], "name": body["name"], "groups": ["all"], "categories": [], "silent": 4}
    ]
    said = text(body)
    sound(said)
    assert "本月所辖社区没有一人参加过任何活动。" in said
    assert "这里已经连续4个月没有一人参加。" in said
    body["gaps"][0] |= {"groups": ["under14"], "silent": 0}
    assert "没有一人参加的群体：14岁以下。" in text(body)
    body["gaps"] = []
    assert "所辖社区的各个群体都有人参加，没有空白。" in text(body)


def test_many_communities_are_counted_and_ten_are_named(told):
    body = scale.district(106)
    said = next(part for part in prose.parts(body) if part.heading == "空白与下一步")
    empty = [gap for gap in body["gaps"] if gap["groups"] == ["all"]]
    assert f"没有一人参加过任何活动的社区{len(empty)}个：" in said.paragraphs[0]
    assert said.paragraphs[0].count("、") <= prose.NAMED
    assert "14岁以下" in "".join(said.paragraphs)


@pytest.mark.parametrize("answers", [0, 3, 5, 200])
def test_answers(told, answers):
    body = scale.station()
    one = body["figures"]["I-23"] | share(answers * 4 // 5, answers) | {"rate": share(answers, 400)}
    one |= {"few": answers < 5}
    if answers < 5:
        one["value"] = None
    body["figures"]["I-23"] = one
    said = text(body)
    sound(said)
    assert {
        0: "没有收到活动后的评价。",
        3: "收到活动后的评价3份，不足五份，样本不足，不计算满意度。",
        5: "收到活动后的评价5份，评价率1.3%，其中满意4份，满意度80.0%。",
        200: "收到活动后的评价200份，评价率50.0%，其中满意160份，满意度80.0%。",
    }[answers] in said


def test_hidden_numbers_are_words(told):
    body = scale.station()
    body["figures"]["I-05"]["value"] = 3
    body["figures"]["I-12"]["value"] = 2
    body["figures"]["I-28"] |= {"value": 1, "waiting": 1}
    said = text(hidden(body))
    sound(said)
    assert "<5" not in said.replace("“<5”", "")
    assert "不足5人" in said or "若干人" in said
    assert "人来了" in words.sentence(hidden(body))


def test_the_sentence_has_blanks_around_digits_alone(told):
    assert words.sentence(scale.district(40)).startswith(
        "十月，全区 34 个站办了 214 场，约 8 千人来了约 9 千次，现场另计约 3 千人次"
    )


def test_every_group_is_told_once(told):
    said = text(scale.district(12))
    line = next(line for line in said.splitlines() if line.startswith("分群体看"))
    for group in Group:
        assert line.count(words.said(group)) == (group is not Group.ALL)


def test_what_there_is_none_of_is_said_in_words(told):
    body = scale.district(12)
    body["figures"]["I-27"]["events"] = share(0, 214)
    body["figures"]["I-16"] |= share(0, 5000)
    said = text(body)
    sound(said)
    assert "没有一老一小主题的活动，60岁以上和14岁以下居民4,400人" in said
    assert "月末没有在册、住在所辖社区的志愿者。" in said


def test_communities_that_all_have_long_been_silent_are_named_once(told):
    body = scale.district(12)
    code, name = body["coverage"][0]["site"], "示例一社区"
    body["gaps"] = [{"site": code, "name": name, "groups": ["all"], "categories": [], "silent": 3}]
    said = text(body)
    sound(said)
    assert "没有一人参加过任何活动的社区1个：示例一社区。\n以上社区都已经连续三个月以上没有一人参加。" in said
