"""A corpus of frauds, each acted out as a fraudster would: prevented, flagged for a person, drawn for a call, or named
by `audit`.

Every one returns what stopped it; the table of all of them is printed (`pytest -s`).
"""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from stationapp.attendance import operations as attendance
from stationapp.attendance.checks import CHECKS as PRESENCE
from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.attendance.queries import venue_token
from stationapp.attendance.rules import AttendanceRefusal, How, Kind
from stationapp.calendar.rules import Month
from stationapp.cards import operations as cards
from stationapp.cards.queries import code_of
from stationapp.cards.rules import CardRefusal, Ended
from stationapp.db import db, transaction
from stationapp.devices.operations import revoke
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.rules import EventRefusal
from stationapp.messages.certified import check_code
from stationapp.refusal import Refused
from stationapp.residents.merging import keep_apart
from stationapp.residents.models import Resident
from stationapp.residents.queries import get_resident
from stationapp.scrutiny import spots
from stationapp.scrutiny.rules import Flag
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.checks import CHECKS as LEDGER
from stationapp.volunteers.models import HoursEntry, ManualHours
from stationapp.volunteers.rules import ManualState, Risk, VolunteerRefusal
from tests import cast
from tests.certificates.acts import issued, issuer
from tests.devices.helping import enrol, results, scan, send
from tests.scrutiny.acts import DAY, World, at, close, corrupt, event, helped, minutes, serve, then, ticked

FRAUDS = {}
HOWS = ("prevented", "flagged", "drawn", "audit")


def fraud(says: str):
    """Put a fraud into the corpus."""

    def keep(act):
        FRAUDS[act.__name__] = (says, act)
        return act

    return keep


@dataclass(frozen=True)
class Stopped:
    """What stopped a fraud: `how` is prevented, flagged, drawn or audit; `by` the refusal, flag, pool or check."""

    how: str
    by: str


def prevented(reason) -> Stopped:
    return Stopped("prevented", getattr(reason, "name", reason))


def refused(act, *reasons) -> Stopped:
    """The act is refused for one of these reasons."""
    with pytest.raises(Refused) as said:
        act()
    db.session.rollback()
    assert said.value.reason in reasons
    return prevented(said.value.reason)


def flagged(world: World, flag: Flag, about: str) -> Stopped:
    """The flag stands, and rests on this: an event's code, a volunteer's, or a name of its subject."""
    found = [one for one in world.flags() if one.flag is flag]
    fitting = [
        one
        for one in found
        if about in one.subject or any(about in (rest.event, rest.volunteer) for rest in one.rests)
    ]
    assert fitting, (flag, about, found)
    return Stopped("flagged", flag.name)


def drawn(world: World, people: list) -> Stopped:
    """Each of these volunteers' lines is among those a call of the spot check is drawn from."""
    pool = spots.pools(Month.of(DAY), up_to=spots.last_line())[world.people.office.id]
    lines = select(HoursEntry.id).where(HoursEntry.volunteer_id.in_([who.id for who in people]))
    assert len(pool.one_hand) >= len(people) and set(db.session.scalars(lines)) <= set(pool.one_hand)
    return Stopped("drawn", "one hand")


def named(check: str, number: str) -> Stopped:
    """`audit` names that row under that check."""
    rows = next(one for one in (*PRESENCE, *LEDGER) if one.name == check).find()
    assert number in rows, (check, number, rows)
    return Stopped("audit", check)


# --- the venue's code ---------------------------------------------------------------------------------------------


@fraud("场地码拍照发给在家的人，两分钟后打开")
def relayed_venue_code(world: World) -> Stopped:
    made = event(world.people.one, at(9), at(11))
    person = world.person()
    code = cast.sign_up(made, person, now=at(8)).codes[0]
    with then(at(9)):
        token = venue_token(made, at(9))
    with then(at(9, 2)):
        phone = world.browser()
        assert phone.get(f"/c/{token}").status_code == 404
        answer = phone.post(f"/c/{token}/arrivals", data={"code": code, "ticket": "made up"})
        assert answer.status_code == 404
    assert presences(made) == 0
    return prevented(AttendanceRefusal.CODE_EXPIRED)


