"""What a picture of an event may be, and until when it is taken (domain.md §2, §5; trust.md §4.22)."""

from datetime import datetime, timedelta
from enum import Enum

from stationapp.attendance.rules import opens_at
from stationapp.events.rules import State

MOST = 3
"""Pictures of an event."""

LARGEST = 10 * 1024 * 1024
"""Bytes of one picture as it comes in."""

PIXELS = 50_000_000
"""Of one picture as it comes in; a larger one is refused before it is unpacked."""

LONGEST = 1600
"""Pixels of the longer side as it is kept."""

TAKEN_FOR = timedelta(days=30)
"""So long after the end a closed-out event still takes pictures: they are no figure, so nothing has to be reopened."""


class PhotoRefusal(Enum):
    """Why a picture is not taken."""

    NOT_CHOSEN = "not_chosen"
    TOO_LARGE = "too_large"  # bytes
    HEIC = "heic"  # an iPhone's own format
    NOT_A_PICTURE = "not_a_picture"  # none of JPEG, PNG, WebP
    TOO_MANY_PIXELS = "too_many_pixels"
    BROKEN = "broken"  # cut off, or nothing that can be unpacked
    BUSY = "busy"  # other pictures are being unpacked
    FULL = "full"  # three stand there
    NOT_ON = "not_on"  # not published
    TOO_EARLY = "too_early"  # facts["opens_at"]
    TOO_LATE = "too_late"


_HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")


def content_problem(content: bytes) -> PhotoRefusal | None:
    """Why these bytes are not even tried, or None. What a file is called does not matter."""
    if not content:
        return PhotoRefusal.NOT_CHOSEN
    if len(content) > LARGEST:
        return PhotoRefusal.TOO_LARGE
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC_BRANDS:
        return PhotoRefusal.HEIC
    known = (
        content.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"))
        or content[:4] + content[8:12] == b"RIFFWEBP"
    )
    return None if known else PhotoRefusal.NOT_A_PICTURE


def window_problem(
    state: State, starts_at: datetime, ends_at: datetime, now: datetime
) -> PhotoRefusal | None:
    """Why an event takes no picture now, or None."""
    if state not in (State.PUBLISHED, State.CLOSED_OUT):
        return PhotoRefusal.NOT_ON
    if now < opens_at(starts_at):
        return PhotoRefusal.TOO_EARLY
    if state is State.CLOSED_OUT and now > ends_at + TAKEN_FOR:
        return PhotoRefusal.TOO_LATE
    return None


_PLAIN = frozenset({0xC0, 0xC1, 0xC2, 0xC4, 0xDB, 0xDD, 0xE0})
"""Segments before the pixels that say how to unpack them, and JFIF's head; APP1 to APP15 and comments are not here."""


def is_plain(jpeg: bytes) -> bool:
    """Whether a JPEG holds pixels alone: no EXIF, place, XMP, colour profile, comment, and nothing after its end."""
    if not jpeg.startswith(b"\xff\xd8") or jpeg.find(b"\xff\xd9") != len(jpeg) - 2:
        return False
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:
        kind, length = jpeg[at + 1], int.from_bytes(jpeg[at + 2 : at + 4])
        if kind == 0xDA:  # the pixels begin
            return True
        if kind not in _PLAIN or (kind == 0xE0 and jpeg[at + 4 : at + 9] != b"JFIF\0"):
            return False
        at += 2 + length
    return False
