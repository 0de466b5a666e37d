"""The page of flags: what it lists, to whom, and what saying "in order" does."""

from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import func, select, update

from stationapp.accounts.rules import Role
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.devices.models import Device
from stationapp.events.queries import find_event
from stationapp.residents.queries import get_resident
from stationapp.scrutiny.models import Dismissal
from stationapp.scrutiny.rules import Flag
from stationapp.volunteers.models import HoursEntry
from tests import cast
from tests.devices.helping import enrol, scan, send
from tests.scrutiny.acts import World, at, close, event, helped, serve, then, ticked
from tests.volunteers.acts import reopen

PAGE = "/desk/flags/?month=2026-11"


@pytest.fixture
def world(app):
    return World(app, cast.district(app))


@pytest.fixture
def suspicious(app, world):
    """Three volunteers typed in by Lin in the evening, and a split day at the far station."""
    with app.app_context():
        made = event(world.people.one, at(9), at(11), title="义务剪发")
        who = [world.volunteer() for _ in range(3)]
        for one in who:
            serve(made, one, at(9), at(11), by=world.people.lin.id, now=at(20))
        close(made, now=at(20, 30))
        names, code = [get_resident(one.resident_id).name for one in who], made.code
        far, manager = world.volunteer(world.people.far), cast.staff("站长甲", world.people.far, Role.MANAGER)
        chief = cast.staff("所长甲", world.people.far_office, Role.REVIEWER)
        for minutes in (240, 240):
            manual = world.manual(far, minutes, by=manager, where=world.people.far)
            world.approve(manual, by=chief, seen_from=world.people.far_office)
    with then(at(10) + timedelta(days=10)):
        yield code, names, chief


def center_reviewer(world, app):
    with app.app_context():
        return cast.staff("中心审核", world.people.center, Role.REVIEWER)


def test_a_reviewer_reads_the_flags_beneath_with_names_hidden(app, world, suspicious):
    made, names, _chief = suspicious
    page = world.browser(world.people.chen).get(PAGE)
    assert "两头都由一个人事后补记" in page.text and f"/desk/events/{made}" in page.text
    assert "3 位志愿者的签到和签退都是林晓燕过后一个人记的" in page.text
    assert "分开补录" not in page.text.split("<tbody>")[1]  # of another office
    assert not any(name in page.text for name in names)


def test_the_center_reads_all_of_them_and_may_narrow_by_site_and_kind(app, world, suspicious):
    reader = world.browser(center_reviewer(world, app))
    assert "还没看的 2 条" in reader.get(PAGE).text
    assert "还没看的 1 条" in reader.get(f"{PAGE}&site={world.people.far.code}").text
    assert "还没看的 1 条" in reader.get(f"{PAGE}&flag=one_hand").text
    empty = reader.get(f"{PAGE}&flag=long_day")
    assert "放宽筛选条件" in empty.text
    assert "还没看的 0 条" in reader.get("/desk/flags/?month=2026-10").text
    for page in ("", "list.csv"):
        for text in ("nonsense", "2026-13", "\0"):
            assert reader.get(f"/desk/flags/{page}", query_string={"month": text}).status_code == 404


@pytest.mark.both_databases
def test_a_flag_found_in_order_stands_with_its_reason_and_can_be_looked_at_again(app, world, suspicious):
    chen = world.browser(world.people.chen)
    refused = chen.submit(PAGE, {"reason": " "}, to="/desk/flags/dismissals")
    assert refused.status_code == 409 and "请写一句" in refused.text
    done = chen.submit(PAGE, {"reason": "对过纸质签到表"}, to="/desk/flags/dismissals")
    assert done.status_code == 303 and "month=2026-11" in done.location
    assert "还没看的 0 条" in chen.get(PAGE).text
    aside = chen.get(f"{PAGE}&show=dismissed")
    assert "对过纸质签到表" in aside.text and "陈立新" in aside.text
    assert chen.submit(aside, to="/desk/flags/returns").status_code == 303
    assert "还没看的 1 条" in chen.get(PAGE).text
    with app.app_context():
        acts = db.session.scalars(select(AuditLine.act).order_by(AuditLine.number.desc()).limit(2)).all()
        assert acts == ["scrutiny.look_again", "scrutiny.dismiss"]
        assert [(one.lifted, one.reason) for one in db.session.scalars(select(Dismissal).order_by(Dismissal.id))] == [
            (False, "对过纸质签到表"), (True, "")]  # fmt: skip


def test_new_facts_raise_a_dismissed_flag_again(app, world, suspicious):
    made, _names, _chief = suspicious
    chen = world.browser(world.people.chen)
    chen.submit(PAGE, {"reason": "对过"}, to="/desk/flags/dismissals")
    with app.app_context():
        again = find_event(made)
        reopen(again, now=at(10) + timedelta(days=1))
        serve(again, world.volunteer(), at(9), at(11), by=world.people.lin.id, now=at(11) + timedelta(days=1))
        close(again, now=at(12) + timedelta(days=1))
    assert "4 位志愿者" in chen.get(PAGE).text


