"""What comes in from the board: which part of the plan is looked at, and where an event is moved."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from flask import request
from flask_babel import lazy_gettext as _
from wtforms import HiddenField, StringField

from stationapp import clock
from stationapp.calendar.forms import read_day, read_time
from stationapp.calendar.rules import Month
from stationapp.events.rules import Category, State
from stationapp.planning.board import By, Mark
from stationapp.rooms.models import Room
from stationapp.web.asked import asked_case
from stationapp.web.forms import Form, PickField

NEEDED = _("请填写这一项。")


@dataclass(frozen=True)
class Wanted:
    """What the board is narrowed to; None: not at all."""

    by: By | None
    room: int | None
    category: Category | None
    state: State | None
    mark: Mark | None

    @property
    def narrow(self) -> bool:
        """Whether anything planned may be hidden."""
        return any((self.room, self.category, self.state, self.mark))


def asked() -> Wanted:
    """The filters of the address; senseless ones count as absent."""
    room = request.args.get("room", "")
    return Wanted(
        by=asked_case("by", By),
        room=int(room) if room.isascii() and room.isdigit() and len(room) < 10 else None,
        category=asked_case("category", Category),
        state=asked_case("state", State),
        mark=asked_case("mark", Mark),
    )


AHEAD = timedelta(days=10)
"""In its last days a month is planned no more: pages open with the next."""


def planned_month(now: datetime) -> Month:
    """The month that is planned at `now`."""
    return Month.of(clock.day_of(now + AHEAD))


class MoveForm(Form):
    """Where an event goes: a day, and an hour or a room when they change. `told`: how many were seen to be told."""

    event = HiddenField()
    told = HiddenField()
    next = HiddenField()
    day = StringField(_("日期"), render_kw={"type": "date", "required": True})
    time = StringField(_("开始时间"), render_kw={"type": "time"})
    room = PickField(_("功能室"))

    def offer_rooms(self, rooms: list[Room], now_in: int | None) -> None:
        """Its site's rooms, where it may go."""
        self.room.offer(((room.id, room.name) for room in rooms if room.id != now_in), empty=_("不换"))

    def validate(self, extra_validators=None) -> bool:
        """Read the day and the hour; an empty hour is the same as before."""
        self.on, self.at = read_day(self.day.data or ""), read_time(self.time.data or "")
        fine = super().validate(extra_validators)
        if self.on is None:
            self.day.errors = [_("日期读不懂，请写成 2026-12-08 的样子。")]
        if self.time.data and self.at is None:
            self.time.errors = [_("时间读不懂，请写成 09:30 的样子。")]
        return fine and not self.day.errors and not self.time.errors
