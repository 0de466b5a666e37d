"""The monthly spot check: which lines, drawn by lot that anybody can draw again, and what the calls found.

Drawn are lines posted in the month before, so that each stands in exactly one month, however late it was approved:
5 % of the manual ones (5 at least), and as many by the same rule of those that rest on one hand: both ends taken down
by one member of staff, or afterwards, with nothing from the volunteer's own phone. So no single person's word stays
without a chance of being asked about. The order is that of `signups.draw_rules.order` over the numbers of the lines.
"""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance, Scan
from stationapp.attendance.rules import STAFF_SIDE
from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.devices.models import Device
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused
from stationapp.scrutiny.found_doors import BOTH_ENDS, EXPECTED, written_afterwards
from stationapp.scrutiny.models import SpotCheck, SpotDraw
from stationapp.scrutiny.rules import Outcome, ScrutinyRefusal, to_draw
from stationapp.signups.draw_rules import SEED_BYTES, order
from stationapp.sites.models import Site
from stationapp.sites.queries import active_on
from stationapp.sites.rules import Level, ids_of
from stationapp.volunteers.models import HoursEntry, ManualHours


@dataclass(frozen=True)
class Pool:
    """What there was to draw from: the numbers of the lines."""

    manual: tuple[int, ...]
    one_hand: tuple[int, ...]

    def drawn(self, seed: str) -> list[int]:
        """The lines a seed draws: manual ones first, in drawn order."""
        return [
            number
            for numbers in (self.manual, self.one_hand)
            for number in order(seed, numbers)[: to_draw(len(numbers))]
        ]


NOTHING = Pool((), ())


def pools(month: Month, *, up_to: int) -> dict[int, Pool]:
    """What there is to draw from, by the site that draws, when line `up_to` was the last; none of those taken back.

    The numbers of the ledger come in the order in which they are committed: its chain lets one write at a time.
    """
    undoing = aliased(HoursEntry)
    taken_back = select(undoing.id).where(undoing.corrects_id == HoursEntry.id, undoing.id <= up_to)
    narrowed = (
        HoursEntry.posted_at >= month.begins_at,
        HoursEntry.posted_at < month.ends_at,
        HoursEntry.id <= up_to,
        HoursEntry.minutes > 0,
        ~taken_back.exists(),
    )
    drawers = _drawers()
    manual: dict[int, list[int]] = {drawer: [] for drawer in drawers.values()}
    query = select(HoursEntry.id, HoursEntry.site_id).where(*narrowed)
    for number, site_id in db.session.execute(query.where(HoursEntry.manual_id.is_not(None))):
        manual[drawers[site_id]].append(number)
    one_hand: dict[int, list[int]] = {drawer: [] for drawer in drawers.values()}
    for number, site_id in _of_one_hand(*narrowed):
        one_hand[drawers[site_id]].append(number)
    return {drawer: Pool(tuple(sorted(manual[drawer])), tuple(sorted(one_hand[drawer]))) for drawer in manual}


def _drawers() -> dict[int, int]:
    """Which site draws for which: its office, or the center where there is none."""
    levels = {site.id: site for site in db.session.scalars(select(Site))}
    found = {}
    for site in levels.values():
        above = [levels[number] for number in reversed(ids_of(site.path))]
        found[site.id] = next(one.id for one in above if one.level is not Level.STATION)
    return found


def _of_one_hand(*narrowed: ColumnElement[bool]) -> Iterable[tuple[int, int]]:
    """(line, site) of those whose both ends staff took down: one of them both, or both afterwards.

    For a device stands whoever enrolled it.
    """
    ends: dict[tuple[int, int], list] = {}
    for row in db.session.execute(
        select(HoursEntry.id, HoursEntry.site_id, Scan.how, Scan.at, Scan.arrived_at, Scan.device_id,
               Event.ends_at, EXPECTED.label("expected"), func.coalesce(Scan.by, Device.made_by).label("hand"))
        .join(Attendance, Attendance.id == HoursEntry.attendance_id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Scan, BOTH_ENDS)
        .outerjoin(Device, Device.id == Scan.device_id)
        .where(*narrowed, Attendance.came_how.in_(STAFF_SIDE), Attendance.left_how.in_(STAFF_SIDE))
        .order_by(HoursEntry.id)
    ):  # fmt: skip
        ends.setdefault((row.id, row.site_id), []).append(row)
    return [
        line
        for line, scans in ends.items()
        if len({scan.hand for scan in scans}) == 1 or all(map(written_afterwards, scans))
    ]


