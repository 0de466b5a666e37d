"""Who gets a place, who waits, and who comes next (domain.md §6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from stationapp.calendar.rules import age_on
from stationapp.events.rules import Residence, State
from stationapp.notices.rules import Occasion
from stationapp.residents.rules import Lives
from stationapp.sites.rules import contains


class Channel(Enum):
    """How a sign-up came in."""

    WEB = "web"  # 本人网上
    FAMILY = "family"  # 亲友代报
    PHONE = "phone"  # 电话代报
    DESK = "desk"  # 现场代报
    TEAM = "team"  # 团队名单
    WALK_IN = "walk_in"  # 现场到场


class CallOutcome(Enum):
    """What came of a call."""

    REACHED = "reached"  # told; nothing to decide
    NO_ANSWER = "no_answer"
    COMES = "comes"
    NOT_COMING = "not_coming"  # gives the places back


CALLED_ABOUT: dict[Occasion, tuple[CallOutcome, ...]] = {
    Occasion.MOVED: tuple(CallOutcome),
    Occasion.POSTPONED: tuple(CallOutcome),
    Occasion.CANCELLED: (CallOutcome.REACHED, CallOutcome.NO_ANSWER),
    Occasion.PROMOTED: tuple(CallOutcome),
}
"""The occasions people are called about, and what may come of such a call."""


CALLERS = frozenset({Channel.PHONE, Channel.DESK})
"""Channels that may take the seats an event keeps back for those who call or come to the desk."""


class HoldEnd(Enum):
    """How a hold ended."""

    USED = "used"  # a party sits there now
    RELEASED = "released"  # given back
    EXPIRED = "expired"


class OfferEnd(Enum):
    """How an offer ended."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    LAPSED = "lapsed"  # nobody answered in time
    WITHDRAWN = "withdrawn"  # the event was called off, or the people cancelled otherwise


class PassedWhy(Enum):
    """Why somebody ahead in line was not seated first (trust.md S4)."""

    SIZE = "size"  # too many people for the free seats
    PHONE = "phone"  # the seat was kept back for those who call
    STAFF = "staff"  # the desk decided so, with a reason


class Counted(Enum):
    """Whose places a limit counts."""

    PERSON = "person"
    HOME = "home"  # a household: the people of one phone


class Span(Enum):
    """Over which time a limit counts, by the events' start; weeks begin on Monday."""

    WEEK = "week"
    MONTH = "month"


class Place(Enum):
    """The states of a sign-up. Attended and no-show are derived from attendance; seats held for a form or a call
    that is under way are `SeatHold`s: there is nobody yet whose place they would be."""

    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    CANCELLED = "cancelled"


SEATED = frozenset({Place.CONFIRMED, Place.OFFERED})
"""States that take a seat."""

LIVE = SEATED | {Place.WAITLISTED}
"""States of which a person may have only one per event."""

EDGES = frozenset(
    {
        (Place.WAITLISTED, Place.CONFIRMED),
        (Place.WAITLISTED, Place.CANCELLED),
        (Place.CONFIRMED, Place.CANCELLED),
    }
)
"""The documented machine after the first state (CONFIRMED or WAITLISTED)."""


class SignupRefusal(Enum):
    """Why a sign-up is refused; each has its sentence and says what else is possible."""

    FULL = "full"  # and so is the waitlist
    NOT_OPEN_YET = "not_open_yet"  # facts["opens_at"]
    CLOSED = "closed"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    TOO_YOUNG = "too_young"  # facts["min_age"]
    TOO_OLD = "too_old"  # facts["max_age"]
    AGE_UNKNOWN = "age_unknown"  # the event has an age rule and no birth month was given
    NOT_FROM_HERE = "not_from_here"
    ALREADY = "already"  # some of the party have a place and some have not
    CLASHES = "clashes"  # another sign-up at the same time; which one is not said to whoever knows a phone
    PARTY_TOO_LARGE = "party_too_large"  # facts["limit"]
    PARTY_EMPTY = "party_empty"
    SAME_PERSON_TWICE = "same_person_twice"
    KEY_REUSED = "key_reused"  # the same request key for something else
    EVENT_STARTED = "event_started"  # cancelling after it began
    COURSE_PLACES_DIFFER = "course_places_differ"  # a further date with another capacity; facts["capacity"]
    COURSE_TOO_SMALL = "course_too_small"  # a further date with too few places; facts["taken"]


PARTY_LIMIT = 6
"""People in a party, and places one phone may take at an event by itself; staff may sign up more parties."""

