"""What is missing, 签审, kept files and links, at the desk and at the address that was given away."""

import argparse
import re
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, text

from stationapp import clock, commands
from stationapp.accounts.logins import MISSES_PER_ADDRESS
from stationapp.accounts.rules import Role
from stationapp.attendance.rules import Part
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.opinions.models import Answer
from stationapp.opinions.rules import Via
from stationapp.refusal import Refused
from stationapp.reports import views
from stationapp.reports.life_rules import LINK_LASTS, Audience
from stationapp.reports.links import end_link
from stationapp.reports.models import ReportLink, SignOff
from stationapp.reports.operations import close_month
from stationapp.reports.prepared import Made, NotMade, keep, make_due
from stationapp.reports.versions import find_latest
from stationapp.residents.merging import merge
from stationapp.today import queries
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, MONTH

NOW = AFTER + timedelta(days=1)


@pytest.fixture
def people(app):
    with time_machine.travel(NOW, tick=False):
        district = cast.district(app)
        with app.app_context(), transaction():
            build.came(build.event(district.one), build.resident(district.one))
        yield district


def _close(app, site, reason=""):
    with app.app_context(), transaction():
        return close_month(site, MONTH, by=None, now=AFTER, reason=reason).version


def _month(site) -> str:
    return f"/desk/reports/{site.code}/{MONTH}"


def _acts(app, act: str) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditLine.subject).where(AuditLine.act == act)))


# --- missing -------------------------------------------------------------------------------------------------------


def test_a_station_reads_what_it_owes_with_a_button_for_each(app, people):
    with app.app_context(), transaction():
        owed = build.event(people.one, state=State.PUBLISHED, title="没归档的讲座").code
        closed = build.event(people.one, title="没签退的活动")
        there = build.came(closed, build.resident(people.one), part=Part.VOLUNTEER)
        there.left_at = there.left_how = None
        code = closed.code
    text = cast.signed_in(app, people.lin).get(f"{_month(people.one)}/missing").text
    assert f'href="/desk/events/{owed}/closeout"' in text and "没归档的讲座" in text
    assert f'href="/desk/events/{code}#why-reopen"' in text and "没签退的活动" in text
    assert "下面各阵地" not in text


def test_an_office_reads_how_many_by_site_in_code_order_and_opens_each(app, people):
    with app.app_context(), transaction():
        for _ in range(2):
            build.event(people.two, state=State.PUBLISHED, title="机密标题")
    client = cast.signed_in(app, people.chen)
    text = client.get(f"{_month(people.office)}/missing").text
    assert f'href="{_month(people.two)}/missing"' in text and "机密标题" not in text
    assert "1 个阵地还差，其余 1 个都齐了" in text
    assert "机密标题" in client.get(f"{_month(people.two)}/missing").text
    file = client.get(f"{_month(people.office)}/missing.csv")
    assert file.mimetype == "text/csv" and file.text.count("没有归档的活动") == 2


def test_a_viewer_reads_numbers_and_no_titles_and_no_buttons(app, people):
    with app.app_context(), transaction():
        build.event(people.one, state=State.PUBLISHED, title="机密标题")
    client = cast.signed_in(app, people.zhao)
    for path in ("missing", "missing.csv"):
        answer = client.get(f"{_month(people.one)}/{path}")
        assert answer.status_code == 200 and "机密标题" not in answer.text
        assert "closeout" not in answer.text


def test_nobody_reads_what_another_station_owes(app, people):
    client = cast.signed_in(app, people.ma)
    for path in ("missing", "missing.csv"):
        assert client.get(f"{_month(people.one)}/{path}").status_code == 404


def test_of_a_month_without_a_report_nothing_is_missing_and_no_folder_is_made(app, people):
    client = cast.signed_in(app, people.lin)
    for page in ("", "/missing", "/evidence"):
        text = client.get(f"/desk/reports/{people.one.code}/{MONTH.plus(2)}{page}").text
        assert ("十一月还没有开始" in text, "都齐了" in text, "<form" in text.split("<main")[1]) == (
            True,
            False,
            False,
        ), page


