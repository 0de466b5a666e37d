"""What people thought of an event: one of three faces, a sentence if they like, nobody's name (domain.md §9, I-23)."""

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from enum import Enum
from unicodedata import category, normalize

from stationapp.events.rules import State


class Face(Enum):
    """How it was; the value is the score that stands in the row."""

    GOOD = 5  # 满意
    SO_SO = 3  # 一般
    BAD = 1  # 不满意


class Via(Enum):
    """By which way an answer came."""

    PAGE = "page"  # pressed by the person
    PAPER = "paper"  # a slip, entered by staff
    CALL = "call"  # said to the office or the center on the telephone


class OpinionRefusal(Enum):
    """Why an answer is not taken down."""

    NOT_OVER = "not_over"  # the event is still to come or under way
    TOO_LATE = "too_late"  # facts["days"]: so long after the end answers are taken
    NOT_HELD = "not_held"  # cancelled, postponed or never published
    NOT_THERE = "not_there"  # nobody who came as a resident
    MORE_THAN_CAME = "more_than_came"  # facts["served"]: as many people came, and no more slips can be theirs
    FACE_MISSING = "face_missing"
    COMMENT_TOO_LONG = "comment_too_long"  # facts["most"]
    STAFF_HERE = "staff_here"  # a member of staff who works at that event is signed in in this browser
    CODE_KNOWN = "code_known"  # staff read out the place's code, or the one that opened the household's page
    SLIP_MISTYPED = "slip_mistyped"  # the last digit does not fit: a slip of the finger
    SLIP_UNKNOWN = "slip_unknown"
    SLIPS_MANY = "slips_many"  # facts["most"]: more slips than are printed at once
    NOTHING_TYPED = "nothing_typed"
    ALREADY_ASKED = "already_asked"  # somebody else called them meanwhile
    NOTHING_PRESSED = "nothing_pressed"  # no face was chosen for anybody called
    OWN_SITE = "own_site"  # who calls works at the event's own site
    NOT_CLOSED_OUT = "not_closed_out"  # who came is not settled yet, and so not whom to call


ENOUGH = 5
"""From so many answers on something is said of them (domain.md §9, n < 5 → 样本不足)."""

PAGE_DAYS = 14
"""So long after the end people can answer and change what they said."""

DESK_DAYS = 30
"""So long slips are entered and people are called."""

ASKED_PER_EVENT = 5
"""So many of those who came are called."""

COMMENT_LENGTH = 200


def window_problem(
    state: State, ends_at: datetime, now: datetime, *, days: int = PAGE_DAYS
) -> OpinionRefusal | None:
    """Why an event cannot be answered about at this moment, or None."""
    if state not in (State.PUBLISHED, State.CLOSED_OUT):
        return OpinionRefusal.NOT_HELD
    if now < ends_at:
        return OpinionRefusal.NOT_OVER
    return OpinionRefusal.TOO_LATE if now >= ends_at + timedelta(days=days) else None


def score_of(text: str) -> int | None:
    """The score a form's value stands for; None for anything else."""
    return next((face.value for face in Face if str(face.value) == text), None)


def spoken(answers: Mapping[int, int]) -> set[int]:
    """Of a site's events of one month (answers by event) those of which faces and words are shown.

    The month says how all of them were together. So what is left besides must be at least ENOUGH answers too, else
    the month less the events shown would be the few that are not: the smallest events are silent with them.
    """
    told = sorted((event for event, n in answers.items() if n >= ENOUGH), key=lambda one: (answers[one], one))
    rest = sum(answers.values()) - sum(answers[event] for event in told)
    while told and 0 < rest < ENOUGH:
        rest += answers[told.pop(0)]
    return set(told)


def heard(answers: Mapping[str, int], here: Collection[str]) -> set[str]:
    """Of sites with so many answers in a month (by path) those whose words are read by who reads the sites `here`.

    A site by itself from ENOUGH answers on; what is left of several beneath one site once it is ENOUGH together. What
    an office reads less what its stations read is then nobody's, or that of five or more.
    """
    left, found = dict(answers), set()
    for above in sorted(here, key=lambda path: path.count("/"), reverse=True):
        pool = [path for path in left if path.startswith(above)]
        if sum(left[path] for path in pool) >= ENOUGH:
            found.update(pool)
            left = {path: n for path, n in left.items() if path not in found}
    return found


# --- comments ---------------------------------------------------------------------------------------------------

HIDDEN = "（号码略）"
NAMELESS = "（名字略）"

_DIGIT = "0-9零〇一二三四五六七八九幺"
_NUMBERS = re.compile(
    r"[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+"  # mail
    r"|https?://\S+|www\.\S+"
    rf"|\+?[{_DIGIT}](?:[ \-－—.·()（）]{{0,2}}[{_DIGIT}]){{6,}}[xX]?"  # telephone, identity card
    r"|(?i:(?:微信|vx|v信|qq|wechat)号?\s*[:：是]?\s*[a-z0-9_-]{5,30})"
)


def tidy_comment(text: str, names: Iterable[str] = ()) -> str:
    """A comment as it is kept: on one line, without what has no shape; telephone numbers and the like, and these names
    are left out."""
    narrow = (normalize("NFKC", c) if c.isalnum() or c == "＠" else c for c in text)
    plain = "".join(c for c in narrow if c.isspace() or category(c)[0] != "C")
    tidy = _NUMBERS.sub(HIDDEN, " ".join(plain.split()))
    written = [re.escape(name) for name in sorted(names, key=len, reverse=True) if len(name) > 1]
    return re.sub("|".join(written), NAMELESS, tidy) if written else tidy
