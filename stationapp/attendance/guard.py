"""The edge's view of somebody at a door with their own phone: what proves that they are there, and which browser."""

import secrets
from dataclasses import dataclass

from flask import after_this_request, current_app, g, request
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from stationapp import clock, codes
from stationapp.attendance import pins
from stationapp.attendance.rules import AttendanceRefusal, How
from stationapp.db import transaction
from stationapp.events.models import Event
from stationapp.events.queries import find_event
from stationapp.events.rules import PUBLIC
from stationapp.refusal import Refused
from stationapp.vault import vault

TICKET_SECONDS = 600
"""How long having scanned the venue's code, or typed the PIN, counts as being there."""

COOKIE = "browser"
_COOKIE_SECONDS = 400 * 24 * 3600  # as long as browsers keep one


@dataclass(frozen=True)
class Proof:
    """That somebody is at an event now, and how they showed it; `ticket` shows it again for ten minutes."""

    event: Event
    how: How
    ticket: str


def is_poster(token: str) -> bool:
    """Whether an address under /c/ is a poster's (an event's code) and not the venue's, which changes."""
    return "-" not in token


def poster_event(token: str) -> Event | None:
    """The event whose poster's code that is, if it was ever published."""
    event = find_event(codes.tidy(token))
    return event if event and event.state in PUBLIC else None


def ticket_for(event: Event, how: How) -> str:
    """What a page carries for whoever showed that they are there."""
    return _tickets().dumps([event.code, how.value])


def proof(token: str) -> Proof:
    """What the form proves: its ticket, or on a poster's page the PIN.

    Raises Refused(AttendanceRefusal): CODE_EXPIRED, CODE_UNKNOWN, PIN_WRONG, TOO_MANY_TRIES.
    """
    shown = _ticketed(token)
    if shown:
        return shown
    if not is_poster(token):
        raise Refused(AttendanceRefusal.CODE_EXPIRED)
    event = poster_event(token)
    if event is None:
        raise Refused(AttendanceRefusal.CODE_UNKNOWN)
    _check_pin(event, request.form.get("pin", ""))
    return Proof(event, How.PIN, ticket_for(event, How.PIN))


def _ticketed(token: str) -> Proof | None:
    ticket = request.form.get("ticket", "")[:300]
    try:
        code, how = _tickets().loads(ticket, max_age=TICKET_SECONDS)
    except BadSignature:
        return None
    of_it = codes.tidy(token) == code if is_poster(token) else token.upper().startswith(f"{code}-")
    event = find_event(code) if of_it and (How(how) is How.PIN) == is_poster(token) else None
    return Proof(event, How(how), ticket) if event else None


def _check_pin(event: Event, typed: str) -> None:
    now, who = clock.now(), (request.remote_addr or "", asker_here())
    if not pins.may_try(event, *who, now=now):
        raise Refused(AttendanceRefusal.TOO_MANY_TRIES, again_at=pins.tries_again_at(now))
    if pins.fits(event, typed, now=now):
        return
    if typed.strip():
        with transaction():
            pins.count_miss(event, *who, now=now)
    raise Refused(AttendanceRefusal.PIN_WRONG)


def _tickets() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.secret_key, salt="venue")


def asker_here() -> bytes:
    """A keyed hash of this browser: of the signed cookie it keeps, else of its address and what it calls itself.

    It tells one browser that checks in many people (domain.md §7, flags); a browser without the cookie is given it.
    """
    if "asker" not in g:
        g.asker = _asker()
    return g.asker


def _asker() -> bytes:
    signer = URLSafeSerializer(current_app.secret_key, salt="browser")
    try:
        kept = signer.loads(request.cookies.get(COOKIE, "")[:300])
    except BadSignature:
        given = signer.dumps(secrets.token_urlsafe(12))
        after_this_request(lambda answer: _keep(answer, given))
        said = request.user_agent.string[:300]
        return vault().index("asker", f"address {request.remote_addr} {said}")
    return vault().index("asker", f"cookie {kept}")


def _keep(answer, given: str):
    answer.set_cookie(
        COOKIE,
        given,
        max_age=_COOKIE_SECONDS,
        path="/c/",
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].secure,
    )
    return answer
