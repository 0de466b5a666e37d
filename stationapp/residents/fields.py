"""Form fields about people: a month of birth as people write it, a community of the district."""

import re
import unicodedata
from datetime import datetime

from flask_babel import lazy_gettext as _
from sqlalchemy import select
from wtforms import SelectChoice, SelectField, StringField, ValidationError

from stationapp import clock
from stationapp.db import db
from stationapp.residents.models import Resident
from stationapp.residents.rules import Lives, plausible_birth
from stationapp.sites.models import Site
from stationapp.sites.queries import active_on
from stationapp.sites.rules import Level

OUTSIDE = "outside"
_MONTH = re.compile(r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月]\d{0,2}日?)?|(\d{2})(?:\d{2})?)$")


def birth_month(text: str) -> str | None:
    """ "YYYY-MM" from 1950-03, 1950.3, 1950年3月, 195003 or 19500301; None when it is none of these."""
    narrow = "".join(unicodedata.normalize("NFKC", text[:40]).split())
    found = _MONTH.match(narrow)
    return f"{found[1]}-{int(found[2] or found[3]):02d}" if found else None


class BirthMonthField(StringField):
    """ "YYYY-MM", or None when left empty."""

    def __init__(self, label=None, **kwargs) -> None:
        super().__init__(label, render_kw={"inputmode": "numeric", "autocomplete": "bday"}, **kwargs)

    def _value(self) -> str:
        return self.raw_data[0][:40] if self.raw_data else self.data or ""

    def process_formdata(self, valuelist) -> None:
        """Read it, or say how to write it."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = birth_month(text) if text else None
        today = clock.day_of(clock.now())
        if text and (self.data is None or not plausible_birth(self.data, today)):
            later = self.data is not None and self.data > f"{today:%Y-%m}"
            self.data = None
            raise ValueError(
                _("这个月份还没有到，请再看一看。") if later else _("请写成 1950-03 或 1950年3月 的样子。")
            )


class CommunityField(SelectField):
    """A station's code, OUTSIDE, or "" when not said; `offer` fills the list, `home` is what it means."""

    def __init__(self, label=None, **kwargs) -> None:
        super().__init__(label, choices=[], validate_choice=False, **kwargs)
        self._site: Site | None = None

    def offer(self, now: datetime) -> None:
        """List the communities in force, under their sub-districts, in code order."""
        rows = db.session.execute(
            select(Site.level, Site.code, Site.short_name)
            .where(active_on(clock.day_of(now)), Site.level != Level.CENTER)
            .order_by(Site.path)
        )
        office, choices = (
            "",
            [
                SelectChoice(value="", label=_("请选择（可以不选）")),
                SelectChoice(value=OUTSIDE, label=_("不住在本区")),
            ],
        )
        for level, code, name in rows:
            if level is Level.OFFICE:
                office = name
            else:
                choices.append(SelectChoice(value=code, label=name, optgroup=office))
        self.choices = choices

    def pre_validate(self, form) -> None:
        """Refuse a code that is no community."""
        if self.data in (None, "", OUTSIDE):
            return
        self._site = db.session.scalar(
            select(Site).where(Site.code == self.data[:20], Site.level == Level.STATION)
        )
        if self._site is None:
            self.data = ""
            raise ValidationError(_("请从列表里选社区。"))

    def home(self) -> tuple[Lives, int | None]:
        """Where the person lives, with the community's id; after validation."""
        if self.data == OUTSIDE:
            return Lives.OUTSIDE, None
        return (Lives.HERE, self._site.id) if self._site else (Lives.UNKNOWN, None)


def code_of(person: Resident) -> str:
    """What the field says for where somebody lives."""
    if person.lives is Lives.OUTSIDE:
        return OUTSIDE
    return (
        db.session.scalar(select(Site.code).where(Site.id == person.community_id)) or ""
        if person.community_id
        else ""
    )
