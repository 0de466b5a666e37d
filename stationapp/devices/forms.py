"""What comes in from the desk's page of devices."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, SelectField
from wtforms.fields.choices import SelectChoice

from stationapp.devices.operations import NAME_LENGTH
from stationapp.sites.models import Site
from stationapp.web.forms import Form, TextField, TickField

_BAD_DATE = _("没有读懂这个日期，请写成 2026-11-25 的样子。")


class _Day(DateField):
    """A date; what cannot be read is said in Chinese."""

    def process_formdata(self, valuelist) -> None:
        """From "2026-11-25"."""
        try:
            super().process_formdata([text[:20] for text in valuelist])
        except ValueError:
            raise ValueError(_BAD_DATE) from None

    def pre_validate(self, form) -> None:
        """Refuse an empty one."""
        if self.data is None and not self.errors:
            raise ValueError(_BAD_DATE)


class DeviceForm(Form):
    """A device as it is enrolled."""

    site = SelectField(_("阵地"))
    name = TextField(_("设备叫什么"), most=NAME_LENGTH, needed=True)
    from_on = _Day(_("从哪天"))
    until_on = _Day(_("到哪天"))
    names_shown = TickField(_("可以按姓名找人"))

    def __init__(self, sites: list[Site], **given) -> None:
        super().__init__(**given)
        self.site.choices = [SelectChoice(site.code, site.short_name) for site in sites]
