"""What comes in about teams, about what volunteers can do and when, and about their trainings."""

from flask_babel import lazy_gettext as _
from wtforms import DateField
from wtforms.validators import InputRequired

from stationapp.teams.rules import NAME_LENGTH, TITLE_LENGTH, DayPart, RecordKind, Skill, TeamKind
from stationapp.web.forms import NEEDED, EnumField, Form, PickField, TextField


class TeamForm(Form):
    """A team's name and kind."""

    name = TextField(_("队伍名称"), most=NAME_LENGTH, needed=True)
    kind = EnumField(_("哪一类"), of=TeamKind, needed=True, empty=_("请选择"))


class RecordForm(Form):
    """A training or a commendation."""

    kind = EnumField(_("种类"), of=RecordKind, empty=None)
    title = TextField(_("名称"), most=TITLE_LENGTH, needed=True)
    on = DateField(_("哪一天"), validators=[InputRequired(NEEDED)])
    site = PickField(_("由哪个阵地记"), needed=True)


_FREE = {f"{weekday}-{part.value}": (weekday, part) for weekday in range(7) for part in DayPart}
_SKILLS = {skill.value: skill for skill in Skill}


def ticked(skills: list[str], free: list[str]) -> dict[str, set]:
    """The ticks of `teams/_about.html` as `operations.say_about` takes them; what is on no list is left out."""
    return {
        "skills": {_SKILLS[value] for value in skills if value in _SKILLS},
        "free": {_FREE[value] for value in free if value in _FREE},
    }
