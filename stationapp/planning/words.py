"""How the cases of the board are said."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.planning.board import By, Mark

WORDS: dict[Enum, object] = {
    By.SITE: _("按阵地"),
    By.ROOM: _("按功能室"),
    By.CATEGORY: _("按类别"),
    By.DAY: _("按日期"),
    By.HOUR: _("按钟点"),
    Mark.CLASH: _("撞"),
    Mark.HOLIDAY: _("假"),
    Mark.CLOSED: _("外"),
    Mark.MISSING: _("缺"),
}