@pytest.mark.parametrize(
    ("days", "said"),
    [(-20, "10月7日 星期三 晚上6点自动关账"), (-6, "晚上6点自动关账"), (1, "到现在还没有关")],
)
def test_an_open_month_leads_to_what_it_lacks_and_says_when_its_closing_failed(app, people, days, said):
    with app.app_context(), transaction():
        build.event(people.one, state=State.PUBLISHED)
    with time_machine.travel(AFTER + timedelta(days=days), tick=False):
        client = cast.signed_in(app, people.chen)
        text = client.get(_month(people.office)).text
        assert ("还没有关。现在补上的" in client.get(f"{_month(people.office)}/missing").text) == (days > 0)
    assert said in text and text.count(f'href="{_month(people.office)}/missing"') == 2
    assert "还差 1 条，去看看" in text


# --- 签审 -----------------------------------------------------------------------------------------------------------


def _post(client, path, **form):
    """A form that no page offered, with a token all the same."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/desk/account").text)[1]
    return client.post(path, data={"csrf_token": token, **form})


def _sign(client, site, version=1, **form):
    return _post(client, f"{_month(site)}/versions/{version}/signing", **form)


def test_a_mark_stands_beside_its_version_and_the_last_word_counts(app, people):
    _close(app, people.center)
    client = cast.signed_in(app, people.lin)
    form = {"mark": "objected", "sentence": "10 日那场少了两个人"}
    answer = client.submit(_month(people.one), form, to="signing")
    assert answer.status_code == 303
    page = client.get(_month(people.one)).text
    assert "林晓燕（管理员）" in page and "10 日那场少了两个人" in page
    client.submit(_month(people.one), {"mark": "agreed"}, to="signing")
    page = client.get(_month(people.one)).text
    assert "无异议" in page and "10 日那场少了两个人" not in page
    with app.app_context():
        assert [one.mark.value for one in db.session.scalars(select(SignOff).order_by(SignOff.id))] == [
            "objected",
            "agreed",
        ]
    assert _acts(app, "reports.sign")[0] == f"month {people.one.code} {MONTH} v1 objected"


def test_an_objection_without_a_sentence_is_refused_and_kept_on_the_page(app, people):
    _close(app, people.center)
    answer = _sign(cast.signed_in(app, people.lin), people.one, mark="objected")
    assert answer.status_code == 422 and "有异议，请写一句说明" in answer.text
    assert re.search(r'<option selected value="objected"', answer.text)


@pytest.mark.parametrize("mark", ["", "whatever"])
def test_no_mark_is_no_signing(app, people, mark):
    _close(app, people.center)
    assert _sign(cast.signed_in(app, people.lin), people.one, mark=mark).status_code == 422


def test_a_new_version_asks_again_and_the_old_one_is_signed_no_more(app, people):
    _close(app, people.center)
    client = cast.signed_in(app, people.lin)
    _sign(client, people.one, mark="seen")
    with app.app_context(), transaction():
        build.came(build.event(people.one, closed_out_at=AFTER), build.resident(people.one))
    _close(app, people.center, "补一场")
    assert "第 2 版还没有人签审" in client.get(_month(people.one)).text
    refused = _sign(client, people.one, mark="agreed")
    assert refused.status_code == 422 and "现行的是第 2 版" in refused.text
    with app.app_context():
        told = select(Notice.step, Notice.done_at).where(
            Notice.occasion == Occasion.MONTH_TO_SIGN, Notice.site_id == people.one.id
        )
        assert {step: done is not None for step, done in db.session.execute(told)} == {1: True, 2: False}


def test_an_old_version_that_nobody_signed_asks_for_nothing_any_more(app, people):
    _close(app, people.center)
    with app.app_context(), transaction():
        build.came(build.event(people.one, closed_out_at=AFTER), build.resident(people.one))
    _close(app, people.center, "补一场")
    with app.app_context():
        told = select(Notice.step, Notice.done_at).where(
            Notice.occasion == Occasion.MONTH_TO_SIGN, Notice.site_id == people.one.id
        )
        assert {step: done is not None for step, done in db.session.execute(told)} == {1: True, 2: False}


def test_who_is_above_or_beside_does_not_sign_for_a_site(app, people):
    _close(app, people.center)
    assert _sign(cast.signed_in(app, people.chen), people.one, mark="seen").status_code == 404
    assert _sign(cast.signed_in(app, people.ma), people.one, mark="seen").status_code == 404
    assert _sign(cast.signed_in(app, people.zhao), people.center, mark="seen").status_code == 403
    assert _sign(cast.signed_in(app, people.chen), people.office, mark="seen").status_code == 303


def test_who_is_above_reads_what_the_sites_beneath_object_to(app, people):
    _close(app, people.center)
    chen = cast.signed_in(app, people.chen)
    assert "2 个阵地里 0 个签审过现行版，没有异议" in chen.get(_month(people.office)).text
    _sign(cast.signed_in(app, people.lin), people.one, mark="objected", sentence="10 日那场少了两个人")
    _sign(cast.signed_in(app, people.ma), people.two, mark="seen")
    text = chen.get(_month(people.office)).text
    assert "2 个阵地里 2 个签审过现行版，1 条有异议" in text and "林晓燕：10 日那场少了两个人" in text
    assert f'href="{_month(people.one)}#signing"' in text
    assert "下面各阵地的签审" not in cast.signed_in(app, people.lin).get(_month(people.one)).text


def test_signing_hinders_nothing(app, people):
    _close(app, people.center)
    _sign(cast.signed_in(app, people.lin), people.one, mark="objected", sentence="不对")
    with app.app_context(), transaction():
        build.came(build.event(people.one, closed_out_at=AFTER), build.resident(people.one))
    assert _close(app, people.center, "补一场") == 2


def test_the_first_page_asks_a_site_for_its_own_and_not_for_those_beneath(app, people):
    _close(app, people.center)
    path = f"/desk/reports/{people.one.code}/{MONTH}#signing"
    assert path in cast.signed_in(app, people.lin).get("/desk/").text
    text = cast.signed_in(app, people.chen).get("/desk/").text
    assert path not in text and f"/desk/reports/{people.office.code}/{MONTH}#signing" in text


@pytest.mark.both_databases
def test_what_the_month_asks_of_a_site_is_not_crowded_out_on_the_first_page(app, people, monkeypatch):
    with app.app_context(), transaction():
        for number in range(3):
            code = build.event(people.one, state=State.PUBLISHED, title=f"没归档 {number}").code
            tell_desk(Occasion.CLOSE_OUT_DUE, f"event {code}", site_id=people.one.id, now=AFTER)
        for site in (people.office, people.one):
            tell_desk(Occasion.MONTH_PREPARED, f"month {site.code} {MONTH}", site_id=site.id, now=NOW)
    monkeypatch.setattr(queries, "MOST", 2)
    text = cast.signed_in(app, people.chen).get("/desk/").text
    assert text.count("上个月的报表可以核对了") == 1 and f"/desk/reports/{people.office.code}/{MONTH}" in text


# --- files ----------------------------------------------------------------------------------------------------------


def test_a_file_of_a_version_is_read_where_the_figures_are(app, people):
    _close(app, people.center)
    path = f"{_month(people.one)}/files"
    answer = cast.signed_in(app, people.zhao).get(f"{path}/xlsx?version=1&for=outside")
    assert answer.data.startswith(b"PK") and "attachment" in answer.headers["Content-Disposition"]
    client = cast.signed_in(app, people.lin)
    for wrong in (f"{path}/exe?version=1", f"{path}/xlsx?version=9"):
        assert client.get(wrong).status_code == 404
    assert cast.signed_in(app, people.ma).get(f"{path}/xlsx?version=1").status_code == 404


def _line(site, format: str, *, outside: bool = False) -> argparse.Namespace:
    """`report SITE MONTH --format … [--outside]`."""
    return argparse.Namespace(
        site=site.code, month=MONTH, close=False, reason="", format=format, out=None, outside=outside
    )


def test_a_kept_file_is_what_everybody_gets(app, people, client, link, capsysbinary):
    with app.app_context(), transaction():
        report = find_latest(people.office, MONTH)
        keep([Made(report.id, "pdf", audience, audience.value.encode()) for audience in Audience], now=NOW)
    staff = cast.signed_in(app, people.chen)
    page = staff.get(_month(people.office)).text
    asked = re.findall(r'href="([^"]+/files/pdf[^"]*)"', page)
    given = [staff.get(one.replace("&amp;", "&")).data for one in asked]
    assert sorted(given) == [b"inside"] * 2 + [b"outside"] * 2  # the buttons, and the list
    assert client.get(f"{link}/pdf").data == b"outside"
    for outside, content in ((False, b"inside"), (True, b"outside")):
        with app.app_context():
            assert commands.report(app, _line(people.office, "pdf", outside=outside)) == 0
        assert capsysbinary.readouterr().out == content


def test_a_form_that_cannot_be_filled_in_is_said_and_no_other_is_kept_instead(app, people, client, link):
    object.__setattr__(app.config["SETTINGS"], "report_template", "公文.docx")
    answer = cast.signed_in(app, people.chen).get(f"{_month(people.office)}/files/docx")
    assert answer.status_code == 409 and "公文模板 公文.docx 打不开" in answer.text
    answer = client.get(f"{link}/docx")
    assert answer.status_code == 409 and "暂时做不出来" in answer.text and "公文.docx" not in answer.text
    assert (
        "文件做不了：公文模板 公文.docx 打不开"
        in cast.signed_in(app, people.chen).get(_month(people.office)).text
    )
    with app.app_context(), pytest.raises(commands.CouldNot, match=r"公文模板 公文.docx 打不开"):
        commands.report(app, _line(people.office, "docx"))
    with app.app_context():
        with pytest.raises(NotMade) as failed:
            make_due(template=app.config["SETTINGS"].report_form)
        assert failed.value.problem.startswith("OfficialRefusal.UNREADABLE ")


def test_where_no_file_is_kept_the_page_says_why(app, people):
    client = cast.signed_in(app, people.chen)
    _close(app, people.center)
    with time_machine.travel(AFTER + timedelta(minutes=5), tick=False):
        assert "文件正在准备" in cast.signed_in(app, people.chen).get(_month(people.office)).text
    assert "文件还没有存下" in client.get(_month(people.office)).text
    with app.app_context(), transaction():
        build.came(build.event(people.one, closed_out_at=AFTER), build.resident(people.one))
    _close(app, people.center, "补一场")
    old = client.get(f"{_month(people.office)}/versions/1").text
    assert "后来的版本接着就出了" in old and "/closing" not in old


# --- links ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def link(app, people) -> str:
    """The address of a link to the office's month, as the desk shows it once."""
    _close(app, people.center)
    client = cast.signed_in(app, people.chen)
    answer = client.submit(f"{_month(people.office)}/links", to="versions/1/links")
    assert answer.status_code == 303
    page = client.get(answer.location).text
    assert "data:image/png;base64," in page
    found = re.search(r'<code class="long">[^<]*(/reports/[^<]+)</code>', page)[1]
    assert found not in client.get(f"{_month(people.office)}/links").text
    return found


