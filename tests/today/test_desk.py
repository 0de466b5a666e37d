"""The desk's first page: what is on, what waits for me, what is not closed out."""

from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import event as listening
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events import operations
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.web.filters import moment
from tests import cast

NOW = clock.instant(clock.day_of(clock.now()) + timedelta(days=1), 10)


@pytest.fixture
def people(app):
    with time_machine.travel(NOW, tick=False):
        yield cast.district(app)


def test_what_is_on_today_stands_with_its_places_and_its_roster(app, client, people):
    with app.app_context():
        mine = cast.event(people.one, title="今天的课", starts_at=NOW + timedelta(hours=1), capacity=2)
        cast.event(people.one, title="明天的课", starts_at=NOW + timedelta(days=1))
        cast.event(people.two, title="别处的课", starts_at=NOW + timedelta(hours=1))
        with time_machine.travel(NOW - timedelta(hours=1), tick=False):
            cast.sign_up(mine, cast.granny_wu(people.one), cast.xiao_li(people.one))
            cast.sign_up(mine, cast.person("孙大伟", "19900002222"))
    cast.sign_in(client, people.lin)
    text = client.get("/desk/").text
    for said in ("今天的课", "2/2", "候补 1", f"/desk/events/{mine.code}/roster", "湖北路示例一社区"):
        assert said in text
    for other in ("明天的课", "别处的课"):
        assert other not in text


def test_a_joint_event_is_on_todays_list_of_its_partner_to_be_read(app, client, people):
    with app.app_context():
        partners = frozenset({people.two.id})
        code = cast.event(
            people.one, title="一起办的课", starts_at=NOW + timedelta(hours=1), partners=partners
        ).code
    shown = {}
    for who in (people.ma, people.lin):
        cast.sign_in(client, who)
        text = client.get("/desk/").text
        shown[who.name] = ("一起办的课" in text, ">联合<" in text, f"/desk/events/{code}/roster" in text)
    assert shown == {people.ma.name: (True, True, False), people.lin.name: (True, False, True)}
    cast.sign_in(client, people.ma)
    assert client.get(f"/desk/events/{code}").status_code == 200


def test_a_submitted_event_waits_for_the_office_and_a_returned_one_for_the_station(app, client, people):
    with app.app_context():
        submitted = cast.event(people.one, title="等审核的课", publish=False)
        returned = cast.event(people.two, title="退回来的课", publish=False)
        with transaction():
            for one in (submitted, returned):
                operations.submit(one, by=people.lin.id, now=NOW)
            operations.send_back(returned, by=people.chen.id, now=NOW, reason="请写清地点")
    seen = {}
    for who in ("lin", "ma", "chen"):
        cast.sign_in(client, getattr(people, who))
        text = client.get("/desk/").text
        seen[who] = ("等审核的课" in text, "退回来的课" in text)
    assert seen == {"lin": (False, False), "ma": (False, True), "chen": (True, True)}


def test_an_ended_event_asks_to_be_closed_out(app, client, people):
    with app.app_context():
        ended = cast.event(people.one, title="上周的课", starts_at=NOW - timedelta(days=7))
    for who, shown in ((people.lin, True), (people.chen, True), (people.ma, False)):
        cast.sign_in(client, who)
        assert (f"/desk/events/{ended.code}/closeout" in client.get("/desk/").text) is shown


def test_a_notice_is_ticked_off_by_whom_it_concerns(app, client, people):
    with app.app_context(), transaction():
        tell_desk(Occasion.PROMOTED, "party 51", site_id=people.one.id, now=NOW)
    cast.sign_in(client, people.ma)
    assert "候补的人有了名额" not in client.get("/desk/").text
    cast.sign_in(client, people.lin)
    assert client.submit("/desk/", to="completion").status_code == 303
    assert "候补的人有了名额" not in client.get("/desk/").text
    with app.app_context():
        assert db.session.scalars(select(Notice.done_by)).one() == people.lin.id


def test_an_empty_page_says_what_comes_next(client, people):
    cast.sign_in(client, people.lin)
    text = client.get("/desk/").text
    assert [said in text for said in ("写一场活动", "没有等您办的事", "都归档了")] == [True] * 3


def test_the_menu_offers_what_ones_roles_open(app, client, people):
    with app.app_context():
        helper = cast.staff("协助甲", people.one, Role.HELPER)
    offered = {}
    for who in (people.lin, people.zhao, people.root, helper):
        cast.sign_in(client, who)
        text = client.get("/desk/").text
        offered[who.name] = [said in text for said in (">活动<", ">报表<", ">设置<", ">审计<", ">我的账号<")]
    assert offered == {
        "林晓燕": [True, True, False, False, True],
        "赵国庆": [False, True, False, False, True],
        "管理甲": [False, True, True, False, True],
        "协助甲": [True, False, False, False, True],
    }


