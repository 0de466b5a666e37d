"""Who a resident is and how little of them a page shows (domain.md §6, §11)."""

from dataclasses import dataclass, replace
from datetime import date
from enum import Enum

from stationapp.calendar.rules import age_on
from stationapp.phones import masked_phone, normal_phone


class Lives(Enum):
    """What is known of where a person lives; `community_id` is set only for HERE."""

    HERE = "here"  # in a community of this district
    OUTSIDE = "outside"  # not in this district
    UNKNOWN = "unknown"


class CodeVia(Enum):
    """How a household learns the code that opens its page."""

    SMS = "sms"
    DESK = "desk"  # read out on the phone or at the counter


class ResidentRefusal(Enum):
    """Why a person cannot be taken in as written."""

    NAME_MISSING = "name_missing"
    NAME_TOO_LONG = "name_too_long"
    NAME_UNREADABLE = "name_unreadable"  # digits only, control characters
    PHONE_MISSING = "phone_missing"
    PHONE_UNREADABLE = "phone_unreadable"
    BIRTH_MONTH_UNREADABLE = "birth_month_unreadable"
    COMMUNITY_UNKNOWN = "community_unknown"
    REASON_MISSING = "reason_missing"  # showing in full needs a reason
    CONSENT_MISSING = "consent_missing"  # a child under 14 needs the guardian's consent
    NAME_TAKEN = "name_taken"  # somebody else of the household has that name
    GUARDIAN_UNFIT = "guardian_unfit"  # nobody of the household, or not of age
    WARD_HERE = "ward_here"  # who is somebody's guardian is of age
    EMAIL_UNREADABLE = "email_unreadable"


class Alike(Enum):
    """Why two records look like one person; both bear one name."""

    BIRTH_AND_HOME = "birth_and_home"  # month of birth and community agree
    NO_PHONE = "no_phone"  # one has no phone, and nothing known speaks against it


class MergeRefusal(Enum):
    """Why two records are not made one person."""

    SAME = "same"  # they are one record
    MERGED_ALREADY = "merged_already"  # one of them stands for somebody else already
    KEEPS_OTHERS = "keeps_others"  # another record was merged into the one that is to go
    REASON_MISSING = "reason_missing"  # a child's records are merged only with a reason
    TWO_LEDGERS = "two_ledgers"  # both have hours as volunteers
    KEEP_VOLUNTEER = "keep_volunteer"  # the one to go is a volunteer: keep that one


NAME_LENGTH = 40
REACH_LENGTH = 200
OLDEST = 125
"""No resident is older; an earlier birth month was mistyped."""


@dataclass(frozen=True)
class PersonIn:
    """A person as written in a form or a file. `phone` None: has none, which the desk may accept.

    `resident_id` names somebody picked from the desk's search; name and phone then need not be written.
    `guardian_consent`: the one who writes is the child's guardian and agrees (domain.md §11). `reach`: without a
    phone, how else to reach them, in words.
    """

    name: str
    phone: str | None = None
    birth_month: str | None = None  # "YYYY-MM"
    lives: Lives = Lives.UNKNOWN
    community_id: int | None = None  # a station's Site id; set exactly when `lives` is HERE
    guardian_consent: bool = False
    resident_id: int | None = None
    reach: str = ""


@dataclass(frozen=True)
class Masked:
    """A person as lists show them: 张*华, 138****5678. `phone` is empty without one."""

    name: str
    phone: str


@dataclass(frozen=True)
class Revealed:
    """A person in full; shown only behind an audit line."""

    name: str
    phone: str | None


def tidied(person: PersonIn) -> PersonIn:
    """The person with name and phone in their one form; a phone that cannot be read stays as written."""
    phone = normal_phone(person.phone) or (person.phone or "").strip() or None
    reach = " ".join(person.reach.split())[:REACH_LENGTH]
    return replace(person, name=tidy_name(person.name), phone=phone, reach=reach)


def person_problem(person: PersonIn, today: date) -> ResidentRefusal | None:
    """What is wrong with a tidied person."""
    if person.resident_id is None and (problem := name_problem(person.name)):
        return problem
    if person.phone is not None and normal_phone(person.phone) != person.phone:
        return ResidentRefusal.PHONE_UNREADABLE
    if person.birth_month is not None and not plausible_birth(person.birth_month, today):
        return ResidentRefusal.BIRTH_MONTH_UNREADABLE
    if (person.lives is Lives.HERE) != (person.community_id is not None):
        return ResidentRefusal.COMMUNITY_UNKNOWN
    return None


def plausible_birth(birth_month: str, today: date) -> bool:
    """Whether "YYYY-MM" is a month in which somebody alive may have been born."""
    year, hyphen, month = birth_month.partition("-")
    if not (
        hyphen
        and len(year) == 4
        and len(month) == 2
        and (year + month).isascii()
        and (year + month).isdigit()
    ):
        return False
    born_already = (int(year), int(month)) <= (today.year, today.month)
    return 1 <= int(month) <= 12 and born_already and age_on(birth_month, today) <= OLDEST


def is_child(birth_month: str | None, day: date) -> bool:
    """Whether somebody known to be born in that month is under 14 on `day`."""
    return birth_month is not None and age_on(birth_month, day) < CHILD_UNTIL


def may_guard(birth_month: str | None, day: date) -> bool:
    """Whether somebody is of age on `day`; people whose birth month was never asked for are taken to be."""
    return birth_month is None or age_on(birth_month, day) >= OF_AGE


def mask(name: str, phone: str | None) -> Masked:
    """Name and phone as lists show them."""
    return Masked(masked_name(name), masked_phone(phone) if phone else "")


def tidy_name(text: str) -> str:
    """A name without blanks between Chinese characters; blanks inside Latin names stay single."""
    words = text.replace("\u3000", " ").split()
    joined = " ".join(words)
    return joined if joined.isascii() else "".join(words)


def name_problem(name: str) -> ResidentRefusal | None:
    """What is wrong with a tidied name; minority names with · and rare characters are fine."""
    if not name:
        return ResidentRefusal.NAME_MISSING
    if len(name) > NAME_LENGTH:
        return ResidentRefusal.NAME_TOO_LONG
    if not any(c.isalpha() for c in name) or not all(c.isprintable() for c in name):
        return ResidentRefusal.NAME_UNREADABLE
    return None


def masked_name(name: str) -> str:
    """张建华 → 张*华, 王芳 → 王*: first and last character, the middle hidden."""
    if len(name) <= 1:
        return "*"
    if len(name) == 2:
        return name[0] + "*"
    return name[0] + "*" * (len(name) - 2) + name[-1]


CHILD_UNTIL = 14
"""Below this age a guardian's consent is recorded (domain.md §11)."""

OF_AGE = 18
"""From this age on somebody may be a child's guardian (民法典 17)."""
