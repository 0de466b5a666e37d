"""How the cases of presence are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.attendance.rules import How, Part

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
}
