"""How the cases of volunteers and hours are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.volunteers.rules import ManualReason, ManualState, QuestionOutcome, Risk

WORDS: dict[Enum, object] = {
    Risk.ORDINARY: _("一般风险"),
    Risk.ELEVATED: _("较高风险"),
    ManualState.PROPOSED: _("等待审批"),
    ManualState.APPROVED: _("已通过"),
    ManualState.REJECTED: _("未通过"),
    QuestionOutcome.CORRECTED: _("已更正"),
    QuestionOutcome.AS_IT_STANDS: _("维持不变"),
    ManualReason.NO_NETWORK: _("现场没有网络"),
    ManualReason.FORGOT_OUT: _("忘记签到或签退"),
    ManualReason.PAPER_ONLY: _("只有纸质签到"),
    ManualReason.OUTSIDE: _("在站点以外服务"),
    ManualReason.OTHER: _("其他"),
}
