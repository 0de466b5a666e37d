"""How the life of a month is said."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.reports.life_rules import Audience, Lack, Mark

WORDS: dict[Enum, object] = {
    Mark.SEEN: _("已阅"),
    Mark.AGREED: _("无异议"),
    Mark.OBJECTED: _("有异议"),
    Audience.INSIDE: _("内部用"),
    Audience.OUTSIDE: _("对外"),
    Lack.OPEN: _("没有归档的活动"),
    Lack.NO_SIGN_OUT: _("志愿者没有签退"),
    Lack.UNDECIDED: _("补录时长还没审"),
    Lack.SCANS: _("没记上的签到"),
}
