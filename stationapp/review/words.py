"""How a reason to look twice is said in a few words."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.review.rules import Problem

WORDS: dict[Enum, object] = {
    Problem.MISSING: _("没填全"),
    Problem.NOT_BOOKED: _("没订上场地或资源"),
    Problem.CLOSED: _("不在开放时间里"),
    Problem.HOLIDAY: _("当天放假"),
    Problem.WORKED_INSTEAD: _("当天调休上班"),
    Problem.TWIN: _("同一天有同名活动"),
    Problem.SOON: _("离开始不到一天"),
    Problem.OVER: _("已经开始了"),
    Problem.SIGN_UP_TOO_LATE: _("开始以后才能报名"),
    Problem.SIGN_UP_OVER: _("报名已经截止"),
    Problem.SIGN_UP_AFTER_END: _("结束以后报名才截止"),
    Problem.TOO_MANY_FOR_ROOM: _("名额超过功能室座位"),
    Problem.ROOM_TOO_LARGE: _("功能室比名额大得多"),
    Problem.UNINSURED: _("高风险岗位没有保单号"),
    Problem.OWN: _("是您自己提交的"),
}
