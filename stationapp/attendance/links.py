"""The chain of scans: what was seen at a door, link after link, so that tampering shows (trust.md H10).

A scan is its own record of who took it down, how, when it happened and when it arrived: it needs no audit line.
"""

from collections.abc import Sequence
from functools import partial

from sqlalchemy import Row, insert

from stationapp.attendance.models import Scan, ScanLink
from stationapp.audit.operations import append_all
from stationapp.db import at_end, db

_BEFORE_THE_AUDIT = -1


def link(scans: Sequence[Row]) -> None:
    """Chain scans that were just written (all of their columns), at the end of the transaction."""
    at_end(partial(_link, {scan.id: content(scan) for scan in scans}), turn=_BEFORE_THE_AUDIT)


def _link(covered: dict[int, dict]) -> None:
    links = zip(covered, append_all("scans", list(covered.values())), strict=True)
    db.session.connection().execute(
        _add,
        [
            {"number": number, "scan_id": scan_id, "previous_hash": previous, "hash": digest}
            for scan_id, (number, previous, digest) in links
        ],
    )


_add = insert(ScanLink.__table__)


def content(scan: Row | Scan) -> dict:
    """What the hash of a link covers, besides its number."""
    return {
        "scan": scan.id,
        "event": scan.event_id,
        "resident": scan.resident_id,
        "kind": scan.kind.value,
        "how": scan.how.value,
        "at": scan.at.isoformat(),
        "arrived": scan.arrived_at.isoformat(),
        "by": scan.by,
        "device": scan.device_id,
        "sequence": scan.sequence,
        "nonce": _hex(scan.nonce_index),
        "asker": _hex(scan.asker_index),
        "said": None if scan.said_at is None else scan.said_at.isoformat(),
    }


def _hex(index: bytes | None) -> str | None:
    return None if index is None else index.hex()
