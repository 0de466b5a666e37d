"""What changing an event at the desk, or a step of its life, means for those who signed up, came or worked."""

from stationapp import clock
from stationapp.accounts import guard
from stationapp.attendance.operations import send_home, send_home_early
from stationapp.attendance.rules import opens_at
from stationapp.events import operations, rules, series
from stationapp.events.models import Event
from stationapp.events.series_rules import Scope
from stationapp.messages.spreading import spread_notices
from stationapp.signups import course, offers
from stationapp.signups.draws import announce, refuse_other_time
from stationapp.signups.promotion import promote
from stationapp.volunteers.operations import post_hours


def change(event: Event, wish: rules.EventFields, scope: Scope) -> int:
    """Change it and, of its series, those in scope; how many there were."""
    now, by = clock.now(), guard.user().staff_id
    course.hold_for(event, now=now)
    asked = series.wishes(event, wish, scope, now=now)
    before = {one.id: _seating(one) for one, _wish in asked}
    draws_at = {one.id: one.draw_at for one, _wish in asked}
    for one, becomes in asked:
        # Where the doors are not open yet, nobody is there.
        if one is event or opens_at(one.starts_at) <= now:
            send_home_early(one, becomes.starts_at, by=by, now=now)
    changed = series.change(event, wish, scope, by=by, now=now)
    course.spread_places(next((one for one in changed if one.state in rules.PUBLIC), event), by=by, now=now)
    offers.settle(changed, now=now)
    for one in changed:
        refuse_other_time(one, draws_at[one.id])
        announce(one, now=now)
        if one.waiting and _seating(one) != before[one.id]:
            promote(one.id, now=now)
    spread_notices(now=now)
    return len(changed)


def _seating(event: Event) -> tuple[object, ...]:
    """What decides who of those who wait may be seated: when it changes, they are looked at again."""
    return (event.capacity, event.phone_seats, event.phone_until_at, event.draw_at)


def publish(event: Event, *, by: int, now, reason: str) -> None:
    """Publish it; of a course, whoever has signed up has a place here too."""
    course.hold_for(event, now=now)
    operations.publish(event, by=by, now=now, reason=reason)
    course.bring_along(event, now=now)
    announce(event, now=now)


def postpone(event: Event, *, by: int, now, reason: str) -> None:
    """Put it off; whoever came early was not there, and whoever was offered a place has it."""
    send_home(event, by=by, now=now)
    operations.postpone(event, by=by, now=now, reason=reason)
    offers.settle([event], now=now)


def reopen(event: Event, *, by: int, now, reason: str) -> None:
    """Open it again; its hours are taken back until it is closed out anew."""
    operations.reopen(event, by=by, now=now, reason=reason)
    post_hours(event, by=by, now=now)
