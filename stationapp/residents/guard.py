"""The edge's view of a household: whose own page is open in this browser, if any."""

from contextlib import suppress

from flask import Response, abort, current_app, g, request
from sqlalchemy.exc import OperationalError

from stationapp import clock
from stationapp.db import Busy, transaction
from stationapp.residents import homes
from stationapp.residents.models import HomeLogin

COOKIE = "home"


def household_here() -> int | None:
    """The household whose own page is open in this browser."""
    login = login_here()
    return login.household_id if login else None


def login_here() -> HomeLogin | None:
    """The open page that this request came through."""
    if "home_login" not in g:
        g.home_login = _find()
    return g.home_login


def _find() -> HomeLogin | None:
    token = request.cookies.get(COOKIE)
    if not token:
        return None
    now = clock.now()
    login = homes.find_open(token[:100], now=now)
    if login is not None and homes.needs_touch(login, now=now):
        # While nothing can be written (a full disk, a lock held for long), the page can still be read.
        with suppress(Busy, OperationalError), transaction():
            homes.touch(login, now=now)
    return login


def require_home() -> HomeLogin:
    """The open page; 403 without one (the pages themselves lead to the code first)."""
    login = login_here()
    if login is None:
        abort(403)
    return login


def keep_open(answer: Response, token: str, *, shared: bool) -> Response:
    """Give the browser its token; on a shared computer it is gone when the browser is closed."""
    answer.set_cookie(
        COOKIE,
        token,
        max_age=None if shared else int(homes.LONGEST.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].secure,
    )
    return answer
