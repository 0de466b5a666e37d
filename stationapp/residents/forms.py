"""One person, as the desk, somebody at the door or their household writes them down; the way to a household's page."""

import unicodedata

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from stationapp import clock
from stationapp.residents.families import EMAIL_LENGTH
from stationapp.residents.fields import BirthMonthField, CommunityField, code_of
from stationapp.residents.models import Resident
from stationapp.residents.rules import NAME_LENGTH, PersonIn, is_child
from stationapp.web.forms import Form, PhoneField, PickField, TextField, TickField


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


class PhoneAskForm(Form):
    """Which household's page somebody wants to open."""

    phone = PhoneField(_("您家留的电话"), needed=True)


class CodeForm(Form):
    """The phone and the code of six digits that opens its household's page."""

    phone = PhoneField(_("您家留的电话"), needed=True)
    code = TextField(
        _("六位登录码"),
        most=12,
        needed=True,
        render_kw={"inputmode": "numeric", "autocomplete": "one-time-code"},
    )
    shared = TickField(_("这是公用电脑（半小时不用就自动退出）"))

    def validate_code(self, field) -> None:
        """Digits however they were typed; what is no code is simply wrong."""
        field.data = "".join(unicodedata.normalize("NFKC", field.data).split())


class ContactForm(Form):
    """How a household wants to be told of things."""

    email = TextField(_("电子邮箱"), most=EMAIL_LENGTH, render_kw={"autocomplete": "email"})
    texts = TickField(_("可以给我家发短信和邮件"))


class MemberForm(Form):
    """One of a household, as they themselves write it down."""

    name = TextField(_("姓名"), most=NAME_LENGTH, needed=True)
    birth_month = BirthMonthField(_("出生年月"))
    community = CommunityField(_("住在哪个社区"))
    guardian = PickField(_("监护人"))
    guardian_consent = TickField(_("未满14周岁的孩子：我是监护人，同意登记孩子的信息"))

    @classmethod
    def of(cls, person: Resident | None) -> "MemberForm":
        """As it stands on record; `person` None: nobody yet."""
        if person is None:
            return cls(formdata=None)
        return cls(
            formdata=None,
            name=person.name,
            birth_month=person.birth_month,
            community=code_of(person),
            guardian=person.guardian_id,
            guardian_consent=person.guardian_consent_at is not None,
        )

    def person(self) -> PersonIn:
        """The person; after validation."""
        lives, community_id = self.community.home()
        return PersonIn(
            self.name.data,
            None,
            self.birth_month.data,
            lives,
            community_id,
            bool(self.guardian_consent.data),
        )
