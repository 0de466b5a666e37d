"""One event as an iCalendar file (RFC 5545), so that a phone's calendar reminds its owner."""

from datetime import datetime

from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.sites.models import Site


def appointment(event: Event, site: Site, now: datetime) -> str:
    """A calendar with one entry; a cancelled event arrives as cancelled."""
    place = "，".join(part for part in (event.place or site.short_name, site.address) if part)
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//stationapp//ZH",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event.code}@stationapp",
        f"DTSTAMP:{_instant(now)}",
        f"DTSTART:{_instant(event.starts_at)}",
        f"DTEND:{_instant(event.ends_at)}",
        f"SUMMARY:{_text(event.title)}",
        f"LOCATION:{_text(place)}",
        f"STATUS:{'CANCELLED' if event.state is State.CANCELLED else 'CONFIRMED'}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(event.title)}",
        "TRIGGER:-PT2H",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(_folded(line) + "\r\n" for line in lines)


def _instant(at: datetime) -> str:
    return at.strftime("%Y%m%dT%H%M%SZ")


def _text(words: str) -> str:
    for mark, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n")):
        words = words.replace(mark, written)
    return words.replace("\r", "")


def _folded(line: str) -> str:
    """No line is longer than 75 octets, and no character is cut in two."""
    pieces, room, current = [], 75, b""
    for character in line:
        encoded = character.encode()
        if len(current) + len(encoded) > room:
            pieces.append(current)
            current, room = b"", 74
        current += encoded
    return b"\r\n ".join([*pieces, current]).decode()