@fraud("场地码当场转给在家的志愿者，两头都自己签")
def venue_code_alone(world: World) -> Stopped:
    made, who = event(world.people.one, at(9), at(11)), world.volunteer()
    ticked(made, who, at(9), at(11), by=None, how=How.VENUE, out=How.VENUE)
    close(made)
    assert presences(made) == 1 and minutes(who) == 0
    return prevented("no hours without a staff-side signal")


@fraud("海报码加口令转给在家的志愿者，两头都自己签")
def relayed_pin(world: World) -> Stopped:
    made, who = event(world.people.one, at(9), at(11)), world.volunteer()
    ticked(made, who, at(9), at(11), by=None, how=How.PIN, out=How.PIN)
    close(made)
    assert presences(made) == 1 and minutes(who) == 0
    return prevented("no hours without a staff-side signal")


@fraud("一部手机替四户人家签到")
def buddy_scan(world: World) -> Stopped:
    made = event(world.people.one, at(9), at(11))
    codes = [cast.sign_up(made, world.person(), now=at(8)).codes[0] for _ in range(4)]
    with then(at(9)):
        phone = world.browser()
        for code in codes:
            page = phone.get(f"/c/{venue_token(made, at(9))}")
            assert phone.submit(page, {"code": code}, to="/arrivals").status_code == 303
    assert presences(made) == 4
    return flagged(world, Flag.ONE_DEVICE, made.code)


@fraud("站长编出六个人、排好岗，用无痕窗口替他们扫场地码，再在名单上一一签退")
def ghosts_at_the_venue(world: World) -> Stopped:
    made, lin = event(world.people.one, at(9), at(11)), world.people.lin
    its, ghosts = _shift_of(made), []
    for _ in range(5):
        given = world.person()
        with transaction():
            ghost = volunteers.register(cast.resident(given), site=world.people.one, by=lin.id, now=at(8))
            volunteers.assign(its, ghost, by=lin.id, now=at(8))
        with then(at(9)):
            window = world.browser()
            page = window.get(f"/c/{venue_token(made, at(9))}")
            typed = {"name": given.name, "phone": given.phone}
            assert window.submit(page, typed, to="/arrivals").status_code == 303
        ghosts.append(ghost)
    with then(at(11)):
        roster = world.browser(lin)
        for ghost in ghosts:
            out = {"out": ghost.resident_id}
            assert roster.post(f"/desk/events/{made.code}/attendance", data=out).status_code == 303
    close(made, now=at(11, 20), by=lin.id)
    assert [minutes(ghost) for ghost in ghosts] == [120] * 5
    assert not [one for one in world.flags() if made.code in {rest.event for rest in one.rests}]
    return drawn(world, ghosts)


# --- cards --------------------------------------------------------------------------------------------------------


def card_of(who):
    with transaction():
        return cards.make([who.resident_id], site_id=who.site_id, by=None, now=at(7))[who.resident_id]


def scanned(world: World, staff, code: str, moment):
    """A member of staff scans that code at the desk."""
    with then(moment):
        return world.browser(staff).submit("/desk/checkin", {"code": code}, to="/desk/checkin")


@fraud("拍下别人的个人卡，自己打开签到")
def photographed_card(world: World) -> Stopped:
    made, who = event(world.people.one, at(9), at(11)), world.volunteer()
    _expected(made, who)
    code = code_of(card_of(who))
    with then(at(9)):
        stranger = world.browser()
        page = stranger.get(f"/p/{code}")
        assert get_resident(who.resident_id).name not in page.text and "checkin" not in page.text
        for act in ("in", "out"):
            sent = stranger.post("/desk/checkin", data={"code": code, "event": made.code, "act": act})
            assert sent.status_code == 303 and "/signin" in sent.location
        page = stranger.get(
            f"/c/{venue_token(made, at(9))}"
        )  # at the venue, with the card's code for one's own
        answer = stranger.submit(page, {"code": code}, to="/arrivals")
        assert answer.status_code == 409 and "没有找到这个报名号" in answer.text
    assert presences(made) == 0
    assert (
        scanned(world, world.people.lin, code, at(9)).status_code == 303 and presences(made) == 1
    )  # as is meant
    return prevented("only staff check in by a card")


