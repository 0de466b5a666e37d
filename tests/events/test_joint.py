"""Joint events: one lead, partners who read along, residents who see both names, figures at the lead alone."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.access import TABLE
from stationapp.accounts.rules import Role
from stationapp.attendance.operations import close_out, count_heads
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.events.models import EventPartner
from stationapp.events.queries import fields_of, find_event
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.reports.queries import figures
from stationapp.rooms.rules import RoomKind
from stationapp.sites.queries import get_site
from tests import cast
from tests.catalogue.test_operations import room
from tests.events.test_desk import BLANK, WHOLE

SHOWN = re.compile(r'<a href="/desk/events/(\w{8})">')


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def lin(app, people):
    return _signed_in(app, people.lin)


@pytest.fixture
def ma(app, people):
    return _signed_in(app, people.ma)


def _signed_in(app, who):
    return cast.signed_in(app, who)


def joint(app, lead, *partners, **changes) -> str:
    with app.app_context():
        return cast.event(lead, partners=frozenset(site.id for site in partners), **changes).code


def notices(app) -> list[tuple[str, str]]:
    with app.app_context():
        rows = db.session.scalars(select(Notice).where(Notice.occasion == Occasion.JOINT).order_by(Notice.id))
        return [(row.subject, row.site_id) for row in rows]


@pytest.mark.both_databases
def test_lin_chooses_partners_and_what_goes_round_and_reads_them_back(app, people, lin):
    with app.app_context():
        bus = room(people.office, "讲师团", kind=RoomKind.SHARED)
        room(people.far_office, "别家的大巴", kind=RoomKind.SHARED)
    page = lin.get("/desk/events/new")
    assert "别家的大巴" not in page.text
    ticked = {"partners": [str(people.two.id), str(people.far.id)], "shared": [str(bus)]}
    answer = lin.submit(page, WHOLE | ticked, to="/desk/events/new")
    shown = lin.get(answer.location).text
    assert "牵头：湖北路示例一社区；一起办：湖北路示例二社区、天津路示例一社区" in shown
    assert "讲师团" in shown
    edit = lin.get(answer.location + "/edit")
    assert edit.text.count("选了 1 个") == 2
    lin.submit(edit, {"title": "剪窗花"}, to="/edit")
    with app.app_context():
        fields = fields_of(find_event(answer.location[-8:]))
        assert (fields.title, fields.partners, fields.shared) == (
            "剪窗花",
            {people.two.id, people.far.id},
            {bus},
        )
    lin.submit(lin.get(answer.location + "/edit"), {"partners": None, "shared": None}, to="/edit")
    with app.app_context():
        fields = fields_of(find_event(answer.location[-8:]))
        assert (fields.partners, fields.shared) == (frozenset(), frozenset())


@pytest.mark.parametrize("wrong", [{"partners": ["4711"]}, {"partners": ["x"]}, {"partners": ["²"]}])
def test_what_is_not_on_the_list_is_refused(lin, wrong):
    answer = lin.submit("/desk/events/new", BLANK | wrong, to="/desk/events/new")
    assert answer.status_code == 422
    assert "请从列表里选。" in answer.text


def test_the_lead_itself_is_not_offered_as_a_partner(people, lin):
    page = lin.get("/desk/events/new").text
    assert f'name="partners" type="checkbox" value="{people.one.id}"' not in page
    assert f'value="{people.two.id}"' in page


def test_what_goes_round_and_is_taken_is_named(app, people, lin):
    with app.app_context():
        bus = room(people.office, "讲师团", kind=RoomKind.SHARED)
        other = cast.event(people.two, title="宣讲", shared=frozenset({bus}))
        mine = cast.event(people.one, shared=frozenset({bus}), starts_at=other.starts_at, publish=False)
        code = mine.code
    shown = lin.get(f"/desk/events/{code}").text
    assert "讲师团" in shown
    assert "宣讲" in shown
    answer = lin.submit(f"/desk/events/{code}", to="/submission")
    assert answer.status_code == 409
    assert "讲师团" in answer.text


@pytest.mark.both_databases
def test_each_partner_hears_once_when_it_is_public(app, people, ma):
    code = joint(app, people.one, people.two, people.far, publish=False)
    assert notices(app) == []
    with app.app_context(), transaction():
        event = find_event(code)
        operations.submit(event, by=None, now=clock.now())
        operations.publish(event, by=None, now=clock.now())
        operations.postpone(event, by=None, now=clock.now(), reason="下雨")
        operations.publish(event, by=None, now=clock.now())
    told = [(f"event {code} {site.code}", site.id) for site in (people.two, people.far)]
    assert notices(app) == told
    page = ma.get("/desk/").text
    assert "有一场活动请本站联合举办" in page
    assert f'<a href="/desk/events/{code}">智能手机课堂</a>' in page


def test_a_partner_added_later_hears_of_it_too(app, people):
    code = joint(app, people.one, people.two)
    with app.app_context(), transaction():
        event = find_event(code)
        wish = fields_of(event)
        operations.change(
            event,
            type(wish)(**vars(wish) | {"partners": frozenset({people.two.id, people.far.id})}),
            by=None,
            now=clock.now(),
        )
    assert [site for _subject, site in notices(app)] == [people.two.id, people.far.id]


@pytest.mark.both_databases
def test_a_partner_lists_and_reads_it_and_is_offered_nothing_to_change(app, people, ma):
    code = joint(app, people.one, people.two, remark="钥匙在门卫")
    own = joint(app, people.two)
    alone = joint(app, people.one, title="与马无关")
    assert set(SHOWN.findall(ma.get("/desk/events/").text)) == {code, own}
    assert set(SHOWN.findall(ma.get(f"/desk/events/?site={people.two.code}").text)) == {code, own}
    assert ma.get("/desk/events/list.csv").text.count("智能手机课堂") == 2
    shown = ma.get(f"/desk/events/{code}").text
    assert "牵头：湖北路示例一社区" in shown
    for hidden in (
        "钥匙在门卫",
        "修改</a>",
        "复制为新活动",
        "报名名单",
        "签到名单",
        "延期",
        "取消活动",
        "经过",
    ):
        assert hidden not in shown
    assert ma.get(f"/desk/events/{alone}").status_code == 404


def test_before_it_is_public_a_partner_sees_nothing(app, people, ma):
    code = joint(app, people.one, people.two, publish=False)
    assert code not in ma.get("/desk/events/").text
    assert ma.get(f"/desk/events/{code}").status_code == 404


def test_a_partners_helper_reads_it_on_its_day_alone(app, people):
    with app.app_context():
        helper = cast.staff("协助乙", people.two, Role.HELPER)
    client = _signed_in(app, helper)
    today = joint(app, people.one, people.two, starts_at=clock.now() + timedelta(minutes=1))
    later = joint(app, people.one, people.two)
    assert client.get(f"/desk/events/{today}").status_code == 200
    assert client.get(f"/desk/events/{later}").status_code == 404


def test_nothing_else_of_it_opens_to_a_partner(app, people, ma):
    """Every address with an event in it, asked by the partner's manager: reading it is all there is."""
    code = joint(app, people.one, people.two)
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    opened, asked = [], 0
    for rule in app.url_map.iter_rules():
        if not re.match(r"/desk/(events|queue)/<code>", rule.rule) or rule.arguments != {"code"}:
            continue
        for method in TABLE[rule.endpoint]:
            asked += 1
            status = ma.open(rule.rule.replace("<code>", code), method=method).status_code
            if status not in (403, 404):
                opened.append((rule.endpoint, method, status))
    assert opened == [("desk.events.show", "GET", 200)]
    assert asked > 20
    assert ma.get(f"/desk/events/new?copy={code}").status_code == 404


