"""The monthly spot check: which lines, drawn by lot that anybody can draw again, and what the calls found.

Drawn are lines posted in the month before, however late they were approved: 5 % of the manual ones (5 at least), and
as many by the same rule of those that rest on one hand: no two members of staff saw the person, each at one end, when
it happened. The person's own phone is nobody's word, for whoever has somebody's name and number can type them; nor is
a device's. So no single person's word stays without a chance of being asked about. The order is that of
`signups.draw_rules.order` over the numbers of the lines.

What there was to draw from is written down (`SpotLot`), and what is written down is never drawn from again: so each
line stands in one draw, wherever its site moves to. What was in no draw a month ago is looked at once more, such as a
line written before midnight and committed after the draw.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import aliased

from stationapp import clock
from stationapp.attendance.models import Attendance, Scan
from stationapp.attendance.rules import STAFF_SIDE
from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused
from stationapp.scrutiny import hands
from stationapp.scrutiny.found_doors import BOTH_ENDS, EXPECTED, written_afterwards
from stationapp.scrutiny.models import SpotCheck, SpotDraw, SpotLot
from stationapp.scrutiny.rules import Outcome, ScrutinyRefusal, to_draw
from stationapp.signups.draw_rules import SEED_BYTES, order
from stationapp.sites.models import Site
from stationapp.sites.rules import Level, ids_of
from stationapp.volunteers.models import HoursEntry


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
        HoursEntry.posted_at >= month.plus(-1).begins_at,
        HoursEntry.posted_at < month.ends_at,
        HoursEntry.id <= up_to,
        HoursEntry.minutes > 0,
        ~taken_back.exists(),
        ~select(SpotLot.entry_id).where(SpotLot.entry_id == HoursEntry.id).exists(),
    )
    drawers = _drawers(month.last_day)
    found = {drawer: ([], []) for drawer in drawers.values()}
    for one_hand, lines in enumerate((_manual(*narrowed), _of_one_hand(*narrowed))):
        for number, site_id in lines:
            found[drawers[site_id]][one_hand].append(number)
    return {
        drawer: Pool(tuple(sorted(manual)), tuple(sorted(one))) for drawer, (manual, one) in found.items()
    }


def _drawers(on: date) -> dict[int, int]:
    """Which site draws for which: its office while that is in force, else the center."""
    sites = {site.id: site for site in db.session.scalars(select(Site))}
    found = {}
    for site in sites.values():
        above = [sites[number] for number in reversed(ids_of(site.path))]
        found[site.id] = next(one.id for one in above if _draws(one, on))
    return found


def _draws(site: Site, on: date) -> bool:
    """Whether a site draws for the month that ends on that day. The center does, whatever its dates say."""
    in_force = site.valid_from <= on and (site.valid_to is None or site.valid_to >= on)
    return site.level is Level.CENTER or (site.level is Level.OFFICE and in_force)


def _manual(*narrowed: ColumnElement[bool]) -> Sequence[tuple[int, int]]:
    """(line, site) of those entered by hand."""
    query = select(HoursEntry.id, HoursEntry.site_id).where(*narrowed, HoursEntry.manual_id.is_not(None))
    return [tuple(row) for row in db.session.execute(query)]


def _of_one_hand(*narrowed: ColumnElement[bool]) -> Sequence[tuple[int, int]]:
    """(line, site) of those that no two members of staff vouch for, each for an end as it happened."""
    ends: dict[tuple[int, int], list] = {}
    for row in db.session.execute(
        select(HoursEntry.id, HoursEntry.site_id, Scan.how, Scan.at, Scan.arrived_at, Scan.device_id, Scan.by,
               Event.ends_at, EXPECTED.label("expected"))
        .join(Attendance, Attendance.id == HoursEntry.attendance_id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Scan, BOTH_ENDS)
        .where(*narrowed)
        .order_by(HoursEntry.id)
    ):  # fmt: skip
        ends.setdefault((row.id, row.site_id), []).append(row)
    return [line for line, scans in ends.items() if _rests_on_one_hand(scans)]


def _rests_on_one_hand(scans: Sequence) -> bool:
    said = [scan for scan in scans if scan.how in STAFF_SIDE and scan.device_id is None]
    return len({scan.by for scan in said}) < 2 or all(map(written_afterwards, said))


# --- drawing ------------------------------------------------------------------------------------------------------


def draw(site: Site, month: Month, *, by: int | None, now: datetime) -> SpotDraw | None:
    """Draw the lines of a month for an office or the center; None when it has been drawn.

    Raises Refused(TOO_EARLY) before the month is over, NotFound for a site that does not draw then.
    """
    if not _draws(site, month.last_day):
        raise NotFound
    made = draw_for([site], month, by=by, now=now)
    return made[0] if made else None


def draw_for(sites: Sequence[Site], month: Month, *, by: int | None, now: datetime) -> list[SpotDraw]:
    """Draw the lines of a month for those of these sites that draw and have not drawn.

    Raises Refused(TOO_EARLY) before the month is over.
    """
    if now < month.ends_at:
        raise Refused(ScrutinyRefusal.TOO_EARLY)
    if not _not_drawn(sites, month):
        return []
    _one_at_a_time()
    due = _not_drawn(sites, month)
    up_to = last_line()
    found = pools(month, up_to=up_to)
    return [_draw(site, month, up_to, found.get(site.id, NOTHING), by=by, now=now) for site in due]


def _not_drawn(sites: Sequence[Site], month: Month) -> list[Site]:
    held = set(db.session.scalars(select(SpotDraw.site_id).where(SpotDraw.month == str(month))))
    return [site for site in draw_sites(sites, month) if site.id not in held]


def _one_at_a_time() -> None:
    """Two that draw at once would find the same lines: who draws holds the center's row."""
    db.session.execute(select(Site.id).where(Site.level == Level.CENTER).with_for_update(key_share=True))


