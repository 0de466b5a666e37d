"""What `audit` asks of answers. Whose an answer of a page or a call is nobody can ask backwards: a keyed hash stands
there. What can be asked is whether there are more than people came, whether slips were printed, and who called."""

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.accounts.models import Grant
from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import Part
from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.opinions import slots
from stationapp.opinions.models import Answer, SlipSheet
from stationapp.opinions.queries import live
from stationapp.opinions.rules import Via
from stationapp.sites.models import Site
from stationapp.sites.rules import contains


def _beyond_served() -> list[str]:
    """More people who pressed or said it than came, or more slips than people. Somebody may have done both.

    A coming taken back since still counts: nobody knows whose answer that was.
    """
    answered = live(select(Event.id)).subquery()
    on_paper = answered.c.how == Via.PAPER
    given = (
        select(
            answered.c.event_id,
            func.sum(case((on_paper, 1), else_=0)).label("slips"),
            func.sum(case((on_paper, 0), else_=1)).label("said"),
        )
        .group_by(answered.c.event_id)
        .subquery()
    )
    named = (
        select(func.count())
        .where(
            Attendance.event_id == given.c.event_id,
            or_(Attendance.part == Part.RESIDENT, Attendance.undone),
        )
        .scalar_subquery()
    )
    heads = select(func.coalesce(func.sum(Headcount.people), 0)).where(Headcount.event_id == given.c.event_id)
    beyond = or_(given.c.said > named, given.c.slips > named + heads.scalar_subquery())
    its = select(given.c.event_id).where(beyond).order_by(given.c.event_id)
    return [f"event {number}" for number in db.session.scalars(its)]


def _without_slip() -> list[str]:
    """Every answer of paper stands on a slip that was printed for its event."""
    printed: dict[int, set[bytes]] = {}
    for sheet in db.session.scalars(select(SlipSheet)):
        its = printed.setdefault(sheet.event_id, set())
        its.update(slots.of_slip(sheet.serial, number) for number in range(1, sheet.slips + 1))
    rows = select(Answer.id, Answer.event_id, Answer.slot_index).where(Answer.how == Via.PAPER)
    return [
        f"answer {number}"
        for number, event_id, slot in db.session.execute(rows.order_by(Answer.id))
        if bytes(slot) not in printed.get(event_id, ())
    ]


def _not_from_above() -> list[str]:
    """Who called held a role strictly above the event's site that day, as the sites stand now."""
    rows = db.session.execute(
        select(Answer.id, Answer.by, Answer.said_on, Site.path)
        .join(Event, Event.id == Answer.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(Answer.how == Via.CALL)
        .order_by(Answer.id)
    ).all()
    held: dict[int, list] = {}
    of_them = select(Grant.staff_id, Site.path, Grant.granted_at, Grant.ended_at)
    of_them = of_them.join(Site, Site.id == Grant.site_id).where(Grant.staff_id.in_({row[1] for row in rows}))
    for staff_id, *grant in db.session.execute(of_them):
        held.setdefault(staff_id, []).append(grant)
    return [
        f"answer {number}"
        for number, by, on, path in rows
        if not any(
            contains(above, path)
            and above != path
            and clock.day_of(granted_at) <= on
            and (ended_at is None or clock.day_of(ended_at) >= on)
            for above, granted_at, ended_at in held.get(by, ())
        )
    ]


def _replaced_wrongly() -> list[str]:
    """A slot's answers are one row after the other: each but the first replaces one of the same slot and event."""
    before, first = aliased(Answer), aliased(Answer)
    strange = (
        select(Answer.id)
        .join(before, before.id == Answer.replaces_id)
        .where(
            or_(
                before.slot_index != Answer.slot_index,
                before.event_id != Answer.event_id,
                before.id >= Answer.id,
            )
        )
    )
    two = (
        select(func.max(first.id))
        .where(first.replaces_id.is_(None))
        .group_by(first.slot_index)
        .having(func.count() > 1)
    )
    return sorted(f"answer {number}" for query in (strange, two) for number in db.session.scalars(query))


CHECKS = (
    Check("O1", "自己评的、纸条各不比来的人多（撤销过的签到也算，谁评的无从查起）", _beyond_served),
    Check("O2", "纸条上的评价都有印过的纸条", _without_slip),
    Check("O3", "电话里的评价是上级问来的", _not_from_above),
    Check("O4", "改过的评价一份接一份，不重复算", _replaced_wrongly),
)
