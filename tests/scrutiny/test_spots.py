"""The monthly spot check: drawn by lot that anybody can draw again, called by whoever had no part in it."""

import hashlib
from datetime import date, timedelta

import pytest
from sqlalchemy import select, update

from stationapp.accounts.rules import Role
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How
from stationapp.audit.models import AuditLine
from stationapp.calendar.rules import Month
from stationapp.cards import operations as cards
from stationapp.cards.queries import code_of
from stationapp.db import db, transaction
from stationapp.devices.models import Device
from stationapp.refusal import Refused
from stationapp.residents.queries import get_resident
from stationapp.scrutiny import hands, spots
from stationapp.scrutiny.checks import CHECKS
from stationapp.scrutiny.models import SpotCheck, SpotDraw
from stationapp.scrutiny.rules import Outcome, ScrutinyRefusal, to_draw
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.checks import CHECKS as LEDGER
from stationapp.volunteers.models import HoursEntry, Volunteer
from stationapp.volunteers.operations import correct_line
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.devices.helping import enrol, results, scan, send
from tests.scrutiny.acts import World, at, close, event, serve, then, ticked
from tests.volunteers.acts import reopen

NOVEMBER = Month(2026, 11)
PAGE = "/desk/spot-checks/?month=2026-11"
LATER = at(9, day=date(2026, 12, 2))


@pytest.fixture
def world(app):
    return World(app, cast.district(app))


def by_hand(world, many: int, *, where=None, seen_from=None, by=None, approver=None) -> list[int]:
    """That many manual lines of the day."""
    lines = []
    for _ in range(many):
        manual = world.manual(world.volunteer(where), 60, where=where, by=by)
        lines.append(world.approve(manual, by=approver, seen_from=seen_from).id)
    return lines


def drawn(site: Site) -> list[int]:
    query = select(SpotCheck.entry_id).join(SpotDraw, SpotDraw.id == SpotCheck.draw_id)
    return sorted(db.session.scalars(query.where(SpotDraw.site_id == site.id)))


def audit() -> dict[str, list[str]]:
    db.session.rollback()
    db.session.expire_all()
    return {check.name: rows for check in (*CHECKS, *LEDGER) if (rows := check.find())}


@pytest.mark.parametrize(
    ("lines", "calls"),
    [(0, 0), (1, 1), (4, 4), (5, 5), (6, 5), (100, 5), (101, 6), (120, 6), (121, 7), (1000, 50)],
)
def test_one_in_twenty_is_drawn_and_five_while_there_are_as_many(lines, calls):
    assert to_draw(lines) == calls


def test_each_office_draws_its_own_and_the_center_the_rest(app, world):
    people = world.people
    with app.app_context():
        chief = cast.staff("中心审核", people.center, Role.REVIEWER)
        near = by_hand(world, 3) + by_hand(world, 4, where=people.two, by=people.ma)
        far_manager = cast.staff("站长甲", people.far, Role.MANAGER)
        far = by_hand(world, 2, where=people.far, by=far_manager, approver=chief, seen_from=people.far_office)
        office = by_hand(world, 1, where=people.office, approver=chief, seen_from=people.center)
        with transaction():
            assert spots.draw_month(now=LATER) == 3
        assert len(drawn(people.office)) == 5 and set(drawn(people.office)) <= set(near + office)
        assert drawn(people.far_office) == far
        assert drawn(people.center) == []
        with transaction():
            assert spots.draw_month(now=LATER + timedelta(days=9)) == 0
        assert audit() == {}


def test_anybody_can_draw_the_same_again_from_seed_and_numbers(app, world):
    with app.app_context():
        numbers = by_hand(world, 9)
        with transaction():
            made = spots.draw(world.people.office, NOVEMBER, by=None, now=LATER)
        lots = sorted(numbers, key=lambda n: hashlib.sha256(f"{made.seed}:{n}".encode()).hexdigest())
        assert drawn(world.people.office) == sorted(lots[:5])
        assert made.manual == 9 and made.one_hand == 0
    with then(LATER):
        assert made.seed in world.browser(world.people.chen).get(PAGE).text.replace("<wbr>", "")
        text = (
            world.browser(world.people.chen)
            .get("/desk/spot-checks/lots.csv?month=2026-11")
            .get_data()
            .decode()
        )
    listed = [row.split(",") for row in text.splitlines()[1:]]
    assert [int(row[2]) for row in listed] == lots
    assert [row[4] for row in listed] == ["抽中"] * 5 + [""] * 4


