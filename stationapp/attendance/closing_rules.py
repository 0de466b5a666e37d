"""When an event that nobody closed out is said to be so (domain.md §5)."""

from collections.abc import Mapping
from datetime import date

from stationapp.calendar.rules import add_working_days

UNFILED_AFTER = 10
"""Working days after the end; from the next day on an event stands as 未归档."""


def is_unfiled(ended_on: date, today: date, differs: Mapping[date, bool]) -> bool:
    """Whether more than ten working days went by since the local day an event ended; `differs` as `calendar` has it."""
    return today > add_working_days(ended_on, UNFILED_AFTER, differs)
