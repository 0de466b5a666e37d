"""A picture is what its address says, and holds nothing but pixels (domain.md §2, trust.md §4.22)."""

from collections.abc import Callable, Iterator
from hashlib import sha256

from sqlalchemy import func, select

from stationapp.attendance.models import Photo
from stationapp.attendance.photo_rules import MOST, is_plain
from stationapp.audit.rules import Check
from stationapp.db import db

_AT_ONCE = 20  # pictures in memory


def _too_many() -> list[str]:
    rows = (
        select(Photo.event_id).group_by(Photo.event_id).having(func.count() > MOST).order_by(Photo.event_id)
    )
    return [f"event {number}" for number in db.session.scalars(rows)]


def _other_bytes() -> list[str]:
    return _found(lambda digest, jpeg: sha256(jpeg).hexdigest() != digest)


def _more_than_pixels() -> list[str]:
    return _found(lambda _digest, jpeg: not is_plain(jpeg))


def _found(is_wrong: Callable[[str, bytes], bool]) -> list[str]:
    return [f"photo {number}" for number, digest, jpeg in _pictures() if is_wrong(digest, jpeg)]


def _pictures() -> Iterator[tuple[int, str, bytes]]:
    """Every picture, some at a time: a year's are more than fits into memory."""
    last = 0
    some = select(Photo.id, Photo.digest, Photo.jpeg).order_by(Photo.id).limit(_AT_ONCE)
    while rows := db.session.execute(some.where(Photo.id > last)).all():
        yield from rows
        last = rows[-1].id


CHECKS = (
    Check("PH1", "一场活动最多三张照片", _too_many),
    Check("PH2", "照片的内容和它的地址一致", _other_bytes),
    Check("PH3", "照片里没有拍摄信息", _more_than_pixels),
)
