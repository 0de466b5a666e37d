"""What a device sends (POST /door/scans): taken in once, whatever is sent again, cut off or too late."""

import json
import random
from base64 import b64encode
from datetime import timedelta
from os import urandom

import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stationapp import clock
from stationapp.attendance import checks as attendance_checks
from stationapp.attendance.models import Attendance, RefusedScan, Scan
from stationapp.attendance.rules import How, Kind
from stationapp.cards.models import Card
from stationapp.cards.operations import make as make_cards
from stationapp.cards.operations import replace
from stationapp.cards.queries import code_of
from stationapp.db import db, transaction
from stationapp.devices import checks as device_checks
from stationapp.devices import operations, views_scans
from stationapp.devices.models import Device
from stationapp.devices.queries import get_device
from stationapp.devices.sealing import person_mark
from stationapp.vault import vault
from stationapp.volunteers import operations as volunteers
from tests import cast
from tests.devices.helping import enrol, results, scan, send

WANG, PHONE = "王秀英", "19900002222"


@pytest.fixture(autouse=True)
def ten():
    with time_machine.travel(clock.instant(clock.day_of(clock.now()), 10), tick=False) as travel:
        yield travel


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def event(app, people):
    with app.app_context():
        return cast.event(people.one, starts_at=clock.now() + timedelta(minutes=30), capacity=300)


@pytest.fixture
def code(app, event):
    with app.app_context():
        return cast.sign_up(event, cast.person(WANG, PHONE)).codes[0]


def stored(app, table):
    with app.app_context():
        return list(db.session.scalars(db.select(table).order_by(table.id)))


def sealed_for(point: str, text: str) -> str:
    """What a browser makes of a code (static/door-seal.js), written apart from the product."""
    from base64 import b64decode

    theirs = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), b64decode(point))
    passing, nonce = ec.generate_private_key(ec.SECP256R1()), urandom(12)
    key = HKDF(SHA256(), 32, None, b"door scan").derive(passing.exchange(ec.ECDH(), theirs))
    own = passing.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return b64encode(own + nonce + AESGCM(key).encrypt(nonce, text.encode(), None)).decode()


def test_a_scan_is_taken_down_with_the_time_it_happened(app, people, event, code):
    device, at = enrol(app, people.one), clock.now() - timedelta(minutes=20)
    assert results(send(device, [scan(event.code, 1, at=at, code=code)])) == [("accepted", None)]
    (one,) = stored(app, Scan)
    assert (one.at, one.arrived_at, one.device_id, one.sequence) == (at, clock.now(), device.id, 1)
    assert (one.kind, one.how, one.by) == (Kind.IN, How.STAFF_SCAN, None)


def test_sent_again_it_is_there_already(app, people, event, code):
    device, same = enrol(app, people.one), [scan(event.code, 1, code=code)]
    send(device, same)
    assert results(send(device, same)) == [("already", None)]
    assert len(stored(app, Scan)) == 1


def test_what_was_refused_is_refused_when_it_is_sent_again(app, people, event):
    device, same = enrol(app, people.one), [scan(event.code, 1, code="ABCDEFGHJK")]
    for _again in range(2):
        (answer,) = send(device, same).json["results"]
        assert answer["result"] == "refused" and "没有找到这个报名号" in answer["said"]
    assert len(stored(app, RefusedScan)) == 1


def test_a_code_sealed_by_the_browser_is_read_and_one_of_another_device_waits_or_is_not(
    app, people, event, code
):
    device, beside = enrol(app, people.one), enrol(app, people.one)
    elsewhere, gone = enrol(app, people.two), enrol(app, people.one)
    boxes = [one.client.get("/door/list").json["box"] for one in (device, elsewhere, gone)]
    with app.app_context(), transaction():
        operations.revoke(get_device(gone.code)[0], by=people.lin.id, now=clock.now())
    its, others, revoked = ([scan(event.code, 1, sealed=sealed_for(box, code))] for box in boxes)
    assert results(send(device, its)) == [("accepted", None)]
    assert results(send(beside, its)) == [("waiting", "other_device")]
    for given in (others, revoked):
        given[0] |= {
            "nonce": given[0]["sealed"][:20],
            "sequence": given[0]["sequence"] + len(stored(app, RefusedScan)),
        }
        assert results(send(beside, given)) == [("refused", "code_unknown_place")]