def test_dismissing_changes_no_hours(app, world, suspicious):
    with app.app_context():
        before = db.session.execute(select(func.count(), func.sum(HoursEntry.minutes))).one()
    world.browser(world.people.chen).submit(PAGE, {"reason": "对过"}, to="/desk/flags/dismissals")
    with app.app_context():
        assert db.session.execute(select(func.count(), func.sum(HoursEntry.minutes))).one() == before


def test_whoever_has_a_part_in_it_cannot_put_it_aside(app, world, suspicious):
    _made, _names, chief = suspicious
    theirs = world.browser(chief)
    page = theirs.get(PAGE)
    assert "您经手过" in page.text and "/desk/flags/dismissals" not in page.text
    # the same through the form of somebody who may
    other = world.browser(center_reviewer(world, app)).get(f"{PAGE}&flag=split_shifts")
    fields = {
        name: other.text.split(f'name="{name}" value="')[1].split('"')[0]
        for name in ("flag", "subject", "facts")
    }
    token = page_token(theirs)
    answer = theirs.post(
        "/desk/flags/dismissals?month=2026-11", data=fields | {"reason": "没事", "csrf_token": token}
    )
    assert answer.status_code == 409 and "经手过的人不能自己核对" in answer.text
    gone = theirs.post(
        "/desk/flags/dismissals?month=2026-11",
        data={"flag": "one_hand", "subject": "event X", "facts": "0", "reason": "x", "csrf_token": token},
    )
    assert gone.status_code == 409 and "已经不在了" in gone.text


def page_token(client) -> str:
    text = client.get("/desk/spot-checks/?month=2026-10").text
    return text.split('name="csrf_token" value="')[1].split('"')[0]


def test_an_auditor_reads_and_says_nothing(app, world, suspicious):
    with app.app_context():
        auditor = cast.staff("审计甲", world.people.center, Role.AUDITOR)
    reader = world.browser(auditor)
    page = reader.get(PAGE)
    assert "还没看的 2 条" in page.text and "由审核员核对" in page.text
    assert "/desk/flags/dismissals" not in page.text and "/desk/events/" not in page.text
    assert world.browser(world.people.lin).get(PAGE).status_code == 403


def test_the_file_says_the_same_masked(app, world, suspicious):
    _made, names, _chief = suspicious
    text = (
        world.browser(world.people.chen)
        .get("/desk/flags/list.csv?month=2026-11")
        .get_data()
        .decode("utf-8-sig")
    )
    assert "两头都由一个人事后补记" in text and "义务剪发" in text
    assert not any(name in text for name in names)


def test_a_second_page_keeps_the_filters(app, world):
    with app.app_context():
        for n in range(31):
            made = event(world.people.one, at(9), at(11), title=f"第{n}场")
            serve(made, world.volunteer(), at(9), at(11), now=at(9) + timedelta(days=6))
    with then(at(9) + timedelta(days=10)):
        chen = world.browser(world.people.chen)
        page = chen.get(f"{PAGE}&flag=late_scans")
        assert "还没看的 31 条" in page.text and "flag=late_scans&amp;page=2" in page.text
        assert chen.get(f"{PAGE}&flag=late_scans&page=2").text.count("<tr id=") == 1


@pytest.mark.both_databases
def test_the_questions_do_not_grow_with_the_rows(app, world):
    asked = []

    def note(_connection, _cursor, statement, *_rest):
        asked.append(statement)

    with app.app_context():
        counts = []
        for more in (1, 6):
            for _ in range(more):
                helped(world, [world.volunteer() for _ in range(2)])
                late = event(world.people.two, at(9), at(11))
                serve(late, world.volunteer(), at(9), at(11), now=at(9) + timedelta(days=6))
            db.session.rollback()
            listening.listen(db.engine, "before_cursor_execute", note)
            assert len(world.flags()) >= more
            listening.remove(db.engine, "before_cursor_execute", note)
            counts.append(len(asked))
            asked.clear()
        assert counts[0] == counts[1] <= 20


def test_of_an_event_elsewhere_an_office_reads_nothing_but_the_time(app, world):
    with app.app_context():
        who, people = world.volunteer(), world.people
        here = event(people.one, at(9), at(11), title="湖北路的剪发")
        there = event(people.far, at(9), at(11), title="天津路的义诊")
        for made in (here, there):
            serve(made, who, at(9), at(11), by=people.lin.id, now=at(11))
    with then(at(10) + timedelta(days=10)):
        page = world.browser(world.people.chen).get(f"{PAGE}&flag=two_places").text
        assert "湖北路的剪发" in page and "天津路" not in page and "不在您能看的阵地" in page
        both = world.browser(center_reviewer(world, app)).get(f"{PAGE}&flag=two_places").text
        assert "天津路的义诊" in both and "天津路示例一社区" in both


