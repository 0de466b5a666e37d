"""A month in small, in a real browser on a phone: written, approved, signed up, held, closed out, reported."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests import cast
from tests.journeys import steps

VOLUNTEER = "孙大勇"


@pytest.mark.both_databases
def test_an_event_goes_from_a_form_to_the_months_report(app, served, day, someone):
    people = cast.district(app)
    lin, chen, wu = someone(served), someone(served), someone(served)

    login = steps.take_up(lin, steps.invitation(app, people.lin))
    code = _write_an_event(lin, day)
    _add_a_volunteer(lin, code)

    steps.take_up(chen, steps.invitation(app, people.chen))
    _approve(chen, "祖孙剪纸")

    granny, child = _come_as_a_family(wu)

    day.becomes(13, 45)
    steps.sign_in(lin, login)
    _tick(lin, code, "到了", "吴*英")
    _scan(lin, child, "李*满")
    _tick(lin, code, "签到", "孙*勇")
    day.becomes(16)
    steps.sign_in(lin, login)
    _tick(lin, code, "签退", "孙*勇")

    _close_out(lin, code)
    _read_the_month(lin, day)
    assert granny != child


def _write_an_event(page: Page, day) -> str:
    page.goto("/desk/events/")
    page.get_by_role("link", name="新建活动").first.click()
    page.get_by_label("活动名称").fill("祖孙剪纸")
    page.get_by_label("一句话介绍").fill("奶奶教，孩子剪，剪好带回家")
    page.get_by_label("面向谁").first.fill("老人和孩子")
    page.get_by_label("活动类别").select_option(label="文化服务")
    page.get_by_label("对应任务").select_option(index=4)
    page.get_by_label("开始时间").fill(day.at(14))
    page.get_by_label("结束时间").fill(day.at(15, 30))
    page.get_by_label("地点").fill("一楼多功能厅")
    page.get_by_label("名额").first.fill("12")
    page.get_by_label("最小年龄").fill("6")
    page.get_by_role("button", name="保存").click()
    code = page.locator("span.code").first.inner_text()
    page.get_by_role("button", name="提交审核").click()
    expect(page.get_by_text("待审核").first).to_be_visible()
    return code


def _add_a_volunteer(page: Page, code: str) -> None:
    page.goto("/desk/volunteers/new")
    page.get_by_label("姓名").fill(VOLUNTEER)
    page.get_by_label("电话").fill("19900002222")
    page.get_by_label("出生年月").fill("1970-01")
    page.get_by_role("button", name="登记").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("孙*勇")
    page.goto(f"/desk/events/{code}")
    page.get_by_role("link", name="加一个岗位").click()
    page.get_by_label("岗位").fill("发剪刀")
    page.get_by_label("风险说明").fill("剪刀要看住")
    page.get_by_role("button", name="加上").click()
    page.get_by_role("link", name="发剪刀").click()
    page.get_by_label("拼音首字母").fill("sdy")
    page.get_by_role("button", name="找").click()
    page.get_by_role("button", name="安排 孙*勇").click()
    expect(page.get_by_text("已安排。")).to_be_visible()


def _approve(page: Page, title: str) -> None:
    page.get_by_role("link", name=title).first.click()
    page.get_by_role("button", name="通过并发布").click()
    expect(page.get_by_text("报名中").first).to_be_visible()


def _come_as_a_family(page: Page) -> tuple[str, str]:
    """Granny Wu and Xiao Li from the first page to two tickets; their codes."""
    page.goto("/")
    page.get_by_role("link", name="祖孙剪纸").click()
    steps.sign_up(page, cast.GRANNY_WU, cast.PHONE, born="1950年3月", home="湖北路示例一社区")
    steps.bring(page, cast.XIAO_LI, born="2018-06", child=False)
    page.get_by_role("button", name="报名", exact=True).click()
    expect(page.get_by_role("alert").first).to_contain_text("监护人")
    steps.bring(page, cast.XIAO_LI, born="2018-06", child=True)
    page.get_by_role("button", name="报名", exact=True).click()
    expect(page.get_by_text("已报名").first).to_be_visible()
    _qr_is_drawn(page)
    granny = page.url.rpartition("/")[2]
    page.get_by_role("link", name=re.compile("^报名号")).click()
    page.wait_for_url(lambda url: not url.endswith(granny))
    _qr_is_drawn(page)
    return granny, page.url.rpartition("/")[2]


def _qr_is_drawn(page: Page) -> None:
    image = page.get_by_role("img", name="二维码")
    expect(image).to_be_visible()
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") >= 200
    box = image.bounding_box()
    assert 200 <= box["width"] <= 390 and box["height"] == pytest.approx(box["width"], abs=1)


def _tick(page: Page, code: str, what: str, name: str) -> None:
    page.goto(f"/desk/events/{code}/roster")
    page.get_by_role("button", name=f"{what} {name}").click()
    expect(page.get_by_role("status")).to_contain_text(name)


def _scan(page: Page, code: str, name: str) -> None:
    """The personal code, opened by the scanner of the phone Lin is signed in on."""
    page.goto(f"/p/{code}")
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)
    page.get_by_role("button", name="签到").click()
    expect(page.get_by_text("已经到了")).to_be_visible()


def _close_out(page: Page, code: str) -> None:
    page.goto(f"/desk/events/{code}")
    page.get_by_role("link", name="归档").click()
    expect(page.locator(".there")).to_contain_text("2 人到了")
    page.get_by_label("说明").fill("剪了十二张窗花")
    page.get_by_role("button", name="归档，并记入志愿时长").click()
    expect(page.get_by_text("已归档").first).to_be_visible()


def _read_the_month(page: Page, day) -> None:
    page.goto("/desk/reports/")
    page.get_by_role("link", name=f"{day.on.year}年{day.on.month}月").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("覆盖报表")
    shown = {"服务人次": "2 人次", "服务人数": "2 人", "有效场次": "1 场", "志愿服务时长": "1.5 小时"}
    assert {name: _figure(page, name) for name in shown} == shown
    page.get_by_role("link", name="服务人数").first.click()
    expect(page.get_by_text("明细合计 2")).to_be_visible()
    assert page.locator("tbody tr").count() == 2


def _figure(page: Page, name: str) -> str:
    return page.locator(".stat", has_text=name).locator("strong").inner_text()
