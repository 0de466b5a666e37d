"""The verbs of volunteers: register, shifts, and the ledger of hours (domain.md §7).

Locks are taken in one order everywhere: the event, the volunteers by number, the ledger's chain; the audit chain
comes at the very end of every transaction.
"""

from datetime import date, datetime, timedelta

from sqlalchemy import select

from stationapp import clock, codes
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.audit.operations import record
from stationapp.calendar.queries import differs
from stationapp.calendar.rules import add_working_days, age_on
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import Refused
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.sites.rules import contains
from stationapp.vault import vault
from stationapp.volunteers import ledger, manual_queries, posting, queries, rules, telling
from stationapp.volunteers.minors import minors_at, risks_at
from stationapp.volunteers.models import Assignment, HoursEntry, ManualHours, Shift, Volunteer
from stationapp.volunteers.rules import ManualReason, ManualState, Minor, Risk, VolunteerRefusal


def register(resident: Resident, *, site: Site, by: int | None, now: datetime) -> Volunteer:
    """Give a resident a volunteer profile, or return the one there is (taken up again when it had ended).

    Hours of services before the profile are posted now. Raises Refused(VolunteerRefusal).
    """
    its = select(Volunteer).where(Volunteer.resident_id == resident.id)
    found = db.session.scalar(its.execution_options(populate_existing=True))
    _refuse(rules.register_problem(_age(resident, clock.day_of(now))))
    if found and found.ended_at is None:
        return found  # not held: whoever checks them in asks for the event next, and events come before volunteers
    if found:
        posting.hold(found.id)
        found.ended_at = None
    else:
        secret = codes.new_personal()
        found = Volunteer(
            code=codes.new_public(),
            resident_id=resident.id,
            site_id=site.id,
            registered_at=now,
            personal_index=vault().index("volunteer", secret),
            personal_sealed=vault().seal(secret),
        )
        db.session.add(found)
    db.session.flush()
    record("volunteers.register", f"volunteer {found.code}", by=by, now=now, site_id=site.id)
    for day in sorted(_days_served(resident.id)):
        posting.bring_up(found, day, by=by, now=now)
    return found


def add_shift(
    event: Event,
    *,
    title: str,
    needed: int,
    risk: Risk,
    risk_note: str,
    insurance: str = "",
    by: int | None,
    now: datetime,
) -> Shift:
    """A need for volunteers at an event. An elevated risk needs a policy number (志愿服务条例 12, 17)."""
    _refuse(rules.shift_fields_problem(title, needed, risk, risk_note, insurance))
    _open(event)
    shift = Shift(
        event_id=event.id,
        title=title.strip(),
        needed=needed,
        risk=risk,
        risk_note=risk_note.strip(),
        insurance=insurance.strip(),
        made_at=now,
    )
    db.session.add(shift)
    db.session.flush()
    record(
        "volunteers.add_shift",
        f"event {event.code} shift {shift.id}",
        by=by,
        now=now,
        site_id=event.site_id,
    )
    return shift


def remove_shift(shift: Shift, *, by: int | None, now: datetime) -> None:
    """Take a shift back in which nobody stands, before its event's end; twice is harmless. Raises Refused."""
    db.session.refresh(shift, with_for_update=True)
    if shift.ended_at is not None:
        return
    event = db.session.get_one(Event, shift.event_id)
    _open(event)
    if event.ends_at <= now:
        raise Refused(VolunteerRefusal.EVENT_OVER)
    if db.session.scalar(
        select(Assignment.id).where(Assignment.shift_id == shift.id, Assignment.ended_at.is_(None)).limit(1)
    ):
        raise Refused(VolunteerRefusal.SHIFT_TAKEN)
    shift.ended_at = now
    db.session.flush()
    subject = f"event {event.code} shift {shift.id}"
    record("volunteers.remove_shift", subject, by=by, now=now, site_id=event.site_id)