def test_three_events_take_as_many_queries_as_one(app, client, people):
    cast.sign_in(client, people.chen)

    def queries() -> int:
        seen = []
        with app.app_context():
            engine = db.engine
        listening.listen(engine, "before_cursor_execute", count := lambda *given: seen.append(given[2]))
        client.get("/desk/")
        listening.remove(engine, "before_cursor_execute", count)
        return len(seen)

    def more(number: int) -> None:
        with app.app_context():
            for n in range(number):
                cast.event(people.one, starts_at=NOW + timedelta(hours=n + 1))
                cast.event(people.two, starts_at=NOW - timedelta(days=n + 1))
                with transaction():
                    tell_desk(Occasion.PROMOTED, f"party {number}{n}", site_id=people.one.id, now=NOW)

    more(1)
    one = queries()
    more(3)
    assert (queries(), one <= 27) == (one, True)  # most of them find what asks for a second look


def test_each_notice_says_what_it_is_about_and_leads_there(app, client, people):
    with app.app_context():
        event = cast.event(people.one, title="有人候补的课")
        answer = cast.sign_up(event, cast.granny_wu(people.one))
        with transaction():
            tell_desk(Occasion.PROMOTED, f"party {answer.party_id}", site_id=people.one.id, now=NOW)
            tell_desk(Occasion.MOVED, f"event {event.code}", site_id=people.one.id, now=NOW)
            tell_desk(
                Occasion.MONTH_PREPARED, f"month {people.one.code} 2026-10", site_id=people.one.id, now=NOW
            )
    cast.sign_in(client, people.lin)
    text = client.get("/desk/").text
    for place in (
        f"/desk/events/{event.code}/signups#party-{answer.party_id}",
        f'/desk/events/{event.code}"',
        f"/desk/reports/{people.one.code}/2026-10",
    ):
        assert f'href="{place.rstrip(chr(34))}"' in text
    assert f'id="party-{answer.party_id}"' in client.get(f"/desk/events/{event.code}/signups").text


@pytest.mark.both_databases
def test_notices_of_one_event_and_occasion_are_one_card_that_is_ticked_off_once(app, client, people):
    with app.app_context():
        full, other = (cast.event(people.one, title=title, capacity=9) for title in ("家常水席", "剪纸"))
        parties = [
            cast.sign_up(event, cast.person("孙大伟", f"1990000222{n}"), key=str(n)).party_id
            for n, event in enumerate((full, full, full, other))
        ]
        with transaction():
            for party in parties:
                tell_desk(Occasion.PROMOTED, f"party {party}", site_id=people.one.id, now=NOW)
            for step in (0, 1):
                tell_desk(
                    Occasion.CLOSE_OUT_DUE, f"event {full.code}", site_id=people.one.id, now=NOW, step=step
                )
        ids = {notice.subject: notice.id for notice in db.session.scalars(select(Notice))}
    cast.sign_in(client, people.lin)
    page = client.get("/desk/")
    assert [page.text.count(said) for said in ("候补的人有了名额", "活动结束了还没有归档", ">3 家<")] == [
        2,
        1,
        1,
    ]
    assert moment(NOW) in page.text and f"{NOW:%Y-%m-%d}" not in page.text.split("等我办的")[1]
    for party in parties:
        assert f"/signups#party-{party}" in page.text
        assert f"/desk/calls/{ids[f'party {party}']}" in page.text
    with app.app_context():  # one more, after the page was read
        late = cast.sign_up(full, cast.person("孙大伟", "19900002229"), key="late").party_id
        with transaction():
            tell_desk(Occasion.PROMOTED, f"party {late}", site_id=people.one.id, now=NOW)
    client.submit(page, to=f"{ids[f'party {parties[0]}']}/completion")
    left = client.get("/desk/").text
    assert [f"#party-{party}" in left for party in (*parties, late)] == [False] * 3 + [True] * 2
    with app.app_context():
        acts = select(AuditLine.subject).where(AuditLine.act == "notices.done")
        subject = "notice " + ",".join(str(ids[f"party {party}"]) for party in parties[:3])
        assert list(db.session.scalars(acts)) == [subject]


def test_nothing_of_another_desk_is_ticked_off_with_ones_own(app, client, people):
    with app.app_context():
        with transaction():
            tell_desk(Occasion.PROMOTED, "party 51", site_id=people.one.id, now=NOW)
            tell_desk(Occasion.PROMOTED, "party 52", site_id=people.two.id, now=NOW)
        own, foreign = db.session.scalars(select(Notice.id).order_by(Notice.id))
    cast.sign_in(client, people.lin)
    for more in (str(foreign), "x", f"{own},{foreign}", "9" * 30):
        assert client.submit("/desk/", {"with": more}, to="completion").status_code == 404
    with app.app_context():
        assert list(db.session.scalars(select(Notice.done_at))) == [None, None]