@fraud("拿拍下的卡在另一处签到，本人正在别处服务")
def card_in_two_places(world: World) -> Stopped:
    who = world.volunteer()
    code = code_of(card_of(who))
    here, there = event(world.people.one, at(9), at(11)), event(world.people.two, at(9), at(11))
    person = get_resident(who.resident_id)
    _expected(here, who)
    cast.sign_up(there, cast.person(person.name, world.phones[who.id], birth_month="1968-05", home=world.people.one),
                 now=at(8))  # fmt: skip
    assert scanned(world, world.people.lin, code, at(9)).status_code == 303
    assert scanned(world, world.people.ma, code, at(9, 5)).status_code == 303
    with transaction():
        attendance.check_out(here, person, how=How.ROSTER, by=world.people.lin.id, at=at(11), now=at(11))
    close(here), close(there)
    assert (presences(here), presences(there)) == (1, 1) and minutes(who) == 120
    return flagged(world, Flag.TWO_PLACES, there.code)


@fraud("报失的旧卡继续用")
def lost_card(world: World) -> Stopped:
    made, who, other = event(world.people.one, at(9), at(11)), world.volunteer(), world.volunteer()
    _expected(made, who, other)
    card, lin = card_of(who), world.people.lin
    with transaction():
        cards.end(card, Ended.LOST, by=lin.id, now=at(8))
    assert scanned(world, lin, code_of(card_of(other)), at(9)).status_code == 303 and presences(made) == 1
    answer = scanned(world, lin, code_of(card), at(9))
    assert answer.status_code == 409 and "这张卡已挂失" in answer.text
    assert presences(made) == 1
    return prevented(CardRefusal.ENDED)


# --- events -------------------------------------------------------------------------------------------------------


def drafted(world: World, now):
    fields = {"starts_at": at(9), "ends_at": at(11), "publish": False}
    with then(now):
        made = cast.event(world.people.one, **fields)
    with transaction():
        db.session.execute(Event.__table__.update().where(Event.id == made.id).values(made_at=now))
    return db.session.get_one(Event, made.id, populate_existing=True)


@fraud("补写一场昨天的活动")
def back_dated_event(world: World) -> Stopped:
    made, now = drafted(world, at(9) + timedelta(days=1)), at(9) + timedelta(days=1)
    return refused(lambda: events.submit(made, by=world.people.lin.id, now=now), EventRefusal.ALREADY_OVER)


@fraud("活动快结束了才写，把人补进去")
def late_event(world: World) -> Stopped:
    made = drafted(world, at(10, 30))
    with transaction():
        events.submit(made, by=world.people.lin.id, now=at(10, 31))
        events.publish(made, by=world.people.chen.id, now=at(10, 32))
    ticked(made, world.volunteer(), at(10, 35), at(11), by=world.people.lin.id)
    close(made)
    late = next(one for one in world.flags() if one.flag is Flag.MADE_LATE)
    assert {
        world.people.lin.id,
        world.people.chen.id,
    } <= late.concerned  # who published it does not put it aside
    return flagged(world, Flag.MADE_LATE, made.code)


@fraud("归档以后再加一个人")
def after_closing(world: World) -> Stopped:
    made, who = helped(world, [world.volunteer()]), world.volunteer()
    stop = refused(lambda: serve(made, who, at(9), at(11)), AttendanceRefusal.CLOSED_OUT)
    assert minutes(who) == 0
    return stop


@fraud("过了一星期，归档之前再加人")
def added_days_after(world: World) -> Stopped:
    made, who = event(world.people.one, at(9), at(11)), world.volunteer()
    now = at(9) + timedelta(days=7)
    serve(made, who, at(9), at(11), by=world.people.lin.id, now=now)
    close(made, now=now)
    return flagged(world, Flag.LATE_SCANS, made.code)


@fraud("一个人事后把全部志愿者的两头都打进去")
def one_hand(world: World) -> Stopped:
    made = event(world.people.one, at(9), at(11))
    for who in [world.volunteer() for _ in range(3)]:
        serve(made, who, at(9), at(11), by=world.people.lin.id, now=at(20))
    close(made, now=at(20, 30))
    return flagged(world, Flag.ONE_HAND, made.code)


@fraud("活动结束以后再给人安排岗位")
def a_shift_afterwards(world: World) -> Stopped:
    made, who = event(world.people.one, at(9), at(11)), world.volunteer()
    its = _shift_of(made)
    stop = refused(
        lambda: volunteers.assign(its, who, by=world.people.lin.id, now=at(11)), VolunteerRefusal.EVENT_OVER
    )
    assert minutes(who) == 0
    return stop


