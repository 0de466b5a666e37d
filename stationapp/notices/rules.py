"""What somebody must be told (domain.md §5, §6). Here: what the desk must see or tell by phone."""

from enum import Enum


class Occasion(Enum):
    """Why a notice exists."""

    CLOSE_OUT_DUE = "close_out_due"  # end + 24 h, day 3, day 7: still not closed out
    MONTH_PREPARED = "month_prepared"  # the month before is ready to be looked at
    PROMOTED = "promoted"  # a waiting party got its places: call them
    POSTPONED = "postponed"  # sign-ups stay: ask the people again
    CANCELLED = "cancelled"  # tell the people who were coming
    ROOM_RELEASED = "room_released"  # nobody came by half an hour after the start: the room is free again
    JOINT = "joint"  # another site named this one as holding an event together with it
    MOVED = "moved"  # time or place changed after publishing: tell the people
    OFFERED = "offered"  # a freed place waits for a household's answer
    OFFER_LAPSED = "offer_lapsed"  # nobody answered in time: the place went to the next in line
    CONFIRMED = "confirmed"  # a place, or places
    WAITLISTED = "waitlisted"
    DRAW_AWAITED = "draw_awaited"  # signed up before a draw: nobody has a rank yet
    NOT_DRAWN = "not_drawn"  # the draw gave them no place but a rank
    REMINDER = "reminder"  # one a household and day, for everything it goes to then
    CERTIFICATE = "certificate"  # a certificate is ready
    HOURS = "hours"  # hours were written into somebody's ledger: thanks, and a look
    HOURS_BACK = "hours_back"  # hours somebody was told of stand in the ledger no more
    ANSWERED = "answered"  # a question about hours has its answer
    SHIFT = "shift"  # an event that volunteers are to help at was moved, put off or called off: tell them
    HOME_CODE = "home_code"  # the code that opens a household's own page
    STOPPED = "stopped"  # sending stopped by itself: a limit was reached, or the gateway fails
    MONTH_MISSING = (
        "month_missing"  # before a month closes: what is not closed out, signed out or decided yet
    )
    MONTH_TO_SIGN = "month_to_sign"  # a version of the site's month was made: look at it and say so
