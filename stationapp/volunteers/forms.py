"""What comes in about volunteers, shifts and manual hours."""

from flask_babel import lazy_gettext as _
from wtforms import DateField, SelectField

from stationapp.residents.forms import PersonForm
from stationapp.volunteers.question_rules import LONGEST
from stationapp.volunteers.rules import DAILY_CAP, UNIT, ManualReason, QuestionOutcome, Risk
from stationapp.web.filters import hours
from stationapp.web.forms import (
    AtTimes,
    EnumField,
    Form,
    PickField,
    TextField,
    TickField,
    WholeNumberField,
)


class VolunteerForm(PersonForm):
    """A resident who becomes a volunteer."""

    site = PickField(_("登记在哪个阵地"), needed=True)
    guardian_consent = TickField(_("未满 18 周岁：监护人同意"))


class ShiftForm(Form):
    """A need for volunteers at an event."""

    title = TextField(_("岗位"), most=40, needed=True)
    needed = WholeNumberField(_("需要几人"), least=1, most=500, needed=True, default=1)
    risk = EnumField(_("风险"), of=Risk, empty=None, default=Risk.ORDINARY)
    risk_note = TextField(_("风险说明"), most=200, needed=True)
    insurance = TextField(_("保单号"), most=60)


class ManualForm(Form):
    """Hours without a scan. An event, when named, says the site and the day."""

    event = PickField(_("哪一场"))
    site = PickField(_("记在哪个阵地"), needed=None)
    served_on = DateField(_("服务日期"), validators=[AtTimes()])
    minutes = SelectField(
        _("时长"),
        coerce=int,
        choices=lambda: [(n, _("%(h)s 小时", h=hours(n))) for n in range(UNIT, DAILY_CAP + 1, UNIT)],
    )
    reason = EnumField(_("为什么补录"), of=ManualReason, empty=None)
    note = TextField(_("依据"), most=300, needed=True, lines=True)

    def validate(self, extra_validators=None) -> bool:
        """A day is needed where no event says it."""
        good = super().validate(extra_validators)
        if self.served_on.data is None and self.event.data is None and not self.served_on.errors:
            self.served_on.errors = [_("请选哪一场，或者填服务日期。")]
            return False
        return good


class QuestionForm(Form):
    """What is wrong with the hours; that something is said, the operation demands in its own words."""

    said = TextField(_("哪里不对，应该是多少"), most=LONGEST, lines=True)


class AnswerForm(Form):
    """The answer to a question; the operation demands both."""

    outcome = EnumField(_("结果"), of=QuestionOutcome)
    answer = TextField(_("对本人说"), most=LONGEST, lines=True)