@pytest.fixture
def far_apart(app, world):
    """One volunteer at two stations of two offices at the same time; a reviewer at the far office."""
    people = world.people
    with app.app_context():
        who, manager = world.volunteer(), cast.staff("站长甲", people.far, Role.MANAGER)
        here, there = event(people.one, at(9), at(11)), event(people.far, at(9), at(11))
        serve(here, who, at(9), at(11), by=people.lin.id, now=at(11))
        serve(there, who, at(9), at(11), by=manager.id, now=at(11))
        far = cast.staff("所长甲", people.far_office, Role.REVIEWER)
    with then(at(10) + timedelta(days=10)):
        yield world.browser(people.chen), world.browser(far), world.browser(center_reviewer(world, app))


def waiting(browser) -> int:
    """How many flags about two places the page lists as not looked at."""
    text = browser.get(f"{PAGE}&flag=two_places").text
    return int(text.split("还没看的 ")[1].split(" 条")[0])


@pytest.mark.both_databases
def test_who_sees_one_half_speaks_for_that_half_alone(far_apart):
    near, far, center = far_apart
    done = far.submit(f"{PAGE}&flag=two_places", {"reason": "没事"}, to="/desk/flags/dismissals")
    assert done.status_code == 303
    assert [waiting(one) for one in far_apart] == [1, 0, 1]
    center.submit(f"{PAGE}&flag=two_places", {"reason": "问过本人"}, to="/desk/flags/dismissals")
    assert [waiting(one) for one in far_apart] == [0, 0, 0]
    assert "问过本人" in near.get(f"{PAGE}&flag=two_places&show=dismissed").text
    aside = f"{PAGE}&flag=two_places&show=dismissed"
    assert far.submit(aside, to="/desk/flags/returns").status_code == 303
    assert [waiting(one) for one in far_apart] == [0, 1, 0]


def ticked_by_chen(world, kind: Flag):
    """What raises the flag, taken down by Chen, who reviews at the office."""
    people, chen = world.people, world.people.chen.id
    if kind is Flag.TWO_PLACES:
        who = world.volunteer()
        for where in (people.one, people.two):
            serve(event(where, at(9), at(11)), who, at(9), at(11), by=chen, now=at(11))
    elif kind is Flag.LONG_DAY:
        serve(event(people.one, at(7), at(21)), world.volunteer(), at(7), at(20), by=chen, now=at(20))
    elif kind is Flag.ALL_AT_CAP:
        made = event(people.one, at(9), at(18))
        for who in [world.volunteer() for _ in range(3)]:
            ticked(made, who, at(9), at(18), by=chen)
        close(made, now=at(18, 30), by=people.lin.id)
    elif kind is Flag.ONE_DEVICE:
        made = event(people.one, at(9), at(11))
        for person in [world.person() for _ in range(4)]:
            cast.sign_up(made, person, now=at(8))
            known = cast.resident(person)
            with transaction():
                attendance.check_in(
                    made, known, how=How.VENUE, part=Part.RESIDENT, by=None, now=at(9), asker=b"x"
                )
                attendance.check_out(made, known, how=How.ROSTER, by=chen, at=at(11), now=at(11))


@pytest.mark.parametrize("kind", [Flag.TWO_PLACES, Flag.LONG_DAY, Flag.ALL_AT_CAP, Flag.ONE_DEVICE])
def test_who_took_somebody_down_does_not_put_the_flag_aside(app, world, kind):
    with app.app_context():
        ticked_by_chen(world, kind)
        other = cast.staff("审核乙", world.people.office, Role.REVIEWER)
    with then(at(10) + timedelta(days=10)):
        at_page = f"{PAGE}&flag={kind.value}"
        page = world.browser(world.people.chen).get(at_page).text
        assert "还没看的 1 条" in page and "您经手过" in page and "/desk/flags/dismissals" not in page
        assert "/desk/flags/dismissals" in world.browser(other).get(at_page).text


def test_who_enrolled_the_device_does_not_put_its_clock_aside(app, world):
    with app.app_context():
        made, person = event(world.people.one, at(9), at(11)), world.person()
        code = cast.sign_up(made, person, now=at(8)).codes[0]
        with then(at(8, 30)):
            door = enrol(app, world.people.one)
            with transaction():
                mine = update(Device).where(Device.id == door.id).values(made_by=world.people.chen.id)
                db.session.execute(mine)
            send(door, [scan(made.code, 1, code=code, at=at(10, 30))])
        (raised,) = world.flags()
        assert raised.flag is Flag.CLOCK_FORWARD and raised.concerned == {world.people.chen.id}


def test_today_says_how_many_nobody_has_looked_at(app, world, suspicious):
    chen = world.browser(world.people.chen)
    assert "有 1 条要再看一眼" in chen.get("/desk/").text
    chen.submit(PAGE, {"reason": "对过"}, to="/desk/flags/dismissals")
    assert "要再看一眼的" in chen.get("/desk/").text
    assert "要再看一眼" not in world.browser(world.people.lin).get("/desk/").text
