"""What comes in at the door: somebody without a sign-up, and the figures of a close-out."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from stationapp.attendance.rules import Part, told_at
from stationapp.calendar.forms import read_time
from stationapp.calendar.rules import AgeBand
from stationapp.events.models import Event
from stationapp.residents.forms import PersonForm
from stationapp.web.forms import EnumField, PhoneField

MOST_HEADS = 5000


class WalkInForm(PersonForm):
    """Somebody at the door who had not signed up. By the venue's code a phone is needed; at the desk it is not."""

    part = EnumField(_("身份"), of=Part, empty=None, default=Part.RESIDENT)


class VenueWalkInForm(WalkInForm):
    """The same, filled in by the person: a resident, with a phone to be reached by."""

    phone = PhoneField(_("电话"), needed=True)
    part = None


COMMON_BANDS = (
    AgeBand.B7, AgeBand.B18, AgeBand.B45, AgeBand.B60, AgeBand.B65, AgeBand.B70, AgeBand.UNKNOWN,
)  # fmt: skip
"""Whom a station counts at a glance; the page shows the others behind one more tap."""


@dataclass
class CloseOut:
    """A close-out as it was filled in: values as typed, `problems` by field name, and what they mean."""

    note: str = ""
    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    heads: dict[AgeBand, int] = field(default_factory=dict)
    left: dict[int, datetime] = field(default_factory=dict)


def read_close_out(form: MultiDict, event: Event, pending: Mapping[int, datetime]) -> CloseOut:
    """Headcounts (`heads_60-64`), how the volunteers without a sign-out left, the note.

    `pending` says when each of these came. A time (`out_17`, as the clock showed it) goes before the choice "stayed
    to the end" (`end_17`, or `end_all` for everybody shown, of whom there is an `out_<id>`); without either nobody is
    signed out.
    """
    read = CloseOut(note=" ".join(form.get("note", "").replace("\0", "").split())[:500])
    for band in AgeBand:
        _read_heads(read, f"heads_{band.value}", band, form)
    read.typed["end_all"] = form.get("end_all", "")[:1]
    for resident_id, came_at in pending.items():
        out, end = f"out_{resident_id}", f"end_{resident_id}"
        _read_out(read, out, resident_id, form, event)
        read.typed[end] = form.get(end, "")[:1]
        stayed = read.typed[end] or (read.typed["end_all"] and out in form)
        if stayed and not read.typed[out] and came_at < event.ends_at:
            read.left[resident_id] = event.ends_at
    return read


def _read_heads(read: CloseOut, name: str, band: AgeBand, form: MultiDict) -> None:
    text = read.typed[name] = unicodedata.normalize("NFKC", form.get(name, "")).replace("\0", "").strip()[:10]
    if not text:
        return
    if text.isascii() and text.isdigit() and int(text) <= MOST_HEADS:
        read.heads[band] = int(text)
    else:
        read.problems[name] = _("请填 0 到 %(most)s 的整数。", most=MOST_HEADS)


def _read_out(read: CloseOut, name: str, resident_id: int, form: MultiDict, event: Event) -> None:
    text = read.typed[name] = form.get(name, "").strip()[:10]
    if not text:
        return
    at = read_time(text)
    if at is None:
        read.problems[name] = _("时间请写成 10:30 的样子。")
        return
    read.left[resident_id] = told_at(event.starts_at, event.ends_at, at)
