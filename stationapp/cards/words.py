"""How the cases of cards are said on a page."""

from enum import Enum

from flask_babel import lazy_gettext as _

from stationapp.cards.rules import Ended

WORDS: dict[Enum, object] = {
    Ended.LOST: _("已挂失"),
    Ended.REPLACED: _("已换新卡"),
    Ended.RETURNED: _("已交回"),
}
