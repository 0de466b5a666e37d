"""Taking a paper in by its kind."""

from collections.abc import Sequence
from datetime import datetime

from stationapp.importing.attendees import Attendees
from stationapp.importing.corrections import Corrections
from stationapp.importing.kinds import Kind
from stationapp.importing.paperwork import Paperwork, Say, SheetsLoaded
from stationapp.importing.parties import Parties
from stationapp.sites.models import Site

PAPERS: dict[Kind, type[Paperwork]] = {work.kind: work for work in (Attendees, Parties)}


def take_sheet(
    kind: Kind,
    content: bytes,
    filename: str,
    *,
    within: Sequence[Site],
    by: int | None,
    now: datetime,
    say: Say,
    corrections: Corrections | None = None,
) -> SheetsLoaded:
    """Take a paper in, as `corrections` put it right; `within` are the sites whose events the loader runs.

    Good lines go in; the caller looks at `lost` when it wants all or nothing, and rolls back. Raises what
    `signups.operations.sign_up` raises besides refusals: repeat it with `db.retried`.
    """
    work = PAPERS[kind](
        content, filename, within=within, by=by, now=now, say=say, corrections=corrections or Corrections()
    )
    return work.take()
