"""What comes in about a series from a desk page."""

from collections.abc import Iterable

from flask_babel import lazy_gettext as _
from wtforms import RadioField, SelectMultipleField, StringField
from wtforms.fields.choices import Choice, SelectChoice
from wtforms.validators import InputRequired
from wtforms.widgets import CheckboxInput, ListWidget, RadioInput

from stationapp import clock
from stationapp.calendar.forms import read_day
from stationapp.events.forms import EventForm
from stationapp.events.recurrence import Recurrence, problem
from stationapp.events.rules import AroundHolidays, Cadence, Enrolment, Pattern
from stationapp.events.series_rules import LONGEST, MOST, SeriesRefusal
from stationapp.refusal import Refused
from stationapp.web.errors import sentence
from stationapp.web.forms import NEEDED, AtTimes, EnumField, Form, PickField, WholeNumberField

WEEKDAYS = (_("周一"), _("周二"), _("周三"), _("周四"), _("周五"), _("周六"), _("周日"))


class DayField(StringField):
    """A date as the browser writes it, "2026-12-01"; None when left empty, which its form may not allow."""

    def __init__(self, label=None, **kwargs) -> None:
        super().__init__(label, [AtTimes()], render_kw={"type": "date"}, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0][:20]
        return self.data.isoformat() if self.data else ""

    def process_formdata(self, valuelist) -> None:
        """From "2026-12-01" alone."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        self.data = read_day(text)
        if self.data is None:
            raise ValueError(_("日期读不懂，请写成 2026-12-01 的样子。"))


class OneOfField(EnumField):
    """One case of an enum as round buttons; one of them is always chosen."""

    widget = ListWidget(prefix_label=False)
    option_widget = RadioInput()

    def __init__(self, label=None, **kwargs) -> None:
        super().__init__(label, needed=True, empty=None, **kwargs)


class WeekdaysField(SelectMultipleField):
    """Any number of weekdays as tick boxes; the data is a frozenset, Monday 0."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def process_data(self, value: Iterable[int] | None) -> None:
        """What stands there now."""
        self.data = frozenset(value or ())

    def process_formdata(self, valuelist) -> None:
        """What was ticked; anything else is refused."""
        known = {str(number): number for number in range(7)}
        self.data = frozenset(known[value] for value in valuelist if value in known)
        if any(value not in known for value in valuelist):
            raise ValueError(_("请从列表里选。"))

    def iter_choices(self) -> list[Choice]:
        """Each weekday with its tick."""
        return [Choice(str(number), said, number in self.data, {}) for number, said in enumerate(WEEKDAYS)]

    def pre_validate(self, form) -> None:
        """Everything was looked at while reading."""


class EndForm(Form):
    """How far a series goes: to a day, or so many times."""

    until = DayField(_("排到哪一天为止"))
    times = WholeNumberField(_("或者一共办几场"), least=1, most=MOST, needed=None)

    def validate(self, extra_validators=None) -> bool:
        """One of the two, and one alone."""
        if not super().validate(extra_validators):
            return False
        if not self.until.data and not self.times.data:
            self.blame(Refused(SeriesRefusal.NO_END))
        elif self.until.data and self.times.data:
            self.times.errors = [*self.times.errors, _("日子和场数只填一个。")]
        return not self.errors

    def blame(self, refused: Refused) -> None:
        """Show a refusal at the field it is about."""
        self.until.errors = [*self.until.errors, sentence(refused)]


class SeriesForm(EventForm):
    """An event as it is first held, and the rule by which it is held again."""

    repeat = RadioField(
        _("多久办一次"),
        [InputRequired(NEEDED)],
        choices=[
            SelectChoice("weekly", _("每周")),
            SelectChoice("fortnightly", _("隔一周")),
            SelectChoice("monthly_weekday", _("每月第几个星期几")),
            SelectChoice("monthly_date", _("每月同一号")),
        ],
        default="weekly",
    )
    weekdays = WeekdaysField(_("星期几"))
    nth = PickField(_("第几个"))
    month_day = WholeNumberField(_("几号"), least=1, most=31)
    until = DayField(_("排到哪一天为止"))
    times = WholeNumberField(_("或者一共办几场"), least=1, most=MOST, needed=None)
    around_holidays = OneOfField(_("遇到节假日"), of=AroundHolidays, default=AroundHolidays.LATER)
    cadence = OneOfField(_("这是哪种活动"), of=Cadence, default=Cadence.STAGED)
    enrolment = OneOfField(_("怎么报名"), of=Enrolment, default=Enrolment.PER_EVENT)
    complete_after = WholeNumberField(_("上满几次算完成"), least=1, most=MOST)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self.nth.offer(((n, str(_("第 %(n)s 个", n=n))) for n in range(1, 6)), empty=_("跟第一场一样"))
        self.nth.choices.append(SelectChoice(LAST, _("最后一个")))
        for name in ("repeat", "around_holidays", "cadence", "enrolment"):
            self[name].flags.optional = False

    def rule(self) -> Recurrence:
        """The rule; what is left open is as with the first date."""
        first_on = clock.day_of(self.starts_at.data)
        weekly = self.repeat.data in ("weekly", "fortnightly")
        nth = self.nth.data or (first_on.day - 1) // 7 + 1
        return Recurrence(
            Pattern.WEEKLY if weekly else Pattern(self.repeat.data),
            first_on,
            last_on=self.until.data,
            times=self.times.data,
            weekdays=self.weekdays.data or frozenset({first_on.weekday()}),
            nth=-1 if nth == LAST else nth,
            month_day=self.month_day.data or first_on.day,
            every=2 if self.repeat.data == "fortnightly" else 1,
            around_holidays=self.around_holidays.data,
        )

    def validate(self, extra_validators=None) -> bool:
        """Each field by itself, then what they say together, shown at the field to change."""
        if not super().validate(extra_validators):
            return False
        if self.until.data and self.times.data:
            self.times.errors = [*self.times.errors, _("日子和场数只填一个。")]
            return False
        found = problem(self.rule())
        if found:
            self.blame(Refused(found, days=LONGEST, most=MOST))
        return found is None

    def blame(self, refused: Refused) -> None:
        """Show a refusal at the field it is about, or on top of the form."""
        if refused.reason in _ABOUT:
            field = self[_ABOUT[refused.reason]]
            field.errors = [*field.errors, sentence(refused)]
        else:
            super().blame(refused)


LAST = 9
"""How the page says "the last of the month": a number no month has that many of."""

_ABOUT = {
    SeriesRefusal.NO_END: "until",
    SeriesRefusal.ENDS_BEFORE_FIRST: "until",
    SeriesRefusal.TOO_LONG: "until",
    SeriesRefusal.TOO_MANY: "until",
    SeriesRefusal.YEAR_AT_MOST: "until",
    SeriesRefusal.NO_DATES: "until",
    SeriesRefusal.FIRST_IN_PAST: "starts_at",
    SeriesRefusal.COMPLETES_NEVER: "complete_after",
}
