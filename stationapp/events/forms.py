"""What comes in about an event from a desk page."""

from collections.abc import Sequence
from datetime import date

from flask import request
from flask_babel import lazy_gettext as _

from stationapp import codes
from stationapp.events import admission_rules, rules
from stationapp.events.admission_rules import HOME_MOST, AdmissionRefusal
from stationapp.events.rules import COLUMNS, SETS, Category, EventFields, EventRefusal, Residence, Task, Theme
from stationapp.events.series_rules import Scope, SeriesRefusal
from stationapp.refusal import Refused
from stationapp.rooms.models import Room
from stationapp.rooms.queries import list_shared
from stationapp.sites.models import Site
from stationapp.sites.queries import list_sites
from stationapp.sites.rules import Level
from stationapp.web.asked import asked_case
from stationapp.web.errors import sentence
from stationapp.web.forms import (
    EnumField,
    EnumsField,
    Form,
    LocalDateTimeField,
    PhoneField,
    PickField,
    PicksField,
    TextField,
    TickField,
    WholeNumberField,
)

OLDEST = 120

ADMISSION = ("audience_only", "home_limit", "phone_seats", "phone_until_at", "draw_at")
"""The fields of the part that stays folded until one of them is needed."""


class EventForm(Form):
    """Everything that may be written into an event; a draft needs a title and its times alone."""

    title = TextField(_("活动名称"), most=60, needed=True)
    summary = TextField(_("一句话介绍"), most=rules.SUMMARY_LENGTH)
    audience = TextField(_("面向谁"), most=60)
    category = EnumField(_("活动类别"), of=Category)
    task = EnumField(_("对应任务"), of=Task)
    themes = EnumsField(_("主题"), of=Theme)
    starts_at = LocalDateTimeField(_("开始时间"), needed=True)
    ends_at = LocalDateTimeField(_("结束时间"), needed=True)
    room_id = PickField(_("功能室"))
    place = TextField(_("地点"), most=80)
    shared = PicksField(_("流动资源"))
    partners = PicksField(_("联合举办"))
    break_minutes = WholeNumberField(_("中途休息（分钟）"), most=600)
    capacity = WholeNumberField(_("名额"), most=10_000)
    opens_at = LocalDateTimeField(_("报名开始"), seconds=True)
    closes_at = LocalDateTimeField(_("报名截止"), seconds=True)
    min_age = WholeNumberField(_("最小年龄"), most=OLDEST)
    max_age = WholeNumberField(_("最大年龄"), most=OLDEST)
    residence = EnumField(_("居住地要求"), of=Residence, empty=None)
    audience_only = TickField(_("只限这些人：报名时要确认都是“面向谁”里写的人"))
    home_limit = WholeNumberField(_("一家最多几个名额"), least=1, most=HOME_MOST)
    phone_seats = WholeNumberField(_("留给电话报名的名额"), most=10_000)
    phone_until_at = LocalDateTimeField(_("留到什么时候"))
    draw_at = LocalDateTimeField(_("抽签时间"))
    bring = TextField(_("请带上"), most=80)
    contact = TextField(_("联系人"), most=20)
    contact_phone = PhoneField(_("联系电话"))
    notes = TextField(_("说明"), most=500, lines=True)
    remark = TextField(_("内部备注"), most=500, lines=True)

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        for name in (*rules.REQUIRED, "residence"):
            self[name].flags.optional = False  # a draft may lack it, but it is not for choice
        self.phone_seats.data = self.phone_seats.data or None  # none kept back is an empty field

    def offer_rooms(self, rooms: Sequence[Room]) -> None:
        """Let the site's rooms be chosen."""
        self.rooms = {room.id: room.name for room in rooms}
        self.room_id.offer(
            ((room.id, str(_("%(name)s（%(n)s 人）", name=room.name, n=room.capacity))) for room in rooms),
            empty=_("不用功能室"),
        )

    def offer_company(self, site: Site, on: date) -> None:
        """Let what goes round be asked for, and sites in force on that day be chosen to hold it together."""
        self.shared.offer([("", [(room.id, room.name) for room in list_shared(site)])])
        sites = [one for one in list_sites(on=on) if one.id != site.id]
        names = {one.id: one.short_name for one in sites} | {site.id: site.short_name}
        groups: dict[str, list[tuple[int, str]]] = {}
        for one in sites:
            above = one.parent_id if one.level is Level.STATION else one.id
            groups.setdefault(names.get(above, one.short_name), []).append((one.id, one.short_name))
        self.partners.offer(groups.items())

    def fields(self) -> EventFields:
        """The values; a room without a place in words names the place, no residence means anybody.

        Seats for callers without a time are kept until the usual one.
        """
        values = {name: self[name].data for name in (*COLUMNS, *SETS)}
        values["place"] = values["place"] or self.rooms.get(values["room_id"], "")
        values["residence"] = values["residence"] or Residence.ANYONE
        values["break_minutes"] = values["break_minutes"] or 0
        values["phone_seats"] = values["phone_seats"] or 0
        if values["phone_seats"] and not values["phone_until_at"]:
            times = (values[name] for name in ("starts_at", "opens_at", "closes_at"))
            values["phone_until_at"] = admission_rules.phone_until(*times)
        return EventFields(**values)

    def validate(self, extra_validators=None) -> bool:
        """Each field by itself, then what the fields say together, shown at the field to change."""
        if not super().validate(extra_validators):
            return False
        wish = self.fields()
        found = rules.problem(wish) or admission_rules.problem(wish)
        if found:
            self.blame(Refused(found, capacity=wish.capacity))
        return found is None

    def asks_more(self) -> bool:
        """Whether the folded part says anything, or something is wrong in it."""
        return any(self[name].data or self[name].errors for name in ADMISSION)

    def blame(self, refused: Refused) -> None:
        """Show a refusal at the field it is about, or on top of the form."""
        if refused.reason is EventRefusal.INCOMPLETE:
            for name in refused.facts["missing"]:
                self[name].errors = [*self[name].errors, _("发布以后不能空着。")]
        elif refused.reason in _ABOUT:
            field = self[_ABOUT[refused.reason]]
            field.errors = [*field.errors, sentence(refused)]
        else:
            self.form_errors.append(said(refused))


