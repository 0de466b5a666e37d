"""How the standing of a device is said."""

from flask_babel import lazy_gettext as _

from stationapp.devices.rules import Standing

WORDS = {
    Standing.OFFERED: _("等着登记"),
    Standing.LAPSED: _("链接过期，没有登记"),
    Standing.IN_USE: _("使用中"),
    Standing.EARLY: _("已登记，还没到日期"),
    Standing.OVER: _("到期"),
    Standing.FOLLOWED: _("换成了新的登记"),
    Standing.REVOKED: _("已停用"),
}
