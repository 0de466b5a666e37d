"""The life of an event and what may be written into one (domain.md §5, §13)."""

from dataclasses import dataclass, fields, replace
from datetime import date, datetime, timedelta
from enum import Enum

from stationapp import clock
from stationapp.sites.rules import Level


class Category(Enum):
    """Exactly one per event."""

    A01 = "A01"  # 理论宣讲
    A02 = "A02"  # 教育服务
    A03 = "A03"  # 文化服务
    A04 = "A04"  # 科技与科普
    A05 = "A05"  # 健身体育
    A06 = "A06"  # 文明创建
    A07 = "A07"  # 惠民便民
    A09 = "A09"  # 其他


class Task(Enum):
    """The five tasks; exactly one per event."""

    T1 = "T1"  # 学习实践科学理论
    T2 = "T2"  # 宣传宣讲党的政策
    T3 = "T3"  # 培育践行主流价值
    T4 = "T4"  # 丰富活跃文化生活
    T5 = "T5"  # 持续深入移风易俗


class Theme(Enum):
    """Any number per event."""

    OLD = "old"  # 一老
    YOUNG = "young"  # 一小
    DISABILITY = "disability"  # 助残
    ARMY = "army"  # 双拥
    FRAUD = "fraud"  # 反诈
    FIRE = "fire"  # 消防安全
    FESTIVALS = "festivals"  # 我们的节日
    NEIGHBOURS = "neighbours"  # 邻里日
    LEI_FENG = "lei_feng"  # 学雷锋
    JOBS = "jobs"  # 就业
    LAW = "law"  # 法律
    MIND = "mind"  # 心理健康
    WASTE = "waste"  # 垃圾分类
    TRAFFIC = "traffic"  # 文明交通


class Cadence(Enum):
    """How often a series is held."""

    YEAR_ROUND = "year_round"  # 常年性
    STAGED = "staged"  # 阶段性
    ONE_OFF = "one_off"  # 单次


class Pattern(Enum):
    """How the dates of a series follow each other."""

    WEEKLY = "weekly"  # on given weekdays, every `every` weeks (1 weekly, 2 fortnightly)
    MONTHLY_WEEKDAY = "monthly_weekday"  # the nth (1–5, -1: last) of a weekday
    MONTHLY_DATE = "monthly_date"  # a day of the month; a month without it is passed over


class AroundHolidays(Enum):
    """What becomes of a date of a series that falls on a day people are off, or work instead."""

    HOLD = "hold"  # held all the same
    SKIP = "skip"  # left out
    EARLIER = "earlier"  # moved to the nearest ordinary day before
    LATER = "later"  # moved to the nearest ordinary day after


class Enrolment(Enum):
    """What a sign-up to a series is for."""

    PER_EVENT = "per_event"
    COURSE = "course"  # once for all dates still to come


class BatchKind(Enum):
    """How a number of drafts were written at once."""

    SERIES = "series"
    COPY = "copy"  # last month's, again
    TEMPLATE = "template"  # taken over from the center or the office
    PROPOSAL = "proposal"  # what the planner proposed


class Residence(Enum):
    """Who may sign up, by where they live."""

    ANYONE = "anyone"
    DISTRICT = "district"  # people of this district
    OFFICE = "office"  # of the organiser's sub-district
    COMMUNITY = "community"  # of the organiser's own community


class State(Enum):
    """The stored states; "full", "over", "under way", "not closed out" are derived."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    PUBLISHED = "published"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    CLOSED_OUT = "closed_out"
    DISCARDED = "discarded"  # never public; kept, so that it can be brought back


class Step(Enum):
    """What can be done to an event's state."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"  # back to draft before anybody decided
    RETURN = "return"
    PUBLISH = "publish"
    POSTPONE = "postpone"
    CANCEL = "cancel"
    CLOSE_OUT = "close_out"
    REOPEN = "reopen"  # a closed-out event is corrected, with a reason
    DISCARD = "discard"  # an unpublished one leaves the plan
    RESTORE = "restore"  # and comes back as a draft


MACHINE: dict[Step, tuple[frozenset[State], State]] = {
    Step.SUBMIT: (frozenset({State.DRAFT, State.RETURNED}), State.SUBMITTED),
    Step.WITHDRAW: (frozenset({State.SUBMITTED}), State.DRAFT),
    Step.RETURN: (frozenset({State.SUBMITTED}), State.RETURNED),
    Step.PUBLISH: (
        frozenset({State.DRAFT, State.RETURNED, State.SUBMITTED, State.POSTPONED}),
        State.PUBLISHED,
    ),
    Step.POSTPONE: (frozenset({State.PUBLISHED}), State.POSTPONED),
    Step.CANCEL: (frozenset({State.PUBLISHED, State.POSTPONED}), State.CANCELLED),
    Step.CLOSE_OUT: (frozenset({State.PUBLISHED}), State.CLOSED_OUT),
    Step.REOPEN: (frozenset({State.CLOSED_OUT}), State.PUBLISHED),
    Step.DISCARD: (frozenset({State.DRAFT, State.RETURNED}), State.DISCARDED),
    Step.RESTORE: (frozenset({State.DISCARDED}), State.DRAFT),
}
"""The documented machine: from which states a step may be taken, and where it leads."""