def last_line() -> int:
    """The number of the ledger's last line; 0 before the first."""
    return db.session.scalar(select(func.max(HoursEntry.id))) or 0


def _draw(site: Site, month: Month, up_to: int, pool: Pool, *, by: int | None, now: datetime) -> SpotDraw:
    seed = secrets.token_hex(SEED_BYTES)
    made = SpotDraw(site_id=site.id, month=str(month), seed=seed, up_to_id=up_to, manual=len(pool.manual),
                    one_hand=len(pool.one_hand), at=now, by=by)  # fmt: skip
    db.session.add(made)
    db.session.flush()
    lots = [
        {"entry_id": number, "draw_id": made.id, "one_hand": one_hand}
        for one_hand, numbers in ((False, pool.manual), (True, pool.one_hand))
        for number in numbers
    ]
    if lots:
        db.session.execute(insert(SpotLot), lots)
    db.session.add_all(SpotCheck(draw_id=made.id, entry_id=number) for number in pool.drawn(seed))
    db.session.flush()
    record("scrutiny.draw", f"spot draw {site.code} {month}", by=by, now=now, site_id=site.id)
    return made


def draw_month(*, now: datetime) -> int:
    """Hold the draws of the month before that nobody has held yet; how many."""
    month = Month.of(clock.day_of(now)).plus(-1)
    sites = db.session.scalars(select(Site).where(Site.level != Level.STATION).order_by(Site.id)).all()
    return len(draw_for(sites, month, by=None, now=now))


def draw_sites(sites: Sequence[Site], month: Month) -> list[Site]:
    """Those of these sites that draw for a month."""
    return [site for site in sites if _draws(site, month.last_day)]


def drawn_from(*narrowed: ColumnElement[bool]) -> dict[int, Pool]:
    """What there was to draw from, by draw, as it was written down; for the draws a condition on SpotDraw names."""
    found: dict[int, tuple[list, list]] = {}
    query = select(SpotLot.draw_id, SpotLot.entry_id, SpotLot.one_hand)
    query = query.join(SpotDraw, SpotDraw.id == SpotLot.draw_id).where(*narrowed)
    for lot in db.session.execute(query.order_by(SpotLot.entry_id)):
        found.setdefault(lot.draw_id, ([], []))[lot.one_hand].append(lot.entry_id)
    return {draw_id: Pool(tuple(manual), tuple(one)) for draw_id, (manual, one) in found.items()}


# --- what the call found ------------------------------------------------------------------------------------------


def note(check: SpotCheck, outcome: Outcome, *, text: str = "", by: int, now: datetime) -> SpotCheck:
    """Write down what the call found; only "not reached" may be tried again. Raises Refused(ScrutinyRefusal).

    Never by who proposed, approved or ticked the line, or enrolled the device that did. A line denied is taken back
    by another act, `correct_line`.
    """
    db.session.refresh(check, with_for_update=True)
    if check.outcome not in (None, Outcome.NOT_REACHED):
        raise Refused(ScrutinyRefusal.DECIDED)
    if by in hands.of_lines([check.entry_id])[check.entry_id]:
        raise Refused(ScrutinyRefusal.OWN_LINES)
    check.outcome, check.note = outcome, " ".join(text.split())[:200]
    check.checked_at, check.checked_by = now, by
    db.session.flush()
    line = db.session.get_one(HoursEntry, check.entry_id)
    record(
        "scrutiny.note_spot_check", f"hours {line.id} {outcome.value}", by=by, now=now, site_id=line.site_id
    )
    return check
