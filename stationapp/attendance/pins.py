"""The four digits said aloud at an event, for whoever scans its poster there (domain.md §7, way 6).

They follow from the event and the day with the instance's key, and stand in no table. Four digits are guessed in ten
thousand tries: so tries are counted, for the asker's address and for the event, and all that is won is a resident's
own presence, which earns no hours.
"""

import hmac
import unicodedata
from datetime import date, datetime

from stationapp import clock
from stationapp.accounts.logins import count_work, has_work_left
from stationapp.attendance.rules import How, moment_problem, state_problem
from stationapp.events.models import Event
from stationapp.vault import vault

DIGITS = 4
MISSES_PER_ADDRESS = 8
MISSES_PER_EVENT = 120
"""Within an hour; after that nobody's PIN is looked at, right ones neither, and staff tick on the roster."""


def pin_of(event: Event, day: date) -> str:
    """What staff say aloud on that local day."""
    drawn = vault().index("pin", f"{event.code} {day.isoformat()}")
    return f"{int.from_bytes(drawn) % 10**DIGITS:0{DIGITS}}"


def said_now(event: Event, *, now: datetime) -> str:
    """What staff say aloud at this moment; empty while nobody may check themselves in."""
    if state_problem(event.state) or moment_problem(How.PIN, event.starts_at, event.ends_at, now):
        return ""
    return pin_of(event, clock.day_of(now))


def fits(event: Event, typed: str, *, now: datetime) -> bool:
    """Whether that is today's, full-width digits and blanks included."""
    narrow = "".join(unicodedata.normalize("NFKC", typed[:40]).split())
    return hmac.compare_digest(narrow.encode(), pin_of(event, clock.day_of(now)).encode())


def may_try(event: Event, address: str, *, now: datetime) -> bool:
    """Whether this asker, and the event, have tries left."""
    return has_work_left(
        "pin", f"{event.code} {address}", most=MISSES_PER_ADDRESS, now=now
    ) and has_work_left("pin-event", event.code, most=MISSES_PER_EVENT, now=now)


def count_miss(event: Event, address: str, *, now: datetime) -> None:
    """Count a wrong PIN; in a transaction of its own, for the request that typed it is refused."""
    count_work("pin", f"{event.code} {address}", most=MISSES_PER_ADDRESS, now=now)
    count_work("pin-event", event.code, most=MISSES_PER_EVENT, now=now)