_ABOUT = {
    EventRefusal.ENDS_BEFORE_START: "ends_at",
    EventRefusal.CLOSES_BEFORE_OPENS: "closes_at",
    EventRefusal.AGES_CROSSED: "max_age",
    EventRefusal.SUMMARY_TOO_LONG: "summary",
    EventRefusal.STARTS_IN_PAST: "starts_at",
    EventRefusal.CAPACITY_BELOW_TAKEN: "capacity",
    EventRefusal.ROOM_ELSEWHERE: "room_id",
    EventRefusal.SHARED_ELSEWHERE: "shared",
    EventRefusal.PARTNER_IS_LEAD: "partners",
    AdmissionRefusal.AUDIENCE_UNSAID: "audience",
    AdmissionRefusal.HOME_OUT_OF_BOUNDS: "home_limit",
    AdmissionRefusal.PHONE_UNBOUND: "phone_seats",
    AdmissionRefusal.PHONE_TOO_MANY: "phone_seats",
    AdmissionRefusal.PHONE_UNPAIRED: "phone_seats",
    AdmissionRefusal.PHONE_TOO_LATE: "phone_until_at",
} | {case: "draw_at" for case in AdmissionRefusal if case.value.startswith("draw_")}


def said(refused: Refused) -> str:
    """A refusal in words where there is no form to show it in: fields by their labels, a date's own reason in it."""
    if refused.reason is EventRefusal.INCOMPLETE:
        labels = "、".join(str(EventForm()[name].label.text) for name in refused.facts["missing"])
        return sentence(Refused(refused.reason, missing=labels))
    if refused.reason is SeriesRefusal.ON_ONE_DATE:
        return sentence(Refused(refused.reason, **refused.facts, why=said(refused.facts["inner"])))
    return sentence(refused)


class ReasonForm(Form):
    """Why a step is taken."""

    reason = TextField(_("原因"), most=200)


def asked_key() -> str:
    """The code that the batch of a form is going to have (`key=`), so that sending it twice writes one; else ""."""
    typed = request.form.get("key", "")
    return typed if len(typed) == codes.PUBLIC_LENGTH and set(typed) <= set(codes.ALPHABET) else ""


def asked_scope() -> Scope:
    """How far the change reaches, as the page asked; this one alone when it says nothing."""
    return asked_case("scope", Scope, request.values) or Scope.THIS
