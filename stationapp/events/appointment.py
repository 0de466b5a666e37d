"""Events as iCalendar (RFC 5545): one for the phone of who has a place, many for who subscribes to a calendar.

The same event is the same entry everywhere: its UID is made from its code, its SEQUENCE grows with every step it
takes and every move, and DTSTAMP is when that last happened, so that an unchanged calendar is the same to the octet.
"""

import unicodedata
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

import icalendar
from sqlalchemy import func, select

from stationapp import clock
from stationapp.db import db
from stationapp.events.models import EventMove, EventStep
from stationapp.events.rules import State

REFRESHED = timedelta(hours=6)
"""How often a subscriber is asked to look again."""

_STATUS = {State.CANCELLED: "CANCELLED", State.POSTPONED: "TENTATIVE"}


class Revision(NamedTuple):
    """How often an event was changed since it was written, and when last; None: never."""

    number: int
    at: datetime | None


@dataclass(frozen=True)
class Appointment:
    """An event as a calendar shows it; texts may hold anything that people type."""

    code: str
    state: State
    title: str
    starts_at: datetime
    ends_at: datetime
    where: str
    says: str  # a sentence or more, lines apart
    address: str  # of its page
    made_at: datetime
    revision: Revision
    category: str = ""


def revisions(event_ids: Collection[int]) -> dict[int, Revision]:
    """The revision of each of these events, in two questions."""
    found = dict.fromkeys(event_ids, Revision(0, None))
    for log in (EventStep, EventMove):
        query = select(log.event_id, func.count(), func.max(log.at)).where(log.event_id.in_(event_ids))
        for event_id, number, at in db.session.execute(query.group_by(log.event_id)):
            before = found[event_id]
            latest = max(before.at, at) if before.at else at
            found[event_id] = Revision(before.number + number, latest)
    return found


def one(appointment: Appointment, *, remind: timedelta) -> bytes:
    """A calendar with one entry that reminds its owner `remind` before it begins; the time is taken."""
    calendar, entry = _calendar(), _entry(appointment)
    alarm = icalendar.Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("description", _text(appointment.title))
    alarm.add("trigger", -remind)
    entry.add_component(alarm)
    calendar.add_component(entry)
    return calendar.to_ical()


def many(appointments: Iterable[Appointment], *, name: str) -> bytes:
    """A calendar to subscribe to, called `name`; its entries are offers and leave the reader's time free."""
    calendar = _calendar()
    calendar.add("name", icalendar.vText(_text(name)))
    calendar.add("x-wr-calname", icalendar.vText(_text(name)))
    calendar.add("x-wr-timezone", clock.SHANGHAI.key)
    calendar.add("refresh-interval", REFRESHED, parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", icalendar.vDuration(REFRESHED).to_ical().decode())
    for appointment in appointments:
        entry = _entry(appointment)
        entry.add("transp", "TRANSPARENT")
        calendar.add_component(entry)
    return calendar.to_ical()


def _calendar() -> icalendar.Calendar:
    calendar = icalendar.Calendar()
    calendar.add("version", "2.0")
    calendar.add("prodid", "-//stationapp//ZH")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_zone())
    return calendar


def _zone() -> icalendar.Timezone:
    """China has one time, and has not changed it since 1991."""
    zone, standard = icalendar.Timezone(), icalendar.TimezoneStandard()
    zone.add("tzid", clock.SHANGHAI.key)
    standard.add("dtstart", datetime(1991, 9, 15))  # noqa: DTZ001  a wall clock's, as the standard asks
    standard.add("tzoffsetfrom", timedelta(hours=8))
    standard.add("tzoffsetto", timedelta(hours=8))
    standard.add("tzname", "CST")
    zone.add_component(standard)
    return zone


def _entry(appointment: Appointment) -> icalendar.Event:
    changed_at = appointment.revision.at or appointment.made_at
    entry = icalendar.Event()
    entry.add("uid", f"{appointment.code}@stationapp")
    entry.add("dtstamp", changed_at)
    entry.add("last-modified", changed_at)
    entry.add("sequence", appointment.revision.number)
    entry.add("status", _STATUS.get(appointment.state, "CONFIRMED"))
    entry.add("dtstart", clock.local(appointment.starts_at))
    entry.add("dtend", clock.local(appointment.ends_at))
    entry.add("summary", _text(appointment.title))
    entry.add("location", _text(appointment.where))
    entry.add("description", _text(appointment.says))
    entry.add("url", appointment.address)
    if appointment.category:
        entry.add("categories", [_text(appointment.category)])
    return entry


def _text(words: str) -> str:
    """Every kind of line end as one, and no control character: a reader would take it for the end of a line."""
    lines = words.splitlines()
    return "\n".join("".join(c for c in line if unicodedata.category(c) != "Cc") for line in lines)
