"""The sign-up form where a household's own page is open: who of it comes is ticked, nothing is written twice."""

from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _
from wtforms import HiddenField

from stationapp.residents.fields import BirthMonthField
from stationapp.residents.models import Resident
from stationapp.residents.rules import PersonIn, is_child
from stationapp.signups.forms import Asks, SignupForm, suit
from stationapp.web.forms import PicksField


class HomeForm(SignupForm):
    """Members of a household as tick boxes (`members`, resident ids); whoever is not listed is written below.

    Months of birth are asked (`born_<id>`) only where the event has an age rule and the member's is not known.
    """

    home = HiddenField(default="1")
    name = None
    phone = None
    birth_month = None
    members = PicksField(_("谁来"))

    def settle(self, members: Sequence[Resident], phone: str | None, day: date) -> "HomeForm":
        """Offer these people, reached by that phone (None: it is not needed yet); a household of one is ticked."""
        self.known, self.reached_by, self.day = {one.id: one for one in members}, phone, day
        self.members.offer([("", [(one.id, one.name) for one in members])])
        if len(members) == 1 and not self.is_submitted():
            self.members.data = frozenset(self.known)
        if not any(_lacks_consent(one, one.birth_month, day) or f"born_{one.id}" in self for one in members):
            del self.guardian_consent
        return self

    @property
    def alone(self) -> Resident | None:
        """The one member of a household of one."""
        return next(iter(self.known.values())) if len(self.known) == 1 else None

    def size(self) -> int:
        """For how many people it was filled in so far; one at least."""
        return max(1, len(self.members.data) + super().size() - 1)

    def births(self) -> list[str]:
        """The months of birth that are known or were written."""
        ticked = [self._born(self.known[number]) for number in self.members.data if number in self.known]
        written = [row.form.birth_month.data for row in self.party if "birth_month" in row.form]
        return [month for month in (*ticked, *written) if month]

    def people(self) -> tuple[PersonIn, ...]:
        """Everybody ticked, grown-ups first, then who was written below; after validation."""
        ticked = sorted(
            (self.known[number] for number in self.members.data),
            key=lambda one: (is_child(self._born(one), self.day), one.id),
        )
        lives, community_id = self.community.home()
        written = [
            PersonIn(
                name=row.form.name.data,
                phone=self.reached_by,
                birth_month=row.form.birth_month.data if "birth_month" in row.form else None,
                lives=lives,
                community_id=community_id,
                guardian_consent=row.form.guardian_consent.data,
            )
            for row in self.party
            if row.form.name.data
        ]
        return (*(self._as_written(one) for one in ticked), *written)

    def _as_written(self, one: Resident) -> PersonIn:
        born = self._born(one)
        agreed = "guardian_consent" in self and self.guardian_consent.data
        return PersonIn(
            name=one.name,
            phone=self.reached_by,
            birth_month=born if born != one.birth_month else None,
            guardian_consent=bool(agreed and _lacks_consent(one, born, self.day)),
        )

    def _born(self, one: Resident) -> str | None:
        asked = f"born_{one.id}"
        return one.birth_month or (self[asked].data if asked in self else None)


def _lacks_consent(one: Resident, born: str | None, day: date) -> bool:
    return is_child(born, day) and one.guardian_consent_at is None


def home_form(members: Sequence[Resident], phone: str | None, asks: Asks) -> HomeForm:
    """The form for a household with these members (at least one) at an event that asks for that."""
    unborn = [one for one in members if asks.ages and one.birth_month is None]
    fields = {f"born_{one.id}": BirthMonthField(_("%(name)s的出生年月", name=one.name)) for one in unborn}
    form = type("HomeForm", (HomeForm,), fields)()
    return suit(form, asks).settle(members, phone, asks.day)
