"""The edge's view of a volunteer's own code: it opens the own ledger and nothing else."""

from flask import abort, request

from stationapp import clock, codes
from stationapp.accounts.logins import count_miss
from stationapp.db import transaction
from stationapp.refusal import NotFound
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.queries import find_by_personal_code


def own_volunteer(code: str) -> Volunteer:
    """Whose ledger the code opens; raises NotFound, or answers 429 to somebody who guesses."""
    found = find_by_personal_code(codes.tidy(code))
    if found is None:
        if not is_patient():
            abort(429)
        raise NotFound
    return found


def is_patient() -> bool:
    """A wrong guess is counted against the asker's address (trust.md §4.7)."""
    with transaction():
        return count_miss(request.remote_addr or "", now=clock.now())
