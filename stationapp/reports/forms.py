"""What comes in when a month is closed, and when somebody says something to it."""

from flask_babel import lazy_gettext as _

from stationapp.reports.life_rules import Mark
from stationapp.web.forms import EnumField, Form, TextField


class ClosingForm(Form):
    """Why a closed month is stated again; not asked for the first time."""

    reason = TextField(_("更正原因"), most=200, needed=None)


class SignForm(Form):
    """A mark on a version; an objection needs its sentence."""

    mark = EnumField(_("签审意见"), of=Mark, needed=True, empty=None)
    sentence = TextField(_("说明"), most=200, needed=None)
