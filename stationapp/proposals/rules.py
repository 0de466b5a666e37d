"""Why something is proposed, why it is not, and when a proposal is refused (domain.md §5, §9)."""

from enum import Enum


class Obstacle(Enum):
    """Why something cannot be placed; the further down, the nearer it came to being placed."""

    NO_IDEA = "no_idea"  # no template and no event of last year is made for these people
    NO_DAY_LEFT = "no_day_left"  # what is left of the month is too near
    HOLIDAY = "holiday"  # only holidays are left
    NO_ROOM = "no_room"  # no room seats anybody
    CLOSED = "closed"  # no room is open at an hour that suits
    ROOM_TAKEN = "room_taken"
    SITE_BUSY = "site_busy"  # the site holds something else at every such time
    TOO_FEW_VOLUNTEERS = "too_few_volunteers"
    SHARED_TAKEN = "shared_taken"  # what goes round is promised elsewhere already
    SHARED_GIVEN = "shared_given"  # … and what is free of it, this proposal gives to other sites
    LIMIT = "limit"  # the site has as many new events as were asked for
    NOT_FOUND = "not_found"  # the search ended before it was tried


class Why(Enum):
    """What speaks for an event."""

    MINIMUM = "minimum"  # the site would hold fewer events than it is expected to
    GAP = "gap"  # nobody of a group was served of late
    UNPLANNED = "unplanned"  # nothing is planned for a group in the month
    WAIT = "wait"  # people waited in vain
    DAY = "day"  # a festival, the neighbours' day
    CATEGORY = "category"  # a category the site held nothing of for three months


class ProposalRefusal(Enum):
    """Why a proposal, or what is taken from it, is refused."""

    MONTH_OVER = "month_over"  # nothing new can begin in it
    NOBODY_THERE = "nobody_there"  # no site in force
    UNANSWERED = "unanswered"  # the solver gave no answer
    FAULTY = "faulty"  # its answer breaks a rule; nothing of it is shown
    NOTHING_CHOSEN = "nothing_chosen"
    NOTHING_LEFT = "nothing_left"  # everything chosen would have begun by now
    NOT_FREE_ANY_MORE = "not_free_any_more"  # a suggestion whose time or room has gone
    RUNNING = "running"  # one of that site is being worked out
    TOO_MANY = "too_many"  # one person asked for very many in an hour
