"""How the cases of teams, skills and records are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.teams.rules import DayPart, RecordKind, Skill, TeamKind

WEEKDAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))
"""By `date.weekday()`."""

WORDS: dict[Enum, object] = {
    TeamKind.POLICY: _("理论政策宣讲"),
    TeamKind.CULTURE: _("文化文艺"),
    TeamKind.LEARNING: _("助学支教"),
    TeamKind.HEALTH: _("医疗健康"),
    TeamKind.SCIENCE: _("科学普及"),
    TeamKind.LAW: _("法律服务"),
    TeamKind.GREEN: _("卫生环保"),
    TeamKind.CARE: _("扶贫帮困"),
    TeamKind.LOCAL: _("特色队伍"),
    Skill.TEACHING: _("辅导功课"),
    Skill.LECTURING: _("宣讲"),
    Skill.HAIRCUT: _("理发"),
    Skill.FIRST_AID: _("急救"),
    Skill.NURSING: _("护理、量血压"),
    Skill.LAW: _("法律咨询"),
    Skill.MUSIC: _("唱歌、乐器"),
    Skill.DANCE: _("舞蹈"),
    Skill.CALLIGRAPHY: _("书法、写春联"),
    Skill.REPAIR: _("修理"),
    Skill.PHONE_HELP: _("教用手机"),
    Skill.SIGN_LANGUAGE: _("手语"),
    Skill.COUNSELLING: _("心理疏导"),
    Skill.PHOTOGRAPHY: _("摄影"),
    Skill.DRIVING: _("开车"),
    Skill.COOKING: _("做饭"),
    DayPart.MORNING: _("上午"),
    DayPart.AFTERNOON: _("下午"),
    DayPart.EVENING: _("晚上"),
    RecordKind.TRAINING: _("培训"),
    RecordKind.COMMENDATION: _("表彰"),
}
