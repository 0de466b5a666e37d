"""Reads of printed slips."""

from dataclasses import dataclass

from sqlalchemy import select

from stationapp.db import db
from stationapp.opinions import slots
from stationapp.opinions.models import SlipSheet
from stationapp.opinions.queries import live
from stationapp.opinions.rules import Via
from stationapp.refusal import NotFound


def get_slips(event_id: int, serial: str) -> SlipSheet:
    """The slips of that event with that serial; raises NotFound."""
    its = (SlipSheet.serial == serial, SlipSheet.event_id == event_id)
    sheet = db.session.scalar(select(SlipSheet).where(*its))
    if sheet is None:
        raise NotFound
    return sheet


@dataclass(frozen=True)
class Printed:
    """Slips in the list of an event's; `entered` of them have been entered."""

    sheet: SlipSheet
    entered: int


def list_slips(event_id: int) -> list[Printed]:
    """All slips of an event, those printed last first."""
    sheets = select(SlipSheet).where(SlipSheet.event_id == event_id).order_by(SlipSheet.id.desc())
    kept = {bytes(one.slot_index) for one in db.session.scalars(live([event_id])) if one.how is Via.PAPER}
    return [
        Printed(sheet, sum(slots.of_slip(sheet.serial, n) in kept for n in range(1, sheet.slips + 1)))
        for sheet in db.session.scalars(sheets)
    ]
