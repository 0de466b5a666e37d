"""What an event may ask of those who sign up, beyond its places and ages, purely (domain.md §5, §6)."""

from datetime import datetime, timedelta
from enum import Enum

from stationapp.events.rules import PUBLIC, EventFields, State


class AdmissionRefusal(Enum):
    """Why the rules of signing up to an event contradict each other, the event, or what people rely on already."""

    AUDIENCE_UNSAID = "audience_unsaid"  # for these people alone, and nobody said who they are
    HOME_OUT_OF_BOUNDS = "home_out_of_bounds"  # fewer than one place for a household, or more than HOME_MOST
    PHONE_UNBOUND = "phone_unbound"  # seats kept back where there is no number of places
    PHONE_TOO_MANY = "phone_too_many"  # facts["capacity"]
    PHONE_UNPAIRED = "phone_unpaired"  # how many, but not until when; or the other way round
    PHONE_TOO_LATE = "phone_too_late"  # kept back beyond the start
    DRAW_UNBOUND = "draw_unbound"  # a draw where there is no number of places
    DRAW_TOO_EARLY = "draw_too_early"  # before anybody can sign up
    DRAW_TOO_LATE = "draw_too_late"  # not before the start
    DRAW_FOR_COURSE = "draw_for_course"
    DRAW_PAST = "draw_past"  # a time that has gone already
    DRAW_OVER = "draw_over"  # it took place: its time is neither moved nor taken away
    DRAW_UNFAIR = "draw_unfair"  # people have places already; facts["taken"]


HOME_MOST = 6
"""Places an event may let one household take by itself: the form of a resident has so many rows."""

CALLERS_FIRST = timedelta(hours=24)
"""Seats for callers are kept back until so long before the start, unless somebody types another time."""


def phone_until(starts_at: datetime, opens_at: datetime | None, closes_at: datetime | None) -> datetime:
    """Until when seats are kept back for callers when only their number was given.

    A day before the start; where sign-up opens later than that or is over earlier, until it is over.
    """
    over = closes_at or starts_at
    usual = min(over, starts_at - CALLERS_FIRST)
    return over if opens_at and usual <= opens_at else usual


def problem(wish: EventFields) -> AdmissionRefusal | None:
    """What contradicts itself in `wish`, whatever the event's state; None when it may be kept."""
    if wish.audience_only and not wish.audience:
        return AdmissionRefusal.AUDIENCE_UNSAID
    if wish.home_limit is not None and not 1 <= wish.home_limit <= HOME_MOST:
        return AdmissionRefusal.HOME_OUT_OF_BOUNDS
    return _phone_problem(wish) or _draw_problem(wish)


def _phone_problem(wish: EventFields) -> AdmissionRefusal | None:
    if wish.phone_seats and wish.capacity is None:
        return AdmissionRefusal.PHONE_UNBOUND
    if wish.phone_seats and wish.phone_seats > wish.capacity:
        return AdmissionRefusal.PHONE_TOO_MANY
    if bool(wish.phone_seats) != bool(wish.phone_until_at):
        return AdmissionRefusal.PHONE_UNPAIRED
    if wish.phone_until_at and wish.phone_until_at > wish.starts_at:
        return AdmissionRefusal.PHONE_TOO_LATE
    return None


def _draw_problem(wish: EventFields) -> AdmissionRefusal | None:
    if not wish.draw_at:
        return None
    if wish.capacity is None:
        return AdmissionRefusal.DRAW_UNBOUND
    if wish.opens_at and wish.draw_at <= wish.opens_at:
        return AdmissionRefusal.DRAW_TOO_EARLY
    return AdmissionRefusal.DRAW_TOO_LATE if wish.draw_at >= wish.starts_at else None


def change_problem(
    state: State, drawn_at: datetime | None, wish: EventFields, taken: int, now: datetime
) -> AdmissionRefusal | None:
    """Why the draw of an event in `state`, so far due at `drawn_at`, may not become that of `wish`.

    Of one put off its time may have passed without a draw: `signups.draws.refuse_other_time` knows.
    """
    if state not in PUBLIC or wish.draw_at == drawn_at:
        return None
    if drawn_at and drawn_at <= now and state is not State.POSTPONED:
        return AdmissionRefusal.DRAW_OVER
    if wish.draw_at and wish.draw_at <= now:
        return AdmissionRefusal.DRAW_PAST
    return AdmissionRefusal.DRAW_UNFAIR if taken and not drawn_at else None


def announce_problem(state: State, draw_at: datetime | None, now: datetime) -> AdmissionRefusal | None:
    """Why an event may not be put before the public for the first time with that draw."""
    if state is not State.POSTPONED and draw_at and draw_at <= now:
        return AdmissionRefusal.DRAW_PAST
    return None
