"""The life of an event and what may be written into one (domain.md §5, §13)."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


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
}
"""The documented machine: from which states a step may be taken, and where it leads."""

PUBLIC = frozenset({State.PUBLISHED, State.POSTPONED, State.CANCELLED, State.CLOSED_OUT})
"""States in which residents may see the event's page."""


class EventRefusal(Enum):
    """Why an act on an event is refused."""

    NOT_FROM_HERE = "not_from_here"  # the step is not an edge from the present state
    REASON_MISSING = "reason_missing"
    INCOMPLETE = "incomplete"  # facts["missing"]: names of the fields still empty
    SUMMARY_TOO_LONG = "summary_too_long"
    ENDS_BEFORE_START = "ends_before_start"
    CLOSES_BEFORE_OPENS = "closes_before_opens"
    STARTS_IN_PAST = "starts_in_past"
    AGES_CROSSED = "ages_crossed"
    CAPACITY_BELOW_TAKEN = "capacity_below_taken"  # facts["taken"]
    ROOM_ELSEWHERE = "room_elsewhere"
    ALREADY_HELD = "already_held"  # a past event never changes
    RISK_UNINSURED = "risk_uninsured"
    NEEDS_APPROVAL = "needs_approval"  # must be published by the office
    NOT_OVER_YET = "not_over_yet"  # close-out before the end
    MONTH_CLOSED = "month_closed"


SUMMARY_LENGTH = 40
REQUIRED = ("title", "summary", "category", "task", "place", "starts_at", "ends_at", "audience")
"""What must be filled before an event leaves the draft (domain.md §5)."""


class Stage(Enum):
    """Where a published event stands at a moment, derived from the facts."""

    NOT_OPEN = "not_open"  # sign-up has not begun
    OPEN = "open"
    FULL = "full"  # waitlist open
    SIGN_UP_OVER = "sign_up_over"
    UNDER_WAY = "under_way"
    ENDED = "ended"  # not closed out yet
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    CLOSED_OUT = "closed_out"
    HIDDEN = "hidden"  # not published


@dataclass(frozen=True)
class Window:
    """The times of an event that decide its stage; `opens_at` None: at once, `closes_at` None: until start."""

    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None


def stage(state: State, window: Window, capacity: int | None, taken: int, now: datetime) -> Stage:
    """The stage of an event at `now`."""
    if state in _FIXED:
        return _FIXED[state]
    if state is not State.PUBLISHED:
        return Stage.HIDDEN
    if now >= window.ends_at:
        return Stage.ENDED
    if now >= window.starts_at:
        return Stage.UNDER_WAY
    if window.opens_at and now < window.opens_at:
        return Stage.NOT_OPEN
    if window.closes_at and now >= window.closes_at:
        return Stage.SIGN_UP_OVER
    return Stage.FULL if capacity is not None and taken >= capacity else Stage.OPEN


_FIXED = {
    State.POSTPONED: Stage.POSTPONED,
    State.CANCELLED: Stage.CANCELLED,
    State.CLOSED_OUT: Stage.CLOSED_OUT,
}