def test_a_link_shows_the_month_to_whoever_has_it_and_gives_its_files(app, client, people, link):
    page = client.get(link)
    assert page.status_code == 200 and "湖北路" in page.text and "第 1 版" in page.text
    assert page.headers["X-Robots-Tag"] == "noindex, nofollow"
    assert page.headers["Cache-Control"] == "no-store" and page.headers["Referrer-Policy"] == "no-referrer"
    assert '<meta name="robots" content="noindex, nofollow">' in page.text
    file = client.get(f"{link}/xlsx")
    assert file.data.startswith(b"PK") and file.headers["X-Robots-Tag"] == "noindex, nofollow"
    opened = _acts(app, "reports.open_link")
    assert [one.split(" link ")[1].split(" ")[1] for one in opened] == ["page", "xlsx"]
    token = link.rsplit("/", 1)[1]
    with app.app_context():
        assert all(token not in str(line.subject) for line in db.session.scalars(select(AuditLine)))
        assert token.encode() not in bytes(db.session.scalar(select(ReportLink.token_index)))


def test_the_address_of_a_new_link_is_shown_with_its_own_month_alone(app, people):
    _close(app, people.center)
    client = cast.signed_in(app, people.chen)
    client.submit(f"{_month(people.office)}/links", to="versions/1/links")
    assert "新链接" not in client.get(f"{_month(people.one)}/links").text
    assert "新链接" in client.get(f"{_month(people.office)}/links").text
    assert "新链接" not in client.get(f"{_month(people.office)}/links").text