def assign(shift: Shift, volunteer: Volunteer, *, by: int | None, now: datetime) -> Assignment:
    """Let a volunteer take a shift; who takes it already keeps it. Raises Refused(VolunteerRefusal)."""
    db.session.refresh(shift, with_for_update=True)
    live = list(
        db.session.scalars(
            select(Assignment).where(Assignment.shift_id == shift.id, Assignment.ended_at.is_(None))
        )
    )
    for one in live:
        if one.volunteer_id == volunteer.id:
            return one
    event = db.session.get_one(Event, shift.event_id)
    _open(event)
    if shift.ended_at is not None:
        raise Refused(VolunteerRefusal.SHIFT_GONE)
    if event.ends_at <= now:  # who helped without a shift is taken down at the door, not planned afterwards
        raise Refused(VolunteerRefusal.EVENT_OVER)
    if volunteer.ended_at is not None:
        raise Refused(VolunteerRefusal.NOT_A_VOLUNTEER)
    resident = db.session.get_one(Resident, volunteer.resident_id)
    _refuse(rules.shift_problem(_minor(resident, event), shift.risk, rules.ends_late(*_local(event))))
    if len(live) >= shift.needed:
        raise Refused(VolunteerRefusal.SHIFT_FULL, needed=shift.needed)
    posting.hold(volunteer.id)  # two shifts at the same time, given by two desks at once, stand in line
    other = queries.clashing(volunteer.id, event)
    if other:
        raise Refused(VolunteerRefusal.CLASHES, other=other.title)
    made = Assignment(shift_id=shift.id, volunteer_id=volunteer.id, made_at=now)
    db.session.add(made)
    db.session.flush()
    _record_shift("volunteers.assign", event, shift, volunteer, by, now)
    return made


def may_help(resident: Resident, event: Event) -> None:
    """Refuse whoever is too young to help at the event, with a shift or without (domain.md §7, minors).

    Nobody is asked for an age at the door: staff see who stands there.
    """
    who = _minor(resident, event)
    if who.age is not None:
        risk = risks_at(event, [resident])[resident.id]
        _refuse(rules.shift_problem(who, risk, rules.ends_late(*_local(event))))


def unassign(assignment: Assignment, *, by: int | None, now: datetime) -> None:
    """Take a volunteer off a shift; twice is harmless. Raises Refused(VolunteerRefusal.EVENT_OVER)."""
    if assignment.ended_at is not None:
        return
    shift = db.session.get_one(Shift, assignment.shift_id)
    event = db.session.get_one(
        Event, shift.event_id, with_for_update={"key_share": True}, populate_existing=True
    )
    _open(event)
    assignment.ended_at = now
    db.session.flush()
    volunteer = db.session.get_one(Volunteer, assignment.volunteer_id)
    _record_shift("volunteers.unassign", event, shift, volunteer, by, now)


def post_hours(event: Event, *, by: int | None, now: datetime) -> None:
    """Bring the ledger to what the rule says of everybody who helped at `event`, on its days, at every site.

    The edge calls it after `close_out`, and after `reopen`, which takes the event's lines back until it is
    closed out again. Lines that stand right are left alone; twice is harmless.
    """
    days, everybody = ledger.days_touched(event), queries.volunteers_at(event.id)
    for volunteer in everybody:
        posting.hold(volunteer.id)  # all before the first line: people come before the chain
    posted = []
    for volunteer in everybody:
        for day in days:
            posted += posting.bring_up(volunteer, day, by=by, now=now)
    if event.state is State.CLOSED_OUT:  # while it is open again, nothing is final
        telling.tell_posted(posted, now=now)
        for day in days:
            telling.tell_taken_back(everybody, day, now=now)


