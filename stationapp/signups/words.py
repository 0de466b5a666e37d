"""How the cases of sign-ups are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.signups.rules import Channel, Counted, Place, Span

WORDS: dict[Enum, object] = {
    Place.CONFIRMED: _("已报名"),
    Place.WAITLISTED: _("候补"),
    Place.OFFERED: _("有名额了，等您确认"),
    Place.CANCELLED: _("已取消"),
    Channel.WEB: _("本人网上"),
    Channel.FAMILY: _("亲友代报"),
    Channel.PHONE: _("电话代报"),
    Channel.DESK: _("现场代报"),
    Channel.TEAM: _("团队名单"),
    Channel.WALK_IN: _("现场到场"),
    Counted.PERSON: _("每个人"),
    Counted.HOME: _("一个电话（一家人）"),
    Span.WEEK: _("一周"),
    Span.MONTH: _("一个月"),
}
