"""Facts for a month, written straight as rows: what the operations leave behind, without their rules."""

from datetime import date, datetime, timedelta

from stationapp import clock
from stationapp.attendance.models import Attendance, Headcount
from stationapp.attendance.rules import How, Part
from stationapp.audit.operations import append
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db
from stationapp.events.models import Event, Series
from stationapp.events.rules import Cadence, Category, State, Task
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers.models import HoursEntry, ManualHours, Volunteer
from stationapp.volunteers.rules import ManualReason, ManualState

MONTH = Month(2026, 9)
AT = clock.instant(date(2026, 9, 10), 9)
AFTER = clock.instant(date(2026, 10, 12), 10)

_made = 0


def _next() -> int:
    global _made
    _made += 1
    return _made


def _kept(row):
    db.session.add(row)
    db.session.flush()
    return row


def series(site: Site, cadence: Cadence = Cadence.YEAR_ROUND) -> Series:
    """A series of a site."""
    return _kept(Series(code=f"S{_next():07d}", site_id=site.id, title="书法班", cadence=cadence, made_at=AT))


def event(
    site: Site, at: datetime = AT, *, state: State = State.CLOSED_OUT, closed_out_at=None, **values
) -> Event:
    """A closed-out event of two hours, unless told otherwise."""
    closed = closed_out_at or at + timedelta(hours=3)
    values = {"title": "健康讲座", "category": Category.A02, "task": Task.T4, "place": "大厅"} | values
    return _kept(
        Event(
            code=f"E{_next():07d}",
            site_id=site.id,
            state=state,
            starts_at=at,
            ends_at=at + timedelta(hours=2),
            made_at=at - timedelta(days=7),
            closed_out_at=closed if state is State.CLOSED_OUT else None,
            **values,
        )
    )


def household() -> Household:
    """A household of its own."""
    return _kept(Household(made_at=AT))


def resident(home: Site | None, name: str = "", *, family: Household | None = None) -> Resident:
    """A person living in `home`, or nobody knows where."""
    return _kept(
        Resident(
            household_id=(family or household()).id,
            name=name or f"居民{_next()}",
            initials="jm",
            lives=Lives.HERE if home else Lives.UNKNOWN,
            community_id=home and home.id,
            made_at=AT,
        )
    )


def came(
    event: Event,
    person: Resident,
    *,
    band: AgeBand = AgeBand.B65,
    part: Part = Part.RESIDENT,
    channel: Channel = Channel.WEB,
    lives: Lives | None = None,
    home: Site | None = None,
    undone: bool = False,
) -> Attendance:
    """Somebody was there; home as on their record unless given."""
    community = home.id if home else person.community_id
    lives = lives or (Lives.HERE if community else person.lives)
    return _kept(
        Attendance(
            event_id=event.id,
            resident_id=person.id,
            part=part,
            channel=channel,
            came_at=event.starts_at,
            came_how=How.ROSTER,
            left_at=event.ends_at if part is Part.VOLUNTEER else None,
            left_how=How.ROSTER if part is Part.VOLUNTEER else None,
            lives=lives,
            community_id=community if lives is Lives.HERE else None,
            band=band,
            undone=undone,
        )
    )


def counted(event: Event, people: int, band: AgeBand = AgeBand.UNKNOWN) -> Headcount:
    """People nobody asked for a name."""
    return _kept(Headcount(event_id=event.id, band=band, people=people))


def volunteer(person: Resident, site: Site) -> Volunteer:
    """A volunteer's profile."""
    code = f"V{_next():07d}"
    return _kept(
        Volunteer(
            code=code,
            resident_id=person.id,
            site_id=site.id,
            personal_index=vault().index("volunteer", code),
            personal_sealed=vault().seal(code),
            registered_at=AT,
        )
    )


def line(
    who: Volunteer, site: Site, minutes: int, on: date, *, posted_at: datetime = AT, **source
) -> HoursEntry:
    """A line of the ledger, linked into its chain; `source`: attendance_id, manual_id or corrects_id."""
    if "attendance_id" in source:
        source.setdefault("turn", 1)
    number, previous, link = append("hours", {"test": _next()})
    return _kept(
        HoursEntry(
            id=number,
            volunteer_id=who.id,
            site_id=site.id,
            served_on=on,
            minutes=minutes,
            posted_at=posted_at,
            previous_hash=previous,
            hash=link,
            **source,
        )
    )


def manual(who: Volunteer, site: Site, minutes: int, on: date, proposer: int, approver: int) -> HoursEntry:
    """An approved manual entry and its line."""
    entry = _kept(
        ManualHours(
            volunteer_id=who.id,
            site_id=site.id,
            served_on=on,
            minutes=minutes,
            reason=ManualReason.PAPER_ONLY,
            note="纸质签到",
            state=ManualState.APPROVED,
            proposed_by=proposer,
            proposed_at=AT,
            decided_by=approver,
            decided_at=AT,
            decided_from=site.parent_id or site.id,
        )
    )
    return line(who, site, minutes, on, manual_id=entry.id)
