"""How what came of a call is said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.messages.rules import CallOutcome

WORDS: dict[Enum, object] = {
    CallOutcome.REACHED: _("已告知"),
    CallOutcome.NO_ANSWER: _("没人接"),
    CallOutcome.COMES: _("来"),
    CallOutcome.NOT_COMING: _("不来了"),
}
