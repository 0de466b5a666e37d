"""One person, as the desk or somebody at the door writes them down."""

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from stationapp import clock
from stationapp.residents.fields import BirthMonthField, CommunityField
from stationapp.residents.rules import NAME_LENGTH, PersonIn, is_child
from stationapp.web.forms import Form, PhoneField, TextField, TickField


class PersonForm(Form):
    """Who it is. A form that asks for more inherits it, with its own words beside the guardian's tick."""

    name = TextField(_("姓名"), most=NAME_LENGTH, needed=True)
    phone = PhoneField(_("电话"))
    birth_month = BirthMonthField(_("出生年月"))
    community = CommunityField(_("住在哪个社区"))
    guardian_consent = TickField(_("未满14周岁：监护人在场并同意登记"))

    def validate_guardian_consent(self, ticked) -> None:
        """A child's data is taken down only with the guardian's consent (domain.md §11)."""
        if is_child(self.birth_month.data, clock.day_of(clock.now())) and not ticked.data:
            raise ValidationError(_("未满14周岁，要监护人同意才能登记。"))

    def person(self) -> PersonIn:
        """The person; after validation."""
        lives, community_id = self.community.home()
        return PersonIn(
            self.name.data,
            self.phone.data or None,
            self.birth_month.data,
            lives,
            community_id,
            bool(self.guardian_consent.data),
        )
