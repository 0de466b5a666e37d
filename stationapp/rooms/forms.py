"""What comes in about rooms from a desk page."""

from flask_babel import lazy_gettext as _

from stationapp.refusal import Refused, Unreadable
from stationapp.rooms.hours import opening
from stationapp.rooms.models import Room
from stationapp.rooms.rules import RELEASE_AFTER, RoomFacts, RoomKind, RoomRefusal
from stationapp.web.errors import sentence
from stationapp.web.forms import EnumField, Form, LocalDateTimeField, PickField, TextField, WholeNumberField

STEP_FREE = {1: True, 0: False, None: None}


class RoomForm(Form):
    """What stands about a room; the hours must be readable."""

    name = TextField(_("名称"), most=30, needed=True)
    kind = EnumField(_("是什么"), of=RoomKind, empty=None)
    capacity = WholeNumberField(_("容纳人数"), most=100_000)
    floor = TextField(_("楼层"), most=10)
    step_free = PickField(_("无障碍（轮椅能到）"))
    hours = TextField(_("开放时间"), most=120)
    release_after = WholeNumberField(_("开始后多少分钟没人来就放出"), least=5, most=1440)

    def __init__(self, room: Room | None = None, *, shared: bool = False) -> None:
        given = {"release_after": RELEASE_AFTER, "kind": RoomKind.ROOM}
        if room:
            given = {name: getattr(room, name) for name in RoomFacts.__dataclass_fields__}
            given["step_free"] = next(n for n, said in STEP_FREE.items() if said is room.step_free)
        super().__init__(data=given)
        if not shared:
            del self.kind
        self.step_free.offer(((1, str(_("是"))), (0, str(_("否")))), empty=_("没有写明"))

    def facts(self) -> RoomFacts:
        """The values."""
        values = {name: self[name].data for name in RoomFacts.__dataclass_fields__}
        return RoomFacts(**values | {"step_free": STEP_FREE[self.step_free.data]})

    @property
    def chosen(self) -> RoomKind:
        """Which kind is entered; a station has rooms alone."""
        return (self.kind.data if "kind" in self else None) or RoomKind.ROOM

    def validate(self, extra_validators=None) -> bool:
        """Each field by itself, then the hours by the parser and in its words."""
        fine = super().validate(extra_validators)
        try:
            opening(self.hours.data)
        except Unreadable as wrong:
            self.hours.errors = [*self.hours.errors, str(wrong)]
            return False
        return fine

    def blame(self, refused: Refused) -> None:
        """Show a refusal at the field it is about."""
        field = self["kind" if refused.reason is RoomRefusal.STATION_LENDS_NOT else "name"]
        field.errors = [*field.errors, sentence(refused)]


class HoldForm(Form):
    """A time kept for something that is not an event."""

    starts_at = LocalDateTimeField(_("从"), needed=True)
    ends_at = LocalDateTimeField(_("到"), needed=True)
    purpose = TextField(_("留作什么用"), most=60, needed=True)
