"""Fields read what people type and never raise."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from stationapp.events.rules import Category, Theme
from stationapp.web.forms import (
    EnumField,
    EnumsField,
    Form,
    LocalDateTimeField,
    PhoneField,
    PickField,
    TextField,
    WholeNumberField,
    readable,
    tidy,
)


class Every(Form):
    """One field of each kind."""

    text = TextField("text", most=10)
    lines = TextField("lines", most=20, lines=True)
    phone = PhoneField("phone")
    number = WholeNumberField("number", least=1, most=100)
    at = LocalDateTimeField("at")
    one = EnumField("one", of=Category)
    many = EnumsField("many", of=Theme)
    row = PickField("row")


def read(app, *, values=(), start=None) -> Every:
    method = "POST" if start is None else "GET"
    with app.test_request_context(method=method, data=MultiDict(values) if start is None else None):
        form = Every(data=start)
        form.row.offer([(3, "三号")])
        form.html = {field.name: str(field()) for field in form}
        form.fine = form.validate()
        form.said = {name: [str(one) for one in found] for name, found in form.errors.items()}
        return form


@pytest.mark.parametrize(
    ("name", "typed", "value"),
    [
        ("text", "  剪　 纸 ", "剪 纸"),
        ("text", "cafe\u0301", "café"),
        ("lines", " 一 \r\n\r\n二\n", "一\n\n二"),
        ("phone", "+86 199-0000-0005", "19900000005"),
        ("phone", "(0379) 0000 0005", "0379-00000005"),
        ("phone", "", ""),
        ("number", " ４2 ", 42),
        ("number", "", None),
        ("at", "2026-11-25T09:00", datetime(2026, 11, 25, 1, tzinfo=UTC)),
        ("at", "2026-11-25 00:30:59", datetime(2026, 11, 24, 16, 30, tzinfo=UTC)),
        ("at", "", None),
        ("one", "A09", Category.A09),
        ("one", "", None),
        ("many", "law", frozenset({Theme.LAW})),
        ("row", "3", 3),
        ("row", "", None),
    ],
)
def test_what_is_typed_becomes_a_value(app, name, typed, value):
    form = read(app, values=[(name, typed)])
    assert (form.fine, form[name].data) == (True, value)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("text", "一二三四五六七八九十一"),
        ("text", "a\0"),
        ("text", "\u202eabc"),
        ("lines", "a\x1bb"),
        ("phone", "110"),
        ("number", "0"),
        ("number", "101"),
        ("number", "1e3"),
        ("number", "三十"),
        ("at", "2026-02-30T09:00"),
        ("at", "2026-11-25"),
        ("at", "2026-W48-3T09:00"),
        ("at", "2026-11-25T09:00+08:00"),
        ("at", "9999-12-31T23:59"),
        ("one", "A08"),
        ("many", "none"),
        ("row", "4"),
        ("row", "-1"),
    ],
)
def test_what_cannot_be_read_gets_one_sentence(app, name, typed):
    form = read(app, values=[(name, typed)])
    assert list(form.said) == [name]
    assert len(form.said[name]) == 1
    assert form.said[name][0].endswith("。")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
@given(
    st.dictionaries(
        st.sampled_from(["text", "lines", "phone", "number", "at", "one", "many", "row"]), st.text()
    )
)
def test_nothing_that_can_be_typed_raises_or_comes_out_dirty(app, values):
    form = read(app, values=values)
    assert readable(form.text.data)
    assert all(len(sentences) == 1 for sentences in form.said.values())


def test_what_stands_there_is_shown_as_people_type_it(app):
    start = {
        "text": "剪纸",
        "number": 0,
        "at": datetime(2026, 11, 25, 1, tzinfo=UTC),
        "one": Category.A02,
        "many": {Theme.OLD},
        "row": 3,
    }
    html = read(app, start=start).html
    assert 'value="剪纸"' in html["text"]
    assert 'value="0"' in html["number"]
    assert 'value="2026-11-25T09:00"' in html["at"]
    assert '<option selected value="A02">教育服务</option>' in html["one"]
    assert html["many"].count("checked") == 1
    assert '<option selected value="3">三号</option>' in html["row"]


def test_a_megabyte_is_not_sent_back(app):
    form = read(
        app, values=[("text", "字" * 1_000_000), ("number", "1" * 1_000_000), ("at", "x" * 1_000_000)]
    )
    assert not form.fine
    assert len(form.text.data) == 20
    assert all(len(str(form[name]())) < 400 for name in ("text", "number", "at"))


def test_a_lone_surrogate_is_not_readable():
    assert not readable("a\ud800")
    assert tidy("a \t b") == "a b"


@pytest.mark.parametrize(
    ("field", "said"),
    [
        (EnumField("x", of=Category), True),
        (EnumField("x", of=Category, empty=None), False),  # something is always chosen
        (EnumField("x", of=Category, needed=None), False),  # the form says when it is needed
        (PickField("x"), True),
        (PickField("x", needed=None), False),
        (WholeNumberField("x"), True),
        (WholeNumberField("x", needed=None), False),
        (TextField("x", most=3, needed=True), False),
    ],
)
def test_only_what_may_always_stay_empty_is_called_so(app, field, said):
    with app.test_request_context():
        bound = type("One", (Form,), {"x": field})(formdata=None)
        assert bool(bound.x.flags.optional) is said
