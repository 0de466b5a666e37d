"""How the occasions of notices are said at the desk."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.notices.rules import Occasion

WORDS: dict[Enum, object] = {
    Occasion.CLOSE_OUT_DUE: _("活动结束了还没有归档"),
    Occasion.MONTH_PREPARED: _("上个月的报表可以核对了"),
    Occasion.PROMOTED: _("候补的人有了名额，请打电话告知"),
    Occasion.POSTPONED: _("活动延期了，请问报名的人还来不来"),
    Occasion.CANCELLED: _("活动取消了，请告知报名的人"),
    Occasion.ROOM_RELEASED: _("开始半小时了还没有人签到，功能室已经放出"),
    Occasion.JOINT: _("有一场活动请本站联合举办"),
    Occasion.MOVED: _("时间或地点变了，请告知报名的人"),
    Occasion.OFFERED: _("候补的人等着答复名额，请打电话"),
    Occasion.OFFER_LAPSED: _("名额过了时间没等到答复，已经收回，请告知"),
    Occasion.CONFIRMED: _("报名成功"),
    Occasion.WAITLISTED: _("排上了候补"),
    Occasion.DRAW_AWAITED: _("报了名，等抽签"),
    Occasion.NOT_DRAWN: _("抽签没有抽中，请告知"),
    Occasion.REMINDER: _("提醒快要开始的活动"),
    Occasion.CERTIFICATE: _("志愿服务证明办好了"),
    Occasion.HOURS: _("志愿时长记好了"),
    Occasion.HOURS_BACK: _("志愿时长收回了"),
    Occasion.ANSWERED: _("对时长的疑问有了答复"),
    Occasion.SHIFT: _("活动有变，请告知排了岗位的志愿者"),
    Occasion.HOME_CODE: _("打开我家报名的登录码"),
    Occasion.STOPPED: _("短信或邮件停发了"),
    Occasion.MONTH_MISSING: _("上个月快关账了，还差几样"),
    Occasion.MONTH_TO_SIGN: _("报表关账了，请看过后签审"),
}