@pytest.mark.both_databases
def test_residents_read_both_names_and_find_it_at_the_partners_place(app, people, client):
    code = joint(app, people.one, people.far)
    alone = joint(app, people.one, title="单独办的")
    shown = client.get(f"/events/{code}").text
    assert "湖北路示例一社区牵头，和天津路示例一社区一起办" in shown
    assert "联合举办" not in client.get(f"/events/{alone}").text
    for where in (
        f"/sites/{people.far.code}",
        f"/sites/{people.far_office.code}",
        f"/?site={people.far.code}",
    ):
        page = client.get(where).text
        assert page.count(code) == 1, where
        assert alone not in page
    for where in (
        f"/sites/{people.one.code}",
        f"/sites/{people.center.code}",
        "/",
        f"/?site={people.office.code}",
    ):
        page = client.get(where).text
        assert page.count(code) == 1, where


@pytest.mark.both_databases
def test_what_is_near_and_what_is_shared_stand_in_one_order_of_time(app, people, client):
    at = clock.instant(clock.day_of(clock.now()) + timedelta(days=3), 9)
    for number in range(12):
        joint(
            app, people.one, people.far, title=f"共{number:02d}", starts_at=at + timedelta(hours=2 * number)
        )
        joint(app, people.far, title=f"自{number:02d}", starts_at=at + timedelta(hours=2 * number + 1))
    order = [f"{kind}{number:02d}" for number in range(12) for kind in "共自"]
    assert re.findall(r"[共自]\d\d", _titles(client, f"/?site={people.far.code}")) == order[:20]
    assert re.findall(r"[共自]\d\d", _titles(client, f"/?site={people.far.code}&page=2")) == order[20:]


def _titles(client, where: str) -> str:
    return "".join(re.findall(r"<h3>(.*?)</h3>", client.get(where).text))


@pytest.mark.both_databases
def test_it_counts_at_the_lead_alone(app, people):
    with app.app_context():
        before = figures(people.two, _month(now := _yesterday()))["figures"]
        code = joint(app, people.one, people.two, starts_at=now)
        with transaction():
            event = find_event(code)
            count_heads(event, {AgeBand.B60: 7}, by=None, now=now)
            close_out(event, by=None, now=clock.now(), note="")
        assert figures(get_site(people.two.code), _month(now))["figures"] == before
        assert figures(get_site(people.one.code), _month(now))["figures"]["I-01"]["value"] == 1
        assert db.session.scalar(select(EventPartner.site_id)) == people.two.id


def _yesterday():
    return clock.instant(clock.day_of(clock.now()) - timedelta(days=1), 9)


def _month(at) -> Month:
    return Month.of(clock.day_of(at))