def test_a_link_to_a_version_that_was_corrected_since_says_so(app, client, people, link):
    assert "后来更正过" not in client.get(link).text
    with app.app_context(), transaction():
        build.came(build.event(people.one, closed_out_at=AFTER), build.resident(people.one))
    _close(app, people.center, "补一场")
    text = client.get(link).text
    assert "第 1 版" in text and "后来更正过，现行的是第 2 版" in text
    staff = cast.signed_in(app, people.chen)
    assert "旧版" in staff.get(f"{_month(people.office)}/links").text
    refused = _post(staff, f"{_month(people.office)}/versions/1/links")
    assert refused.status_code == 409 and "链接只给现行的第 2 版" in refused.text
    assert len(_acts(app, "reports.share")) == 1


def test_in_wechat_it_says_to_open_the_address_on_a_computer(client, people, link):
    text = client.get(link, headers={"User-Agent": "Mozilla/5.0 MicroMessenger/8.0"}).text
    assert "请在电脑上打开" in text and link in text and "下载 Excel" not in text


def _said(answer) -> str:
    return answer.text.split("<main")[1].split("</main>")[0]


def test_a_link_taken_back_or_over_or_guessed_shows_nothing_and_the_same(app, client, people, link):
    gone = {_said(client.get(f"/reports/{'A' * 22}"))}
    staff = cast.signed_in(app, people.chen)
    with app.app_context():
        number = db.session.scalar(select(ReportLink.id))
    with time_machine.travel(NOW + LINK_LASTS, tick=False):
        over = client.get(link)
        gone.add(_said(over))
        assert over.status_code == 404
    assert client.get(link).status_code == 200
    ended = staff.submit(f"{_month(people.office)}/links", to="ending", follow_redirects=True)
    assert "收回了" in ended.text and "已收回" in ended.text
    for path in (link, f"{link}/pdf"):
        answer = client.get(path)
        gone.add(_said(answer))
        assert answer.status_code == 404
    assert len(gone) == 1
    _post(staff, f"{_month(people.office)}/links/{number}/ending")
    assert "已经失效" in staff.get(f"{_month(people.office)}/links").text
    assert len(_acts(app, "reports.end_link")) == 1