def again(app, people, tablet, site=None) -> None:
    """The same browser opens the link of another device, of the same site or of `site`."""
    with app.app_context(), transaction():
        today, now = clock.day_of(clock.now()), clock.now()
        given = {"names_shown": True, "by": None, "now": now}
        _device, link = operations.enrol(site or people.one, "新登记", today, today, **given)
    assert tablet.client.submit(f"/door/enrolments/{link}").location == "/door"


def test_a_browser_enrolled_anew_still_sends_what_it_saw_as_the_device_it_was(app, people, event, code):
    device, at = enrol(app, people.one, names_shown=True), clock.now() - timedelta(minutes=20)
    with app.app_context():
        li = cast.resident(cast.person("李大山", "19900003333"))
        mark = person_mark(device.id, li.id)
    box = device.client.get("/door/list").json["box"]
    seen = [
        scan(event.code, 1, at=at, sealed=sealed_for(box, code)),
        scan(event.code, 2, at=at, person=mark, walk_in=True),
    ]
    send(device, seen[:1])  # its answer is lost on the way
    for _time in range(2):
        again(app, people, device)
    assert results(send(device, seen)) == [("already", None), ("accepted", None)]
    assert {one.device_id for one in stored(app, Scan)} == {device.id}
    assert len(stored(app, Attendance)) == 2


def test_of_a_device_revoked_since_its_browser_was_enrolled_anew_the_scans_wait(app, people, event, code):
    device, at = enrol(app, people.one), clock.now() - timedelta(minutes=20)
    box = device.client.get("/door/list").json["box"]
    again(app, people, device)
    with app.app_context(), transaction():
        operations.revoke(db.session.get_one(Device, device.id), by=people.lin.id, now=clock.now())
    got = results(send(device, [scan(event.code, 1, at=at, sealed=sealed_for(box, code))]))
    assert got[0][0] == "waiting"
    (aside,) = stored(app, RefusedScan)
    assert aside.resident_id is not None and aside.device_id != device.id


@pytest.mark.parametrize("elsewhere", [False, True])
@pytest.mark.parametrize("revoked", [False, True])
def test_enrolled_anew_for_whatever_site_after_whatever_a_browser_loses_nothing(
    app, people, event, code, elsewhere, revoked
):
    """What it saw is the old device's, at that one's station: in force, or waiting there once that one was revoked."""
    device, at = enrol(app, people.one), clock.now() - timedelta(minutes=20)
    box = device.client.get("/door/list").json["box"]
    seen = [scan(event.code, 1, at=at, sealed=sealed_for(box, code))]
    with app.app_context(), transaction():
        if revoked:
            operations.revoke(db.session.get_one(Device, device.id), by=people.lin.id, now=clock.now())
    again(app, people, device, people.two if elsewhere else people.one)
    expected = ("waiting", "device_not_in_use") if revoked else ("accepted", None)
    assert results(send(device, seen)) == [expected]
    assert results(send(device, seen)) == [("already", expected[1])]
    with app.app_context():
        assert not any(check.find() for check in (*attendance_checks.CHECKS, *device_checks.CHECKS))
    if not revoked:
        assert [one.device_id for one in stored(app, Scan)] == [device.id]
        return
    (aside,) = stored(app, RefusedScan)
    assert (aside.site_id, aside.device_id == device.id) == (people.one.id, False)
    assert "王" in cast.signed_in(app, people.lin).get("/desk/scans/").text
    taken = cast.signed_in(app, people.lin).submit("/desk/scans/", to=f"/desk/scans/{aside.id}/take")
    assert taken.status_code in (200, 303) and len(stored(app, Scan)) == 1
    with app.app_context():
        assert not any(check.find() for check in (*attendance_checks.CHECKS, *device_checks.CHECKS))


