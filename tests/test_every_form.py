"""Every form of every page with anything in it (trust.md §3, huge or hostile input): a sentence, never a fault.

Forms are read off the pages as the manager, the reviewer, the administrator and a visitor find them, one or two of
their fields are filled with what nobody expects, and they are sent. `EVERY_FORM_CASES` sets how many (2,000
otherwise), `EVERY_FORM_SEED` which.
"""

import os
import random
import re
from dataclasses import dataclass
from urllib.parse import quote_from_bytes, urljoin, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.signups import weighing
from tests import cast
from tests.harness.inspect import Form, Page
from tests.test_access import SAMPLES, World, values_of

CASES = int(os.environ.get("EVERY_FORM_CASES", "2000"))
SEED = int(os.environ.get("EVERY_FORM_SEED", random.SystemRandom().randrange(10**9)))
WHO = ("manager", "reviewer", "administrator", "anonymous")
SHUT_OUT = 401
MEGABYTE = "王" * 330_000

HOSTILE = (
    "", " \u3000", "\x00", "王\x00芳", "\ud800", "王\udfff", "👵🏽", "\u202e王芳", "买买提·艾力", "𠮷田𬱖", "１２３",
    "²", "٣", "-1", "0", "1.5", "1e9", "9" * 5000, str(2**31), str(2**63), "NaN", "true", "=cmd()", "<b>王</b>",
    "'; DROP TABLE events; --", "%s%n{0}{title}", "../../etc/passwd", "2026-02-30", "2026-13", "0000-00-00",
    "9999-12-31", "0001-01-01", "2026-11-25T25:61", "25:99", "9999-12-31T23:59", "0001-01-01T00:00", "24:00",
    "１０：３０", "19900001111", "(0379) 0000 0001", "110", "+", "王" * 2000, MEGABYTE, "nowhere", "A01", "A99",
)  # fmt: skip


@dataclass(frozen=True)
class Found:
    """A form, on what page and for whom."""

    actor: str
    page: str
    form: Form


def forms_of(world: World) -> list[Found]:
    """Every form there is, once for each actor and address it is sent to."""
    found: dict[tuple[str, str, str], Found] = {}
    for rule in world.app.url_map.iter_rules():
        if "GET" not in rule.methods or rule.endpoint == "static":
            continue
        for path in _addresses(world, rule):
            for actor in WHO:
                answer = world.clients[actor].get(path, buffered=True)
                if answer.status_code != 200 or answer.mimetype != "text/html":
                    continue
                for form in Page(answer.text).forms:
                    shape = (actor, rule.endpoint, urlsplit(form.action).path.rpartition("/")[2])
                    found.setdefault(shape, Found(actor, path, form))
    return list(found.values())


def _addresses(world: World, rule) -> list[str]:
    """Where the first site's things stand under that rule; the public addresses with a kind of their own are few."""
    wanted = re.findall(r"([^/]*)/<(?:[a-z]+:)?(\w+)>", rule.rule)
    if any(f"{before}/{name}" not in SAMPLES and name not in SAMPLES for before, name in wanted):
        return []
    with world.app.test_request_context():
        built = world.app.url_map.bind("localhost").build
        return [built(rule.endpoint, values_of(rule, world.samples[0]), "GET")]


def filled(found: Found, chance: random.Random) -> dict[str, list[str]]:
    """The form as it stands, with one to three fields filled as nobody expects, or twice, or left out."""
    values = {name: list(given) for name, given in found.form.values.items()}
    names = sorted(found.form.fields - {"csrf_token"}) or ["q"]
    for name in chance.sample(names, min(len(names), chance.randint(1, 3))):
        how = chance.random()
        if how < 0.1:
            values.pop(name, None)
        elif how < 0.2:
            values[name] = [chance.choice(HOSTILE), chance.choice(HOSTILE)]
        else:
            values[name] = [chance.choice(HOSTILE)]
    return values


def _body(values: dict[str, list[str]]) -> str:
    pairs = [(name, one) for name, given in values.items() for one in given]
    return "&".join(f"{_raw(name)}={_raw(one)}" for name, one in pairs)


def _raw(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def send(world: World, found: Found, values: dict[str, list[str]]) -> int:
    """The status of the answer; whoever was signed out by an earlier case signs in and sends it again."""
    answer = _sent(world.clients[found.actor], found, _body(values))
    if found.actor in world.users and _asks_to_sign_in(answer):
        who = world.users[found.actor].staff_id
        with world.app.app_context():
            staff = db.session.get_one(Staff, who)
        cast.sign_in(world.clients[found.actor], staff)
        answer = _sent(world.clients[found.actor], found, _body(values))
        return SHUT_OUT if _asks_to_sign_in(answer) else answer.status_code
    return answer.status_code


def _sent(client: FlaskClient, found: Found, body: str) -> TestResponse:
    address = urljoin(found.page, found.form.action)
    if found.form.method != "post":
        return client.get(f"{urlsplit(address).path}?{body[:60_000]}", buffered=True)
    return client.post(address, data=body, content_type="application/x-www-form-urlencoded")


def _asks_to_sign_in(answer: TestResponse) -> bool:
    return answer.status_code == 303 and urlsplit(answer.location).path == "/desk/signin"


@pytest.fixture
def world(app):
    with time_machine.travel(clock.instant(clock.day_of(clock.now()), 10), tick=False):
        yield World(app)


def test_no_form_makes_the_server_stumble_whatever_stands_in_it(world):
    forms, chance, wrong, seen = forms_of(world), random.Random(SEED), [], {}
    assert len(forms) > 150, "the pages were read"
    for case in range(CASES):
        found = forms[case % len(forms)] if case < len(forms) else chance.choice(forms)
        values = filled(found, chance)
        status = send(world, found, values)
        seen[status] = seen.get(status, 0) + 1
        if status >= 500:
            short = {name: [one[:40] for one in given] for name, given in values.items()}
            wrong.append(f"{found.actor} {found.form.method} {found.form.action} {short!r}: {status}")
    assert wrong == [], f"seed {SEED}, {len(forms)} forms, {seen}"
    assert seen.get(SHUT_OUT, 0) < CASES / 50, f"people stay signed in, or nothing was tried: {seen}"
    assert seen.get(422, 0) > CASES / 20 and seen.get(303, 0) > CASES / 50, f"both sides were reached: {seen}"


def test_the_harness_sees_a_fault(world, monkeypatch):
    def broken(*args, **kwargs):
        raise RuntimeError

    monkeypatch.setattr(weighing, "weigh", broken)
    page = f"/events/{world.samples[0].event}"
    form = next(
        one for one in Page(world.clients["anonymous"].get(page).text).forms if "/signups" in one.action
    )
    values = form.values | {"name": ["王芳"], "phone": ["19900004444"]}
    assert send(world, Found("anonymous", page, form), values) == 500