@fraud("活动结束以后登记一个人，当场补两头，混在真来的人里")
def registered_afterwards(world: World) -> Stopped:
    made, lin = event(world.people.one, at(9), at(11)), world.people.lin.id
    ticked(made, world.volunteer(), at(9), at(11), by=lin)
    with transaction():
        ghost = volunteers.register(
            cast.resident(world.person()), site=world.people.one, by=lin, now=at(11, 5)
        )
    serve(made, ghost, at(9), at(11), how=How.PAPER, out=How.ROSTER, by=lin, now=at(11, 10))
    close(made, now=at(11, 20), by=lin)
    assert minutes(ghost) == 120
    return flagged(world, Flag.ONE_HAND, made.code)


@fraud("活动刚结束，一个人把两个没排班的人补上")
def typed_at_the_end(world: World) -> Stopped:
    made, lin = event(world.people.one, at(9), at(11)), world.people.lin.id
    for who in (world.volunteer(), world.volunteer()):
        serve(made, who, at(9), at(11), how=How.PAPER, out=How.ROSTER, by=lin, now=at(11, 10))
    close(made, now=at(11, 20), by=lin)
    return flagged(world, Flag.ONE_HAND, made.code)


@fraud("混进一个真来的人，其余三个人事后由一个人全打进去")
def one_hand_beside_somebody_honest(world: World) -> Stopped:
    made, lin = event(world.people.one, at(9), at(11)), world.people.lin.id
    ticked(made, world.volunteer(), at(9), at(11), by=None, how=How.VENUE, out=How.VENUE)
    ghosts = [world.volunteer() for _ in range(3)]
    for who in ghosts:
        serve(made, who, at(9), at(11), by=lin, now=at(20))
    close(made, now=at(20, 30), by=lin)
    raised = next(one for one in world.flags() if one.flag is Flag.ONE_HAND and made.code in one.subject)
    assert {rest.resident_id for rest in raised.rests} == {who.resident_id for who in ghosts}
    return flagged(world, Flag.ONE_HAND, made.code)


def _expected(made, *people) -> None:
    """They have a shift of the event."""
    its = _shift_of(made)
    for who in people:
        with transaction():
            volunteers.assign(its, who, by=None, now=at(7))


def _shift_of(made):
    with transaction():
        return volunteers.add_shift(
            made, title="引导", needed=5, risk=Risk.ORDINARY, risk_note="久站", by=None, now=at(7)
        )


def test_a_paper_list_of_who_had_shifts_typed_right_after_is_left_in_peace(app):
    world = World(app, cast.district(app))
    with app.app_context():
        made, lin = event(world.people.one, at(9), at(11)), world.people.lin.id
        its = _shift_of(made)
        for who in (world.volunteer(), world.volunteer()):
            with transaction():
                volunteers.assign(its, who, by=lin, now=at(8))
            serve(made, who, at(9), at(11), how=How.PAPER, out=How.PAPER, by=lin, now=at(11, 10))
        close(made, now=at(11, 20), by=lin)
        assert world.flags() == []


@fraud("第二天早上才签退，算成一整夜")
def overnight(world: World) -> Stopped:
    made, who = event(world.people.one, at(9), at(21)), world.volunteer()
    ticked(made, who, at(8, 30), at(8) + timedelta(days=1), by=world.people.lin.id)
    close(made, now=at(9) + timedelta(days=1))
    assert minutes(who) <= 8 * 60
    return flagged(world, Flag.LONG_DAY, made.code)


# --- hours by hand ------------------------------------------------------------------------------------------------


@fraud("自己提出、自己审批")
def self_approval(world: World) -> Stopped:
    manual = world.manual(world.volunteer(), 120, by=world.people.chen, seen_from=world.people.office)
    with then(at(19)):
        answer = world.browser(world.people.chen).post(
            f"/desk/hours/{manual.id}/decision", data={"verdict": "approve"}
        )
    assert answer.status_code == 409 and "补录要由上一级审批" in answer.text and waits(manual)
    return refused(lambda: world.approve(manual), VolunteerRefusal.OWN_PROPOSAL)


