"""Pictures of an event: taken in, handed out, taken away. Staff alone see them, and nobody looks for faces in them."""

import subprocess
import sys
import threading
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from sqlalchemy import delete, insert, select

from stationapp.attendance.models import Photo
from stationapp.attendance.photo_rules import (
    LONGEST,
    MOST,
    PIXELS,
    PhotoRefusal,
    content_problem,
    is_plain,
    window_problem,
)
from stationapp.attendance.rules import opens_at
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused

_ROOT = Path(__file__).resolve().parents[2]
_ONE = threading.Lock()
_WAIT = 10  # seconds for another picture of this process to be done
_PATIENCE = 30  # seconds for the child, on a machine that does other things
_CANNOT, _TOO_MANY_PIXELS = 2, 3  # as `encode` says it


@dataclass(frozen=True)
class Picture:
    """A picture as a page shows it; its bytes are asked for by their digest."""

    digest: str
    place: int
    added_at: datetime


def encode(content: bytes) -> bytes:
    """The picture as a JPEG of pixels alone, upright and small; call it outside a transaction, it takes a moment.

    One at a time, in a process with limits of its own. Raises Refused(PhotoRefusal).
    """
    problem = content_problem(content)
    if problem:
        raise Refused(problem)
    if not _ONE.acquire(timeout=_WAIT):
        raise Refused(PhotoRefusal.BUSY)
    try:
        child = subprocess.run(
            [sys.executable, "-m", "stationapp.attendance.encode", str(PIXELS), str(LONGEST)],
            input=content,
            capture_output=True,
            cwd=_ROOT,
            env={},  # nothing of ours to be read there
            timeout=_PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired as slow:
        raise Refused(PhotoRefusal.BROKEN) from slow
    finally:
        _ONE.release()
    if child.returncode == _TOO_MANY_PIXELS:
        raise Refused(PhotoRefusal.TOO_MANY_PIXELS)
    if child.returncode == _CANNOT or child.returncode < 0:  # or its limits ended it
        raise Refused(PhotoRefusal.BROKEN)
    if child.returncode or not is_plain(child.stdout):
        raise RuntimeError("pictures cannot be encoded")
    return child.stdout


def add_photo(event: Event, jpeg: bytes, *, by: int | None, now: datetime) -> str:
    """Keep what `encode` made, in the first free of three places; its digest. The same picture again is harmless.

    Raises Refused(PhotoRefusal).
    """
    _hold(event, now)
    digest = sha256(jpeg).hexdigest()
    there = {picture.digest: picture.place for picture in list_photos(event.id)}
    if digest in there:
        return digest
    free = sorted(set(range(1, MOST + 1)) - set(there.values()))
    if not free:
        raise Refused(PhotoRefusal.FULL)
    values = {"event_id": event.id, "place": free[0], "jpeg": jpeg, "digest": digest}
    db.session.execute(insert(Photo).values(**values, added_at=now, added_by=by))
    record(
        "attendance.add_photo", f"event {event.code} photo {free[0]}", by=by, now=now, site_id=event.site_id
    )
    return digest


def remove_photo(event: Event, digest: str, *, by: int | None, now: datetime) -> None:
    """Take a picture away for good, whenever somebody asks for it; one that is not there is harmless."""
    gone = delete(Photo).where(Photo.event_id == event.id, Photo.digest == digest).returning(Photo.place)
    place = db.session.scalar(gone)
    if place is not None:
        subject = f"event {event.code} photo {place}"
        record("attendance.remove_photo", subject, by=by, now=now, site_id=event.site_id)


def list_photos(event_id: int) -> list[Picture]:
    """An event's pictures in order, without their bytes."""
    rows = select(Photo.digest, Photo.place, Photo.added_at).where(Photo.event_id == event_id)
    return [Picture(*row) for row in db.session.execute(rows.order_by(Photo.place))]


def get_jpeg(event_id: int, digest: str) -> bytes:
    """A picture's bytes; raises NotFound."""
    found = db.session.scalar(select(Photo.jpeg).where(Photo.event_id == event_id, Photo.digest == digest))
    if found is None:
        raise NotFound
    return found


def _hold(event: Event, now: datetime) -> None:
    """Refuse unless the event takes pictures now; two that come at once stand in line."""
    found = db.session.execute(
        select(Event.state, Event.starts_at, Event.ends_at)
        .where(Event.id == event.id)
        .with_for_update(key_share=True)
    ).one()
    problem = window_problem(found.state, found.starts_at, found.ends_at, now)
    if problem:
        raise Refused(problem, opens_at=opens_at(found.starts_at))
