"""What comes in from the preview of a signed sheet: one line put right."""

from flask_babel import lazy_gettext as _

from stationapp.attendance.rules import Part
from stationapp.importing.attendees import Taken
from stationapp.importing.corrections import Correction
from stationapp.importing.meant import Candidate
from stationapp.importing.signin import OWN, Person
from stationapp.residents.fields import OUTSIDE
from stationapp.residents.forms import PersonForm
from stationapp.residents.rules import Lives
from stationapp.web.forms import EnumField, PickField


class LineForm(PersonForm):
    """Somebody who came, as the paper means it."""

    part = EnumField(_("身份"), of=Part, empty=None, default=Part.RESIDENT)
    event = PickField(_("哪一场活动"))

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
            role=self.part.data or Part.RESIDENT,
            consent=given.guardian_consent,
        )
        code = next((one.code for one in events if one.id == self.event.data), "")
        return Correction(person, code)
