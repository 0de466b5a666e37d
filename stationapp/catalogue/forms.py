"""What comes in about templates from a desk page."""

from collections.abc import Sequence

from flask_babel import gettext
from flask_babel import lazy_gettext as _
from wtforms import StringField

from stationapp.calendar.forms import read_time
from stationapp.catalogue import rules
from stationapp.catalogue.rules import TemplateFields, TemplateRefusal
from stationapp.events.forms import OLDEST
from stationapp.events.rules import SUMMARY_LENGTH, Category, Task, Theme
from stationapp.refusal import Refused
from stationapp.rooms.models import Room
from stationapp.web.errors import sentence
from stationapp.web.forms import EnumField, EnumsField, Form, PickField, TextField, WholeNumberField


class HourField(StringField):
    """A wall-clock time."""

    def __init__(self, label=None, **kwargs) -> None:
        super().__init__(label, render_kw={"type": "time"}, **kwargs)

    def _value(self) -> str:
        return self.raw_data[0][:10] if self.raw_data else (f"{self.data:%H:%M}" if self.data else "")

    def process_formdata(self, valuelist) -> None:
        """From "09:30"."""
        self.data = read_time(valuelist[0]) if valuelist else None
        if self.data is None:
            raise ValueError(gettext("时间读不懂，请写成 09:30 的样子。"))


class TemplateForm(Form):
    """Everything that may be written into a template."""

    title = TextField(_("活动名称"), most=60, needed=True)
    summary = TextField(_("一句话介绍"), most=SUMMARY_LENGTH, needed=True)
    audience = TextField(_("面向谁"), most=60, needed=True)
    category = EnumField(_("活动类别"), of=Category, needed=True)
    task = EnumField(_("对应任务"), of=Task, needed=True)
    themes = EnumsField(_("主题"), of=Theme)
    starts = HourField(_("一般几点开始"))
    minutes = WholeNumberField(_("一般多长（分钟）"), least=10, most=720, needed=True)
    capacity = WholeNumberField(_("名额"), least=1, most=10_000)
    min_age = WholeNumberField(_("最小年龄"), most=OLDEST)
    max_age = WholeNumberField(_("最大年龄"), most=OLDEST)
    bring = TextField(_("请带上"), most=80)
    notes = TextField(_("说明"), most=500, lines=True)
    volunteers = WholeNumberField(_("需要几名志愿者"), most=100)
    shared_id = PickField(_("少不了的流动资源"))

    def offer_shared(self, shared: Sequence[Room]) -> None:
        """Let what goes round and may be asked for at the owner be chosen."""
        self.shared_id.offer(((room.id, room.name) for room in shared), empty=gettext("不用"))

    def fields(self) -> TemplateFields:
        """The values."""
        values = {name: self[name].data for name in (*rules.COLUMNS, "themes")}
        values["volunteers"] = values["volunteers"] or 0
        return TemplateFields(**values)

    def validate(self, extra_validators=None) -> bool:
        """Each field by itself, then what the fields say together."""
        if not super().validate(extra_validators):
            return False
        found = rules.problem(self.fields())
        if found:
            self.blame(Refused(found))
        return found is None

    def blame(self, refused: Refused) -> None:
        """Show a refusal at the field it is about, or on top of the form."""
        if refused.reason in _ABOUT:
            field = self[_ABOUT[refused.reason]]
            field.errors = [*field.errors, sentence(refused)]
        else:
            self.form_errors.append(sentence(refused))


_ABOUT = {
    TemplateRefusal.AGES_CROSSED: "max_age",
    TemplateRefusal.THEME_AGAINST_AGES: "themes",
    TemplateRefusal.SHARED_ELSEWHERE: "shared_id",
    TemplateRefusal.SUMMARY_TOO_LONG: "summary",
}


def remark_of(volunteers: int) -> str:
    """What the desk should not forget about a draft made from a template that needs so many volunteers."""
    if not volunteers:
        return ""
    return gettext("照模板需要 %(n)s 名志愿者：请加上志愿岗位，并写明风险。", n=volunteers)
