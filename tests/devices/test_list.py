"""Today's list on a device: each row opens with that person's own code, and says nothing to anybody else."""

import json
from base64 import b64decode
from datetime import timedelta

import pytest
import time_machine
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.cards.operations import end as end_card
from stationapp.cards.operations import make as make_cards
from stationapp.cards.queries import code_of
from stationapp.cards.rules import Ended
from stationapp.db import db, transaction
from stationapp.residents.merging import merge
from stationapp.signups.models import Signup
from stationapp.vault import vault
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.devices.helping import enrol, open_row, results, scan, send
from tests.signups import scene

WANG = "王秀英"
PHONE = "19900002222"


@pytest.fixture(autouse=True)
def morning():
    with time_machine.travel(clock.instant(clock.day_of(clock.now()), 10), tick=False):
        yield


@pytest.fixture
def people(app):
    return cast.district(app)


def held(where, **changes):
    return cast.event(where, starts_at=clock.now() + timedelta(minutes=30), **changes)


def test_a_row_opens_with_the_persons_sign_up_code_and_with_their_card(app, people):
    with app.app_context():
        event = held(people.one, place="二楼教室")
        resident = cast.resident(cast.person(WANG, PHONE))
        (code,) = cast.sign_up(event, cast.person(WANG, PHONE)).codes
        with transaction():
            made = make_cards([resident.id], site_id=people.one.id, by=None, now=clock.now())
        card = code_of(made[resident.id])
    got = enrol(app, people.one).client.get("/door/list").json
    assert open_row(got, code) == open_row(got, card)
    assert open_row(got, code)["name"] == "王*英"
    assert open_row(got, code)["stands"] == {event.code: "seated"}
    assert open_row(got, "ABCDEFGHJK") is None
    assert got["events"][0] | {"title": event.title, "place": "二楼教室"} == got["events"][0]


def test_a_volunteers_own_code_opens_their_row(app, people):
    with app.app_context():
        event = held(people.one)
        resident = cast.resident(cast.person(WANG, PHONE, birth_month="1980-01"))
        with transaction():
            given = {"by": people.lin.id, "now": clock.now()}
            helper = volunteers.register(resident, site=people.one, **given)
            shift = volunteers.add_shift(
                event, title="引导", needed=1, risk=Risk.ORDINARY, risk_note="久站", **given
            )
            volunteers.assign(shift, helper, **given)
        code = vault().unseal(helper.personal_sealed)
    assert open_row(enrol(app, people.one).client.get("/door/list").json, code)["stands"] == {
        event.code: "helps"
    }


def test_a_volunteer_taken_in_at_the_door_is_known_to_a_list_fetched_since(app, people):
    with app.app_context():
        event = held(people.one)
        resident = cast.resident(cast.person(WANG, PHONE, birth_month="1980-01"))
        with transaction():
            given = {"by": people.lin.id, "now": clock.now()}
            code = vault().unseal(volunteers.register(resident, site=people.one, **given).personal_sealed)
            attendance.check_in(event, resident, how=How.WALK_IN, part=Part.VOLUNTEER, **given)
    device = enrol(app, people.one)
    assert open_row(device.client.get("/door/list").json, code)["stands"] == {event.code: "helps"}
    assert results(send(device, [scan(event.code, 1, code=code)])) == [("accepted", None)]


def test_a_card_that_ended_opens_nothing(app, people):
    with app.app_context():
        event = held(people.one)
        cast.sign_up(event, cast.person(WANG, PHONE))
        resident = cast.resident(cast.person(WANG, PHONE))
        with transaction():
            card = make_cards([resident.id], site_id=people.one.id, by=None, now=clock.now())[resident.id]
            end_card(card, Ended.LOST, by=None, now=clock.now())
        code = code_of(card)
    assert open_row(enrol(app, people.one).client.get("/door/list").json, code) is None


def test_two_records_of_one_person_are_one_row(app, people):
    with app.app_context():
        event = held(people.one)
        (code,) = cast.sign_up(event, cast.person(WANG, PHONE)).codes
        one, two = cast.resident(cast.person(WANG, PHONE)), cast.resident(cast.person(WANG, "19900003333"))
        with transaction():
            card = make_cards([two.id], site_id=people.one.id, by=None, now=clock.now())[two.id]
            merge(two.id, one.id, by=people.lin.id, now=clock.now())
        its = code_of(card)
    got = enrol(app, people.one).client.get("/door/list").json
    assert open_row(got, code) == open_row(got, its) != None  # noqa: E711


