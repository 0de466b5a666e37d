"""What every form is made of: fields that turn what people type into values, and say in Chinese what is wrong.

A form inherits `Form`; the CSRF token is checked before any view and printed by `forms.csrf()`. Texts come out
trimmed, without control characters; nothing typed can raise.
"""

import re
import unicodedata
from collections.abc import Iterable
from datetime import datetime
from enum import Enum

from flask_babel import lazy_gettext as _
from flask_wtf import FlaskForm
from wtforms import BooleanField, FieldList, SelectField, SelectMultipleField, StringField, ValidationError
from wtforms.fields.choices import Choice, SelectChoice
from wtforms.meta import DefaultMeta
from wtforms.validators import InputRequired, Optional
from wtforms.widgets import CheckboxInput, ListWidget, TextArea, TextInput

from stationapp import clock
from stationapp.phones import normal_phone
from stationapp.web.words import word

NEEDED = _("请填写这一项。")
LARGEST = 2**31 - 1


class Form(FlaskForm):
    """A form filled from the request when it is a POST, otherwise from `obj` or keywords."""

    class Meta(FlaskForm.Meta):
        """Every POST's token is checked by the application itself, forms or not."""

        csrf = False
        locales = ("zh",)

        def get_translations(self, form):
            """WTForms' own few sentences, read from their file once instead of for every form."""
            return DefaultMeta.get_translations(self, form)


class AtTimes(Optional):
    """Needed or not as other fields stand, or never empty: neither called needed nor optional beside its name."""

    def __init__(self) -> None:
        super().__init__()
        self.field_flags = {}


class Filled(InputRequired):
    """Something stands there; blanks are nothing."""

    def __call__(self, form, field) -> None:
        """Stop at an empty field."""
        if field.raw_data and not field.raw_data[0].strip():
            field.raw_data = []
        super().__call__(form, field)


def _needs(needed: bool | None) -> list:
    """What a field demands that is needed, is not, or (None) is at times, which its form finds out."""
    if needed is None:
        return [AtTimes()]
    return [Filled(NEEDED)] if needed else [Optional()]


class TextField(StringField):
    """A text of at most `most` characters. One line unless `lines`; its data is never None."""

    def __init__(
        self, label=None, *, most: int, needed: bool | None = False, lines: bool = False, **kwargs
    ) -> None:
        super().__init__(label, _needs(needed), **kwargs)
        self.most, self.lines, self.needed = most, lines, needed
        self.widget = TextArea() if lines else TextInput()

    def _value(self) -> str:
        return self.data[: self.most * 2]  # a megabyte is not sent back

    def process_data(self, value) -> None:
        """What stands there now."""
        self.data = value or ""

    def process_formdata(self, valuelist) -> None:
        """What was typed, trimmed."""
        if valuelist:
            self.data = tidy(valuelist[0], lines=self.lines)

    def pre_validate(self, form) -> None:
        """Refuse what is too long or cannot be read."""
        dirty = not readable(self.data)
        if dirty:
            self.data = "".join(c for c in self.data if readable(c))
        if self.needed and not self.data:
            raise ValidationError(NEEDED)
        if len(self.data) > self.most:
            said = _(
                "最多 %(most)s 个字，现在有 %(count)s 个，请缩短。", most=self.most, count=len(self.data)
            )
            self.data = self.data[: self.most * 2]
            raise ValidationError(said)
        if dirty:
            raise ValidationError(_("里面有看不见的特殊字符，已经去掉，请检查后再提交。"))


def tidy(text: str, *, lines: bool = False) -> str:
    """Trimmed, composed (NFC), blanks in a row made one; line ends kept as "\\n" where `lines` are allowed."""
    text = unicodedata.normalize("NFC", text)
    if not lines:
        return " ".join(text.split())
    return "\n".join(line.rstrip() for line in text.splitlines()).strip()


def readable(text: str) -> bool:
    """Whether a text holds no control character (NUL and its like), lone surrogate or direction switch, and nothing
    that stands for bytes which were no text."""
    return all(c == "\n" or (unicodedata.category(c) not in ("Cc", "Cs") and c not in _HIDDEN) for c in text)