def test_lines_that_rest_on_one_hand_are_drawn_by_the_same_rule(app, world):
    with app.app_context():
        made = event(world.people.one, at(9), at(11))
        typed, ticked, seen = world.volunteer(), world.volunteer(), world.volunteer()
        lin, chen = world.people.lin.id, world.people.chen.id
        serve(made, typed, at(9), at(11), by=lin, now=at(20))
        for who, hand in ((ticked, lin), (seen, chen)):
            serve(made, who, at(9), by=lin, now=at(9))
            with transaction():
                attendance.check_out(
                    made, get_resident(who.resident_id), how=How.ROSTER, by=hand, at=at(11), now=at(11)
                )
        close(made, now=at(21))
        with transaction():
            draw = spots.draw(world.people.office, NOVEMBER, by=None, now=LATER)
        assert (draw.manual, draw.one_hand) == (0, 2)
        lines = [db.session.get_one(HoursEntry, number) for number in drawn(world.people.office)]
        assert {line.volunteer_id for line in lines} == {typed.id, ticked.id}
        assert audit() == {}


def enrolled_by(app, station: Site, who):
    """A tablet of the station that this member of staff enrolled."""
    door = enrol(app, station)
    with transaction():
        db.session.execute(update(Device).where(Device.id == door.id).values(made_by=who.id))
    return door


def shift_and_card(made, who: Volunteer) -> str:
    """The code of a volunteer's card; they have a shift of the event."""
    with transaction():
        shift = volunteers.add_shift(
            made, title="引导", needed=5, risk=Risk.ORDINARY, risk_note="久站", by=None, now=at(7)
        )
        volunteers.assign(shift, who, by=None, now=at(7))
        card = cards.make([who.resident_id], site_id=who.site_id, by=None, now=at(7))[who.resident_id]
    return code_of(card)


@pytest.mark.both_databases
def test_lines_only_one_member_of_staff_stands_behind_are_drawn_and_those_of_two_are_not(app, world):
    """A person's own phone and a device are nobody's word; who enrolled the device still does not call."""
    people = world.people
    with app.app_context():
        made = event(people.one, at(9), at(11))
        lin, ma = people.lin.id, people.ma.id
        phone, device, both, tablet = (world.volunteer() for _ in range(4))
        with then(at(9)):
            door = enrolled_by(app, people.one, people.chen)
        codes = {who.id: shift_and_card(made, who) for who in (device, tablet)}
        ticked(made, phone, at(9), at(11), by=lin, how=How.VENUE)
        serve(made, both, at(9), by=ma, now=at(9))
        with then(at(9)):
            came = [scan(made.code, n, code=code) for n, code in enumerate(codes.values(), 1)]
            assert results(send(door, came)) == [("accepted", None)] * 2
        for who in (both, device):
            with transaction():
                person = get_resident(who.resident_id)
                attendance.check_out(made, person, how=How.ROSTER, by=lin, at=at(11), now=at(11))
        with then(at(11)):
            left = [scan(made.code, 3, code=codes[tablet.id], kind="out")]
            assert results(send(door, left)) == [("accepted", None)]
        close(made, now=at(11, 20), by=lin)
        with transaction():
            spots.draw(people.office, NOVEMBER, by=None, now=LATER)
        of = {db.session.get_one(HoursEntry, line).volunteer_id: line for line in drawn(people.office)}
        assert set(of) == {phone.id, device.id, tablet.id}
        parts = hands.of_lines(list(of.values()))
        assert parts[of[phone.id]] == {lin}
        assert parts[of[device.id]] == {lin, people.chen.id} and parts[of[tablet.id]] == {people.chen.id}
        check = db.session.scalars(select(SpotCheck).where(SpotCheck.entry_id == of[tablet.id])).one()
        with pytest.raises(Refused) as said, transaction():
            spots.note(check, Outcome.CONFIRMED, by=people.chen.id, now=LATER)
        assert said.value.reason is ScrutinyRefusal.OWN_LINES


@pytest.mark.both_databases
def test_a_correction_after_the_call_accuses_nobody(app, world):
    """The draw stays as it was, and who puts the time right afterwards had no part in the old line."""
    lin, chen = world.people.lin.id, world.people.chen.id
    with app.app_context():
        made, who = event(world.people.one, at(9), at(12)), world.volunteer()
        ticked(made, who, at(9), at(11), by=lin)
        close(made, now=at(12, 30), by=lin)
        with transaction():
            spots.draw(world.people.office, NOVEMBER, by=None, now=LATER)
        check = db.session.scalars(select(SpotCheck)).one()
        with transaction():
            spots.note(check, Outcome.DENIED, text="走得晚", by=chen, now=LATER)
        reopen(made, now=LATER + timedelta(hours=1), by=chen)
        with transaction():
            attendance.check_out(
                made, get_resident(who.resident_id), how=How.ROSTER, by=chen, at=at(11, 30),
                now=LATER + timedelta(hours=1),
            )  # fmt: skip
        close(made, now=LATER + timedelta(hours=2), by=chen)
        assert audit() == {}


