"""Flags about the ledger: mostly by hand, all at the cap, split, approved by who gains (domain.md §7).

All of them look at the same lines, read once.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from stationapp.accounts.models import Staff
from stationapp.attendance.models import Attendance
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.residents.models import Resident
from stationapp.residents.rules import masked_name
from stationapp.scrutiny.hands import of_lines
from stationapp.scrutiny.rules import (
    LINES_FOR_A_SHARE,
    NEARLY_FULL,
    NEARLY_FULL_DAYS,
    PEOPLE_AT_CAP,
    Flag,
    Raised,
    Rest,
    Span,
)
from stationapp.sites.models import Site
from stationapp.volunteers.ledger import LIVE
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from stationapp.volunteers.rules import DAILY_CAP


@dataclass(frozen=True)
class Line:
    """A line of the ledger that stands, with what the flags need to know of it."""

    id: int
    site_id: int
    site_code: str
    served_on: date
    minutes: int
    volunteer_id: int
    volunteer: str
    name: str
    manual_id: int | None
    decided_by: int | None
    proposer: str | None
    approver: str | None
    event: str | None
    title: str | None
    starts_at: datetime | None
    posted_by: int | None

    @property
    def is_manual(self) -> bool:
        """Whether it stands without a scan."""
        return self.manual_id is not None

    @property
    def where(self) -> str:
        """What lines belong together: the event, else the site's day."""
        return f"event {self.event}" if self.event else f"site {self.site_code} {self.served_on}"

    @property
    def rest(self) -> Rest:
        """The line as the page shows it."""
        return Rest(
            event=self.event or "",
            title=self.title or "",
            volunteer=self.volunteer,
            name=masked_name(self.name),
            minutes=self.minutes,
            manual=self.is_manual,
            staff=self.approver or "",
        )


def lines(here: ColumnElement[bool], span: Span) -> list[Line]:
    """The lines of the span that stand at these sites, in order."""
    proposer, approver = aliased(Staff), aliased(Staff)
    rows = db.session.execute(
        select(HoursEntry.id, HoursEntry.site_id, Site.code, HoursEntry.served_on, HoursEntry.minutes,
               HoursEntry.volunteer_id, Volunteer.code, Resident.name, HoursEntry.manual_id,
               ManualHours.decided_by, proposer.name, approver.name,
               Event.code, Event.title, Event.starts_at, HoursEntry.posted_by)
        .join(Site, Site.id == HoursEntry.site_id)
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .outerjoin(Attendance, Attendance.id == HoursEntry.attendance_id)
        .outerjoin(ManualHours, ManualHours.id == HoursEntry.manual_id)
        .outerjoin(proposer, proposer.id == ManualHours.proposed_by)
        .outerjoin(approver, approver.id == ManualHours.decided_by)
        .outerjoin(Event, Event.id == func.coalesce(Attendance.event_id, ManualHours.event_id))
        .where(LIVE, here, HoursEntry.minutes > 0, HoursEntry.served_on >= span.first,
               HoursEntry.served_on <= span.last)
        .order_by(HoursEntry.id)
    )  # fmt: skip
    return [Line(*row) for row in rows]


def about_hours(here: ColumnElement[bool], span: Span) -> list[Raised]:
    """Every flag about the ledger."""
    found = lines(here, span)
    groups = defaultdict(list)
    for line in found:
        groups[line.where].append(line)
    manual = [line for line in found if line.is_manual]
    seen = [
        *_mostly_manual(groups),
        *_all_at_cap(groups, found),
        *_split(manual),
        *_nearly_full(manual),
        *_gains(groups),
        *_each_other(manual),
    ]
    part = of_lines({line.id for one in seen for line in one.lines})
    return [_raised(one, part) for one in seen]


@dataclass(frozen=True)
class Seen:
    """A flag before anybody asked who has a part in its lines."""

    flag: Flag
    subject: str
    lines: Sequence[Line]
    facts: dict


