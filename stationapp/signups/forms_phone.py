"""The form of the phone desk: who of a household comes, and to what; a new caller writes nothing but what is needed."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from flask_babel import lazy_gettext as _
from wtforms import FormField, HiddenField

from stationapp.residents.fields import BirthMonthField, CommunityField
from stationapp.residents.models import Resident
from stationapp.residents.rules import NAME_LENGTH, Lives, PersonIn, tidy_name
from stationapp.signups.forms import MemberForm, SignupForm
from stationapp.signups.rules import PARTY_LIMIT
from stationapp.web.forms import Form, PhoneField, RowsField, TextField, TickField

_GUARDIAN = _("未满14周岁：来电的是监护人，同意报名并登记孩子的信息")


class KnownForm(Form):
    """Somebody of the household, by the id in `who`; the month of birth only where it is asked for and missing."""

    who = HiddenField()
    comes = TickField(_("来"))
    birth_month = BirthMonthField(_("出生年月"))
    guardian_consent = TickField(_GUARDIAN)


class NewForm(MemberForm):
    """Somebody of the household who is not known yet."""

    guardian_consent = TickField(_GUARDIAN)


class PhoneForm(SignupForm):
    """What the clerk fills in while talking. `event` is typed, `shown` the codes in the order they were numbered."""

    declared = None  # it is asked aloud
    name = TextField(_("姓名"), most=NAME_LENGTH)
    phone = PhoneField(_("电话（没有就空着）"), render_kw={"autocomplete": "off"})
    reach = TextField(_("没有电话：怎么找到人"), most=100)
    community = CommunityField(_("住在哪个社区"))
    guardian_consent = TickField(_GUARDIAN)
    known = RowsField(FormField(KnownForm), max_entries=50)
    party = RowsField(FormField(NewForm), min_entries=1, max_entries=PARTY_LIMIT - 1)
    event = TextField(_("活动"), most=100)
    shown = HiddenField()
    lift = TextField(_("放宽的原因"), most=200)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for field in (
            self.name,
            self.phone,
            self.reach,
            self.event,
        ):  # needed, or said otherwise in their labels
            field.flags.optional = False

    def without_ages(self) -> "PhoneForm":
        """Ask nobody for a month of birth."""
        super().without_ages()
        for row in self.known:
            del row.form.birth_month
        return self

    def put_first(self, codes: Collection[str]) -> None:
        """List these communities before all others: one press of the arrow chooses the desk's own."""
        first = [replace(choice, optgroup=None) for choice in self.community.choices if choice.value in codes]
        blank, *others = (choice for choice in self.community.choices if choice.value not in codes)
        self.community.choices = [blank, *first, *others]

    def numbered(self) -> list[str]:
        """The codes of the events as they were numbered on the page that was answered."""
        return (self.shown.data or "")[:2000].split()

    def coming(self) -> set[str]:
        """The ids of the household's people who were ticked, as texts."""
        return {row.form.who.data for row in self.known if row.form.comes.data}

    def is_empty(self) -> bool:
        """Whether nobody was ticked or written down."""
        return not (self.coming() or self.name.data or any(row.form.name.data for row in self.party))

    def party_of(self, members: Mapping[int, Resident], phone: str | None) -> tuple[PersonIn, ...]:
        """Everybody who comes, those of the household (by id) first; after validation. `phone` is the household's.

        A name written once more is the person already known. Who is new lives where the others do.
        """
        by_name = {member.name: member for member in members.values()}
        ticked = [(row.form, members.get(_number(row.form.who.data))) for row in self.known]
        chosen = {member.id: (row, member) for row, member in ticked if member and row.comes.data}
        written = [row for row in self._written(bool(members)) if row.name.data]
        for row in written:
            if (member := by_name.get(tidy_name(row.name.data))) is not None:
                chosen.setdefault(member.id, (row, member))
        known = [self._known(row, member, phone) for row, member in chosen.values()]
        fresh = [row for row in written if tidy_name(row.name.data) not in by_name]
        home = self._home(members)
        return (*known, *(self._fresh(row, home, phone) for row in fresh))

    def _written(self, known: bool) -> list:
        return [*([] if known else [self]), *(row.form for row in self.party)]

    def _home(self, members: Mapping[int, Resident]) -> tuple[Lives, int | None]:
        said = self.community.home()
        if said[0] is not Lives.UNKNOWN:
            return said
        settled = (m for m in members.values() if m.lives is not Lives.UNKNOWN)
        return next(((m.lives, m.community_id) for m in settled), said)

    def _known(self, row, member: Resident, phone: str | None) -> PersonIn:
        lives, community_id = self.community.home()
        return PersonIn(
            member.name,
            phone,
            _born(row),
            lives,
            community_id,
            row.guardian_consent.data,
            None if phone else member.id,
        )

    def _fresh(self, row, home: tuple[Lives, int | None], phone: str | None) -> PersonIn:
        phone = phone or self.phone.data or None
        return PersonIn(
            row.name.data,
            phone,
            _born(row),
            *home,
            row.guardian_consent.data,
            reach="" if phone else self.reach.data,
        )


def _born(row) -> str | None:
    return row.birth_month.data if "birth_month" in row else None


def _number(text: str | None) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else 0
