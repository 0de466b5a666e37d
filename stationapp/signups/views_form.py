"""The sign-up form as it fits who asks for it, and the seats kept while it is filled in."""

from datetime import datetime
from typing import NamedTuple

from flask import request

from stationapp.db import retried, transaction
from stationapp.residents.guard import household_here
from stationapp.residents.queries import list_members, phone_of
from stationapp.signups import holds, queries
from stationapp.signups.alternatives import Who
from stationapp.signups.forms import Asks, SignupForm, suit
from stationapp.signups.forms_home import HomeForm, home_form

BLANK = "blank"
"""`?form=blank` asks for the empty form although a household's page is open: to sign up somebody else."""


def form_here(asks: Asks, now: datetime) -> SignupForm:
    """The form with whatever this request sent: a household's own where its page is open, else the empty one.

    What was sent keeps its key, which makes a second press harmless; a form that is shown again gets a fresh one.
    """
    form = _form_of_home(asks) or suit(SignupForm(), asks)
    return form if request.method == "POST" else form.renew(now)


def _form_of_home(asks: Asks) -> HomeForm | None:
    sent = request.method == "POST"
    if "home" not in request.form if sent else request.args.get("form") == BLANK:
        return None
    household_id = household_here()
    members = list_members(household_id) if household_id is not None else []
    own = next((one for one in members if one.household_id == household_id), None)
    if own is None:
        return None
    return home_form(members, phone_of(own) if sent else None, asks)


class KeptSeats(NamedTuple):
    """Seats nobody else gets until the instant `until`, or the form is sent."""

    size: int
    until: datetime


def keep_seats(form: SignupForm, event_id: int, size: int, now: datetime) -> KeptSeats | None:
    """Keep so many seats for this form, or keep them longer; None where there are none to keep."""
    token, asker = form.hold_token(), request.remote_addr or ""
    until = retried(lambda: _hold(event_id, size, token, asker, now))
    return KeptSeats(size, until) if until else None


def _hold(event_id: int, size: int, token: str, asker: str, now: datetime) -> datetime | None:
    with transaction():
        return holds.hold_seats(event_id, size, token=token, by=None, asker=asker, now=now)


def who_of(form: SignupForm) -> Who:
    """What the form says of the people, for looking where else they may go."""
    lives, community_id = form.community.home()
    return Who(form.births(), lives, queries.community_path(community_id) if community_id else None)
