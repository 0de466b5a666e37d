"""Minutes that count as voluntary service (domain.md §7)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum


class Risk(Enum):
    """The risk a shift states; elevated needs an insurance policy number before publishing."""

    ORDINARY = "ordinary"
    ELEVATED = "elevated"


class ManualState(Enum):
    """The life of a manual entry (补录)."""

    PROPOSED = "proposed"
    APPROVED = "approved"
    REJECTED = "rejected"


class ManualReason(Enum):
    """Why hours are entered without a scan."""

    NO_NETWORK = "no_network"
    FORGOT_OUT = "forgot_out"
    PAPER_ONLY = "paper_only"
    OUTSIDE = "outside"  # served away from the site
    OTHER = "other"


class QuestionOutcome(Enum):
    """What came of a request to put the ledger right."""

    CORRECTED = "corrected"
    AS_IT_STANDS = "as_it_stands"


class VolunteerRefusal(Enum):
    """Why something about volunteers or hours is refused."""

    NOT_A_VOLUNTEER = "not_a_volunteer"
    TOO_YOUNG = "too_young"  # under 8 never
    MINOR_AT_RISK = "minor_at_risk"  # under 18: none where the risk is elevated or after 21:00
    GUARDIAN_MISSING = "guardian_missing"  # 8–13: a grown-up of the family at the same event
    CONSENT_MISSING = "consent_missing"  # 14–17: the guardian's consent
    AGE_UNKNOWN = "age_unknown"  # an elevated risk or a late hour, and no birth month
    SHIFT_FULL = "shift_full"
    CLASHES = "clashes"  # facts["other"]: another shift at the same time
    LONG_DAY = "long_day"  # told once, then done if asked again; facts["minutes"] of that day
    EVENT_OVER = "event_over"  # cancelled or closed out; for a shift: ended
    TITLE_MISSING = "title_missing"
    NEEDED_UNREADABLE = "needed_unreadable"
    RISK_MISSING = "risk_missing"
    INSURANCE_MISSING = "insurance_missing"
    OWN_PROPOSAL = "own_proposal"
    NOT_FROM_ABOVE = "not_from_above"  # above the place, and above where it was proposed from
    NOBODY_ABOVE = "nobody_above"  # proposed with a right of the center
    TOO_LATE = "too_late"  # more than 10 working days after; facts["deadline"]
    IN_FUTURE = "in_future"
    NOT_OVER = "not_over"  # the event named goes on
    LONGER_THAN_DAY = "longer_than_day"  # for today; facts["minutes"]: what is gone of it
    OTHER_DAY = "other_day"  # the event named was on another day
    SAME_DAY = "same_day"  # told once, then done if asked again; facts["minutes"] by hand of that day
    TOO_MANY_MINUTES = "too_many_minutes"
    LONGER_THAN_EVENT = (
        "longer_than_event"  # facts["minutes"]: what is left of its time, counted nowhere else
    )
    REASON_MISSING = "reason_missing"
    BENEFICIARY = "beneficiary"
    ALREADY_DECIDED = "already_decided"
    ALREADY_CREDITED = "already_credited"  # the event's hours stand in the ledger
    BY_REOPENING = "by_reopening"  # a line from an event changes only by reopening the event
    SHIFT_TAKEN = "shift_taken"  # somebody stands in the shift that is to be taken back
    SHIFT_GONE = "shift_gone"  # it was taken back


UNIT = 30  # minutes; credited time is floored to it, never rounded up
DAILY_CAP = 8 * 60  # minutes a person may earn in a day
MANUAL_WINDOW = 10  # working days within which a manual entry may be proposed


@dataclass(frozen=True)
class Served:
    """One volunteer's presence at one event, with what the rule needs to know of the event."""

    attendance_id: int
    event_id: int
    came_at: datetime
    left_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    break_minutes: int
    staff_side: bool  # a member of staff stood behind one end at least

    @property
    def turn(self) -> tuple[datetime, int]:
        """Its place in the day; nothing of it depends on which arrival was taken down first."""
        return self.starts_at, self.event_id


Span = tuple[datetime, datetime]


def span(served: Served) -> Span | None:
    """The part of the event that the person was there for; None when pending or nothing."""
    if served.left_at is None or not served.staff_side:
        return None
    begin, end = max(served.came_at, served.starts_at), min(served.left_at, served.ends_at)
    return (begin, end) if begin < end else None


