"""How the cases of presence are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.attendance.rules import AttendanceRefusal, Fate, How, Kind, Part

WORDS: dict[Enum, object] = {
    Part.RESIDENT: _("居民"),
    Part.VOLUNTEER: _("志愿者"),
    Part.STAFF: _("工作人员"),
    How.ROSTER: _("名单勾到"),
    How.STAFF_SCAN: _("工作人员扫码"),
    How.VENUE: _("扫现场码"),
    How.WALK_IN: _("现场登记"),
    How.PAPER: _("纸质签到"),
    How.PIN: _("海报码和口令"),
    Kind.IN: _("签到"),
    Kind.OUT: _("签退"),
    Kind.UNDO: _("撤销签到"),
    Fate.TAKEN: _("收下了"),
    Fate.DROPPED: _("不算"),
    Fate.WAITING: _("等人定"),
    Fate.REFUSED: _("当场没收"),
}

REASONS: dict[str, object] = {
    AttendanceRefusal.CLOSED_OUT.value: _("送到时活动已经归档"),
    AttendanceRefusal.EVENT_CANCELLED.value: _("活动取消了"),
    AttendanceRefusal.NOT_ON.value: _("活动没有发布，或者延期了"),
    AttendanceRefusal.CLOCK_AHEAD.value: _("记录的时间还没有到，设备的钟可能快了"),
    AttendanceRefusal.TOO_EARLY.value: _("早于开场前 1 小时"),
    AttendanceRefusal.TOO_LATE.value: _("散场 3 小时以后"),
    AttendanceRefusal.NOT_SIGNED_UP.value: _("没有报名，也没有按现场登记"),
    AttendanceRefusal.SIGNUP_CANCELLED.value: _("报名已经取消"),
    AttendanceRefusal.STILL_WAITING.value: _("还在候补"),
    AttendanceRefusal.OTHER_PART.value: _("同一场已经以别的身份签到"),
    AttendanceRefusal.SEQUENCE_USED.value: _("设备的序号重复，可能重装过"),
    AttendanceRefusal.CODE_UNKNOWN.value: _("不是我们的码"),
    AttendanceRefusal.CODE_UNKNOWN_PLACE.value: _("没有找到这个码"),
    AttendanceRefusal.CODE_EXPIRED.value: _("现场码过期"),
    AttendanceRefusal.PIN_WRONG.value: _("口令不对"),
    AttendanceRefusal.OTHER_EVENT.value: _("另一场活动的码"),
    AttendanceRefusal.NOT_CHECKED_IN.value: _("没有签到就签退"),
    AttendanceRefusal.LEFT_BEFORE_CAME.value: _("离开早于到场"),
    AttendanceRefusal.NO_ROOM.value: _("名额满了，没有报名"),
    AttendanceRefusal.DEVICE_NOT_IN_USE.value: _("设备那时不在使用"),
    AttendanceRefusal.CODE_ENDED.value: _("扫的时候卡或志愿者码已经作废"),
    AttendanceRefusal.SERIAL_ALONE.value: _("只输了卡上印的编号，没有扫码"),
    AttendanceRefusal.OTHER_DEVICE.value: _("本站另一台设备存下的"),
    AttendanceRefusal.NOTHING_ON.value: _("没有对应的活动"),
    "ended": _("卡已经作废"),
    "too_young": _("年龄不到"),
    "too_old": _("年龄超过"),
}
"""Why a scan was put aside, in few words for the desk; the full sentences are for whoever stands there."""


def why(reason: str) -> object:
    """The words for a stored reason."""
    return REASONS.get(reason, _("其他原因"))
