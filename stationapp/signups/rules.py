"""Who gets a place, who waits, and who comes next (domain.md §6)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import Protocol

from stationapp.calendar.rules import age_on
from stationapp.events.rules import Residence, State
from stationapp.events.stages import kept_back
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
    GIVEN = "given"  # the start came too near to wait for an answer: the places are theirs unasked
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
        (Place.WAITLISTED, Place.OFFERED),
        (Place.WAITLISTED, Place.CANCELLED),
        (Place.OFFERED, Place.CONFIRMED),
        (Place.OFFERED, Place.CANCELLED),
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
    LIMIT_REACHED = "limit_reached"  # facts["counted"]: Counted, ["span"]: Span or None (the event), ["most"]
    NOT_DECLARED = "not_declared"  # facts["audience"]: for whom it is, in words
    HOLD_TOO_SMALL = "hold_too_small"  # facts["held"]: seats kept for them; for the others none is free


PARTY_LIMIT = 6
"""People in a party, and places one phone may take at an event by itself; staff may sign up more parties."""

LIFT_LENGTH = 200
"""Characters of staff's reason for going beyond a limit."""

WEB_CONSENT = "web-1"
ORAL_CONSENT = "oral-1"
PAPER_CONSENT = "paper-1"
"""Which wording of the consent somebody agreed to: the sentence under the form, the script read on the phone, the
sentence printed on the sign-up sheet."""

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

    `course_id` is the series it belongs to when one sign-up is for all its dates still to come; `limited`: somebody
    set a limit that counts here.
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
    phone_seats: int
    phone_taken: int
    phone_until_at: datetime | None
    home_limit: int | None
    draw_at: datetime | None
    audience: str
    audience_only: bool
    limited: bool
    course_id: int | None = None

    def fits(self, size: int, *, caller: bool, now: datetime) -> bool:
        """Whether so many free places were left for a caller, or for anybody else."""
        if self.draw_at is not None and now < self.draw_at:
            return False
        free = free_seats(self, caller=caller, now=now)
        return free is None or size <= free


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
    """Why nobody can sign up now. Staff may until the event ends, for people come to the desk late; not before
    sign-up opens: who calls early has no start on the others (domain.md §6)."""
    if terms.state is State.CANCELLED:
        return SignupRefusal.CANCELLED
    if terms.state is State.POSTPONED:
        return SignupRefusal.POSTPONED
    if terms.state is not State.PUBLISHED or now >= terms.ends_at:
        return SignupRefusal.CLOSED
    if terms.opens_at and now < terms.opens_at:
        return SignupRefusal.NOT_OPEN_YET
    over = terms.ends_at if by_staff else terms.closes_at or terms.starts_at
    return SignupRefusal.CLOSED if now >= over else None


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
    """A household's party on the waitlist: by lot (`drawn`) before by number; `caller`: may have seats kept back."""

    party_id: int
    queue_number: int
    size: int
    drawn: int | None = None
    caller: bool = False

    @property
    def place_in_line(self) -> tuple[bool, int, int]:
        """Sorts a line: whoever drew a lot by it, then the others by their numbers."""
        return self.drawn is None, self.drawn or 0, self.queue_number


@dataclass(frozen=True)
class Passed:
    """A party that stays where it is while somebody behind it is seated."""

    party: Waiting
    why: PassedWhy


@dataclass(frozen=True)
class Promotion:
    """What a freed seat leads to: parties to seat in their order, and those passed over."""

    seat: tuple[Waiting, ...]
    pass_over: tuple[Passed, ...]

    def passed_by(self, party: Waiting) -> list[Passed]:
        """Those ahead of one of the seated."""
        return [one for one in self.pass_over if one.party.place_in_line < party.place_in_line]


class Seats(Protocol):
    """What is counted of an event's seats: an event, or the terms read of it."""

    capacity: int | None
    taken: int
    phone_seats: int
    phone_taken: int
    phone_until_at: datetime | None


def free_seats(seats: Seats, *, caller: bool, now: datetime) -> int | None:
    """How many seats a caller, or anybody else, may still take; None: as many as they like."""
    if seats.capacity is None:
        return None
    kept = 0 if caller else kept_back(seats.phone_seats, seats.phone_taken, seats.phone_until_at, now)
    return max(0, seats.capacity - seats.taken - kept)


def next_in_line(free: int, queue: Iterable[Waiting], kept: int = 0) -> Promotion:
    """First come, first served by household; a party too large is passed over and keeps its rank.

    Of the `free` seats `kept` are for callers.
    """
    seated, passed = [], []
    for party in sorted(queue, key=lambda waiting: waiting.place_in_line):
        if free == 0:
            break
        if party.size <= free - (0 if party.caller else kept):
            seated.append(party)
            free -= party.size
            kept = max(kept - party.size, 0) if party.caller else kept
        else:
            passed.append(Passed(party, PassedWhy.SIZE if party.size > free else PassedWhy.PHONE))
    # Whoever stands behind the last one seated was not passed over: nobody overtook them.
    ahead = [one for one in passed if seated and one.party.place_in_line < seated[-1].place_in_line]
    return Promotion(tuple(seated), tuple(ahead))


def out_of_turn(queue: Iterable[Waiting], party_id: int) -> Promotion | None:
    """One party of a line before all those ahead of it; None when it does not wait."""
    queue = list(queue)
    party = next((waiting for waiting in queue if waiting.party_id == party_id), None)
    if party is None:
        return None
    ahead = (other for other in queue if other.place_in_line < party.place_in_line)
    return Promotion((party,), tuple(Passed(other, PassedWhy.STAFF) for other in ahead))
