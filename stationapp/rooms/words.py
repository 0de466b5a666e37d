"""How the cases of rooms are said."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.rooms.rules import RoomKind

WORDS: dict[Enum, object] = {
    RoomKind.ROOM: _("本阵地的功能室"),
    RoomKind.SHARED: _("可以借给下面各站的（讲师团、图书车……）"),
}