def test_enrolled_for_another_site_a_device_speaks_of_its_own_events_alone(app, people, event, code):
    device = enrol(app, people.one)
    again(app, people, device, people.two)
    box = device.client.get("/door/list").json["box"]
    got = results(send(device, [scan(event.code, 1, sealed=sealed_for(box, code))]))
    assert got == [("refused", "nothing_on")]


@pytest.mark.both_databases
def test_a_device_revoked_during_its_sending_writes_nothing_more(app, people, event, monkeypatch):
    with app.app_context():
        codes = [cast.sign_up(event, cast.person(f"居民{n}", f"1990000{n:04d}")).codes[0] for n in range(3)]
    device, taken, sent = enrol(app, people.one), views_scans._taken, []

    def revoked_after_the_first(*given):
        if sent:
            with transaction():
                operations.revoke(db.session.get_one(Device, device.id), by=people.lin.id, now=clock.now())
        sent.append(given)
        return taken(*given)

    monkeypatch.setattr(views_scans, "AT_ONCE", 1)
    monkeypatch.setattr(views_scans, "_taken", revoked_after_the_first)
    answer = send(device, [scan(event.code, n, code=each) for n, each in enumerate(codes, start=1)])
    assert (answer.status_code, answer.json["reason"], answer.json["wipe"]) == (403, "revoked", True)
    assert [one.sequence for one in stored(app, Scan)] == [1]
    with app.app_context():
        assert not any(check.find() for check in (*attendance_checks.CHECKS, *device_checks.CHECKS))


@pytest.mark.both_databases
def test_a_card_counts_for_what_was_scanned_before_it_ended_and_later_waits(app, people, event, code):
    device, start = enrol(app, people.one), clock.now()
    with app.app_context():
        with transaction():
            who = cast.resident(cast.person(WANG, PHONE)).id
            card = make_cards([who], site_id=people.one.id, by=None, now=start)[who]
        old = code_of(card)
        with transaction():
            replace(db.session.get_one(Card, card.id), by=None, now=start + timedelta(minutes=25))
    with time_machine.travel(start + timedelta(minutes=55), tick=False):
        said = [scan(event.code, n, at=start + timedelta(minutes=m), code=old) for n, m in ((1, 5), (2, 30))]
        assert results(send(device, said)) == [("accepted", None), ("waiting", "code_ended")]
    (aside,) = stored(app, RefusedScan)
    assert aside.resident_id == stored(app, Scan)[0].resident_id == who


def test_a_volunteer_whose_profile_ended_since_is_known(app, people, event):
    device, at = enrol(app, people.one), clock.now() - timedelta(minutes=10)
    with app.app_context():
        resident = cast.resident(cast.person("李大山", "19900003333", birth_month="1980-01"))
        with transaction():
            helper = volunteers.register(resident, site=people.one, by=people.lin.id, now=at)
            helper.ended_at = clock.now()
            own = vault().unseal(helper.personal_sealed)
    said = [scan(event.code, 1, at=at, code=own), scan(event.code, 2, code=own)]
    assert results(send(device, said)) == [("waiting", "not_signed_up"), ("waiting", "code_ended")]


def test_what_is_printed_on_a_card_names_the_person_and_waits(app, people, event, code):
    device = enrol(app, people.one)
    with app.app_context(), transaction():
        who = cast.resident(cast.person(WANG, PHONE)).id
        serial = make_cards([who], site_id=people.one.id, by=None, now=clock.now())[who].serial
    answer = send(device, [scan(event.code, 1, code=serial.lower(), walk_in=True)])
    assert results(answer) == [("waiting", "serial_alone")]
    assert "编号" in answer.json["results"][0]["said"]
    assert [one.resident_id for one in stored(app, RefusedScan)] == [who]


