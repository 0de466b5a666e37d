"""The spot check is what its rule and its seed say, and nobody was asked about their own work (domain.md §7)."""

from collections import defaultdict

from sqlalchemy import select

from stationapp.attendance.models import Attendance, Scan
from stationapp.audit.rules import Check
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.scrutiny.found_doors import BOTH_ENDS
from stationapp.scrutiny.models import Dismissal, SpotCheck, SpotDraw
from stationapp.scrutiny.rules import to_draw
from stationapp.scrutiny.spots import pools
from stationapp.volunteers.models import HoursEntry, ManualHours


def _by_draw() -> list[tuple[SpotDraw, list[int]]]:
    lines = defaultdict(list)
    for draw_id, entry_id in db.session.execute(
        select(SpotCheck.draw_id, SpotCheck.entry_id).order_by(SpotCheck.id)
    ):
        lines[draw_id].append(entry_id)
    return [(draw, lines[draw.id]) for draw in db.session.scalars(select(SpotDraw).order_by(SpotDraw.id))]


def _not_as_many() -> list[str]:
    """A draw has as many lines as its rule says."""
    return [
        f"spot draw {draw.id}"
        for draw, lines in _by_draw()
        if len(lines) != to_draw(draw.manual) + to_draw(draw.one_hand)
    ]


def _not_the_seed() -> list[str]:
    """The lines drawn are those the seed draws from the lines there were then, at the sites that draw there."""
    wrong, found = [], {}
    for draw, lines in _by_draw():
        key = draw.month, draw.up_to_id
        if key not in found:
            found[key] = pools(Month.parse(draw.month), up_to=draw.up_to_id)
        pool = found[key].get(draw.site_id)
        if pool is None or sorted(pool.drawn(draw.seed)) != sorted(lines):
            wrong.append(f"spot draw {draw.id}")
    return wrong


def _own_work() -> list[str]:
    """Nobody wrote down what a call found about a line they proposed, approved or ticked."""
    manual = (
        select(SpotCheck.id)
        .join(HoursEntry, HoursEntry.id == SpotCheck.entry_id)
        .join(ManualHours, ManualHours.id == HoursEntry.manual_id)
        .where(
            (SpotCheck.checked_by == ManualHours.proposed_by)
            | (SpotCheck.checked_by == ManualHours.decided_by)
        )
    )
    ticked = (
        select(SpotCheck.id)
        .join(HoursEntry, HoursEntry.id == SpotCheck.entry_id)
        .join(Attendance, Attendance.id == HoursEntry.attendance_id)
        .join(Scan, BOTH_ENDS)
        .where(SpotCheck.checked_by == Scan.by)
    )
    return [f"spot check {number}" for number in sorted(set(db.session.scalars(manual.union(ticked))))]


def _without_reason() -> list[str]:
    """Every flag put aside has a reason and somebody who said so."""
    query = select(Dismissal.id).where(~Dismissal.lifted, (Dismissal.reason == "") | Dismissal.by.is_(None))
    return [f"dismissal {number}" for number in db.session.scalars(query.order_by(Dismissal.id))]


CHECKS = (
    Check("H4 drawn", "抽查的条数符合规定", _not_as_many),
    Check("H4 seed", "抽中的正是种子抽出的那些", _not_the_seed),
    Check("H4 called", "没有人回访自己经手的时长", _own_work),
    Check("H4 dismissed", "放到看过的提醒都有原因和经手人", _without_reason),
)
