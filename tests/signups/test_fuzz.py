"""Whatever is typed into the public form: never a fault of the server, and what was accepted is kept as it was meant.

`FUZZ_CASES` sets how many forms are sent (500 otherwise).
"""

import os
import unicodedata
from datetime import datetime, timedelta
from urllib.parse import quote_from_bytes

import pytest
import time_machine
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from stationapp import clock
from stationapp.phones import normal_phone
from stationapp.residents.fields import birth_month
from stationapp.residents.queries import phone_of
from stationapp.residents.rules import NAME_LENGTH, tidy_name
from stationapp.signups import queries, weighing
from tests import cast

CASES = int(os.environ.get("FUZZ_CASES", "500"))
MEGABYTE = "<a megabyte>"
"""Stands for so much text, which no report of a failure should hold."""

NAMES = (
    "买买提·艾力", "阿依古丽•买买提", "𠮷田𬱖", "㛃昜", "丂󠄀", "👵🏽奶奶", "张\u200d三", "１２３",
    "王２小", "\x00", "王\x00芳",
    "\u202e王芳", "\ud800", "王\udfff", " \u3000 ", "Ann  Lee", "e\u0301e\u0301", "=cmd()", "<b>王</b>",
    "'; --", "王" * 41, MEGABYTE,
)  # fmt: skip
PHONES = (
    "19900001111", "199 0000 1111", "+86 199-0000-1111", "0086(199)00001111",
    "＋８６１９９０００００００１", "0379-00000001",
    "0379 0000 0001", "（0379）00000001", "00000001", "0379-00000001转12", "٠١٢٣٤٥٦٧٨٩", "1٩٩00001111",
    "12345", "1990000111", "号码",
    "\x00", "\ud800", MEGABYTE, "19900001111\n", "+", "-0", "010-00000001", "110",
)  # fmt: skip
BIRTHS = (
    "", "1950-03", "1950年3月", "1950.3", "195003", "１９５０－０３", "19500301", "2150-01", "0000-00",
    "1950-13", "-1", "²", "٣", "\x00",
    "\ud800", "9" * 5000, "1899-12", "1950-03-99",
)  # fmt: skip
COMMUNITIES = ("", "outside", "410305001001", "410305001", "nowhere", "\x00", "\ud800", "4" * 9000)
TOKENS = ("", "x", "a" * 16, "a" * 64, "a" * 65, "\x00" * 20, "\ud800" * 20, MEGABYTE)
FIELDS = (
    "party-²-name", "party-٣-name", "party--name", "party-0", "party-0-", "party-999999999-name",
    f"party-{'9' * 5000}-name",
    "party-1-birth_month", "members", "home", "who", "lift", "declared", "more\x00", "\ud800",
    "resident_id",
)  # fmt: skip


def raw(text: str) -> str:
    """Percent-encoded as bytes; a lone surrogate as the three bytes no decoder takes."""
    text = "王" + "1" * 1_000_000 if text == MEGABYTE else text
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def one_of(*known: str):
    return st.sampled_from(known) | st.text(max_size=60)


forms = st.fixed_dictionaries(
    {"name": one_of(*NAMES), "phone": one_of(*PHONES)},
    optional={
        "key": one_of(*TOKENS),
        "hold": one_of(*TOKENS),
        "birth_month": one_of(*BIRTHS),
        "community": one_of(*COMMUNITIES),
        "guardian_consent": one_of("y", "", "false"),
        "party-0-name": one_of(*NAMES),
        "party-0-birth_month": one_of(*BIRTHS),
        "party-0-guardian_consent": one_of("y"),
        "party-4-name": one_of(*NAMES),
        "more": st.just("1"),
    },
)
extras = st.dictionaries(one_of(*FIELDS), one_of(*NAMES), max_size=2)
MOMENTS = ("too early", "opening", "last second", "closing")


