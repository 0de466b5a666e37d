"""The sign-up form: a person, and further people of the same household (surface.md, Addresses).

Where a household's own page is open in the browser, `forms_home` asks less.
"""

import secrets
from dataclasses import replace
from datetime import date, datetime
from typing import NamedTuple

from flask_babel import lazy_gettext as _
from wtforms import FormField, HiddenField, RadioField, SelectChoice

from stationapp import clock
from stationapp.events.models import Event
from stationapp.residents.fields import BirthMonthField, CommunityField
from stationapp.residents.rules import NAME_LENGTH, PersonIn
from stationapp.signups.queries import get_terms, list_course_terms
from stationapp.signups.rules import LIFT_LENGTH, PARTY_LIMIT, AgeRule, Channel, Terms
from stationapp.web.forms import Form, PhoneField, RowsField, TextField, TickField

_GUARDIAN = _("这是未满14周岁的孩子：我是监护人，同意替孩子报名并登记孩子的信息")


class MemberForm(Form):
    """A further person of the party; an empty row is nobody."""

    name = TextField(_("姓名"), most=NAME_LENGTH)
    birth_month = BirthMonthField(_("出生年月"))
    guardian_consent = TickField(_GUARDIAN)


class SignupForm(Form):
    """What a resident fills in. `birth_month` is there only for events with an age rule."""

    key = HiddenField()
    hold = HiddenField()
    name = TextField(_("姓名"), most=NAME_LENGTH, needed=True, render_kw={"autocomplete": "name"})
    phone = PhoneField(_("电话"), needed=True)
    community = CommunityField(_("住在哪个社区"))
    birth_month = BirthMonthField(_("出生年月"))
    guardian_consent = TickField(_GUARDIAN)
    declared = TickField()
    party = RowsField(FormField(MemberForm), min_entries=1, max_entries=PARTY_LIMIT - 1)

    def without_ages(self) -> "SignupForm":
        """Ask nobody for a month of birth."""
        if "birth_month" in self:
            del self.birth_month
        for row in self.party:
            del row.form.birth_month
        return self

    def request_key(self) -> str:
        """The key sent, or one of its own for a form that lost it."""
        return self.key.data if self.key.data and len(self.key.data) <= 64 else secrets.token_urlsafe(12)

    def hold_token(self) -> str:
        """The token to keep seats with while this form is filled in: the one sent, or a new one."""
        self.hold.raw_data, self.hold.data = None, self.hold_sent() or secrets.token_urlsafe(16)
        return self.hold.data

    def hold_sent(self) -> str:
        """The token of the seats kept for this form, "" for none."""
        sent = self.hold.data or ""
        return sent if 16 <= len(sent) <= 64 else ""

    def size(self) -> int:
        """For how many people it was filled in so far; one at least."""
        return 1 + sum(bool(row.form.name.data) for row in self.party)

    def births(self) -> list[str]:
        """The months of birth that were written, "YYYY-MM"."""
        rows = [self, *(row.form for row in self.party)]
        return [row.birth_month.data for row in rows if "birth_month" in row and row.birth_month.data]

    def is_declared(self) -> bool:
        """Whether they said to belong to the audience of the event."""
        return "declared" in self and self.declared.data

    def renew(self, now: datetime) -> "SignupForm":
        """Make it ready to be shown: a fresh key (raw data first: it would be shown again), the communities."""
        self.key.raw_data, self.key.data = None, secrets.token_urlsafe(12)
        self.hold.raw_data, self.hold.data = None, self.hold_sent()
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

    declared = None  # it is asked on the phone
    lift = TextField(_("仍要报名的理由"), most=LIFT_LENGTH)
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


class Asks(NamedTuple):
    """What an event wants to know: months of birth, and (if not "") that all belong to this audience.

    `day` is the local day ages are meant for, `most` how many people one form may be for.
    """

    ages: bool
    audience: str
    day: date
    most: int


def asks_of(terms: Terms, now: datetime) -> Asks:
    """What signing up at these terms asks; of a course, what any of its dates to come does."""
    dates = [terms, *(list_course_terms(terms.course_id, now) if terms.course_id is not None else ())]
    audience = next((date.audience for date in dates if date.audience_only), "")
    most = min(date.home_limit or PARTY_LIMIT for date in dates)
    return Asks(any(date.ages.exists for date in dates), audience, clock.day_of(terms.starts_at), most)


def asks_at(event: Event, now: datetime) -> Asks:
    """The same for an event at hand, which need not be read again unless it belongs to a series."""
    if event.series_id:
        return asks_of(get_terms(event_id=event.id), now)
    ages, audience = AgeRule(event.min_age, event.max_age), event.audience if event.audience_only else ""
    most = event.home_limit or PARTY_LIMIT
    return Asks(ages.exists, audience, clock.day_of(event.starts_at), most)


def suit(form: SignupForm, asks: Asks) -> SignupForm:
    """The form of a resident with just the questions an event asks."""
    if asks.audience:
        form.declared.label.text = _("报名的人都是：%(who)s", who=asks.audience)
    else:
        del form.declared
    form.party.max_entries = min(asks.most, PARTY_LIMIT) - 1  # rows sent all the same are kept, and refused
    return fit(form, asks.ages)


def fit(form: SignupForm, asks_age: bool) -> SignupForm:
    """The form without questions that need no answer here."""
    return form if asks_age else form.without_ages()
