"""Why an evidence folder is not made. Values only."""

from enum import Enum


class EvidenceRefusal(Enum):
    """Why an evidence folder is not made."""

    REASON_MISSING = "reason_missing"  # what goes out is written down with what for
    TOO_MANY = "too_many"  # facts["most"]: the events of one folder
    NOT_CLOSED_OUT = "not_closed_out"  # of an event under way there is no evidence yet