def credited(day: Sequence[Served], *, earned: int = 0, before: Iterable[Span] = ()) -> dict[int, int]:
    """Minutes per attendance for one person's services of one day, in order of start.

    Overlapping time counts once, at the service that began first; what lies in `before` counts already, for services
    of the day before or by hand; the stated break is taken off; each is floored to UNIT; together with `earned`
    (minutes already posted that day, manual ones) at most DAILY_CAP.
    """
    minutes: dict[int, int] = {}
    before = list(before)
    for served in sorted(day, key=lambda one: one.turn):
        part, worth = span(served), 0
        if part:
            worth = worth_alone(part, served.break_minutes, before)
            before.append(part)
        worth = min(worth, (DAILY_CAP - earned) // UNIT * UNIT)
        earned += worth
        minutes[served.attendance_id] = worth
    return minutes


def alone(part: Span, others: Iterable[Span]) -> timedelta:
    """How much of `part` lies in none of the others, wherever in it they are."""
    return sum((end - begin for begin, end in gaps(part, others)), timedelta())


def gaps(part: Span, others: Iterable[Span]) -> list[Span]:
    """What of `part` lies in none of the others, in order."""
    (reached, end), found = part, []
    for begins, ends in sorted(others):
        if begins >= end:
            break
        if begins > reached:
            found.append((reached, begins))
        reached = max(reached, ends)
    return [*found, (reached, end)] if reached < end else found


def by_hand(part: Span, minutes: int, scanned: Sequence[Span]) -> list[Span]:
    """Where in an event, `part`, the time lies that was entered for it by hand.

    Nobody wrote down when it was: as far as it goes, where no scan saw the person elsewhere, from the beginning on.
    """
    free, found, left = gaps(part, scanned), [], timedelta(minutes=minutes)
    for begin, end in (*free, *gaps(part, free)):
        end = min(end, begin + left)
        if begin < end:
            found.append((begin, end))
            left -= end - begin
    return found


def worth_alone(part: Span, break_minutes: int, taken: Iterable[Span]) -> int:
    """Minutes that `part` is worth: its time alone, without the stated break, floored to UNIT."""
    net = alone(part, taken) - timedelta(minutes=break_minutes)
    return max(0, int(net.total_seconds() // 60)) // UNIT * UNIT


NEVER_BELOW = 8
ALONE_FROM = 14
GROWN_FROM = 18
LATEST_HOUR = 21  # minors are home by then
EARLIEST_HOUR = 5  # and not out before


@dataclass(frozen=True)
class Minor:
    """What the age rule needs to know of somebody who wants to help; `age` None: unknown."""

    age: int | None
    consent: bool  # the guardian agreed
    guardian_there: bool  # a grown-up of the family is at the same event


def register_problem(age: int | None) -> VolunteerRefusal | None:
    """Why somebody of that age cannot be a volunteer at all (domain.md §7)."""
    return VolunteerRefusal.TOO_YOUNG if age is not None and age < NEVER_BELOW else None


def shift_problem(who: Minor, risk: Risk, ends_late: bool) -> VolunteerRefusal | None:
    """Why somebody cannot take a shift because of their age (domain.md §7)."""
    exposed = risk is Risk.ELEVATED or ends_late
    if who.age is None:
        return VolunteerRefusal.AGE_UNKNOWN if exposed else None
    if who.age >= GROWN_FROM:
        return None
    if exposed:
        return VolunteerRefusal.MINOR_AT_RISK
    if who.age >= ALONE_FROM:
        return None if who.consent else VolunteerRefusal.CONSENT_MISSING
    return register_problem(who.age) or (None if who.guardian_there else VolunteerRefusal.GUARDIAN_MISSING)


def shift_fields_problem(
    title: str, needed: int, risk: Risk, risk_note: str, insurance: str
) -> VolunteerRefusal | None:
    """What is wrong with a shift as written; every shift states its risks."""
    if not title.strip():
        return VolunteerRefusal.TITLE_MISSING
    if not 0 < needed <= 500:
        return VolunteerRefusal.NEEDED_UNREADABLE
    if not risk_note.strip():
        return VolunteerRefusal.RISK_MISSING
    if risk is Risk.ELEVATED and not insurance.strip():
        return VolunteerRefusal.INSURANCE_MISSING
    return None


def ends_late(ends_at_local: datetime, starts_at_local: datetime) -> bool:
    """Whether an event, in local time, reaches past 21:00 or begins before dawn."""
    nine = starts_at_local.replace(hour=LATEST_HOUR, minute=0, second=0, microsecond=0)
    return ends_at_local > nine or starts_at_local.hour < EARLIEST_HOUR


REST_WARNING_HOURS = 12
"""More than this much of shifts and services on one day is told, never refused (domain.md §7)."""


def busy_minutes(spans: Iterable[tuple[datetime, datetime]], begins: datetime, ends: datetime) -> int:
    """Minutes within [begins, ends) that lie in at least one of the spans."""
    total, reached = timedelta(), begins
    for start, end in sorted(spans):
        start, end = max(start, reached), min(end, ends)
        if start < end:
            total, reached = total + (end - start), end
    return int(total.total_seconds() // 60)


def manual_deadline_ok(served_on: date, proposed_on: date, deadline: date) -> bool:
    """Whether a manual entry for `served_on` may still be proposed; `deadline` is its 10th working day."""
    return served_on <= proposed_on <= deadline