def test_what_is_typed_strangely_is_read_as_a_scanner_at_the_desk_reads_it(app, people, event, code):
    device = enrol(app, people.one)
    typed = f"http://x.example/signups/{code.lower()}\u3000"
    wide = "".join(chr(ord(c) + 0xFEE0) for c in code)
    said = [
        scan(event.code, 1, code=typed),
        scan(event.code, 2, code=wide, kind="out", at=clock.now() + timedelta(seconds=1)),
    ]
    assert results(send(device, said)) == [("accepted", None)] * 2


def test_somebody_unknown_to_the_list_walks_in_by_their_card(app, people, event):
    device = enrol(app, people.one)
    with app.app_context():
        stranger = cast.resident(cast.person("孙小妹", "19900004444"))
        with transaction():
            card = code_of(
                make_cards([stranger.id], site_id=people.two.id, by=None, now=clock.now())[stranger.id]
            )
    said = [scan(event.code, 1, code=card), scan(event.code, 2, code=card, walk_in=True)]
    assert results(send(device, said)) == [("waiting", "not_signed_up"), ("accepted", None)]
    (row,) = stored(app, Attendance)
    assert (row.resident_id, row.came_how) == (stranger.id, How.WALK_IN)


def test_an_unknown_code_is_refused_with_a_sentence_and_kept_without_the_code(app, people, event):
    device = enrol(app, people.one)
    answer = send(device, [scan(event.code, 1, code="ABCDEFGHJK"), scan("NOSUCH22", 2, code="ABCDEFGHJK")])
    assert results(answer) == [("refused", "code_unknown_place"), ("refused", "nothing_on")]
    assert all("。" in one["said"] for one in answer.json["results"])
    assert sorted(one.sequence for one in stored(app, RefusedScan)) == [1, 2]


def test_an_event_of_another_site_is_none_of_the_devices(app, people, event, code):
    device = enrol(app, people.two)
    assert results(send(device, [scan(event.code, 1, code=code)])) == [("refused", "nothing_on")]


def test_out_and_undo_fold_in_any_order(app, people, event, code):
    device, start = enrol(app, people.one), clock.now()
    said = [
        scan(event.code, 1, at=start, code=code),
        scan(event.code, 2, at=start + timedelta(minutes=1), code=code, kind="undo"),
        scan(event.code, 3, at=start + timedelta(minutes=2), code=code),
        scan(event.code, 4, at=start + timedelta(minutes=90), code=code, kind="out"),
    ]
    random.shuffle(said)
    with time_machine.travel(start + timedelta(hours=2), tick=False):
        for one in said:
            assert results(send(device, [one])) == [("accepted", None)]
    (row,) = stored(app, Attendance)
    assert (row.came_at, row.left_at) == (start + timedelta(minutes=2), start + timedelta(minutes=90))


def test_a_two_hour_outage_of_a_200_person_event_loses_nothing(app, people, event):
    with app.app_context():
        codes = [cast.sign_up(event, cast.person(f"居民{n}", f"1990000{n:04d}")).codes[0] for n in range(200)]
    device, start, seed = enrol(app, people.one), clock.now(), random.randrange(2**32)
    print("seed", seed)
    dice = random.Random(seed)
    queue = {
        n: scan(event.code, n, at=start + timedelta(seconds=30 * n), code=code)
        for n, code in enumerate(codes, 1)
    }
    sent, lost, accepted = 0, 0, 0
    with time_machine.travel(start + timedelta(hours=2), tick=False):
        while queue:
            part = dice.sample(sorted(queue), min(len(queue), dice.randint(1, 60)))
            answer = send(device, [queue[n] for n in part])
            sent += len(part)
            accepted += sum(result == "accepted" for result, _reason in results(answer))
            if dice.random() < 0.4:  # the answer is lost on its way: the device knows of nothing
                lost += 1
                continue
            for n in part:
                del queue[n]
    assert sent >= 200 and accepted == 200
    print("sent", sent, "answers lost", lost)
    rows = stored(app, Attendance)
    assert len(rows) == 200 and {row.came_at for row in rows} == {
        start + timedelta(seconds=30 * n) for n in range(1, 201)
    }
    assert [one.sequence for one in sorted(stored(app, Scan), key=lambda one: one.sequence)] == list(
        range(1, 201)
    )
    assert device.client.get("/door/list").json["last"] == 200


