"""What people of the sample thought of what they came to: pressed, on slips, said to the office on the telephone."""

from datetime import datetime, timedelta
from random import Random

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.opinions.calls import drawn
from stationapp.opinions.operations import enter_slips, note_calls, print_slips, say
from stationapp.opinions.queries import scores_at, served_at
from stationapp.opinions.rules import Face
from stationapp.opinions.slip_rules import Slip

_FACES = (Face.GOOD,) * 12 + (Face.SO_SO,) * 3 + (Face.BAD,)
_PRESSING = 0.25  # share of those who came who press a face
_WITH_SLIPS = 0.2  # share of events at whose end slips are laid out
_WITH_CALLS = 0.08

_WORDS = {
    Face.GOOD: ("老师讲得清楚", "下次还来", "离家近，方便", "工作人员热情", "学到了东西"),
    Face.SO_SO: ("人多，坐得挤", "时间短了点", "后排听不清", "希望放在周末"),
    Face.BAD: ("开始晚了", "内容和上次一样"),
}


class Said:
    """The answers about one event that was closed out; `now` is the present, `by` who works there."""

    def __init__(self, event_id: int, *, by: int, now: datetime) -> None:
        self._event_id, self._by, self._now = event_id, by, now
        self._random = Random(f"said {event_id}")

    def gather(self, reviewer: int | None) -> None:
        """By the three ways, as far as the present lets it; `reviewer` calls for the office above, if there is one."""
        with transaction():
            event = db.session.get_one(Event, self._event_id)
            self._press(event)
            if self._random.random() < _WITH_SLIPS and event.ends_at + timedelta(hours=4) <= self._now:
                self._slips(event, event.ends_at + timedelta(hours=4))
            called_at = clock.instant(clock.day_of(event.ends_at) + timedelta(days=1), 15)
            if reviewer and self._random.random() < _WITH_CALLS and called_at <= self._now:
                self._calls(event, reviewer, called_at)

    def _room(self, event: Event) -> int:
        """How many of those who came have not answered."""
        its = scores_at([event.id]).get(event.id)
        return served_at([event.id]).get(event.id, 0) - (its.answers if its else 0)

    def _face(self) -> Face:
        return self._random.choice(_FACES)

    def _comment(self, face: Face) -> str:
        return self._random.choice(_WORDS[face]) if self._random.random() < 0.3 else ""

    def _press(self, event: Event) -> None:
        here = (Attendance.event_id == event.id, Attendance.part == Part.RESIDENT, ~Attendance.undone)
        for attendance_id in db.session.scalars(select(Attendance.id).where(*here).order_by(Attendance.id)):
            at = event.ends_at + timedelta(minutes=self._random.randint(20, 300))
            if self._random.random() < _PRESSING and at <= self._now:
                face = self._face()
                say(attendance_id, score=face.value, comment=self._comment(face), key="sample", now=at)

    def _slips(self, event: Event, at: datetime) -> None:
        sheet = print_slips(event, 16, by=self._by, now=event.starts_at - timedelta(hours=3))
        faces = [self._face() for _n in range(min(self._random.randint(3, 8), self._room(event)))]
        if faces:
            slips = [Slip(n, face.value, self._comment(face)) for n, face in enumerate(faces, 1)]
            enter_slips(sheet.id, slips, by=self._by, now=at)

    def _calls(self, event: Event, reviewer: int, at: datetime) -> None:
        lines = [line for line in drawn(event) if not line.called][: self._room(event)]
        said = [self._face().value if self._random.random() < 0.7 else None for _line in lines]
        if lines:
            its = zip((line.attendance_id for line in lines), said, strict=True)
            note_calls(event.id, dict(its), by=reviewer, now=at)
