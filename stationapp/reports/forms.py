"""What comes in when a month is closed."""

from flask_babel import lazy_gettext as _

from stationapp.web.forms import Form, TextField


class ClosingForm(Form):
    """Why a closed month is stated again; not asked for the first time."""

    reason = TextField(_("更正原因"), most=200)
