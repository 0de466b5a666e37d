"""How the acts of the audit log are said on a page."""

from flask_babel import lazy_gettext as _

ACTS = {
    "accounts.end": _("停用账号"),
    "accounts.end_role": _("收回角色"),
    "accounts.grant": _("授予角色"),
    "accounts.invite": _("发出邀请链接"),
    "accounts.password": _("修改密码"),
    "accounts.take_up": _("启用账号"),
    "attendance.check_in": _("签到"),
    "attendance.check_out": _("签退"),
    "attendance.count_heads": _("登记人数"),
    "attendance.undo": _("撤销签到"),
    "events.draft": _("写活动"),
    "events.change": _("修改活动"),
    "events.submit": _("提交审核"),
    "events.withdraw": _("撤回活动"),
    "events.return": _("退回活动"),
    "events.publish": _("发布活动"),
    "events.postpone": _("活动延期"),
    "events.cancel": _("取消活动"),
    "events.close_out": _("归档"),
    "events.discard": _("移出计划"),
    "events.restore": _("放回计划"),
    "events.open_batch": _("一次写多场活动"),
    "events.undo_batch": _("撤销一次写成的活动"),
    "events.restore_batch": _("放回一次写成的活动"),
    "events.lay_out": _("排系列"),
    "events.extend": _("接着排系列"),
    "events.change_series": _("修改系列"),
    "events.reopen": _("重新打开归档"),
    "importing.sites": _("导入阵地"),
    "importing.population": _("导入人口"),
    "importing.rooms": _("导入功能室"),
    "importing.holidays": _("导入节假日"),
    "importing.plan": _("导入活动计划"),
    "notices.done": _("办完提醒"),
    "reports.close": _("封存月报"),
    "residents.reveal": _("查看完整信息"),
    "signups.cancel": _("代取消报名"),
    "signups.sign_up": _("代报名"),
    "sites.publish_directly": _("允许直接发布"),
    "sites.publish_approved": _("改为审核后发布"),
    "templates.bring_back": _("恢复模板"),
    "templates.change": _("修改模板"),
    "templates.retire": _("停用模板"),
    "templates.write": _("写模板"),
    "volunteers.add_shift": _("设志愿岗位"),
    "volunteers.approve_manual": _("批准补录"),
    "volunteers.assign": _("安排上岗"),
    "volunteers.correct_line": _("更正时长"),
    "volunteers.propose_manual": _("申请补录"),
    "volunteers.register": _("登记志愿者"),
    "volunteers.reject_manual": _("驳回补录"),
    "volunteers.unassign": _("取消上岗"),
}
"""Acts by the name they are written down with."""


def said(act: str) -> str:
    """The act in words; a name not known here as it is."""
    return str(ACTS.get(act, act))
