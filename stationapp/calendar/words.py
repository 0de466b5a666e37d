"""How festivals are said."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.calendar.festivals import Festival

WORDS: dict[Enum, object] = {
    Festival.NEW_YEARS_EVE: _("除夕"),
    Festival.SPRING: _("春节"),
    Festival.LANTERN: _("元宵节"),
    Festival.QINGMING: _("清明节"),
    Festival.DRAGON_BOAT: _("端午节"),
    Festival.QIXI: _("七夕"),
    Festival.MID_AUTUMN: _("中秋节"),
    Festival.DOUBLE_NINTH: _("重阳节"),
    Festival.LEI_FENG: _("学雷锋日"),
    Festival.VOLUNTEERS: _("国际志愿者日"),
}