@fraud("同一个站的熟人审批")
def friend_at_the_site(world: World) -> Stopped:
    manual = world.manual(world.volunteer(), 120)
    friend = world.staff(world.people.one, cast.Role.MANAGER)
    with then(at(19)):
        answer = world.browser(friend).post(f"/desk/hours/{manual.id}/decision", data={"verdict": "approve"})
    assert answer.status_code in (403, 404) and waits(manual)
    return refused(
        lambda: world.approve(manual, by=friend, seen_from=world.people.one), VolunteerRefusal.NOT_FROM_ABOVE
    )


@fraud("同一个街道的同事审批，时长记在下面的站")
def friend_at_the_same_office(world: World) -> Stopped:
    chen, friend = world.people.chen, world.staff(world.people.office)
    who = world.volunteer()
    with then(at(18)):
        form = {"served_on": str(DAY), "minutes": "480", "note": "上门服务", "reason": "outside"}
        asked = world.browser(chen).submit(
            f"/desk/volunteers/{who.code}/manual", form | {"site": str(world.people.one.id)}
        )
    assert asked.status_code == 303
    manual = db.session.scalars(select(ManualHours).where(ManualHours.volunteer_id == who.id)).one()
    with then(at(19)):
        decided = world.browser(friend).post(f"/desk/hours/{manual.id}/decision", data={"verdict": "approve"})
    assert decided.status_code == 409 and waits(manual)
    return refused(lambda: world.approve(manual, by=friend), VolunteerRefusal.NOT_FROM_ABOVE)


@fraud("给自己的名字审批")
def own_hours(world: World) -> Stopped:
    manual = world.manual(world.volunteer(name=world.people.chen.name), 120)
    stop = refused(lambda: world.approve(manual), VolunteerRefusal.BENEFICIARY)
    assert waits(manual)
    return stop


@fraud("审批人在同一场也记了时长")
def approver_gains(world: World) -> Stopped:
    chief = world.staff(world.people.office)
    made = helped(world, [world.volunteer(name=chief.name)])
    world.approve(world.manual(world.volunteer(), 120, event=made), by=chief)
    return flagged(world, Flag.APPROVER_GAINS, made.code)


@fraud("两个审核员互相审批")
def each_other(world: World) -> Stopped:
    one, other = world.staff(world.people.office), world.staff(world.people.office)
    for approver, friend in ((one, other), (other, one)):
        world.approve(world.manual(world.volunteer(name=friend.name), 60), by=approver)
    return flagged(world, Flag.APPROVER_GAINS, f"staff {one.id} staff {other.id}")


@fraud("三个人都补满八小时")
def cap_hugging(world: World) -> Stopped:
    people = [world.volunteer(world.people.two) for _ in range(3)]
    assert refused(lambda: world.manual(people[0], 510), VolunteerRefusal.TOO_MANY_MINUTES)
    for who in people:
        world.approve(world.manual(who, 480, where=world.people.two, by=world.people.ma))
    return flagged(world, Flag.ALL_AT_CAP, people[0].code)


@fraud("一天拆成几条补录")
def split_shifts(world: World) -> Stopped:
    who = world.volunteer()
    for part in (240, 210):
        world.approve(world.manual(who, part))
    more = world.manual(who, 60)
    assert refused(lambda: world.approve(more), VolunteerRefusal.TOO_MANY_MINUTES)
    return flagged(world, Flag.SPLIT_SHIFTS, who.code)


@fraud("一场活动大半靠补录")
def mostly_by_hand(world: World) -> Stopped:
    made = helped(world, [world.volunteer()])
    for _ in range(3):
        world.approve(world.manual(world.volunteer(), 120, event=made))
    return flagged(world, Flag.MOSTLY_MANUAL, made.code)


@fraud("过了补录期限再补")
def after_the_window(world: World) -> Stopped:
    who, now = world.volunteer(), at(18) + timedelta(days=20)
    return refused(lambda: world.manual(who, 120, now=now), VolunteerRefusal.TOO_LATE)


@fraud("同一场签到算了，再补录一次")
def twice_over(world: World) -> Stopped:
    who = world.volunteer()
    made = helped(world, [who])
    return refused(lambda: world.manual(who, 120, event=made), VolunteerRefusal.ALREADY_CREDITED)


