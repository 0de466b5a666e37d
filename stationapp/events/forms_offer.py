"""A time or room chosen elsewhere, from a plan or from what a clash offers, put into the form of an event."""

from datetime import date, datetime

from flask_babel import lazy_gettext as _
from werkzeug.datastructures import MultiDict

from stationapp import clock
from stationapp.calendar.forms import read_day
from stationapp.events.forms import EventForm
from stationapp.events.rules import Category, Theme
from stationapp.sites.rules import Group
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


_AIMS = {
    Group.UNDER_14: (None, 13, Theme.YOUNG, _("14岁以下的孩子")),
    Group.UNDER_18: (None, 17, Theme.YOUNG, _("18岁以下的孩子")),
    Group.OVER_60: (60, None, Theme.OLD, _("60岁以上居民")),
    Group.OVER_65: (65, None, Theme.OLD, _("65岁以上居民")),
    Group.OVER_80: (80, None, Theme.OLD, _("80岁以上居民")),
}
"""(lowest age, highest age, theme, whom it is for in words) of an event made for a group of the coverage report."""


def aim_at(form: EventForm, group: str, category: str) -> None:
    """Make a form still blank one for a group ("over80") and of a category ("A03"); what makes no sense is left out."""
    if group in {one.value for one in _AIMS}:
        youngest, oldest, theme, audience = _AIMS[Group(group)]
        form.min_age.data, form.max_age.data = youngest, oldest
        form.themes.data, form.audience.data = frozenset({theme}), str(audience)
    if category in {one.value for one in Category}:
        _type(form.category, category)


def _wall(at: datetime) -> str:
    return clock.local(at).strftime("%Y-%m-%dT%H:%M")


def _type(field, text: str) -> None:
    """As if somebody had typed it."""
    field.raw_data = [text]
    field.process_formdata([text])
