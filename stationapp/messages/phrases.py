"""Texts with places to fill in: `{title}`, and `〔…〕` around what is left out when a place within is empty.

Pure: what a text needs, what is wrong with one, how many text messages it makes.
"""

import re
from collections.abc import Mapping

from stationapp.messages.rules import Way
from stationapp.notices.rules import Occasion

NAMES = (
    "title",
    "when",
    "where",
    "site",
    "phone",
    "code",
    "link",
    "until",
    "rank",
    "full",
    "kept",
    "draw",
    "number",
    "before",
    "reason",
    "events",
    "hours",
    "who",
    "by_hand",
    "change",
    "result",
    "answer",
)
"""Every place there is; which of them an occasion knows stands in `KNOWN`."""

_EVENT = frozenset({"title", "when", "where", "site", "phone", "link"})

KNOWN: dict[Occasion, frozenset[str]] = {
    Occasion.CONFIRMED: _EVENT | {"code"},
    Occasion.WAITLISTED: _EVENT | {"code", "rank", "full", "kept"},
    Occasion.DRAW_AWAITED: _EVENT | {"code", "draw", "number"},
    Occasion.NOT_DRAWN: _EVENT | {"code", "number", "rank"},
    Occasion.OFFERED: _EVENT | {"code", "until"},
    Occasion.OFFER_LAPSED: _EVENT,
    Occasion.PROMOTED: _EVENT | {"code"},
    Occasion.REMINDER: frozenset({"events", "site", "phone", "link"}),
    Occasion.MOVED: _EVENT | {"before"},
    Occasion.POSTPONED: _EVENT | {"before", "reason"},
    Occasion.CANCELLED: _EVENT | {"reason"},
    Occasion.CERTIFICATE: frozenset({"title", "site", "phone", "link"}),
    Occasion.HOURS: frozenset({"who", "title", "when", "hours", "by_hand", "site", "phone", "link"}),
    Occasion.HOURS_BACK: frozenset({"who", "title", "when", "site", "phone", "link"}),
    Occasion.ANSWERED: frozenset({"title", "result", "answer", "site", "phone", "link"}),
    Occasion.SHIFT: frozenset({"title", "change", "site", "phone", "link"}),
    Occasion.HOME_CODE: frozenset({"code", "until", "phone", "site"}),
}
"""What residents are told, and the places a text about it may hold."""

NEEDED: dict[Occasion, tuple[str, ...]] = {
    Occasion.CONFIRMED: ("title", "when"),
    Occasion.WAITLISTED: ("title",),
    Occasion.DRAW_AWAITED: ("title", "draw"),
    Occasion.NOT_DRAWN: ("title",),
    Occasion.OFFERED: ("title", "until"),
    Occasion.OFFER_LAPSED: ("title",),
    Occasion.PROMOTED: ("title", "when"),
    Occasion.REMINDER: ("events",),
    Occasion.MOVED: ("title", "when"),
    Occasion.POSTPONED: ("title",),
    Occasion.CANCELLED: ("title", "when"),
    Occasion.CERTIFICATE: (),  # a call cannot read a link out
    Occasion.HOURS: ("hours",),
    Occasion.HOURS_BACK: ("title",),
    Occasion.ANSWERED: ("title",),
    Occasion.SHIFT: ("title", "change"),
    Occasion.HOME_CODE: ("code",),
}
"""Places without which a text would not say what happened."""

WAYS: dict[Occasion, tuple[Way, ...]] = dict.fromkeys(KNOWN, (Way.SMS, Way.CALL, Way.EMAIL, Way.PAGE)) | {
    Occasion.HOME_CODE: (Way.SMS,),
    Occasion.HOURS: (Way.SMS, Way.EMAIL, Way.PAGE),
    Occasion.HOURS_BACK: (Way.SMS, Way.EMAIL, Way.PAGE),
}
"""By which ways an occasion is told at all: a code goes to the phone it belongs to, nobody is called about hours."""

_PLACE = re.compile(r"\{([^{}]*)\}")
_OPTIONAL = re.compile(r"〔([^〔〕]*)〕")

ONE_PART, FURTHER_PARTS = 70, 67
"""Characters of a text message that stands alone, and of each part of a longer one."""

LONGEST = 500


def places(text: str) -> tuple[str, ...]:
    """The names of its places in the order in which they first stand."""
    return tuple(dict.fromkeys(_PLACE.findall(text)))


def fill(text: str, facts: Mapping[str, str]) -> str:
    """The text with its places filled in; an optional stretch with an empty place is left out."""

    def whole(stretch: re.Match[str]) -> str:
        return stretch[1] if all(facts.get(name) for name in places(stretch[1])) else ""

    return _PLACE.sub(lambda place: facts.get(place[1], ""), _OPTIONAL.sub(whole, text))


def bracket_problem(text: str) -> bool:
    """Whether something in braces or in 〔〕 is not closed, or stands within another."""
    bare = _PLACE.sub("", text)
    return bool(set("{}") & set(bare)) or bool(set("〔〕") & set(_OPTIONAL.sub("", text)))


def parts(text: str) -> int:
    """How many text messages it makes; what lies beyond the basic plane counts twice, as phones count it."""
    length = len(text.encode("utf-16-le")) // 2
    return 1 if length <= ONE_PART else -(-length // FURTHER_PARTS)
