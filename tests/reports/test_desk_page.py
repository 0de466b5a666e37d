"""The month's page as it shows a frozen body: what is said first, what leads where, and what it costs."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import event as sql_events

from stationapp.db import db, transaction
from stationapp.reports.operations import close_month
from stationapp.reports.rules import SPECS
from stationapp.sites.models import Site
from tests import cast
from tests.reports import bodies, build
from tests.reports.build import AFTER, MONTH


@pytest.fixture
def people(app):
    with time_machine.travel(AFTER):
        yield cast.district(app)


def _frozen(app, *made: tuple[Site, dict], **how) -> None:
    with app.app_context(), transaction():
        for site, body in made:
            bodies.freeze(site, body, **how)


def _shown(app, who, site: Site, rest: str = "", month=MONTH) -> str:
    return cast.signed_in(app, who).get(f"/desk/reports/{site.code}/{month}{rest}").text


def test_the_first_screen_says_state_and_sentence_and_six_figures_with_what_they_are_made_of(app, people):
    last = bodies.full(people, month=MONTH.plus(-1))
    last["figures"]["I-03"] |= bodies.share(1, 3)
    _frozen(app, (people.center, last), (people.center, bodies.full(people)))
    text = _shown(app, people.zhao, people.center)
    head = text[: text.index('id="gaps"')]
    for said in ("已关账</span>", "第1版", "10月12日 星期一 上午10点关账", "九月，全区 3 个站办了 214 场",
                 "12,034 <small>人次", "实名 9,034 + 现场计数 3,000", "512 人来过 ÷ 5,000 人",
                 "上月 33.3%", "社区覆盖率 <small>居住地口径"):  # fmt: skip
        assert said in head, said
    assert head.count('class="stat"') == 6


def test_where_a_month_was_not_closed_the_bodys_own_trend_says_what_it_was(app, people):
    body = bodies.full(people)
    body["trend"][0] |= {"version": 0, "figures": body["trend"][-1]["figures"] | {"I-01": 77}}
    _frozen(app, (people.center, body))
    text = _shown(app, people.zhao, people.center)
    assert ("上月 205" in text, "去年同月 77" in text) == (True, True)
    unknown = bodies.full(people, people.one)
    unknown["trend"][0] |= {"version": 0, "figures": None}
    _frozen(app, (people.one, unknown))
    text = _shown(app, people.lin, people.one)
    assert ("去年同月 没有记录" in text, "去年同月 —" in text) == (True, False)


def test_all_figures_a_body_has_stand_in_one_table_with_their_year(app, people):
    _frozen(app, (people.center, bodies.full(people)))
    text = _shown(app, people.zhao, people.center)
    table = text[text.index('id="all"') : text.index("</section>", text.index('id="all"'))]
    assert [id for id in SPECS if f'<span class="id">{id}</span>' not in table] == []
    for said in ("办了多少", "来了多少人", "覆盖了谁", "好不好用", "样本不足", "点单尚未启用", "超过 100%",
                 "856 <small>场", "1,200.5 <small>人·小时"):  # fmt: skip
        assert said in table, said


def test_a_gap_leads_whoever_may_plan_there_to_an_event_for_those_left_out(app, people):
    _frozen(app, (people.center, bodies.full(people)), (people.one, bodies.full(people, people.one)))
    planned = f"/desk/events/new?site={people.one.code}&amp;day=2026-10-19&amp;for=under14"
    assert planned in _shown(app, people.lin, people.one)
    shown = _shown(app, people.zhao, people.center)
    assert ("14岁以下、80岁以上" in shown, "/desk/events/new" in shown) == (True, False)


def test_of_groups_within_each_other_the_widest_is_named(app, people):
    gap = {
        "site": people.one.code,
        "name": "示例",
        "groups": ["over60", "over65", "over80"],
        "categories": [],
        "silent": 4,
    }
    _frozen(app, (people.one, bodies.full(people, people.one, gaps=[gap])))
    text = _shown(app, people.lin, people.one)
    section = text[text.index('id="gaps"') : text.index("</section>", text.index('id="gaps"'))]
    assert ("60岁以上" in section, "65岁以上" in section, "连续 4 个月" in section) == (True, False, True)


def test_heat_has_a_number_in_every_cell_and_marks_what_is_missing_nobody_or_too_much(app, people):
    body = bodies.full(people)
    missing = {"value": None, "numerator": 3, "denominator": None, "over": False}
    body["coverage"][2]["groups"]["over60"] = missing
    body["figures"]["I-08"]["groups"]["over60"]["missing"] = [body["coverage"][2]["site"]]
    _frozen(app, (people.center, body))
    text = _shown(app, people.zhao, people.center)
    heat = text[text.index('class="table heat heat-groups"') :]
    heat = heat[: heat.index("</table>")]
    for cell in ('<td class="num h0">0.0% <span class="none">无人</span>', '<td class="num h2">5.0%',
                 '<td class="num h4">102.0%', '<td class="num">—', "3 ÷ —", "超过 100%"):  # fmt: skip
        assert cell in heat, cell
    assert f"缺60岁以上人口数的社区：{body['coverage'][2]['name']}<" in text
    yearly = _shown(app, people.zhao, people.center, "?span=year")
    assert ("今年 1 月到本月" in yearly, "1,000 ÷ 5,000" in yearly) == (True, True)


def test_communities_are_found_by_name(app, people):
    body = bodies.full(people)
    body["coverage"] = body["coverage"] * 6
    _frozen(app, (people.center, body))
    text = _shown(app, people.zhao, people.center, "?q=示例二")
    heat = text[text.index("heat-groups") : text.index("heat-categories")]
    assert (heat.count("湖北路示例二社区"), heat.count("湖北路示例一社区")) == (6, 0)
    assert "没有叫这个名字的社区" in _shown(app, people.zhao, people.center, "?q=没有")


def test_the_trend_breaks_where_nothing_is_known_and_tells_closed_from_open_by_shape(app, people):
    body = bodies.full(people)
    body["trend"][6]["figures"] = dict.fromkeys(body["trend"][6]["figures"])
    _frozen(app, (people.center, body))
    text = _shown(app, people.zhao, people.center)
    drawing = text[text.index("<svg viewBox") : text.index("</svg>")]
    counts = [drawing.count(shape) for shape in ("<circle", '"hollow"', "<polyline", "<text")]
    assert counts == [9, 1, 2, 13 + 2]
    assert "<desc>9月 —；" in drawing


def test_a_restated_month_says_old_and_new_and_why_and_who(app, people):
    second = bodies.full(people, version=2)
    second["figures"]["I-01"]["value"] = 216
    _frozen(app, (people.center, bodies.full(people)))
    _frozen(app, (people.center, second), reason="补了两场", by=people.chen.id)
    text = _shown(app, people.zhao, people.center)
    changes = text[text.index('id="changes"') :]
    assert ("补了两场 · 陈立新" in changes, _new("214", "216") in changes) == (True, True)
    assert "这是旧版" in _shown(app, people.zhao, people.center, "/versions/1")


def _new(old: str, new: str) -> str:
    return f'</span>{old}</td><td class="num"><span class="when-stacked">新数 </span>{new}<'


def test_a_change_is_printed_with_its_unit_and_grouped_digits(app, people):
    old, new = bodies.full(people), bodies.full(people, version=2)
    old["figures"]["I-07"] |= bodies.share(512, 600000)
    new["figures"]["I-07"] |= bodies.share(6012, 600000)
    _frozen(app, (people.center, old))
    _frozen(app, (people.center, new), reason="补了两场", by=people.chen.id)
    assert _new("0.1%（512 ÷ 600,000）", "1.0%（6,012 ÷ 600,000）") in _shown(app, people.zhao, people.center)


@pytest.mark.parametrize(("reason", "said"), [("", "要写明更正原因"), ("长" * 201, "最多 200 个字")])
def test_a_reason_that_is_refused_is_said_on_the_first_screen(app, people, reason, said):
    with app.app_context(), transaction():
        build.counted(build.event(people.one), 5)
    client = cast.signed_in(app, people.chen)
    address = f"/desk/reports/{people.office.code}/{MONTH}"
    client.submit(address, to="closing")
    text = client.submit(address, {"reason": reason}, to="closing").text
    assert said in text[: text.index('class="standing"')]


def test_what_moved_without_a_late_fact_is_not_said_to_have_stayed(app, people):
    with app.app_context(), transaction():
        build.counted(build.event(people.one), 5)
    client = cast.signed_in(app, people.chen)
    address = f"/desk/reports/{people.office.code}/{MONTH}"
    client.submit(address, to="closing")
    assert "没有变动，数字也没有变化" in client.get(f"{address}/late").text
    with app.app_context(), transaction():
        build.volunteer(build.resident(people.one), people.one)
    text = client.get(f"{address}/late").text
    assert ("注册志愿者占比" in text, "登记后来变了" in text) == (True, True)


def test_every_file_is_offered_for_outside_and_for_inside(app, people):
    _frozen(app, (people.center, bodies.full(people)))
    text = _shown(app, people.zhao, people.center)
    for format in ("xlsx", "docx", "pdf", "csv", "json"):
        for audience in ("inside", "outside"):
            assert f"/files/{format}?version=1&amp;for={audience}" in text, (format, audience)


def test_a_month_before_the_first_fact_says_so_once_it_is_over_for_good(app, people):
    with app.app_context(), transaction():
        build.counted(build.event(people.one), 5)
    text = _shown(app, people.chen, people.office, month=MONTH.plus(-2))
    assert ("全区最早的记录在2026年9月" in text, "暂定" in text, "<form" in text) == (True, False, False)
    year = _shown(app, people.chen, people.office)
    year = year[year.index('id="months"') :]
    assert ("9月" in year, "8月" in year, "没有列出的月份还没有记录" in year) == (True, False, True)


def test_late_facts_are_named_on_the_page_and_reckoned_on_a_page_of_their_own(app, people):
    client = cast.signed_in(app, people.chen)
    address = f"/desk/reports/{people.office.code}/{MONTH}"
    with app.app_context(), transaction():
        build.counted(build.event(people.one, title="头一场"), 5)
    client.submit(address, to="closing")
    assert "将计入下一版" not in client.get(address).text
    with app.app_context(), transaction():
        build.counted(
            build.event(people.one, title="补上的一场", closed_out_at=AFTER + timedelta(minutes=1)), 9
        )
    page = client.get(address).text
    assert ("补上的一场" in page, f"{address}/late" in page) == (True, True)
    late = client.get(f"{address}/late").text
    assert ("服务人次" in late, _new("5", "14") in late) == (True, True)
    assert "覆盖率" not in late or "%（" in late
    assert client.get(f"/desk/reports/{people.one.code}/{MONTH.plus(-1)}/late").status_code == 404


def test_a_station_sees_first_what_it_has_to_do(app, people):
    open_one = {
        "site": people.one.code,
        "name": "示例",
        "event": "E1",
        "title": "没归档的课",
        "on": "2026-09-03",
    }
    _frozen(app, (people.one, bodies.full(people, people.one, unfiled=[open_one])))
    text = _shown(app, people.lin, people.one)
    assert text.index("没归档的课") < text.index('id="gaps"') < text.index('id="coverage"')
    assert 'href="/desk/events/E1"' in text


def test_from_the_district_down_and_back_up_as_far_as_somebody_may(app, people):
    made = [(site, bodies.full(people, site)) for site in (people.center, people.office, people.one)]
    _frozen(app, *made)
    assert f'href="/desk/reports/{people.office.code}/{MONTH}"' in _shown(app, people.zhao, people.center)
    station = _shown(app, people.chen, people.one)
    crumbs = station[station.index('class="crumbs"') : station.index("</ol>")]
    assert (f"/desk/reports/{people.office.code}/" in crumbs, people.center.code in crumbs) == (True, False)
    assert "涧西区</li>" in crumbs


@pytest.mark.parametrize(
    ("month", "said"),
    [
        (MONTH.plus(2), "还没有开始"),
        (MONTH.plus(-90), "还没有设立"),
        (MONTH.plus(-1), "还没有一场归档的活动"),
    ],
)
def test_a_month_without_a_report_says_why(app, people, month, said):
    assert said in _shown(app, people.zhao, people.center, month=month)


def test_a_station_given_up_within_the_month_says_who_goes_on_with_its_people(app, people):
    with app.app_context(), transaction():
        one = db.session.get_one(Site, people.one.id)
        one.valid_to, one.successor_id = date(2026, 9, 15), people.two.id
    said = _shown(app, people.lin, people.one)
    assert "用到 2026-09-15 为止，已并入湖北路示例二社区" in said
    with app.app_context(), transaction():
        db.session.get_one(Site, people.one.id).successor_id = None
    assert "住在这里的人不进覆盖率" in _shown(app, people.lin, people.one)
    assert "用到" not in _shown(app, people.lin, people.one, month=MONTH.plus(-1))


def test_a_merged_station_leads_to_its_successor(app, people):
    with app.app_context(), transaction():
        gone = db.session.get_one(Site, people.two.id)
        gone.valid_to, gone.successor_id = date(2026, 7, 31), people.one.id
    text = _shown(app, people.chen, people.two)
    assert ("撤并" in text, f"/desk/reports/{people.one.code}/{MONTH}" in text) == (True, True)


def test_a_district_without_people_or_communities_has_its_sentences(app, people):
    bare = bodies.full(
        people, coverage=[], gaps=[], populations=[], by_site=bodies.full(people)["by_site"][:1]
    )
    _frozen(app, (people.center, bare))
    text = _shown(app, people.zhao, people.center)
    assert ("这里没有社区" in text, "还没有人口数" in text) == (True, True)


def test_a_body_of_older_definitions_shows_what_it_has(app, people):
    old = bodies.full(people)
    for gone in ("year", "trend", "months", "unfiled", "rooms", "year_rooms", "year_bridge"):
        del old[gone]
    old["definitions"] = "2026-11"
    kept = ("I-01", "I-02", "I-03", "I-04", "I-05", "I-06", "I-07", "I-08", "I-12", "I-13", "I-15", "I-22")
    old["figures"] = {id: old["figures"][id] for id in kept}
    old["figures"]["I-07"]["year"] = bodies.share(900, 5000)
    old["coverage"] = [{name: row[name] for name in ("site", "name", "groups")} for row in old["coverage"]]
    old["gaps"] = [{name: row[name] for name in ("site", "name", "groups")} for row in old["gaps"]]
    for row in old["by_site"]:
        row["figures"] = {id: row["figures"][id] for id in kept if id != "I-08"}
    _frozen(app, (people.center, old))
    text = _shown(app, people.zhao, people.center)
    for said in ("这一版没有保存走势", "900 ÷ 5,000", "口径版本 2026-11", "去年同月 —"):
        assert said in text, said
    assert "span=year" not in text
    _frozen(app, (people.office, old | {"site": people.office.code}))
    chen = cast.signed_in(app, people.chen)
    behind = [
        chen.get(f"/desk/reports/{people.office.code}/{MONTH}/behind/I-04?period={period}")
        for period in ("month", "year")
    ]
    assert [(one.status_code, "服务人次 12,034 = 实名" in one.text) for one in behind] == [
        (200, True),
        (200, False),
    ]


def test_a_closed_page_reckons_nothing_and_asks_the_same_however_many_sites_there_are(app, people):
    _frozen(app, (people.office, bodies.full(people, people.office)), (people.center, bodies.full(people)))
    asked = [_statements(app, people.zhao, site) for site in (people.office, people.center)]
    assert len(asked[0]) == len(asked[1]) <= 25
    assert not _reckoned(asked[1])
    assert _reckoned(_statements(app, people.zhao, people.center, MONTH.plus(-1)))


def _reckoned(statements: list[str]) -> list[str]:
    """Those that read who came; merges since the closing are counted, which reads them too."""
    return [one for one in statements if "attendances.resident_id" in one and "FROM merges" not in one]


def _statements(app, who, site: Site, month=MONTH) -> list[str]:
    client, found = cast.signed_in(app, who), []
    with app.app_context():
        engine = db.engine

    def heard(*given):
        found.append(given[2])

    sql_events.listen(engine, "before_cursor_execute", heard)
    try:
        client.get(f"/desk/reports/{site.code}/{month}")
    finally:
        sql_events.remove(engine, "before_cursor_execute", heard)
    return found


def test_the_foot_of_a_printed_page_says_version_and_hash_and_cannot_be_broken_out_of(app, people):
    with app.app_context(), transaction():
        db.session.get_one(Site, people.center.id).short_name = '区"; } body { display: none'
    _frozen(app, (people.center, bodies.full(people)))
    answer = cast.signed_in(app, people.zhao).get(
        f"/desk/reports/{people.center.code}/{MONTH}/paper.css?version=1"
    )
    assert (answer.mimetype, answer.text.count('"'), answer.text.count("}")) == ("text/css", 2, 2)
    assert "1abcdef012345678" in answer.text


def test_the_year_says_whose_people_of_closed_months_it_lacks(app, people):
    with app.app_context(), transaction():
        gone = db.session.get_one(Site, people.far.id)
        build.came(build.event(people.one, MONTH.plus(-1).begins_at), build.resident(gone))
        gone.valid_to, gone.successor_id = MONTH.plus(-1).last_day, people.one.id
        for site in (people.one, people.office, people.center):
            close_month(db.session.merge(site), MONTH.plus(-1), by=None, now=AFTER)
    for who, site, told in (
        (people.lin, people.one, 2),
        (people.chen, people.office, 2),
        (people.zhao, people.center, 0),
    ):
        text = _shown(app, who, site, "?span=year")
        assert text.count(f"{gone.short_name}到8月31日") == told, site.short_name
    assert "单独设站" not in _shown(app, people.ma, people.two, "?span=year")
    assert "单独设站" not in _shown(app, people.lin, people.one, month=MONTH.plus(-1))
