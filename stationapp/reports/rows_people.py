"""The rows behind figures of people: attendances, persons, sign-ups, volunteers and their hours (domain.md §9)."""

from collections.abc import Collection, Iterable

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, exists, func, or_, select, union
from sqlalchemy.orm import aliased

from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.reports import registers
from stationapp.reports.behind import Scope
from stationapp.reports.queries import event_valid, in_month, is_served
from stationapp.reports.rules import BANDS
from stationapp.residents.models import Merge, Resident
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import CALLERS, Channel, Place
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath
from stationapp.sites.rules import Group
from stationapp.volunteers.models import HoursEntry, Volunteer

MONTHS = 12
"""How far back somebody served who takes part (I-17, I-18)."""

_YOUNG = BANDS[Group.UNDER_18]


def attendances(scope: Scope, *conditions: ColumnElement[bool]) -> Select:
    """Each coming of a resident; `helped`: by a channel where somebody signed them up."""
    home = select(Site.short_name).where(Site.id == Attendance.community_id).correlate(Attendance)
    return (
        select(
            Resident.name,
            Resident.birth_month,
            Attendance.band,
            Attendance.lives,
            Attendance.channel,
            home.scalar_subquery().label("home"),
            Event.title,
            Event.starts_at,
            Event.code,
            Site.short_name,
            case((Attendance.channel.in_(CALLERS), 1), else_=0).label("helped"),
        )
        .select_from(Attendance)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .join(Resident, Resident.id == Attendance.resident_id)
        .where(scope.here, is_served(*conditions))
        .order_by(Event.starts_at, Attendance.id)
    )


def of_ages(bands: Iterable[AgeBand]) -> ColumnElement[bool]:
    """The condition on Attendance "of such an age on the day"."""
    return Attendance.band.in_(list(bands))


def persons(scope: Scope, *conditions: ColumnElement[bool]) -> Select:
    """Everybody who came to what was held here, once, with how often."""
    return _once(scope, func.count(Attendance.id), scope.here, *conditions)


def reached(scope: Scope, group: Group, community: str | None, *conditions: ColumnElement[bool]) -> Select:
    """People of the site's communities served by anyone in the district; `times`: how often by the site itself and
    those beneath. Where else they go is not its business (trust.md §4.14)."""
    lived = Attendance.community_id.in_(scope.homes(community))
    here = func.sum(case((beneath(scope.site.path), 1), else_=0))
    return _once(scope, here, scope.counts, lived, of_ages(BANDS[group]), *conditions)


def _once(scope: Scope, times: ColumnElement[int], *conditions: ColumnElement[bool]) -> Select:
    child = case((Attendance.band.in_(_YOUNG), 1), else_=0)
    return (
        select(
            Resident.id,
            Resident.name,
            Resident.birth_month,
            func.max(child).label("child"),
            times.label("times"),
        )
        .select_from(Resident)
        .join(Attendance, scope.person(Attendance.resident_id) == Resident.id)
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(is_served(*conditions))
        .group_by(Resident.id, Resident.name, Resident.birth_month)
        .order_by(Resident.id)
    )


# --- sign-ups --------------------------------------------------------------------------------------------------


def promises(scope: Scope) -> Select:
    """Each place that somebody was to take, and whether they came in whatever role (I-19)."""
    there = (Attendance.event_id == Signup.event_id, ~Attendance.undone)
    same = exists().where(*there, Attendance.resident_id == Signup.resident_id)
    # Only a record that was ever merged is looked for under the person's other ones: the rest are a million.
    merged = Signup.resident_id.in_(union(select(Merge.gone_id), select(Merge.kept_id)))
    other = exists().where(*there, scope.person(Attendance.resident_id) == scope.person(Signup.resident_id))
    came = case((or_(same.correlate(Signup), and_(merged, other.correlate(Signup))), 1), else_=0)
    return (
        _signups(scope, Place.CONFIRMED)
        .add_columns(came.label("came"))
        .where(Party.channel != Channel.WALK_IN)
    )


def waiting(scope: Scope) -> Select:
    """Each sign-up that was never offered a place (I-28)."""
    return _signups(scope, Place.WAITLISTED)


def _signups(scope: Scope, state: Place) -> Select:
    return (
        select(
            Resident.name,
            Resident.birth_month,
            Party.channel,
            Event.title,
            Event.starts_at,
            Event.code,
            Site.short_name,
        )
        .select_from(Signup)
        .join(Party, Party.id == Signup.party_id)
        .join(Event, Event.id == Signup.event_id)
        .join(Site, Site.id == Event.site_id)
        .join(Resident, Resident.id == Signup.resident_id)
        .where(scope.here, Signup.state == state)
        .order_by(Event.starts_at, Event.id, Signup.id)
    )