@fraud("同一个人建三条记录，其中两条同时在两场")
def duplicate_person(world: World) -> Stopped:
    morning, one, other = (world.volunteer(name="张三丰") for _ in range(3))
    helped(world, [morning], starts=7, ends=8)
    here, there = event(world.people.one, at(14), at(16)), event(world.people.two, at(14), at(16))
    ticked(here, one, at(14), at(16), by=world.people.lin.id)
    ticked(there, other, at(14), at(16), by=world.people.ma.id)
    close(here), close(there)
    return flagged(world, Flag.TWO_PLACES, here.code)


@fraud("合并过的记录又建一条新的，同时在两场")
def merged_and_made_again(world: World) -> Stopped:
    old, kept, new = (world.volunteer(name="李四光") for _ in range(3))
    here, there = event(world.people.one, at(14), at(16)), event(world.people.two, at(14), at(16))
    ticked(here, old, at(14), at(16), by=world.people.lin.id)
    ticked(there, new, at(14), at(16), by=world.people.ma.id)
    with transaction():
        db.session.execute(
            update(Resident).where(Resident.id == old.resident_id).values(merged_into=kept.resident_id)
        )
    close(here), close(there)
    return flagged(world, Flag.TWO_PLACES, here.code)


# --- devices ------------------------------------------------------------------------------------------------------


def at_the_door(world: World, moment):
    made, person = event(world.people.one, at(9), at(11)), world.person()
    code = cast.sign_up(made, person, now=at(8)).codes[0]
    with then(moment):
        return made, code, enrol(world.app, world.people.one, name=f"平板{next(world.numbers)}")


@fraud("把设备的时间拨快")
def clock_forward(world: World) -> Stopped:
    made, code, device = at_the_door(world, at(8, 30))
    with then(at(8, 40)):
        sent = send(device, [scan(made.code, 1, code=code, at=at(10, 30))])
        assert results(sent) == [("waiting", "clock_ahead")]
    assert presences(made) == 0
    return flagged(world, Flag.CLOCK_FORWARD, f"device {device.code}")


@fraud("把同步的数据再发一遍，换个序号再发一遍")
def replayed_sync(world: World) -> Stopped:
    made, code, device = at_the_door(world, at(9))
    first = scan(made.code, 1, code=code, at=at(9))
    with then(at(9, 5)):
        assert results(send(device, [first])) == [("accepted", None)]
        for again in (first, first | {"sequence": 2}, first | {"sequence": 3, "nonce": "other"}):
            send(device, [again])
    assert presences(made) == 1
    assert db.session.scalar(select(func.count(Attendance.id)).where(Attendance.event_id == made.id)) == 1
    return prevented("the same scans fold to one attendance")


@fraud("收回的设备继续发送")
def revoked_device(world: World) -> Stopped:
    made, code, device = at_the_door(world, at(9))
    from stationapp.devices.models import Device

    with transaction():
        revoke(db.session.get_one(Device, device.id), by=None, now=at(9))
    with then(at(9, 5)):
        assert send(device, [scan(made.code, 1, code=code, at=at(9))]).status_code == 403
    assert presences(made) == 0
    return prevented("the device was revoked")


# --- papers and rows ----------------------------------------------------------------------------------------------


@fraud("改了证明 PDF 上的小时数")
def edited_certificate(world: World) -> Stopped:
    who = world.volunteer()
    helped(world, [who])
    with then(at(12)):
        (made,) = issued(issuer(world.people.one), who)
        page = world.browser().get(f"/certificates/{made.number}?c={check_code(made.number)}")
        assert page.status_code == 200 and "2.0" in page.text and "20.0" not in page.text
        other = made.number[:-1] + ("1" if made.number[-1] != "1" else "2")
        assert world.browser().get(f"/certificates/{other}?c={check_code(made.number)}").status_code == 404
    return prevented("the check page says the hours of the register")


@fraud("在数据库里改一条时长")
def edited_line(world: World) -> Stopped:
    who = world.volunteer()
    helped(world, [who])
    line = db.session.scalar(select(HoursEntry.id).where(HoursEntry.volunteer_id == who.id))
    corrupt(f"UPDATE hours_entries SET minutes = 240 WHERE id = {line}", table="hours_entries")
    return named("H10", f"hours {line}")


