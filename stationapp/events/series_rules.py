"""What may be asked of a series, and why not (domain.md §5)."""

from enum import Enum

from stationapp.events.rules import SUBMITTABLE, Pattern, State

LONGEST = 400
"""Days from the first to the last date that one rule is followed for at once."""

MOST = 200
"""Dates that are written at once."""

LONGEST_ANNOUNCED = 366
"""Days a year-round series is written ahead; it is gone on with later."""

PUBLISHABLE = SUBMITTABLE | {State.SUBMITTED}
"""States whose dates are taken when a whole series is published; when it is handed in, SUBMITTABLE."""


class Scope(Enum):
    """How far a change of one date of a series reaches."""

    THIS = "this"
    LATER = "later"  # this one and those after it
    ALL_FUTURE = "all_future"  # every one that has not begun


class SeriesRefusal(Enum):
    """Why a series cannot be made, or not so."""

    NO_WEEKDAY = "no_weekday"
    NO_NTH = "no_nth"
    NO_MONTH_DAY = "no_month_day"
    NO_END = "no_end"  # neither a last day nor a number of times
    ENDS_BEFORE_FIRST = "ends_before_first"
    TOO_LONG = "too_long"  # facts["days"]: the most there may be
    TOO_MANY = "too_many"  # facts["most"]
    YEAR_AT_MOST = "year_at_most"  # year-round, but further ahead than a year
    NO_DATES = "no_dates"  # the rule meets no day
    FIRST_IN_PAST = "first_in_past"
    COMPLETES_NEVER = "completes_never"  # more attendances asked for than there are dates; facts["dates"]
    NO_RULE = "no_rule"  # its dates were given one by one
    NOT_A_SERIES = "not_a_series"
    NOTHING_AHEAD = "nothing_ahead"  # no date the change could reach
    WAITING_FOR_OFFICE = "waiting_for_office"  # facts["days"]: of the submitted dates in reach
    NEEDS_APPROVAL = "needs_approval"  # its dates must be published by the office
    ON_ONE_DATE = "on_one_date"  # facts["starts_at"], facts["inner"]: the refusal met there


def shifted(
    pattern: Pattern, weekdays: frozenset[int], month_day: int | None, days: int
) -> tuple[frozenset[int], int | None] | None:
    """The weekdays and the day of the month of a rule all of whose dates move by `days`.

    None when the moved dates are nothing that can be said so: then they are an exception to the rule, which stays.
    """
    if pattern is Pattern.MONTHLY_DATE:
        return (weekdays, month_day + days) if 1 <= month_day + days <= 28 else None
    if pattern is Pattern.MONTHLY_WEEKDAY and abs(days) >= 7:
        return None
    return frozenset((weekday + days) % 7 for weekday in weekdays), month_day