def test_a_link_is_ended_once_however_many_press(app, people, link):
    with app.app_context(), transaction() as session:
        known = session.get(ReportLink, 1)
        assert known.ended_at is None
        session.execute(
            text("UPDATE report_links SET ended_at = made_at")
        )  # somebody else, while ours waited
        with pytest.raises(Refused):
            end_link(known, by=people.chen.id, now=NOW)
    assert _acts(app, "reports.end_link") == []


def test_no_log_tells_the_address_of_a_link_whatever_breaks(app, client, people, link, monkeypatch, caplog):
    def broken(*_):
        raise RuntimeError(cast.GRANNY_WU + cast.PHONE)

    monkeypatch.setattr(views, "kept_file", broken)
    monkeypatch.setattr(app, "testing", False)
    assert client.get(f"{link}/pdf").status_code == 500
    assert "fault: RuntimeError in GET reports.file" in caplog.text and "broken" in caplog.text
    assert not [told for told in (link, cast.GRANNY_WU, cast.PHONE) if told in caplog.text]


def test_whoever_guesses_has_to_wait(app, client, people):
    for _ in range(MISSES_PER_ADDRESS):
        assert client.get("/reports/nothing").status_code == 404
    assert client.get("/reports/nothing").status_code == 429


def test_who_fetches_all_the_time_has_to_wait(app, client, people, link, monkeypatch):
    monkeypatch.setattr("stationapp.reports.views.FETCHES", 2)
    assert [client.get(link).status_code for _ in range(3)] == [200, 200, 429]


