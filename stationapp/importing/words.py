"""How the two papers, and what becomes of their lines, are said."""

from flask_babel import lazy_gettext as _

from stationapp.importing.kinds import Kind
from stationapp.importing.paperwork import Outcome

WORDS = {
    Kind.SIGNIN: _("签到表"),
    Kind.SIGNUPS: _("报名表"),
    Outcome.SIGNED_UP: _("记到场（有报名）"),
    Outcome.WALKED_IN: _("记到场（现场）"),
    Outcome.SEATED: _("报上名额"),
    Outcome.WAITS: _("排队等名额"),
    Outcome.SAME: _("已在名单上"),
    Outcome.ABSENT: _("没签名，不记"),
    Outcome.TWICE: _("重复，不再记"),
    Outcome.LEFT_OUT: _("您去掉了"),
    Outcome.LOST: _("这一行不记"),
}