def propose_manual(
    volunteer: Volunteer,
    *,
    site: Site,
    from_site: Site,
    served_on: date,
    minutes: int,
    reason: ManualReason,
    note: str,
    event: Event | None = None,
    knowing: bool = False,
    by: int,
    now: datetime,
) -> ManualHours:
    """Propose hours without a scan, within 10 working days; the same again is the same proposal.

    `from_site` is where the proposer's right comes from, the nearest that covers `site`: who decides stands above it.
    Raises Refused(VolunteerRefusal): SAME_DAY, unless `knowing`, when others of that person and day stand.
    """
    if from_site.parent_id is None:
        raise Refused(VolunteerRefusal.NOBODY_ABOVE)
    today = clock.day_of(now)
    if served_on > today:
        raise Refused(VolunteerRefusal.IN_FUTURE)
    deadline = _deadline(served_on)
    if not rules.manual_deadline_ok(served_on, today, deadline):
        raise Refused(VolunteerRefusal.TOO_LATE, deadline=deadline)
    if minutes % rules.UNIT or not 0 < minutes <= rules.DAILY_CAP:
        raise Refused(VolunteerRefusal.TOO_MANY_MINUTES)
    if not note.strip():
        raise Refused(VolunteerRefusal.REASON_MISSING)
    if event and clock.day_of(event.starts_at) != served_on:
        raise Refused(VolunteerRefusal.OTHER_DAY)
    _is_past(event, served_on, minutes, now)
    _has_room(volunteer, event, served_on, minutes)
    manual = ManualHours(
        volunteer_id=volunteer.id,
        site_id=site.id,
        event_id=event.id if event else None,
        served_on=served_on,
        minutes=minutes,
        reason=reason,
        note=note.strip(),
        proposed_by=by,
        proposed_from=from_site.id,
        proposed_at=now,
    )
    posting.hold(volunteer.id)  # a form sent twice at the same moment stands in line
    if same := manual_queries.find_same(manual):
        return same
    if not knowing and (others := manual_queries.list_standing(volunteer.id, served_on)):
        raise Refused(VolunteerRefusal.SAME_DAY, minutes=sum(one.minutes for one in others))
    db.session.add(manual)
    db.session.flush()
    record("volunteers.propose_manual", f"manual {manual.id}", by=by, now=now, site_id=site.id)
    return manual


def decide_manual(
    manual: ManualHours, *, approved: bool, from_site: Site, by: int, now: datetime, reason: str = ""
) -> HoursEntry | None:
    """Approve or reject proposed hours; an approval posts its line. `from_site` is where the right comes from.

    Never the own proposal, only from a site strictly above the place and above where it was proposed from, never the
    own hours (trust.md H4). Staff carry no resident's identity, so "the own hours" are told by the name.
    """
    db.session.refresh(manual, with_for_update=True)
    if manual.state is not ManualState.PROPOSED:
        raise Refused(VolunteerRefusal.ALREADY_DECIDED)
    _may_decide(manual, from_site, by)
    volunteer = db.session.get_one(Volunteer, manual.volunteer_id)
    if approved:
        _fits(manual, volunteer)
    elif not reason.strip():
        raise Refused(VolunteerRefusal.REASON_MISSING)
    manual.state = ManualState.APPROVED if approved else ManualState.REJECTED
    manual.decided_by, manual.decided_at, manual.decided_from = by, now, from_site.id
    db.session.flush()
    act = "volunteers.approve_manual" if approved else "volunteers.reject_manual"
    record(act, f"manual {manual.id}", by=by, now=now, site_id=manual.site_id, reason=reason.strip())
    if not approved:
        return None
    line = posting.post(
        volunteer.id, manual.site_id, manual.served_on, manual.minutes, by, now, manual_id=manual.id
    )
    for day in _days_of(manual):
        posting.bring_up(volunteer, day, by=by, now=now)
    telling.tell_manual(line, now=now)
    return line


def correct_line(line: HoursEntry, *, reason: str, by: int, now: datetime) -> HoursEntry:
    """Take back a manual line found wrong: a new line names it. Lines from events change by reopening those."""
    volunteer = posting.hold(line.volunteer_id)
    if line.attendance_id is not None or line.corrects_id is not None:
        raise Refused(VolunteerRefusal.BY_REOPENING)
    if db.session.scalar(select(HoursEntry.id).where(HoursEntry.corrects_id == line.id)):
        raise Refused(VolunteerRefusal.ALREADY_DECIDED)
    if not reason.strip():
        raise Refused(VolunteerRefusal.REASON_MISSING)
    record(
        "volunteers.correct_line",
        f"hours {line.id}",
        by=by,
        now=now,
        site_id=line.site_id,
        reason=reason.strip(),
    )
    undoing = posting.undo_line(line, by, now)
    for day in _days_of(db.session.get_one(ManualHours, line.manual_id)):
        telling.tell_posted(posting.bring_up(volunteer, day, by=by, now=now), now=now)
        telling.tell_taken_back([volunteer], day, now=now)
    return undoing


