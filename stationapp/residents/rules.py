"""Who a resident is and how little of them a page shows (domain.md §6, §11)."""

from enum import Enum

from pypinyin import Style, lazy_pinyin


class Lives(Enum):
    """What is known of where a person lives; `community_id` is set only for HERE."""

    HERE = "here"  # in a community of this district
    OUTSIDE = "outside"  # not in this district
    UNKNOWN = "unknown"


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


NAME_LENGTH = 40


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


def initials(name: str) -> str:
    """Pinyin initials for finding a name on a roster: 张建华 → "zjh"."""
    return (
        "".join(lazy_pinyin(name, style=Style.FIRST_LETTER, errors=lambda text: text))
        .lower()
        .replace("·", "")
    )


CHILD_UNTIL = 14
"""Below this age a guardian's consent is recorded (domain.md §11)."""