_HIDDEN = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffd")


class PhoneField(TextField):
    """A mobile or landline number in its one written form; "" when left empty."""

    widget = TextInput()

    def __init__(self, label=None, *, needed: bool = False, **kwargs) -> None:
        attributes = {"inputmode": "tel", "autocomplete": "tel"} | kwargs.pop("render_kw", {})
        super().__init__(label, most=40, needed=needed, render_kw=attributes, **kwargs)

    def pre_validate(self, form) -> None:
        """Bring it to its form or say what a number looks like."""
        super().pre_validate(form)
        if not self.data:
            return
        normal = normal_phone(self.data)
        if normal is None:
            raise ValidationError(_("这不像电话号码。手机是 11 位，座机请连区号写，如 0379-00000000。"))
        self.data = normal


class WholeNumberField(StringField):
    """A whole number within [least, most]; None when left empty. Full-width digits are read too."""

    def __init__(
        self, label=None, *, least: int = 0, most: int = LARGEST, needed: bool | None = False, **kwargs
    ) -> None:
        super().__init__(label, _needs(needed), render_kw={"inputmode": "numeric"}, **kwargs)
        self.least, self.most = least, most

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0][:20]
        return "" if self.data is None else str(self.data)

    def process_formdata(self, valuelist) -> None:
        """Digits to a number."""
        text = unicodedata.normalize("NFKC", valuelist[0]).strip() if valuelist else ""
        self.data = None
        if not text:
            return
        if not (text.isascii() and text.isdigit() and len(text) <= 10):
            raise ValueError(_("请只填整数，例如 30。"))
        self.data = int(text)

    def pre_validate(self, form) -> None:
        """Refuse a number out of bounds."""
        if self.data is not None and not self.least <= self.data <= self.most:
            raise ValidationError(
                _("请填 %(least)s 到 %(most)s 之间的数。", least=self.least, most=self.most)
            )


_WALL_CLOCK = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{1,6})?)?")