# --- volunteers and hours --------------------------------------------------------------------------------------


def hours(scope: Scope, *, manual: bool = False) -> Select:
    """The lines of the ledger; with `manual` those that nobody scanned, and what corrects them."""
    corrected = aliased(HoursEntry)
    by_hand = func.coalesce(HoursEntry.manual_id, corrected.manual_id).is_not(None)
    source = case(
        (HoursEntry.corrects_id.is_not(None), "correction"),
        (HoursEntry.manual_id.is_not(None), "manual"),
        else_="attendance",
    )
    lines = (
        select(
            HoursEntry.id,
            HoursEntry.served_on,
            HoursEntry.minutes,
            HoursEntry.site_id,
            HoursEntry.corrects_id,
            scope.person(Volunteer.resident_id).label("resident_id"),
            Resident.name,
            Resident.birth_month,
            Site.short_name,
            source.label("source"),
            by_hand.label("manual"),
        )
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .join(Resident, Resident.id == Volunteer.resident_id)
        .join(Site, Site.id == HoursEntry.site_id)
        .outerjoin(corrected, corrected.id == HoursEntry.corrects_id)
        .where(scope.lines)
        .order_by(HoursEntry.served_on, HoursEntry.id)
    )
    return lines.where(by_hand) if manual else lines


def volunteers(scope: Scope) -> Select:
    """Everybody who served here: seen at an event that counts, or with minutes left at a site of these (I-12)."""
    came = (
        select(scope.person(Attendance.resident_id).label("resident_id"))
        .join(Event, Event.id == Attendance.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(scope.here, Attendance.part == Part.VOLUNTEER, ~Attendance.undone)
    )
    lines = hours(scope).order_by(None).subquery()
    earned = (
        select(lines.c.resident_id)
        .group_by(lines.c.resident_id, lines.c.site_id)
        .having(func.sum(lines.c.minutes) > 0)
    )
    who = union(came, earned).subquery()
    all_lines = hours(scope).order_by(None).subquery()
    sums = (
        select(all_lines.c.resident_id, func.sum(all_lines.c.minutes).label("minutes"))
        .group_by(all_lines.c.resident_id)
        .subquery()
    )
    return (
        select(
            Resident.id,
            Resident.name,
            Resident.birth_month,
            func.coalesce(sums.c.minutes, 0).label("minutes"),
        )
        .join(who, who.c.resident_id == Resident.id)
        .outerjoin(sums, sums.c.resident_id == Resident.id)
        .order_by(Resident.id)
    )


def register(scope: Scope, community: str | None, *, anybody: bool = False) -> Select:
    """The volunteers living in these communities now, with whether they served in the twelve months (I-16, I-17);
    with `anybody` all who served, a profile or none (I-18). As it stands: nobody's home of then is kept."""
    listed = registers.registered(scope.month.last_day, scope.who)
    served = _served(scope)
    homes = scope.homes(community)
    people = served if anybody else listed
    active = case((_one_of(served & people), 1), else_=0)
    home = select(Site.short_name).where(Site.id == Resident.community_id).correlate(Resident)
    return (
        select(
            Resident.id,
            Resident.name,
            Resident.birth_month,
            active.label("active"),
            home.scalar_subquery().label("home"),
        )
        .where(_one_of(people), Resident.community_id.in_(homes))
        .order_by(Resident.id)
    )


def _one_of(ids: Collection[int]) -> ColumnElement[bool]:
    """The condition "one of these people"; ids are our own numbers and stand in the statement itself, for a driver
    takes only so many values."""
    return Resident.id.in_(
        bindparam("people", sorted(ids), expanding=True, literal_execute=True, unique=True)
    )


def _served(scope: Scope) -> frozenset[int]:
    """Who served anywhere in the district in the twelve months, as they count."""
    months = [scope.month.plus(-back) for back in range(MONTHS)]
    came = db.session.scalars(
        select(Attendance.resident_id)
        .join(Event, Event.id == Attendance.event_id)
        .where(
            or_(*map(in_month, months)),
            Event.state == State.CLOSED_OUT,
            event_valid(),
            Attendance.part == Part.VOLUNTEER,
            ~Attendance.undone,
        )
        .distinct()
    )
    person = scope.person(Volunteer.resident_id)
    earned = db.session.scalars(
        select(person)
        .select_from(HoursEntry)
        .join(Volunteer, Volunteer.id == HoursEntry.volunteer_id)
        .where(HoursEntry.served_on.between(months[-1].first_day, months[0].last_day))
        .group_by(person, HoursEntry.site_id)
        .having(func.sum(HoursEntry.minutes) > 0)
    )
    return frozenset(scope.who.get(id, id) for id in came) | frozenset(earned)
