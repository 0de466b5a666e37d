"""A time or room chosen elsewhere, from a plan or from what a clash offers, put into the form of an event."""

from datetime import date, datetime

from werkzeug.datastructures import MultiDict

from stationapp import clock
from stationapp.calendar.forms import read_day
from stationapp.events.forms import EventForm
from stationapp.web.forms import Form, LocalDateTimeField, PickField


class OfferForm(Form):
    """An offer as its link or choice says it: "2026-11-25T09:00/12" is a start and the id of a room."""

    starts = LocalDateTimeField(needed=True)
    room = PickField()


def take_offer(form: EventForm, text: str) -> None:
    """Put the offer in `text` into the form, with the length it had; nothing happens when it makes no sense.

    The place moves along where it is the name of the room.
    """
    starts, _slash, room = text.partition("/")
    offer = OfferForm(formdata=MultiDict({"starts": starts, "room": room}))
    offer.room.offer(form.rooms.items())
    before, until = form.starts_at.data, form.ends_at.data
    if not offer.validate() or not before or not until:
        return
    _type(form.starts_at, _wall(offer.starts.data))
    _type(form.ends_at, _wall(offer.starts.data + (until - before)))
    if offer.room.data:
        if form.place.data in form.rooms.values():
            _type(form.place, form.rooms[offer.room.data])
        _type(form.room_id, str(offer.room.data))


FROM, UNTIL = "09:00", "10:30"
"""When an event is held on a day chosen from a plan, until somebody types another time."""


def put_down(form: EventForm, day: str, room: str, *, today: date) -> None:
    """Put a day ("2026-12-03", not before `today`) and the id of a room offered there into a form still blank.

    Each is left out by itself when it makes no sense.
    """
    on = read_day(day)
    if on and on >= today:
        _type(form.starts_at, f"{on}T{FROM}")
        _type(form.ends_at, f"{on}T{UNTIL}")
    if room in map(str, form.rooms):
        _type(form.room_id, room)


def _wall(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%dT%H:%M")


def _type(field, text: str) -> None:
    """As if somebody had typed it."""
    field.raw_data = [text]
    field.process_formdata([text])
