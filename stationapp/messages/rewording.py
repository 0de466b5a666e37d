"""Choosing one's own words for an occasion, and going back to the built-in ones."""

import re
from datetime import datetime

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.messages.models import Wording
from stationapp.messages.phrases import KNOWN, LONGEST, NEEDED, bracket_problem, places
from stationapp.messages.rules import Way
from stationapp.messages.sending_rules import SendingRefusal
from stationapp.messages.wordings import find_own
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused

_GATEWAY_CODE = re.compile(r"[A-Za-z0-9_-]{0,40}")


def tidy_text(text: str) -> str:
    """A text as it is kept: no blanks around, one kind of line end, nothing that does not print."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip()
    return "".join(c for c in plain if c == "\n" or c.isprintable())


def check(occasion: Occasion, text: str, gateway_code: str) -> None:
    """Raises Refused(SendingRefusal) for a text that could not say what happened."""
    if not text:
        raise Refused(SendingRefusal.TEXT_MISSING)
    if len(text) > LONGEST:
        raise Refused(SendingRefusal.TEXT_TOO_LONG, most=LONGEST)
    if bracket_problem(text):
        raise Refused(SendingRefusal.BRACKETS)
    its = places(text)
    if unknown := [name for name in its if name not in KNOWN[occasion]]:
        raise Refused(SendingRefusal.PLACE_UNKNOWN, places=[name[:20] for name in unknown])
    if missing := [name for name in NEEDED[occasion] if name not in its]:
        raise Refused(SendingRefusal.PLACE_MISSING, places=missing)
    if not _GATEWAY_CODE.fullmatch(gateway_code):
        raise Refused(SendingRefusal.CODE_UNREADABLE)


def reword(
    occasion: Occasion, way: Way, text: str, gateway_code: str, *, by: int, site_id: int, now: datetime
) -> None:
    """Say it in these words from now on."""
    check(occasion, text, gateway_code)
    own = find_own(occasion, way)
    if own is None:
        own = Wording(occasion=occasion, way=way)
        db.session.add(own)
    own.text, own.gateway_code, own.changed_at, own.changed_by = text, gateway_code, now, by
    db.session.flush()
    record("messages.reword", f"wording {occasion.value} {way.value}", by=by, now=now, site_id=site_id)


def take_back(occasion: Occasion, way: Way, *, by: int, site_id: int, now: datetime) -> None:
    """Say it in the built-in words again; harmless when that is so already."""
    own = find_own(occasion, way)
    if own is not None:
        db.session.delete(own)
        db.session.flush()
        record(
            "messages.word_as_built_in",
            f"wording {occasion.value} {way.value}",
            by=by,
            now=now,
            site_id=site_id,
        )