class LocalDateTimeField(StringField):
    """A wall-clock time in Asia/Shanghai on the page, an aware UTC instant as data; None when left empty.

    To the minute, or with `seconds` to the second.
    """

    widget = TextInput()

    def __init__(self, label=None, *, needed: bool = False, seconds: bool = False, **kwargs) -> None:
        self.seconds = seconds
        attributes = {"type": "datetime-local"} | ({"step": "1"} if seconds else {})
        super().__init__(label, _needs(needed), render_kw=attributes, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return self.raw_data[0][:40]
        if not self.data:
            return ""
        at = clock.local(self.data)
        return at.strftime("%Y-%m-%dT%H:%M:%S" if self.seconds and at.second else "%Y-%m-%dT%H:%M")

    def process_formdata(self, valuelist) -> None:
        """From "2026-11-25T09:00", a blank instead of the T, seconds allowed."""
        text = valuelist[0].strip() if valuelist else ""
        self.data = None
        if not text:
            return
        try:
            at = datetime.fromisoformat(text) if _WALL_CLOCK.fullmatch(text) else None
        except ValueError:
            at = None
        if at is None or not 2000 <= at.year <= 2999:
            raise ValueError(_("时间读不懂，请写成 2026-11-25 09:00 的样子。"))
        self.data = clock.instant(at.date(), at.hour, at.minute, at.second if self.seconds else 0)


class EnumField(SelectField):
    """One case of an enum, said in words; None when nothing is chosen."""

    def __init__(
        self, label=None, *, of: type[Enum], needed: bool | None = False, empty: object = "—", **kwargs
    ) -> None:
        self.of = of
        self.cases = {case.value: case for case in of}
        blank = [SelectChoice("", empty)] if empty is not None else []
        super().__init__(
            label,
            _needs(None if empty is None and not needed else needed),
            choices=lambda: [*blank, *(SelectChoice(case.value, word(case)) for case in of)],
            coerce=self._coerce,
            **kwargs,
        )

    def _coerce(self, value):
        return value if value is None or isinstance(value, self.of) else self.cases.get(value, value or None)

    def pre_validate(self, form) -> None:
        """Refuse what is not on the list."""
        if self.data is not None and not isinstance(self.data, self.of):
            self.data = None
            raise ValidationError(_("请从列表里选一项。"))


class EnumsField(SelectMultipleField):
    """Any number of cases of an enum as tick boxes; the data is a frozenset."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label=None, *, of: type[Enum], **kwargs) -> None:
        self.of = of
        super().__init__(label, **kwargs)

    def process_data(self, value: Iterable[Enum] | None) -> None:
        """What stands there now."""
        self.data = frozenset(value or ())

    def process_formdata(self, valuelist) -> None:
        """What was ticked; something that is no case is refused."""
        known = {case.value: case for case in self.of}
        self.data = frozenset(known[value] for value in valuelist if value in known)
        if any(value not in known for value in valuelist):
            raise ValueError(_("请从列表里选。"))

    def iter_choices(self) -> list[Choice]:
        """Each case with its tick."""
        return [Choice(case.value, word(case), case in self.data, {}) for case in self.of]

    def pre_validate(self, form) -> None:
        """Everything was looked at while reading."""


class PicksField(SelectMultipleField):
    """Any number of rows given when the form is made, under headings, as tick boxes; the data is a frozenset of ids."""

    widget = ListWidget(prefix_label=False)
    option_widget = CheckboxInput()

    def __init__(self, label=None, **kwargs) -> None:
        super().__init__(label, **kwargs)
        self.groups: list[tuple[str, list[tuple[int, str]]]] = []

    def offer(self, groups: Iterable[tuple[str, Iterable[tuple[int, str]]]]) -> None:
        """Set what may be chosen: (heading, rows of (id, words)). A row is under one heading only."""
        self.groups = [(str(heading), list(rows)) for heading, rows in groups]

    def process_data(self, value: Iterable[int] | None) -> None:
        """What stands there now."""
        self.data = frozenset(value or ())

    def process_formdata(self, valuelist) -> None:
        """What was ticked."""
        self.data = frozenset(
            int(text) for text in valuelist if text.isascii() and text.isdigit() and len(text) < 10
        )
        if len(self.data) < len(set(valuelist)):
            raise ValueError(_("请从列表里选。"))

    def iter_choices(self) -> list[Choice]:
        """Each row with its tick."""
        rows = (row for _heading, rows in self.groups for row in rows)
        return [Choice(number, words, number in self.data, {}) for number, words in rows]

    def grouped(self) -> list[tuple[str, list]]:
        """(heading, its tick boxes), for the page."""
        boxes = iter(self)
        return [(heading, [next(boxes) for _row in rows]) for heading, rows in self.groups]

    def pre_validate(self, form) -> None:
        """Refuse what is not on the list."""
        if self.data - {number for _heading, rows in self.groups for number, _words in rows}:
            raise ValidationError(_("请从列表里选。"))


class TickField(BooleanField):
    """One tick box."""


class RowsField(FieldList):
    """Rows of fields, numbered from 0 in their names; a name with anything but such a number belongs to no row."""

    def _extract_indices(self, prefix, formdata):
        for name in formdata:
            number = name[len(prefix) + 1 :].split("-", 1)[0] if name.startswith(f"{prefix}-") else ""
            if number.isascii() and number.isdigit() and len(number) <= 3:
                yield int(number)


class PickField(SelectField):
    """One row of a short list given when the form is made: `choices` of (id, words); None when nothing is chosen."""

    def __init__(self, label=None, *, needed: bool | None = False, **kwargs) -> None:
        super().__init__(label, _needs(needed), coerce=self._coerce, choices=[], **kwargs)

    @staticmethod
    def _coerce(value) -> int | None:
        text = str(value) if value is not None else ""
        return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else (-1 if text else None)

    def offer(self, rows: Iterable[tuple[int, str]], *, empty: object = "—") -> None:
        """Set what may be chosen."""
        self.choices = [SelectChoice("", empty), *(SelectChoice(*row) for row in rows)]

    def pre_validate(self, form) -> None:
        """Refuse what is not on the list."""
        if self.data is not None and self.data not in {choice.value for choice in self.choices}:
            self.data = None
            raise ValidationError(_("请从列表里选一项。"))