def test_a_device_that_lost_its_memory_counts_on_and_a_number_used_twice_is_looked_at(
    app, people, event, code
):
    device = enrol(app, people.one)
    send(device, [scan(event.code, 7, code=code)])
    assert device.client.get("/door/list").json["last"] == 7
    again = scan(event.code, 7, code=code, kind="out", nonce="another", at=clock.now() + timedelta(seconds=1))
    assert results(send(device, [again]))[0][0] == "waiting"


def test_a_revoked_device_reads_and_sends_nothing(app, people, event, code):
    device = enrol(app, people.one, names_shown=True)
    with app.app_context(), transaction():
        operations.revoke(get_device(device.code)[0], by=people.lin.id, now=clock.now())
    token = device.client.get_cookie("door", path="/door").value
    asked = (
        lambda: device.client.get("/door/list"),
        lambda: device.client.get("/door/key"),
        lambda: send(device, [scan(event.code, 1, code=code)]),
    )
    for ask in asked:
        device.client.set_cookie("door", token, path="/door")  # a thief keeps it, whatever we take away
        answer = ask()
        assert (answer.status_code, set(answer.json)) == (403, {"reason", "said", "wipe"})
        assert (answer.json["reason"], answer.json["wipe"]) == ("revoked", True)
        assert device.client.get_cookie("door", path="/door") is None
    device.client.set_cookie("door", token, path="/door")
    assert "data-wipe" in device.client.get("/door").text
    assert stored(app, Scan) == []


def test_who_is_no_device_reads_and_sends_nothing(app, people, event, code):
    stranger = app.test_client()
    page = stranger.get("/door")
    assert page.status_code == 401 and "data-wipe" not in page.text  # a token may just have got lost
    told = stranger.get("/door/list").json
    assert (told["reason"], told["wipe"]) == ("not_enrolled", False) and "没有登记" in told["said"]
    body = {"sent_at": clock.now().isoformat(), "scans": [scan(event.code, 1, code=code)]}
    assert stranger.post("/door/scans", json=body).status_code == 401
    assert stored(app, Scan) == []


def test_after_its_last_day_a_device_may_still_send_what_it_saw_but_reads_nothing(app, people, event, code):
    device = enrol(app, people.one, days=1)
    seen = [scan(event.code, 1, code=code)]
    with time_machine.travel(clock.now() + timedelta(days=1), tick=False):
        answer = device.client.get("/door/list")
        assert (answer.status_code, answer.json["reason"], answer.json["wipe"]) == (403, "not_today", True)
        later = scan(event.code, 2, code=code)
        assert results(send(device, [*seen, later])) == [("accepted", None), ("waiting", "device_not_in_use")]


def test_before_its_first_day_a_device_reads_nothing_and_forgets_nothing(app, people, event):
    device = enrol(app, people.one, first=clock.day_of(clock.now()) + timedelta(days=1))
    answer = device.client.get("/door/list")
    assert (answer.status_code, answer.json["wipe"]) == (403, False)
    assert "起才能用" in answer.json["said"] and "不用重新登记" in answer.json["said"]