def move(station: Site, office: Site) -> None:
    """The station stands beneath another office from now on."""
    path = f"{office.path}{station.id}/"
    with transaction():
        db.session.execute(update(Site).where(Site.id == station.id).values(parent_id=office.id, path=path))


def test_a_station_that_moves_leaves_the_draws_as_they_were(app, world):
    people = world.people
    with app.app_context():
        numbers = by_hand(world, 6)
        with transaction():
            assert spots.draw_month(now=LATER) == 3
        before = drawn(people.office)
        new = cast.site("410305077", Level.OFFICE, "新街道", people.center)
        move(people.one, new)
        with transaction():
            assert (
                spots.draw_month(now=LATER + timedelta(days=3)) == 1
            )  # the new office: nothing is left for it
        assert drawn(people.office) == before and drawn(new) == []
        move(people.one, people.far_office)
        db.session.expire_all()
        assert {check.name: rows for check in CHECKS if (rows := check.find())} == {}
    with then(LATER + timedelta(days=4)):
        text = world.browser(people.chen).get("/desk/spot-checks/lots.csv?month=2026-11").get_data().decode()
    assert sorted(int(row.split(",")[2]) for row in text.splitlines()[1:]) == numbers


def test_the_center_draws_for_an_office_that_closed_within_the_month(app, world):
    people = world.people
    with app.app_context():
        numbers = by_hand(world, 2)
        with transaction():
            db.session.execute(
                update(Site).where(Site.id == people.office.id).values(valid_to=date(2026, 11, 20))
            )
        with transaction():
            assert spots.draw_month(now=LATER) == 2
        assert drawn(people.center) == numbers
        assert audit() == {}
    with then(LATER):
        assert "现在抽 2026-11" not in world.browser(people.chen).get(PAGE).text


def test_what_was_in_no_draw_stands_in_the_next_and_not_for_ever(app, world):
    """A line begun before midnight and committed after the draw."""
    with app.app_context():
        early = by_hand(world, 1)
        with transaction():
            spots.draw(world.people.office, NOVEMBER, by=None, now=LATER)
        (late,) = by_hand(world, 1)  # posted at a moment of November
        for month, calls in ((12, [late]), (13, [])):
            asked = NOVEMBER.plus(month - 11)
            with transaction():
                made = spots.draw(world.people.office, asked, by=None, now=asked.ends_at)
            lines = db.session.scalars(select(SpotCheck.entry_id).where(SpotCheck.draw_id == made.id)).all()
            assert lines == calls
        assert drawn(world.people.office) == [*early, late]
        assert audit() == {}


def test_a_line_approved_late_is_drawn_in_the_month_it_was_posted(app, world):
    with app.app_context():
        on = date(2026, 11, 27)
        manual = world.manual(world.volunteer(), 60, on=on)
        world.approve(manual, now=at(9, day=date(2026, 12, 1)))
        taken_back = world.approve(world.manual(world.volunteer(), 60))
        with transaction():
            correct_line(taken_back, reason="不实", by=world.people.chen.id, now=at(20))
        with transaction():
            november = spots.draw(world.people.office, NOVEMBER, by=None, now=LATER)
        assert november.manual == 0
        with transaction():
            december = spots.draw(
                world.people.office, Month(2026, 12), by=None, now=at(9, day=date(2027, 1, 2))
            )
        assert december.manual == 1
        with pytest.raises(Refused) as said:
            spots.draw(world.people.office, Month(2027, 1), by=None, now=at(9, day=date(2027, 1, 31)))
        assert said.value.reason is ScrutinyRefusal.TOO_EARLY


def test_a_month_without_manual_lines_is_said_so(app, world):
    with then(LATER):
        chen = world.browser(world.people.chen)
        assert "还没有抽" in chen.get(PAGE).text
        assert chen.submit(PAGE, to="/desk/spot-checks/draws").status_code == 303
        page = chen.get(PAGE).text
        assert "这个月没有补录" in page and "没有记入补录" in page
        assert "还没有过完" in chen.get("/desk/spot-checks/?month=2026-12").text