WEB_CONSENT = "web-1"
ORAL_CONSENT = "oral-1"
"""Which wording of the consent somebody agreed to: the sentence under the form, the script read on the phone."""

WAITLIST_LIMIT = 2000
"""People on one waitlist; whoever came later would wait for nothing."""


@dataclass(frozen=True)
class AgeRule:
    """Ages in full years on the event's day; None: no bound."""

    min_age: int | None
    max_age: int | None

    @property
    def exists(self) -> bool:
        """Whether a birth month must be asked for."""
        return self.min_age is not None or self.max_age is not None


def age_problem(rule: AgeRule, birth_month: str | None, day: date) -> SignupRefusal | None:
    """Why somebody born in `birth_month` may not come on `day`, or None."""
    if not rule.exists:
        return None
    if birth_month is None:
        return SignupRefusal.AGE_UNKNOWN
    age = age_on(birth_month, day)
    if rule.min_age is not None and age < rule.min_age:
        return SignupRefusal.TOO_YOUNG
    if rule.max_age is not None and age > rule.max_age:
        return SignupRefusal.TOO_OLD
    return None


@dataclass(frozen=True, slots=True)
class Terms:
    """What decides about a place at an event, as read at one moment.

    `course_id` is the series it belongs to when one sign-up is for all its dates still to come.
    """

    event_id: int
    site_id: int
    site_path: str
    state: State
    starts_at: datetime
    ends_at: datetime
    opens_at: datetime | None
    closes_at: datetime | None
    capacity: int | None
    taken: int
    waiting: int
    ages: AgeRule
    residence: Residence
    course_id: int | None = None

    def fits(self, size: int) -> bool:
        """Whether so many free places were left."""
        return self.capacity is None or self.taken + size <= self.capacity


@dataclass(frozen=True, slots=True)
class Answer:
    """What a request was answered with.

    `rank` is the number drawn when the party had to wait: it never changes, so that a repeated request gets the
    same answer; the place in line at a moment is `queries.rank_of`. `codes` stand in the order of the people.
    """

    party_id: int
    state: Place
    codes: tuple[str, ...]
    rank: int | None
    repeated: bool


def event_problem(terms: Terms, *, by_staff: bool, now: datetime) -> SignupRefusal | None:
    """Why nobody can sign up now. Staff may until the event ends: people come to the desk late."""
    if terms.state is State.CANCELLED:
        return SignupRefusal.CANCELLED
    if terms.state is State.POSTPONED:
        return SignupRefusal.POSTPONED
    if terms.state is not State.PUBLISHED or now >= terms.ends_at:
        return SignupRefusal.CLOSED
    if by_staff:
        return None
    if terms.opens_at and now < terms.opens_at:
        return SignupRefusal.NOT_OPEN_YET
    return SignupRefusal.CLOSED if now >= (terms.closes_at or terms.starts_at) else None


def home_problem(
    residence: Residence, organiser_path: str, lives: Lives, home_path: str | None
) -> SignupRefusal | None:
    """Why somebody living there may not come. Paths are Site.path; `home_path` None: not in this district.

    OFFICE means the sub-district of the organiser (the center's is the whole district), COMMUNITY its own.
    """
    if residence is Residence.ANYONE:
        return None
    if lives is not Lives.HERE or home_path is None:
        return SignupRefusal.NOT_FROM_HERE
    upper = {
        Residence.DISTRICT: "/",
        Residence.OFFICE: "/" + "/".join(organiser_path.strip("/").split("/")[:2]) + "/",
        Residence.COMMUNITY: organiser_path,
    }[residence]
    return None if contains(upper, home_path) else SignupRefusal.NOT_FROM_HERE


@dataclass(frozen=True)
class Waiting:
    """A household's party on the waitlist."""

    party_id: int
    queue_number: int
    size: int


@dataclass(frozen=True)
class Promotion:
    """What a freed seat leads to: parties to seat, and parties passed over because they do not fit."""

    seat: tuple[Waiting, ...]
    pass_over: tuple[Waiting, ...]


def next_in_line(free: int, queue: Iterable[Waiting]) -> Promotion:
    """First come, first served by household; a party too large is passed over and keeps its rank."""
    seated, passed = [], []
    for party in sorted(queue, key=lambda waiting: waiting.queue_number):
        if free == 0:
            break
        if party.size <= free:
            seated.append(party)
            free -= party.size
        else:
            passed.append(party)
    # Whoever stands behind the last one seated was not passed over: nobody overtook them.
    last = seated[-1].queue_number if seated else 0
    return Promotion(tuple(seated), tuple(party for party in passed if party.queue_number < last))
