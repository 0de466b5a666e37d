"""Minutes that count as voluntary service (domain.md §7)."""

from collections.abc import Sequence
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


class VolunteerRefusal(Enum):
    """Why something about volunteers or hours is refused."""

    NOT_A_VOLUNTEER = "not_a_volunteer"
    TOO_YOUNG = (
        "too_young"  # under 8 never; 8–13 with a guardian; none where the risk is elevated or after 21:00
    )
    SHIFT_FULL = "shift_full"
    RISK_MISSING = "risk_missing"
    INSURANCE_MISSING = "insurance_missing"
    OWN_PROPOSAL = "own_proposal"
    NOT_FROM_ABOVE = "not_from_above"
    TOO_LATE = "too_late"  # more than 10 working days after
    TOO_MANY_MINUTES = "too_many_minutes"
    REASON_MISSING = "reason_missing"
    BENEFICIARY = "beneficiary"
    ALREADY_DECIDED = "already_decided"


UNIT = 30  # minutes; credited time is floored to it, never rounded up
DAILY_CAP = 8 * 60  # minutes a person may earn in a day
MANUAL_WINDOW = 10  # working days within which a manual entry may be proposed


@dataclass(frozen=True)
class Served:
    """One volunteer's presence at one event, with what the rule needs to know of the event."""

    attendance_id: int
    came_at: datetime
    left_at: datetime | None
    starts_at: datetime
    ends_at: datetime
    break_minutes: int
    staff_side: bool  # a member of staff stood behind one end at least


def span(served: Served) -> tuple[datetime, datetime] | None:
    """The part of the event that the person was there for; None when pending or nothing."""
    if served.left_at is None or not served.staff_side:
        return None
    begin, end = max(served.came_at, served.starts_at), min(served.left_at, served.ends_at)
    return (begin, end) if begin < end else None


def credited(day: Sequence[Served], *, earned: int = 0) -> dict[int, int]:
    """Minutes per attendance for one person's services of one day, in order of start.

    Overlapping time counts once, at the service that began first; the stated break is taken off; each is
    floored to UNIT; together with `earned` (minutes already posted that day, manual ones) at most DAILY_CAP.
    """
    minutes: dict[int, int] = {}
    reached: datetime | None = None
    for served in sorted(day, key=lambda one: (one.starts_at, one.attendance_id)):
        part = span(served)
        worth = 0
        if part:
            begin, end = part if reached is None else (max(part[0], reached), part[1])
            reached = max(reached or end, end)
            if begin < end:
                net = end - begin - timedelta(minutes=served.break_minutes)
                worth = max(0, int(net.total_seconds() // 60)) // UNIT * UNIT
        worth = min(worth, (DAILY_CAP - earned) // UNIT * UNIT)
        earned += worth
        minutes[served.attendance_id] = worth
    return minutes


def manual_deadline_ok(served_on: date, proposed_on: date, deadline: date) -> bool:
    """Whether a manual entry for `served_on` may still be proposed; `deadline` is its 10th working day."""
    return served_on <= proposed_on <= deadline