def test_the_lists_bytes_hold_no_name_phone_or_code(app, people):
    with app.app_context():
        codes = list(
            cast.sign_up(held(people.one), cast.person(WANG, PHONE), cast.person("李小满", PHONE)).codes
        )
    for names_shown in (False, True):
        body = enrol(app, people.one, names_shown=names_shown).client.get("/door/list").get_data().decode()
        for canary in (WANG, "王*英", "秀英", "李小满", PHONE, PHONE[-4:], *codes):
            assert canary not in body and json.dumps(canary).strip('"') not in body, canary


def test_the_list_is_of_one_site_and_of_today_alone(app, people):
    with app.app_context():
        here = held(people.one)
        elsewhere = held(people.two)
        tomorrow = cast.event(people.one, starts_at=clock.now() + timedelta(days=1))
        draft = held(people.one, publish=False)
        (code,) = cast.sign_up(elsewhere, cast.person(WANG, PHONE)).codes
        (other,) = cast.sign_up(tomorrow, cast.person("李大山", "19900004444")).codes
    got = enrol(app, people.one).client.get("/door/list").json
    assert [event["code"] for event in got["events"]] == [here.code]
    assert draft.code not in json.dumps(got)
    assert open_row(got, code) is None and open_row(got, other) is None


def test_names_are_for_a_device_that_may_search_them_and_only_with_its_own_key(app, people):
    with app.app_context():
        cast.sign_up(held(people.one), cast.person(WANG, PHONE))
    plain = enrol(app, people.one)
    assert plain.client.get("/door/list").json["names"] is None
    assert plain.client.get("/door/key").json == {"key": None}
    shown, other = (enrol(app, people.one, names_shown=True) for _ in range(2))
    sealed = b64decode(shown.client.get("/door/list").json["names"])
    key = b64decode(shown.client.get("/door/key").json["key"])
    (row,) = json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))
    assert (row["name"], row["initials"].lower()) == ("王*英", "wxy")
    with pytest.raises(Exception):  # noqa: B017  another device's key
        AESGCM(b64decode(other.client.get("/door/key").json["key"])).decrypt(sealed[:12], sealed[12:], None)


def test_two_of_one_masked_name_are_told_apart_by_the_last_digits_of_their_phones(app, people):
    with app.app_context():
        event = held(people.one)
        for name, phone in ((WANG, PHONE), ("王桂英", "19900007777")):
            cast.sign_up(event, cast.person(name, phone))
    device = enrol(app, people.one, names_shown=True)
    answer = device.client.get("/door/list")
    sealed, key = (
        b64decode(text) for text in (answer.json["names"], device.client.get("/door/key").json["key"])
    )
    rows = json.loads(AESGCM(key).decrypt(sealed[:12], sealed[12:], None))
    assert sorted((row["name"], row["tail"]) for row in rows) == [("王*英", "2222"), ("王*英", "7777")]
    assert "2222" not in json.dumps([open_row(answer.json, code) for code in codes_of(app)])


def codes_of(app) -> list[str]:
    with app.app_context():
        return [vault().unseal(sealed) for sealed in db.session.scalars(db.select(Signup.code_sealed))]


def test_no_browsers_own_memory_holds_the_key_or_the_list(app, people):
    client = enrol(app, people.one, names_shown=True).client
    tag = client.get("/door/list").json["tag"]
    for path in ("/door/key", "/door/list", f"/door/list?have={tag}"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_who_has_the_list_already_is_told_the_time_alone(app, people):
    with app.app_context():
        event = held(people.one)
    client = enrol(app, people.one).client
    first = client.get("/door/list").json
    assert set(client.get(f"/door/list?have={first['tag']}").json) == {"now", "tag", "last"}
    with app.app_context():
        cast.sign_up(event, cast.person(WANG, PHONE))
    assert len(client.get(f"/door/list?have={first['tag']}").json["rows"]) == 1


def test_of_a_course_the_code_of_any_date_opens_todays_row(app, people):
    with app.app_context():
        _series, dates = scene.course(people.one)
        (code,) = scene.sign_up(dates[0], cast.person(WANG, PHONE)).codes
    second = dates[1]
    with time_machine.travel(second.starts_at - timedelta(minutes=20), tick=False):
        device = enrol(app, people.one)
        got = device.client.get("/door/list").json
        assert open_row(got, code)["stands"] == {second.code: "seated"}
        assert results(send(device, [scan(second.code, 1, code=code)])) == [("accepted", None)]