@pytest.mark.parametrize(
    "body",
    [
        "", "{", "[]", "null", '{"scans": 3}', '{"scans": [], "sent_at": 5}', '{"scans": [[]]}', "[" * 5000,
        '{"scans": [], "sent_at": "2026-01-01T00:00:00"}', '{"scans": [], "more": 1}', "\ud800",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_refused_whole_with_a_sentence(app, people, body):
    answer = enrol(app, people.one).client.post(
        "/door/scans", data=body.encode("utf-8", "surrogatepass"), content_type="application/json"
    )
    assert answer.status_code == 422
    assert "。" in answer.json["said"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"sequence": 0}, {"sequence": True}, {"sequence": 2**31}, {"sequence": "1"}, {"kind": "up"}, {"kind": None},
        {"kind": []}, {"at": "now"}, {"at": "2026-11-23T10:00:00"}, {"at": "0001-01-01T00:00:00+23:59"}, {"at": 5},
        {"nonce": ""}, {"nonce": "n" * 65}, {"nonce": "\0"}, {"event": None}, {"person": "x"}, {"code": 5},
        {"code": "x" * 301}, {"walk_in": 1}, {"more": 1},
    ],
)  # fmt: skip
def test_one_scan_that_cannot_be_read_is_named_and_nothing_is_taken_down(app, people, event, code, wrong):
    device = enrol(app, people.one)
    answer = send(device, [scan(event.code, 1, code=code), scan(event.code, 2, code=code) | wrong])
    assert answer.status_code == 422 and "第 2 条" in answer.json["said"]
    assert stored(app, Scan) == []


@pytest.mark.parametrize(
    "means",
    [{"sealed": "no base64!"}, {"sealed": "AAAA"}, {"person": "AAAA"}, {"code": "\ud800"}, {"code": "。"}],
)
def test_what_means_nobody_is_refused_and_the_others_are_taken_in(app, people, event, code, means):
    device = enrol(app, people.one)
    said = [scan(event.code, 1, **means), scan(event.code, 2, code=code)]
    assert results(send(device, said)) == [("refused", "code_unknown_place"), ("accepted", None)]


def test_more_than_500_at_once_and_forms_are_refused(app, people, event, code):
    device = enrol(app, people.one)
    answer = send(device, [scan(event.code, n, code=code) for n in range(1, 502)])
    assert answer.status_code == 422 and "500" in answer.json["said"]
    assert device.client.post("/door/scans", data={"scans": "[]"}).status_code == 422
    assert stored(app, Scan) == []


def test_a_mark_of_the_names_is_good_for_its_own_device_alone(app, people, event, code):
    device, other = enrol(app, people.one, names_shown=True), enrol(app, people.one, names_shown=True)
    with app.app_context():
        mark = person_mark(device.id, cast.resident(cast.person(WANG, PHONE)).id)
    assert results(send(other, [scan(event.code, 1, person=mark)])) == [("waiting", "other_device")]
    assert results(send(device, [scan(event.code, 1, person=mark)])) == [("accepted", None)]
    assert stored(app, Scan)[0].how is How.ROSTER


def test_a_device_is_written_down_as_heard_from_once_a_minute(app, people, event, ten):
    device = enrol(app, people.one)
    for seconds in (70, 30, 40):
        ten.shift(seconds)
        device.client.get("/door/list")
    assert stored(app, Device)[0].seen_at == clock.now()
    ten.shift(30)
    device.client.get("/door/list")
    assert stored(app, Device)[0].seen_at < clock.now()


@pytest.mark.both_databases
def test_a_sending_of_many_kinds_is_the_same_on_both_databases(app, people, event, code):
    device = enrol(app, people.one)
    said = [
        scan(event.code, n, code=code if n % 2 else "ABCDEFGHJK", nonce=f"n{n % 30}") for n in range(1, 61)
    ]
    got = [result for result, _reason in results(send(device, said))]
    assert (got.count("accepted"), got.count("refused"), got.count("already")) == (15, 30, 15)
    assert json.dumps(device.client.get("/door/list").json["rows"])
