"""The verbs of the board: move an event, repeat last month's."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date, datetime, time, timedelta

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.operations import send_home_early
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events import operations
from stationapp.events.batches import open_batch
from stationapp.events.models import Batch, Event
from stationapp.events.queries import fields_of, fields_of_all
from stationapp.events.rules import BatchKind, EventFields, EventRefusal, locked, moved
from stationapp.planning.again import list_again
from stationapp.refusal import Refused
from stationapp.rooms.queries import find_room
from stationapp.signups import offers
from stationapp.sites.models import Site
from stationapp.sites.rules import ids_of


def shifted(fields: EventFields, by: timedelta, now: datetime) -> EventFields:
    """The same with every time moved; a sign-up that is open already, and a draw whose time has come, stay."""
    stays = {
        name: at
        for name in ("opens_at", "draw_at")
        if (at := getattr(fields, name)) is not None and at <= now
    }
    return replace(moved(fields, by), **stays)


def move(
    event: Event, day: date, at: time | None, *, by: int | None, now: datetime, room_id: int | None = None
) -> Event:
    """Hold it on another day, at another hour (None: the same), in another room of its site (None: the same).

    It stays as long as it was, and its sign-up moves with it. Raises Refused as `events.operations.change` does.
    """
    db.session.refresh(event, with_for_update={"key_share": True})  # what somebody else wrote meanwhile stays
    fields = fields_of(event)
    hour = at or clock.local(fields.starts_at).time()
    by_how_much = clock.instant(day, hour.hour, hour.minute) - fields.starts_at
    wish = shifted(fields, by_how_much, now)
    if wish.starts_at <= now and not locked(event.state, event.starts_at, now):
        raise Refused(EventRefusal.STARTS_IN_PAST)
    if room_id and room_id != fields.room_id:
        wish = replace(wish, room_id=room_id, place=_place(fields, room_id))
    send_home_early(event, wish.starts_at, by=by, now=now)
    operations.change(event, wish, by=by, now=now)
    offers.settle([event], now=now)
    return event


def put_back(
    event: Event, was: Mapping[str, object], left: Mapping[str, object], *, by: int | None, now: datetime
) -> bool:
    """Undo a move: the fields in `was` again, if those in `left` still stand as it left them; False otherwise.

    Raises Refused as `events.operations.change` does.
    """
    db.session.refresh(event, with_for_update={"key_share": True})
    fields = fields_of(event)
    if any(getattr(fields, name) != value for name, value in left.items()):
        return False
    operations.change(event, replace(fields, **was), by=by, now=now)
    offers.settle([event], now=now)
    return True


def _place(fields: EventFields, room_id: int) -> str:
    """A place that only named the old room names the new one."""
    before, after = find_room(fields.room_id), find_room(room_id)
    return (
        after.name
        if after and (not fields.place or (before and fields.place == before.name))
        else fields.place
    )


# --- last month again -------------------------------------------------------------------------------------------


def copy_month(
    site: Site, month: Month, codes: Iterable[str], *, by: int | None, now: datetime
) -> tuple[Batch | None, int]:
    """Write last month's chosen events as drafts of `month`: (their batch, how many); (None, 0) when none is left.

    What stands there already, lies in the past or has no such weekday is passed over: doing it twice doubles nothing.
    """
    _in_turn(site)
    chosen = set(codes)
    wanted = [
        one
        for one in list_again(site, month)
        if one.event.code in chosen and not one.there and one.starts_at and one.starts_at > now
    ]
    if not wanted:
        return None, 0
    fields = fields_of_all(one.event for one in wanted)
    batch = open_batch(site, BatchKind.COPY, by=by, now=now)
    for one in wanted:
        wish = moved(fields[one.event.id], one.starts_at - one.event.starts_at)
        operations.draft(one.site, wish, by=by, now=now, batch=batch)
    return batch, len(wanted)


def _in_turn(site: Site) -> None:
    """One copy at a time in the district: an office copies what its stations may be copying at that moment."""
    center = ids_of(site.path)[0]
    db.session.execute(select(Site.id).where(Site.id == center).with_for_update(key_share=True))
