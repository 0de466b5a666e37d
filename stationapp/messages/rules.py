"""Telling people: by which way, when, and what may become of a message (domain.md §6, §10; trust.md M1–M4)."""

from enum import Enum

from stationapp.notices.rules import Occasion


class Way(Enum):
    """How somebody hears of something."""

    CALL = "call"  # a line on the call list: the default
    SMS = "sms"
    EMAIL = "email"
    PAGE = "page"  # on the household's own page and on the ticket


class Delivery(Enum):
    """Where a message stands. The last five are final but for what is said at them."""

    PENDING = "pending"
    CLAIMED = "claimed"  # a process has taken it up and not yet begun to send it
    SENDING = "sending"  # handed to the gateway; no answer yet
    ACCEPTED = "accepted"  # the gateway has taken it; on a page: it stands there
    IN_DOUBT = "in_doubt"  # nobody knows whether the gateway took it: never sent again, a person looks at it
    DELIVERED = "delivered"
    FAILED = "failed"
    ANSWERED = "answered"  # a call: somebody was reached
    VOID = "void"  # there is nobody any more to tell it to, or no time; `why` says which


EDGES = frozenset(
    {
        (Delivery.PENDING, Delivery.CLAIMED),
        (Delivery.PENDING, Delivery.ANSWERED),
        (Delivery.PENDING, Delivery.VOID),
        (Delivery.ANSWERED, Delivery.PENDING),  # a wrong button at the desk: nobody was reached after all
        (Delivery.CLAIMED, Delivery.PENDING),  # the process that had it is gone
        (Delivery.CLAIMED, Delivery.SENDING),
        (Delivery.CLAIMED, Delivery.VOID),
        (Delivery.CLAIMED, Delivery.FAILED),  # there is no number for it, or that one has had its share
        (Delivery.SENDING, Delivery.ACCEPTED),
        (Delivery.SENDING, Delivery.FAILED),
        (Delivery.SENDING, Delivery.PENDING),  # surely not taken: tried again later
        (Delivery.SENDING, Delivery.IN_DOUBT),
        (Delivery.IN_DOUBT, Delivery.ACCEPTED),  # the gateway spoke of it after all
        (Delivery.IN_DOUBT, Delivery.DELIVERED),
        (Delivery.IN_DOUBT, Delivery.FAILED),
        (Delivery.ACCEPTED, Delivery.DELIVERED),
        (Delivery.ACCEPTED, Delivery.FAILED),
    }
)
"""The documented machine: nothing ever goes back once the gateway may have taken it (trust.md M2, M3)."""


class AttemptEnd(Enum):
    """What came of handing a message to the gateway."""

    ACCEPTED = "accepted"
    REFUSED = "refused"  # it said no, for good
    BUSY = "busy"  # it said later, or could not be reached: surely not taken
    UNKNOWN = "unknown"  # the answer was lost


class StopWhy(Enum):
    """Why a way was stopped."""

    DAY_LIMIT = "day_limit"  # as many as a day may have
    RATE = "rate"  # too many within a minute
    GATEWAY = "gateway"  # it failed again and again
    PERSON = "person"  # somebody pulled the plug


class CallOutcome(Enum):
    """What came of a call."""

    REACHED = "reached"  # told; nothing to decide
    NO_ANSWER = "no_answer"
    COMES = "comes"
    NOT_COMING = "not_coming"  # gives the places back


_TOLD_ONLY = (CallOutcome.REACHED, CallOutcome.NO_ANSWER)

CALLED_ABOUT: dict[Occasion, tuple[CallOutcome, ...]] = {
    Occasion.MOVED: tuple(CallOutcome),
    Occasion.POSTPONED: tuple(CallOutcome),
    Occasion.CANCELLED: _TOLD_ONLY,
    Occasion.PROMOTED: tuple(CallOutcome),
    Occasion.OFFERED: (CallOutcome.COMES, CallOutcome.NOT_COMING, CallOutcome.NO_ANSWER),
    Occasion.OFFER_LAPSED: _TOLD_ONLY,
    Occasion.NOT_DRAWN: _TOLD_ONLY,
    Occasion.REMINDER: tuple(CallOutcome),
    Occasion.CERTIFICATE: _TOLD_ONLY,
    Occasion.ANSWERED: _TOLD_ONLY,
    Occasion.SHIFT: _TOLD_ONLY,
}
"""The occasions people are called about, and what may come of such a call."""