SUBMITTABLE = MACHINE[Step.SUBMIT][0]
"""States in which an event is still being written: required fields may be missing."""

PLANNED = frozenset({State.DRAFT, State.RETURNED, State.SUBMITTED, State.PUBLISHED, State.CLOSED_OUT})
"""States in which an event has its time and place in the plan: not put off, not called off."""

PUBLIC = frozenset({State.PUBLISHED, State.POSTPONED, State.CANCELLED, State.CLOSED_OUT})
"""States in which residents may see the event's page."""

BOOKED = frozenset({State.SUBMITTED, State.PUBLISHED, State.CLOSED_OUT})
"""States in which an event has its rooms. A draft only wishes for them, a postponed one has no time yet."""


class EventRefusal(Enum):
    """Why an act on an event is refused."""

    NOT_FROM_HERE = "not_from_here"  # not possible in the present state; facts["state"]: its value
    UNDER_REVIEW = "under_review"  # submitted: withdraw it before changing it
    REASON_MISSING = "reason_missing"
    INCOMPLETE = "incomplete"  # facts["missing"]: names of the fields still empty
    SUMMARY_TOO_LONG = "summary_too_long"
    ENDS_BEFORE_START = "ends_before_start"
    CLOSES_BEFORE_OPENS = "closes_before_opens"
    STARTS_IN_PAST = "starts_in_past"  # a published event may not be moved to a time already gone
    ALREADY_OVER = "already_over"  # it ended before anybody submitted or published it
    AGES_CROSSED = "ages_crossed"
    CAPACITY_BELOW_TAKEN = "capacity_below_taken"  # facts["taken"]
    ROOM_ELSEWHERE = "room_elsewhere"
    SHARED_ELSEWHERE = "shared_elsewhere"  # what goes round belongs to no site above this one
    PARTNER_IS_LEAD = "partner_is_lead"
    ALREADY_HELD = "already_held"  # an event that has begun never changes
    RISK_UNINSURED = "risk_uninsured"
    NEEDS_APPROVAL = "needs_approval"  # must be published by the office
    NOT_OVER_YET = "not_over_yet"  # close-out before the end; facts["ends_at"]


NEEDS_REASON = frozenset({Step.RETURN, Step.POSTPONE, Step.CANCEL, Step.REOPEN})
"""Steps that somebody will ask about afterwards."""

SUMMARY_LENGTH = 40
REQUIRED = ("title", "summary", "category", "task", "place", "starts_at", "ends_at", "audience")
"""What must be filled before an event leaves the draft (domain.md §5)."""


def touches(event: object, day: date) -> bool:
    """Whether an event, from its start to its end, has a part in the local `day`."""
    return clock.day_of(event.starts_at) <= day <= clock.day_of(event.ends_at)


@dataclass(frozen=True)
class EventFields:
    """What may be written into an event: its editable columns and sets, everything but title and times optional.

    `partners` are ids of the sites that hold it together with the lead, `shared` of what goes round and is asked for.
    Times are aware instants; `opens_at` None: at once, `closes_at` None: until the start; `capacity` None: no limit;
    ages in full years, both ends included. `audience_only`: who signs up says to belong to the audience; `home_limit`:
    places a household may take by itself; `phone_seats` are kept back for callers until `phone_until_at`; at `draw_at`
    places are drawn by lot. What may stand together is in `admission_rules`.
    """

    title: str
    starts_at: datetime
    ends_at: datetime
    summary: str = ""
    category: Category | None = None
    task: Task | None = None
    audience: str = ""
    room_id: int | None = None
    place: str = ""
    opens_at: datetime | None = None
    closes_at: datetime | None = None
    capacity: int | None = None
    min_age: int | None = None
    max_age: int | None = None
    residence: Residence = Residence.ANYONE
    audience_only: bool = False
    home_limit: int | None = None
    phone_seats: int = 0
    phone_until_at: datetime | None = None
    draw_at: datetime | None = None
    bring: str = ""
    contact: str = ""
    contact_phone: str = ""
    notes: str = ""
    remark: str = ""
    break_minutes: int = 0
    themes: frozenset[Theme] = frozenset()
    partners: frozenset[int] = frozenset()
    shared: frozenset[int] = frozenset()

    @property
    def bookable(self) -> frozenset[int]:
        """Ids of everything it wants booked: its room and what goes round."""
        return self.shared | ({self.room_id} if self.room_id else frozenset())


