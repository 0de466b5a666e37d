"""The edge's view of who may answer in this browser: whoever came, never a member of staff in somebody's place."""

from collections.abc import Iterable
from datetime import datetime

from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.db import db
from stationapp.opinions.queries import Presence, presences_at
from stationapp.residents.guard import login_here
from stationapp.residents.homes import was_read_out
from stationapp.signups.models import Signup
from stationapp.signups.queries import get_party, is_read_out
from stationapp.sites.models import Site


def is_staff_of(site_id: int) -> bool:
    """Whether somebody who works at that site's events is signed in here: nothing is filled in for anybody."""
    return guard.current_user() is not None and guard.can(
        Action.CHECK_IN, db.session.get_one(Site, site_id).path
    )


def is_known_to_staff(signup: Signup) -> bool:
    """Whether staff made the place and so read its code: nobody answers by such a code."""
    return is_read_out(get_party(signup.party_id))


def asked_at_home(now: datetime) -> list[Presence]:
    """Those of the household whose page is open in this browser; none where staff read out the code that opened it."""
    login = login_here()
    if login is None or was_read_out(login):
        return []
    return asked_here(presences_at(login.household_id, now=now))


def asked_here(presences: Iterable[Presence]) -> list[Presence]:
    """Those a page may ask about in this browser."""
    return [one for one in presences if not is_staff_of(one.event.site_id)]