def test_a_link_is_given_by_who_may_close_or_sign_and_ended_at_its_own_site_alone(app, people, link):
    with app.app_context():
        number = db.session.scalar(select(ReportLink.id))
        viewer = cast.staff("查阅乙", people.one, Role.VIEWER)
    ma, lin = cast.signed_in(app, people.ma), cast.signed_in(app, people.lin)
    assert cast.signed_in(app, viewer).get(f"{_month(people.one)}/links").status_code == 403
    assert ma.get(f"{_month(people.one)}/links").status_code == 404
    assert _post(lin, f"{_month(people.one)}/versions/1/links").status_code == 303
    assert _post(lin, f"{_month(people.one)}/links/{number}/ending").status_code == 404
    assert _post(lin, f"{_month(people.office)}/versions/1/links").status_code == 404


def test_what_leaves_by_a_link_hides_small_counts(app, client, people, link):
    text = client.get(link).text
    assert "<5" in text.replace("&lt;", "<")


def test_the_clock_of_a_link_is_said(client, people, link):
    assert clock.day_of(NOW + LINK_LASTS).strftime("%Y-%m-%d") in client.get(link).text


# --- what came late ---------------------------------------------------------------------------------------------------


def test_hours_answers_and_merges_that_came_late_wait_for_the_next_version(app, people):
    with app.app_context(), transaction():
        held = build.event(people.one)
        kept, gone = build.resident(people.one), build.resident(people.one)
        build.came(held, kept)
        build.came(held, gone)
        who, numbers = build.volunteer(kept, people.one), (held.id, kept.id, gone.id)
    _close(app, people.center)
    client = cast.signed_in(app, people.chen)
    assert "将计入下一版" not in client.get(_month(people.office)).text
    with app.app_context(), transaction():
        build.manual(who, people.one, 60, MONTH.first_day, people.lin.id, people.chen.id)
        merge(numbers[1], numbers[2], by=people.lin.id, now=NOW)
        said = {"score": 5, "how": Via.PAPER, "said_on": clock.day_of(AFTER), "by": people.lin.id}
        db.session.add(Answer(slot_index=b"1", event_id=numbers[0], **said))
    for page in ("", "/late"):
        text = client.get(_month(people.office) + page).text
        assert "将计入下一版" in text and "台账新记 1 条，合计 60 分钟" in text
        assert "新收到评价 1 份" in text and "1 处居民记录后来合并或分开" in text
        assert "现在更正会少算" not in text
    with app.app_context(), transaction():
        reopened = db.session.get_one(Event, numbers[0])
        reopened.state, reopened.closed_out_at = State.PUBLISHED, None
    page = client.get(_month(people.office)).text
    assert "有 1 场重新打开了还没有归档，现在更正会少算它们" in page
    assert f'href="{_month(people.office)}/missing"' in page
