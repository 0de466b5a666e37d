"""The sign-up form: a person, and further people of the same household (surface.md, Addresses)."""

import secrets
from dataclasses import replace
from datetime import datetime

from flask_babel import lazy_gettext as _
from wtforms import FieldList, FormField, HiddenField, RadioField, SelectChoice

from stationapp.events.models import Event
from stationapp.residents.fields import BirthMonthField, CommunityField
from stationapp.residents.rules import NAME_LENGTH, PersonIn
from stationapp.signups.queries import asks_age, get_terms
from stationapp.signups.rules import PARTY_LIMIT, AgeRule, Channel
from stationapp.web.forms import Form, PhoneField, TextField, TickField

_GUARDIAN = _("这是未满14周岁的孩子：我是监护人，同意替孩子报名并登记孩子的信息")


class MemberForm(Form):
    """A further person of the party; an empty row is nobody."""

    name = TextField(_("姓名"), most=NAME_LENGTH)
    birth_month = BirthMonthField(_("出生年月"))
    guardian_consent = TickField(_GUARDIAN)


class SignupForm(Form):
    """What a resident fills in. `birth_month` is there only for events with an age rule."""

    key = HiddenField()
    name = TextField(_("姓名"), most=NAME_LENGTH, needed=True, render_kw={"autocomplete": "name"})
    phone = PhoneField(_("电话"), needed=True)
    community = CommunityField(_("住在哪个社区"))
    birth_month = BirthMonthField(_("出生年月"))
    guardian_consent = TickField(_GUARDIAN)
    party = FieldList(FormField(MemberForm), min_entries=1, max_entries=PARTY_LIMIT - 1)

    def without_ages(self) -> "SignupForm":
        """Ask nobody for a month of birth."""
        del self.birth_month
        for row in self.party:
            del row.form.birth_month
        return self

    def request_key(self) -> str:
        """The key sent, or one of its own for a form that lost it."""
        return self.key.data if self.key.data and len(self.key.data) <= 64 else secrets.token_urlsafe(12)

    def renew(self, now: datetime) -> "SignupForm":
        """Make it ready to be shown: a fresh key (raw data first: it would be shown again), the communities."""
        self.key.raw_data, self.key.data = None, secrets.token_urlsafe(12)
        self.community.offer(now)
        return self

    def one_more(self) -> None:
        """Show another empty row, up to the limit."""
        if len(self.party) < self.party.max_entries:
            self.party.append_entry()
            if "birth_month" not in self:
                del self.party[-1].form.birth_month

    def people(self) -> tuple[PersonIn, ...]:
        """Everybody written down, in order; after validation."""
        lives, community_id = self.community.home()
        rows = [self, *(row.form for row in self.party if row.form.name.data)]
        return tuple(
            PersonIn(
                name=row.name.data,
                phone=self.phone.data or None,
                birth_month=row.birth_month.data if "birth_month" in row else None,
                lives=lives,
                community_id=community_id,
                guardian_consent=row.guardian_consent.data,
            )
            for row in rows
        )


class DeskForm(SignupForm):
    """The same at the desk or on the phone: somebody without a phone can be entered, somebody known picked (`who`)."""

    who = HiddenField()
    name = TextField(_("姓名"), most=NAME_LENGTH)
    phone = PhoneField(_("电话（没有电话可以不填）"))
    channel = RadioField(
        _("怎么来的"),
        choices=[
            SelectChoice(value=Channel.PHONE.value, label=_("打电话来")),
            SelectChoice(value=Channel.DESK.value, label=_("到现场来")),
        ],
        default=Channel.PHONE.value,
    )

    def picked(self) -> int | None:
        """The id of somebody picked from the search."""
        text = self.who.data or ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None

    def people(self) -> tuple[PersonIn, ...]:
        """Everybody, the first one as picked."""
        first, *others = super().people()
        return (replace(first, resident_id=self.picked()), *others)


def form_for(event: Event, now: datetime) -> SignupForm:
    """The sign-up form of an event, with whatever this request sent."""
    asks = asks_age(get_terms(event_id=event.id), now) if event.series_id else _ages(event).exists
    return fit(SignupForm(), asks).renew(now)


def _ages(event: Event) -> AgeRule:
    return AgeRule(event.min_age, event.max_age)


def fit(form: SignupForm, asks_age: bool) -> SignupForm:
    """The form without questions that need no answer here."""
    return form if asks_age else form.without_ages()