def _may_decide(manual: ManualHours, from_site: Site, by: int) -> None:
    if manual.proposed_by == by:
        raise Refused(VolunteerRefusal.OWN_PROPOSAL)
    for site_id in (manual.site_id, manual.proposed_from or manual.site_id):
        if site_id == from_site.id or not contains(from_site.path, db.session.get_one(Site, site_id).path):
            raise Refused(VolunteerRefusal.NOT_FROM_ABOVE)
    if queries.is_same_name(manual.volunteer_id, by):
        raise Refused(VolunteerRefusal.BENEFICIARY)


def _fits(manual: ManualHours, volunteer: Volunteer) -> None:
    """Refuse an approval that would count time twice or go over the day's cap."""
    posting.hold(volunteer.id)
    _has_room(volunteer, _event_of(manual), manual.served_on, manual.minutes)
    posted = sum(line.minutes for line in ledger.live_lines(volunteer.id, manual.served_on))
    if posted + manual.minutes > rules.DAILY_CAP:
        raise Refused(VolunteerRefusal.TOO_MANY_MINUTES)


def _is_past(event: Event | None, day: date, minutes: int, now: datetime) -> None:
    """Refuse hours of time that is still to come: of an event that goes on, or more than is gone of today."""
    if event:
        if event.ends_at > now:
            raise Refused(VolunteerRefusal.NOT_OVER)
        return
    gone = int((now - clock.instant(day)).total_seconds() // 60)
    if minutes > gone:
        raise Refused(VolunteerRefusal.LONGER_THAN_DAY, minutes=gone // rules.UNIT * rules.UNIT)


def _has_room(volunteer: Volunteer, event: Event | None, day: date, minutes: int) -> None:
    """Refuse hours for an event that has some already, or more than it lasted without what counts elsewhere."""
    if event is None:
        return
    if ledger.is_credited(volunteer.id, event.id, day):
        raise Refused(VolunteerRefusal.ALREADY_CREDITED)
    if minutes > (room := ledger.room_for(volunteer.id, event)):
        raise Refused(VolunteerRefusal.LONGER_THAN_EVENT, minutes=room)


def _event_of(manual: ManualHours) -> Event | None:
    return db.session.get(Event, manual.event_id) if manual.event_id else None


def _days_of(manual: ManualHours) -> list[date]:
    """The days whose hours it may change."""
    event = _event_of(manual)
    return ledger.days_touched(event) if event else [manual.served_on]


def _deadline(served_on: date) -> date:
    return add_working_days(
        served_on, rules.MANUAL_WINDOW, differs(served_on, served_on + timedelta(days=60))
    )


def _days_served(resident_id: int) -> set[date]:
    starts = db.session.scalars(
        select(Event.starts_at)
        .join(Attendance, Attendance.event_id == Event.id)
        .where(
            Attendance.resident_id == resident_id,
            Attendance.part == Part.VOLUNTEER,
            Event.state == State.CLOSED_OUT,
        )
    )
    return {clock.day_of(at) for at in starts}


def _open(event: Event) -> None:
    if event.state in (State.CANCELLED, State.CLOSED_OUT):
        raise Refused(VolunteerRefusal.EVENT_OVER)


def _age(resident: Resident, day: date) -> int | None:
    return age_on(resident.birth_month, day) if resident.birth_month else None


def _minor(resident: Resident, event: Event) -> Minor:
    return minors_at([resident], event)[resident.id]


def _local(event: Event) -> tuple[datetime, datetime]:
    return clock.local(event.ends_at), clock.local(event.starts_at)


def _record_shift(act: str, event: Event, shift: Shift, volunteer: Volunteer, by: int | None, now) -> None:
    subject = f"event {event.code} shift {shift.id} volunteer {volunteer.code}"
    record(act, subject, by=by, now=now, site_id=event.site_id)


def _refuse(reason: VolunteerRefusal | None) -> None:
    if reason:
        raise Refused(reason)