SETS = ("themes", "partners", "shared")
"""What stands in tables of its own."""

COLUMNS = tuple(field.name for field in fields(EventFields) if field.name not in SETS)
"""The names of the editable columns, the same in `EventFields` and in the table."""

TIMES = ("starts_at", "ends_at", "opens_at", "closes_at", "phone_until_at", "draw_at")
"""Those that move along when an event is held on another day."""

WHERE_AND_WHEN = ("starts_at", "ends_at", "room_id", "place")
"""What people who have a place must be told about when it changes."""

EDITABLE = frozenset({State.DRAFT, State.RETURNED, State.PUBLISHED, State.POSTPONED})


def weeks_later(fields_now: EventFields, now: datetime) -> EventFields:
    """The same for a next time: every time moved by whole weeks, at least one, until it lies ahead of `now`."""
    week = timedelta(weeks=1)
    by = max(week, week * ((now - fields_now.starts_at) // week + 1))
    return moved(fields_now, by)


def moved(fields_now: EventFields, by: timedelta) -> EventFields:
    """The same with every time moved `by`; one that is not said stays so."""
    times = {name: getattr(fields_now, name) for name in TIMES}
    return replace(fields_now, **{name: at and at + by for name, at in times.items()})


def problem(wish: EventFields) -> EventRefusal | None:
    """What contradicts itself in `wish`, whatever the event's state; None when it may be kept."""
    if wish.ends_at <= wish.starts_at:
        return EventRefusal.ENDS_BEFORE_START
    if wish.opens_at and wish.closes_at and wish.closes_at <= wish.opens_at:
        return EventRefusal.CLOSES_BEFORE_OPENS
    if wish.min_age is not None and wish.max_age is not None and wish.min_age > wish.max_age:
        return EventRefusal.AGES_CROSSED
    if len(wish.summary) > SUMMARY_LENGTH:
        return EventRefusal.SUMMARY_TOO_LONG
    return None


def missing(values: object) -> tuple[str, ...]:
    """Which of REQUIRED are still empty in an event or in `EventFields`."""
    return tuple(name for name in REQUIRED if not getattr(values, name))


def locked(state: State, starts_at: datetime, now: datetime) -> EventRefusal | None:
    """Why an event cannot be changed at all at `now`, whatever is typed; None when it can."""
    if state is State.SUBMITTED:
        return EventRefusal.UNDER_REVIEW
    if state not in EDITABLE:
        return EventRefusal.NOT_FROM_HERE
    return EventRefusal.ALREADY_HELD if state is State.PUBLISHED and now >= starts_at else None


def change_problem(
    state: State, starts_at: datetime, wish: EventFields, taken: int, now: datetime
) -> EventRefusal | None:
    """Why an event in `state` that starts at `starts_at` may not become `wish` at `now`; None when it may."""
    if reason := locked(state, starts_at, now):
        return reason
    if state is State.PUBLISHED and wish.starts_at <= now:
        return EventRefusal.STARTS_IN_PAST
    if wish.capacity is not None and wish.capacity < taken:
        return EventRefusal.CAPACITY_BELOW_TAKEN
    return problem(wish)


def step_problem(
    step: Step, state: State, starts_at: datetime, ends_at: datetime, reason: str, now: datetime
) -> EventRefusal | None:
    """Why a step may not be taken at `now`; None when it may. Completeness is looked at apart."""
    if state not in MACHINE[step][0]:
        return EventRefusal.NOT_FROM_HERE
    if step in NEEDS_REASON and not reason.strip():
        return EventRefusal.REASON_MISSING
    if step in (Step.SUBMIT, Step.PUBLISH) and ends_at <= now:
        return EventRefusal.STARTS_IN_PAST if state is State.POSTPONED else EventRefusal.ALREADY_OVER
    if step is Step.PUBLISH and state is State.POSTPONED and starts_at <= now:
        return EventRefusal.STARTS_IN_PAST
    if step in (Step.POSTPONE, Step.CANCEL) and state is State.PUBLISHED and starts_at <= now:
        return EventRefusal.ALREADY_HELD
    if step is Step.CLOSE_OUT and now < ends_at:
        return EventRefusal.NOT_OVER_YET
    return None


def needs_approval(state: State, level: Level, office_publishes_directly: bool) -> bool:
    """Whether the office has to publish it: a station's event, unless the office lets its stations (domain.md §5).

    A postponed event was approved once and comes back with a new time.
    """
    return level is Level.STATION and not office_publishes_directly and state is not State.POSTPONED
