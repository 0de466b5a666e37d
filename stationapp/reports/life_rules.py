"""The life of a month: when it is asked for, when it closes, what can be said to it, how long a link lives. Pure."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum

from stationapp.calendar.rules import Month, add_working_days, nth_working_day
from stationapp.clock import instant

CLOSES_ON = 5
"""The working day of the next month on which a month is closed (domain.md §9)."""

ASKED_BEFORE = 2
"""Stations are asked a second time so many working days before the closing."""

LINK_LASTS = timedelta(days=7)

PATIENCE = timedelta(hours=1)
"""So long after it was due the jobs may still be at something; then a page says that it has not happened."""


class Audience(Enum):
    """Whom a file is for: outside the district counts of one to four people are hidden."""

    INSIDE = "inside"
    OUTSIDE = "outside"


class Mark(Enum):
    """What somebody says to a version of their site's month; none of them hinders anything."""

    SEEN = "seen"  # 已阅
    AGREED = "agreed"  # 无异议
    OBJECTED = "objected"  # 有异议, with a sentence


class Lack(Enum):
    """What a month may lack before it closes."""

    OPEN = "open"  # an event that ended and is not closed out
    NO_SIGN_OUT = "no_sign_out"  # a volunteer's leaving is not known: no hours
    UNDECIDED = "undecided"  # hours entered by hand, not decided
    SCANS = "scans"  # a scan that waits for a person


class LifeRefusal(Enum):
    """Why a mark or a link is refused."""

    SENTENCE_MISSING = "sentence_missing"  # an objection says what is wrong
    NOT_THE_LATEST = "not_the_latest"  # facts["version"]: the version that holds by now
    OLD_VERSION = "old_version"  # facts["version"]: no link leads to one that was corrected
    LINK_ENDED = "link_ended"  # it was taken back, or is over


def closes_at(month: Month, differs: Mapping[date, bool]) -> datetime:
    """When a month is closed: the fifth working day of the next, 18:00 in Shanghai; `differs` of the next month."""
    return instant(nth_working_day(month.plus(1), CLOSES_ON, differs), 18)


def asked_at(month: Month, differs: Mapping[date, bool]) -> tuple[datetime, datetime]:
    """When stations are asked for what is missing: on the first working day, and two before the closing, at eight."""
    first = nth_working_day(month.plus(1), 1, differs)
    return instant(first, 8), instant(add_working_days(first, CLOSES_ON - 1 - ASKED_BEFORE, differs), 8)