class World:
    """An event with an age rule and a window, one without either, and a visitor without patience for tokens."""

    def __init__(self, app) -> None:
        app.config.update(WTF_CSRF_CHECK_DEFAULT=False, PROPAGATE_EXCEPTIONS=False)
        self.app, people, now = app, cast.district(app), clock.now().replace(microsecond=0)
        opens, closes = now + timedelta(hours=1, seconds=7), now + timedelta(hours=9, seconds=7)
        second = timedelta(seconds=1)
        self.at = dict(zip(MOMENTS, (opens - second, opens, closes - second, closes), strict=True))
        with app.app_context():
            window = {"opens_at": opens, "closes_at": closes}
            aged = cast.event(people.one, title="看年龄", min_age=3, max_age=99, **window)
            free = cast.event(
                people.one, title="不看年龄", starts_at=aged.starts_at + timedelta(days=1), **window
            )
            self.codes = (aged.code, free.code)

    def send(self, form: dict[str, str], code: str, moment: str):
        """Post it as bytes, so that anything can be in it."""
        body = "&".join(f"{raw(name)}={raw(value)}" for name, value in form.items())
        with time_machine.travel(self.at[moment], tick=False):
            client = FlaskClient(self.app, self.app.response_class)
            return client.post(
                f"/events/{code}/signups", data=body, content_type="application/x-www-form-urlencoded"
            )

    def party(self, place: str) -> tuple[list[tuple[str, str, str]], datetime]:
        """(name, phone, month of birth) of everybody of the party, as kept, and when they signed up."""
        with self.app.app_context():
            signup = queries.get_by_code(place.rpartition("/")[2])
            members = [person for _place, person in queries.members(signup.party_id)]
            people = [(person.name, phone_of(person), person.birth_month) for person in members]
            return people, queries.get_party(signup.party_id).made_at


@pytest.fixture
def world(app):
    return World(app)


def meant(form: dict[str, str]) -> tuple[list[str], str]:
    """The names and the phone as a careful clerk would write them down."""
    names = [form[name] for name in ("name", "party-0-name", "party-4-name") if form.get(name, "").strip()]
    return [tidy_name(unicodedata.normalize("NFC", _read(name))) for name in names], normal_phone(
        form["phone"]
    )


def _read(text: str) -> str:
    """As a server reads the bytes sent: those that are no text stay percent-encoded."""
    return text.encode("utf-8", "surrogatepass").decode("utf-8", "werkzeug.url_quote")


def looked_at(world: World, form: dict[str, str], code: str, moment: str) -> int:
    answer = world.send(form, code, moment)
    assert answer.status_code in (200, 303, 409, 413, 422), answer.status_code
    assert len(answer.data) < 200_000, "what is far too long is not sent back"
    if answer.status_code != 303:
        return answer.status_code
    kept, made_at = world.party(answer.location)
    inside = {world.at["opening"], world.at["last second"]}
    assert made_at in inside, "nobody gets in outside the window; who has a place may be shown it at any time"
    names, phone = meant(form)
    # Who had a place already is shown that one, with everybody of the party it came from.
    assert set(names) <= {name for name, _phone, _born in kept}
    assert {number for _name, number, _born in kept} == {phone} and phone.isascii()
    assert all(name.isprintable() and len(name) <= NAME_LENGTH for name, _phone, _born in kept)
    assert all(born is None or born == birth_month(born) for _name, _phone, born in kept)
    return 303


def test_no_form_makes_the_server_stumble_and_what_is_accepted_is_kept_as_it_was_meant(world):
    seen = set()

    @settings(max_examples=CASES, deadline=None, suppress_health_check=list(HealthCheck))
    @example({"name": "买买提·艾力", "phone": "＋８６ 199 0000 2222"}, {}, 1, "opening")
    @example({"name": "𠮷田", "phone": "199 0000 3333", "party-0-name": "㛃昜"}, {}, 1, "last second")
    @example(
        {"name": "👵🏽奶奶", "phone": "（0379）00000001", "birth_month": "１９５０年３月"}, {}, 0, "opening"
    )
    @example({"name": "王芳", "phone": "19900004444"}, {"party-²-name": "李"}, 1, "opening")
    @example({"name": "王芳", "phone": "19900001111", "hold": MEGABYTE}, {}, 0, "too early")
    @example({"name": "王芳", "phone": MEGABYTE, "more": "1"}, {}, 0, "opening")
    @example({"name": "王\udfff", "phone": "19900001111"}, {}, 1, "opening")
    @example({"name": "王芳", "phone": "19900004444"}, {f"party-{'9' * 5000}-name": "李"}, 1, "opening")
    @given(forms, extras, st.integers(0, 1), st.sampled_from(MOMENTS))
    def send(form, more, which, moment):
        seen.add(looked_at(world, form | more, world.codes[which], moment))

    send()
    assert {303, 409, 422} <= seen


def test_a_form_larger_than_any_is_refused_at_the_door(world):
    answer = world.send({"name": "王" * 1_500_000, "phone": "19900001111"}, world.codes[1], "opening")
    assert answer.status_code == 413


def test_the_harness_sees_a_fault(world, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(weighing, "weigh", broken)
    with pytest.raises(AssertionError, match="500"):
        looked_at(world, {"name": "王芳", "phone": "19900004444"}, world.codes[1], "opening")