@fraud("在数据库里把签退改晚")
def edited_scan(world: World) -> Stopped:
    made = helped(world, [world.volunteer()])
    number = db.session.scalar(select(func.max(Scan.id)).where(Scan.event_id == made.id))
    left = db.session.get_one(Scan, number)
    assert left.kind is Kind.OUT
    later = (left.at + timedelta(hours=1)).strftime("%Y-%m-%d %H:%M:%S.%f")
    corrupt(f"UPDATE scans SET at = '{later}' WHERE id = {number}", table="scans")
    return named("H10 scans", f"scan {number}")


@fraud("在数据库里直接加一次出席")
def inserted_attendance(world: World) -> Stopped:
    made = helped(world, [world.volunteer()])
    row = db.session.scalar(select(Attendance.id).where(Attendance.event_id == made.id))
    db.session.rollback()
    who = world.volunteer()
    columns = (
        "event_id, part, channel, came_at, came_how, left_at, left_how, lives, community_id, band, undone"
    )
    corrupt(
        f"INSERT INTO attendances (resident_id, {columns}) SELECT {who.resident_id}, {columns}"
        f" FROM attendances WHERE id = {row}",
        table="attendances",
    )
    number = db.session.scalar(select(func.max(Attendance.id)))
    return named("H8", f"attendance {number}")


# --- the corpus ---------------------------------------------------------------------------------------------------


def presences(made) -> int:
    """Who is there by now."""
    db.session.rollback()  # what was read before is not what others wrote since
    there = select(func.count(Attendance.id)).where(Attendance.event_id == made.id, ~Attendance.undone)
    return db.session.scalar(there)


def waits(manual: ManualHours) -> bool:
    db.session.expire_all()
    return db.session.get_one(ManualHours, manual.id).state is ManualState.PROPOSED


def test_every_fraud_is_prevented_flagged_or_named(app):
    world = World(app, cast.district(app))
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    stopped = {}
    with app.app_context():
        for name, (says, act) in FRAUDS.items():
            stopped[name] = act(world)
            db.session.rollback()
            print(f"{stopped[name].how:10} {stopped[name].by:40} {says}")
        raised = world.flags()
    counted = [sum(one.how == how for one in stopped.values()) for how in HOWS]
    said = "{} prevented, {} flagged, {} drawn, {} named by audit".format(*counted)
    print(f"{len(stopped)} frauds: {said}")
    assert sum(counted) == len(stopped)
    assert len(stopped) >= 15
    assert {one.flag for one in raised} == set(Flag)  # each flag was raised by a fraud of the corpus
    assert DAY.month == 11 and _all_on_the_page(world)


def _all_on_the_page(world: World) -> bool:
    """The reviewer reads every kind of flag on the page, and nobody's name in full."""
    from stationapp.scrutiny.words import WORDS

    with then(at(9) + timedelta(days=20)):
        reader = world.browser(world.people.chen)
        with world.app.test_request_context():
            words = {flag: str(WORDS[flag]) for flag in Flag}
        for flag, word in words.items():
            page = reader.get(f"/desk/flags/?month=2026-11&flag={flag.value}")
            assert page.status_code == 200 and f"<strong>{word}</strong>" in page.text, flag
    return True


def test_a_refused_scan_is_kept_with_its_reason(app):
    world = World(app, cast.district(app))
    with app.app_context():
        clock_forward(world)
        assert db.session.scalars(select(RefusedScan.reason)).all() == [AttendanceRefusal.CLOCK_AHEAD.value]


def test_two_who_were_said_to_be_two_are_not_one_for_looking_like_a_third(app):
    world = World(app, cast.district(app))
    with app.app_context():
        third, one, other = (world.volunteer(name="张三丰") for _ in range(3))
        helped(world, [third], starts=7, ends=8)
        here, there = event(world.people.one, at(14), at(16)), event(world.people.two, at(14), at(16))
        ticked(here, one, at(14), at(16), by=world.people.lin.id)
        ticked(there, other, at(14), at(16), by=world.people.ma.id)
        assert [raised.flag for raised in world.flags()] == [Flag.TWO_PLACES]
        with transaction():
            keep_apart(one.resident_id, other.resident_id, by=world.people.chen.id, now=at(17))
        assert world.flags() == []