# --- drawing ------------------------------------------------------------------------------------------------------


def draw(site: Site, month: Month, *, by: int | None, now: datetime) -> SpotDraw | None:
    """Draw the lines of a month for an office or the center; None when it has been drawn.

    Raises Refused(TOO_EARLY) before the month is over, NotFound for a station.
    """
    if site.level is Level.STATION:
        raise NotFound
    if now < month.ends_at:
        raise Refused(ScrutinyRefusal.TOO_EARLY)
    up_to = last_line()
    return _draw(site, month, up_to, pools(month, up_to=up_to)[site.id], by=by, now=now)


def last_line() -> int:
    """The number of the ledger's last line; 0 before the first."""
    return db.session.scalar(select(func.max(HoursEntry.id))) or 0


def _draw(
    site: Site, month: Month, up_to: int, pool: Pool, *, by: int | None, now: datetime
) -> SpotDraw | None:
    seed = secrets.token_hex(SEED_BYTES)
    made = SpotDraw(site_id=site.id, month=str(month), seed=seed, up_to_id=up_to, manual=len(pool.manual),
                    one_hand=len(pool.one_hand), at=now, by=by)  # fmt: skip
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:  # somebody drew first, and that draw counts
        return None
    for number in pool.drawn(seed):
        db.session.add(SpotCheck(draw_id=made.id, entry_id=number))
    db.session.flush()
    record("scrutiny.draw", f"spot draw {site.code} {month}", by=by, now=now, site_id=site.id)
    return made


def draw_month(*, now: datetime) -> int:
    """Hold the draws of the month before that nobody has held yet; how many."""
    month = Month.of(clock.day_of(now)).plus(-1)
    held = select(SpotDraw.site_id).where(SpotDraw.month == str(month))
    due = select(Site).where(Site.level != Level.STATION, active_on(month.last_day), Site.id.not_in(held))
    sites = db.session.scalars(due.order_by(Site.id)).all()
    if not sites:
        return 0
    up_to = last_line()
    found = pools(month, up_to=up_to)
    return sum(_draw(site, month, up_to, found[site.id], by=None, now=now) is not None for site in sites)


# --- what the call found ------------------------------------------------------------------------------------------


def hands(entry_id: int) -> frozenset[int]:
    """The staff who have a part in a line: proposed it, approved it, or took down either end."""
    scans = (
        select(Scan.by)
        .join(Attendance, BOTH_ENDS)
        .join(HoursEntry, HoursEntry.attendance_id == Attendance.id)
        .where(HoursEntry.id == entry_id)
    )
    manual = select(ManualHours.proposed_by, ManualHours.decided_by).join(
        HoursEntry, HoursEntry.manual_id == ManualHours.id
    )
    found = set(db.session.scalars(scans))
    for row in db.session.execute(manual.where(HoursEntry.id == entry_id)):
        found |= set(row)
    return frozenset(found - {None})


def note(check: SpotCheck, outcome: Outcome, *, text: str = "", by: int, now: datetime) -> SpotCheck:
    """Write down what the call found; only "not reached" may be tried again. Raises Refused(ScrutinyRefusal).

    Never by who proposed, approved or ticked the line. A line denied is taken back by another act, `correct_line`.
    """
    db.session.refresh(check, with_for_update=True)
    if check.outcome not in (None, Outcome.NOT_REACHED):
        raise Refused(ScrutinyRefusal.DECIDED)
    if by in hands(check.entry_id):
        raise Refused(ScrutinyRefusal.OWN_LINES)
    check.outcome, check.note = outcome, " ".join(text.split())[:200]
    check.checked_at, check.checked_by = now, by
    db.session.flush()
    line = db.session.get_one(HoursEntry, check.entry_id)
    record(
        "scrutiny.note_spot_check", f"hours {line.id} {outcome.value}", by=by, now=now, site_id=line.site_id
    )
    return check