def _raised(one: Seen, part: Mapping[int, frozenset[int]]) -> Raised:
    last = one.lines[-1]
    return Raised(
        one.flag,
        one.subject,
        last.site_id,
        last.served_on,
        {"title": last.title or "", "name": masked_name(last.name), **one.facts},
        tuple(line.rest for line in one.lines),
        keys=tuple((line.id, line.minutes) for line in one.lines),
        concerned=frozenset().union(*(part[line.id] | ({line.posted_by} - {None}) for line in one.lines)),
    )


def _mostly_manual(groups: dict[str, list[Line]]) -> Iterable[Seen]:
    for subject, its in groups.items():
        by_hand = [line for line in its if line.is_manual]
        if its[0].event and len(its) >= LINES_FOR_A_SHARE and 2 * len(by_hand) >= len(its):
            facts = {"manual": len(by_hand), "lines": len(its)}
            yield Seen(Flag.MOSTLY_MANUAL, subject, its, facts)


def _all_at_cap(groups: dict[str, list[Line]], found: Sequence[Line]) -> Iterable[Seen]:
    totals = defaultdict(int)
    for line in found:
        totals[line.volunteer_id, line.served_on] += line.minutes
    for subject, its in groups.items():
        people = {(line.volunteer_id, line.served_on) for line in its}
        if len(people) >= PEOPLE_AT_CAP and all(totals[one] == DAILY_CAP for one in people):
            yield Seen(Flag.ALL_AT_CAP, subject, its, {"people": len(people)})


def _split(manual: Sequence[Line]) -> Iterable[Seen]:
    """Several lines by hand of one person and day that together nearly fill it: as one line it would stand out."""
    days = defaultdict(list)
    for line in manual:
        days[line.volunteer, line.served_on].append(line)
    for (code, day), its in days.items():
        minutes = sum(line.minutes for line in its)
        if len(its) > 1 and minutes >= NEARLY_FULL:
            facts = {"lines": len(its), "minutes": minutes, "days": 1}
            yield Seen(Flag.SPLIT_SHIFTS, f"volunteer {code} {day}", its, facts)


def _nearly_full(manual: Sequence[Line]) -> Iterable[Seen]:
    """Days by hand of one person just under the cap, several within a month."""
    months = defaultdict(list)
    for line in manual:
        if NEARLY_FULL <= line.minutes <= DAILY_CAP:
            months[line.volunteer, str(Month.of(line.served_on))].append(line)
    for (code, month), its in months.items():
        days = {line.served_on for line in its}
        if len(days) >= NEARLY_FULL_DAYS:
            facts = {"lines": len(its), "minutes": min(line.minutes for line in its), "days": len(days)}
            yield Seen(Flag.SPLIT_SHIFTS, f"volunteer {code} {month}", its, facts)


def _gains(groups: dict[str, list[Line]]) -> Iterable[Seen]:
    """Who proposed or approved hours has hours of the same event, or of the same site and day, by name."""
    for subject, its in groups.items():
        names = {line.name for line in its}
        theirs = [line for line in its if {line.proposer, line.approver} & names]
        if theirs:
            hands = sorted({one for line in theirs for one in (line.proposer, line.approver) if one in names})
            facts = {"staff": "、".join(hands), "mutual": False}
            own = [line for line in its if line.name in hands and line not in theirs]
            yield Seen(Flag.APPROVER_GAINS, subject, [*theirs, *own], facts)


def _each_other(manual: Sequence[Line]) -> Iterable[Seen]:
    """Two who approve each other's hours, by name."""
    approved = defaultdict(list)
    for line in manual:
        if line.approver:
            approved[line.approver, line.name].append(line)
    for (approver, name), its in approved.items():
        back = approved.get((name, approver))
        if back and approver < name:
            both = sorted([*its, *back], key=lambda line: (line.served_on, line.id))
            staff = sorted({line.decided_by for line in both})
            subject = "staff " + " staff ".join(map(str, staff))
            facts = {"staff": f"{approver}、{name}", "mutual": True}
            yield Seen(Flag.APPROVER_GAINS, subject, both, facts)
