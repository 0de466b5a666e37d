"""How the cases of flags and spot checks are said on a page: what was seen, never that anybody is to blame."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.scrutiny.rules import Flag, Outcome

WORDS: dict[Enum, object] = {
    Flag.TWO_PLACES: _("同一时间在两处"),
    Flag.ONE_DEVICE: _("一部手机签了好几个人"),
    Flag.MOSTLY_MANUAL: _("一半以上时长是补录"),
    Flag.ALL_AT_CAP: _("人人正好记满一天"),
    Flag.LONG_DAY: _("一天在场超过 12 小时"),
    Flag.MADE_LATE: _("开始以后才写的活动"),
    Flag.APPROVER_GAINS: _("经手的人自己也有时长"),
    Flag.SPLIT_SHIFTS: _("分开补录，合起来很多"),
    Flag.CLOCK_FORWARD: _("签到设备的时间快了"),
    Flag.ONE_HAND: _("两头都由一个人事后补记"),
    Flag.LATE_SCANS: _("过了几天才记的到场"),
    Outcome.CONFIRMED: _("属实"),
    Outcome.DENIED: _("本人说没有这回事"),
    Outcome.NOT_REACHED: _("没有联系上"),
}
