"""What comes in from the preview of a paper: one line put right."""

from flask_babel import lazy_gettext as _
from wtforms import ValidationError

from stationapp.attendance.rules import Part
from stationapp.importing.corrections import Correction
from stationapp.importing.kinds import Kind
from stationapp.importing.meant import Candidate
from stationapp.importing.paper import OWN, Person
from stationapp.importing.paperwork import Taken
from stationapp.importing.signups import OTHERS_LENGTH, others_of, said_of
from stationapp.refusal import Unreadable
from stationapp.residents.fields import OUTSIDE
from stationapp.residents.forms import PersonForm
from stationapp.residents.rules import Lives
from stationapp.web.forms import EnumField, PickField, TextField, TickField


class LineForm(PersonForm):
    """Somebody who came, or a party that signs up, as the paper means it."""

    part = EnumField(_("身份"), of=Part, empty=None, default=Part.RESIDENT)
    others = TextField(_("同行的人"), most=OTHERS_LENGTH)
    at_desk = TickField(_("来现场报的名（不勾就是打电话）"))
    event = PickField(_("哪一场活动"))

    def validate_others(self, field) -> None:
        """Names, with months of birth in brackets."""
        try:
            others_of(field.data)
        except Unreadable as wrong:
            raise ValidationError(f"{wrong}。") from wrong

    def for_paper(self, kind: Kind) -> "LineForm":
        """Without what the other paper asks."""
        for name in ("others", "at_desk") if kind is Kind.SIGNIN else ("part",):
            delattr(self, name)
        return self

    @classmethod
    def of(cls, line: Taken, own: str) -> "LineForm":
        """As the line stands; `own` is the code of the community that 本社区 means."""
        who = line.draft
        home = OUTSIDE if who.lives is Lives.OUTSIDE else own if who.home == OWN else who.home
        return cls(
            formdata=None,
            name=who.name,
            phone=who.phone or line.written.phone,
            birth_month=who.birth_month,
            community=home,
            guardian_consent=who.consent,
            part=who.role,
            others=said_of(who.others),
            at_desk=who.at_desk,
        )

    def correction(self, line: Taken, events: list[Candidate]) -> Correction:
        """What is to be kept of the line; after validation. An age stays where no month of birth was written."""
        given, home = self.person(), self.community.data
        person = Person(
            given.name,
            given.phone,
            given.birth_month,
            None if given.birth_month else line.draft.age,
            lives=given.lives,
            home=home if given.lives is Lives.HERE else "",
            role=self.part.data or Part.RESIDENT if self.part else Part.RESIDENT,
            consent=given.guardian_consent,
            others=others_of(self.others.data) if self.others else (),
            at_desk=bool(self.at_desk and self.at_desk.data),
        )
        code = next((one.code for one in events if one.id == self.event.data), "")
        return Correction(person, code)
