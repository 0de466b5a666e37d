"""The four digits said aloud at an event, for whoever scans its poster there (domain.md §7, way 6).

They follow from the event and the day with the instance's key, and stand in no table. Four digits are guessed in ten
thousand tries: so wrong ones are counted, each hour of the clock anew, for the browser, its address and the event.
A hall shares one address, so the address has many; a browser that throws its mark away has as many as its address.
That is a chance of 0.6 % an hour from one address and of 1.2 % from all together; over the at most seven hours that
the doors of an event of two hours touch, 4 % and 8 %. All that is won is a resident's own presence, which earns no
hours.
"""

import hmac
import unicodedata
from datetime import date, datetime

from stationapp import clock
from stationapp.accounts.logins import HOUR, count_work, has_work_left, window_at
from stationapp.attendance.rules import How, moment_problem, state_problem
from stationapp.events.models import Event
from stationapp.vault import vault

DIGITS = 4
MISSES_PER_BROWSER = 8
MISSES_PER_ADDRESS = 60
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


def may_try(event: Event, address: str, browser: bytes, *, now: datetime) -> bool:
    """Whether this browser, its address, and the event, have tries left."""
    return all(has_work_left(*one, most=most, now=now) for *one, most in _counted(event, address, browser))


def count_miss(event: Event, address: str, browser: bytes, *, now: datetime) -> None:
    """Count a wrong PIN; in a transaction of its own, for the request that typed it is refused."""
    for *one, most in _counted(event, address, browser):
        count_work(*one, most=most, now=now)


def tries_again_at(now: datetime) -> datetime:
    """When the tries of this hour count no more."""
    return window_at(now, HOUR) + HOUR


def _counted(event: Event, address: str, browser: bytes) -> tuple[tuple[str, str, int], ...]:
    return (
        ("pin-browser", f"{event.code} {address} {browser.hex()}", MISSES_PER_BROWSER),
        ("pin", f"{event.code} {address}", MISSES_PER_ADDRESS),
        ("pin-event", event.code, MISSES_PER_EVENT),
    )