@pytest.fixture
def called(app, world):
    """Two lines of November, drawn; a second reviewer who had no part in them."""
    with app.app_context():
        by_hand(world, 2)
        other = cast.staff("审核乙", world.people.office, Role.REVIEWER)
        with transaction():
            spots.draw(world.people.office, NOVEMBER, by=None, now=LATER)
        first = db.session.scalars(select(SpotCheck).order_by(SpotCheck.id)).first()
        line = db.session.get_one(HoursEntry, first.entry_id)
        person = get_resident(db.session.get_one(Volunteer, line.volunteer_id).resident_id)
        check, name = first.id, person.name
    with then(LATER):
        yield check, name, world.browser(other)


def test_a_call_shows_the_number_once_with_an_audit_line(app, world, called):
    check, name, reviewer = called
    page = reviewer.get(PAGE)
    assert name not in page.text and "上门服务" in page.text and "陈立新 审批" in page.text
    shown = reviewer.submit(page, to=f"/desk/spot-checks/{check}/numbers")
    assert name in shown.text and "tel:1990000" in shown.text
    with app.app_context():
        last = db.session.scalars(select(AuditLine).order_by(AuditLine.number.desc())).first()
        assert last.act == "residents.reveal" and "回访抽查" in last.reason


@pytest.mark.both_databases
def test_what_the_call_found_is_written_down_once(app, world, called):
    check, _name, reviewer = called
    to = f"/desk/spot-checks/{check}/outcome"
    form = {"note": "没人接"}
    assert (
        reviewer.post(to, data=form | {"outcome": "not_reached", "csrf_token": token(reviewer)}).status_code
        == 303
    )
    assert (
        reviewer.post(to, data=form | {"outcome": "confirmed", "csrf_token": token(reviewer)}).status_code
        == 303
    )
    again = reviewer.post(to, data=form | {"outcome": "denied", "csrf_token": token(reviewer)})
    assert again.status_code == 409 and "已经有回访结果" in again.text
    page = reviewer.get(PAGE).text
    assert "50.0%" in page and "审核乙" in page
    assert (
        "属实"
        in reviewer.get("/desk/spot-checks/list.csv?month=2026-11&outcome=confirmed").get_data().decode()
    )
    assert "放宽筛选条件" in reviewer.get(f"{PAGE}&outcome=denied").text
    with app.app_context():
        assert audit() == {}


def token(client) -> str:
    return client.get(PAGE).text.split('name="csrf_token" value="')[1].split('"')[0]


def test_nobody_is_asked_about_their_own_work(app, world, called):
    check, _name, reviewer = called
    to = f"/desk/spot-checks/{check}/outcome"
    chen = world.browser(world.people.chen)
    page = chen.get(PAGE).text
    assert "您经手过" in page and to not in page and "显示号码" not in page
    assert to in reviewer.get(PAGE).text and "您经手过" not in reviewer.get(PAGE).text
    form = chen.get("/desk/spot-checks/?month=2026-10").text
    given = {"outcome": "confirmed", "csrf_token": form.split('name="csrf_token" value="')[1].split('"')[0]}
    answer = chen.post(to, data=given)
    assert answer.status_code == 409 and "经手过的人不能自己核对" in answer.text
    assert world.browser(world.people.lin).get(PAGE).status_code == 403


def test_a_line_denied_can_be_taken_back_and_stays_visible(app, world, called):
    check, _name, reviewer = called
    denied = {"outcome": "denied", "note": "本人说那天在外地", "csrf_token": token(reviewer)}
    reviewer.post(f"/desk/spot-checks/{check}/outcome", data=denied)
    page = reviewer.get(PAGE)
    assert "冲销这一条" in page.text and "本人说那天在外地" in page.text
    assert reviewer.submit(page, to="/correction").status_code == 303
    after = reviewer.get(PAGE).text
    assert "已冲销" in after and "冲销这一条" not in after and "本人说没有这回事" in after
    with app.app_context():
        assert audit() == {}


@pytest.mark.parametrize("page", ["spot-checks/", "spot-checks/list.csv", "spot-checks/lots.csv"])
def test_a_month_that_is_none_is_no_page_and_none_asked_for_is_the_usual(world, page):
    chen = world.browser(world.people.chen)
    for text in ("2099-99", "2026-1", "abc", "\0"):
        assert chen.get(f"/desk/{page}", query_string={"month": text}).status_code == 404
    for text in (None, ""):
        assert chen.get(f"/desk/{page}", query_string={"month": text}).status_code == 200
