"""What leaves the district says nothing of 1 to 4 people, not even to somebody who computes (trust.md §4.31)."""

from random import Random

import pytest

from stationapp.attendance.rules import Part
from stationapp.reports import hiding
from stationapp.reports.known import Known
from stationapp.reports.queries import figures
from stationapp.reports.rules import canonical
from stationapp.reports.small_cells import NOTE, SMALL, WITHHELD, hidden
from tests import cast
from tests.reports import build, tiny
from tests.reports.attacker import Attacker, at
from tests.reports.build import MONTH

LEVELS = ("center", "office", "station")
BODIES = 9


def body_of(seed: int) -> dict:
    return tiny.body(seed, level=LEVELS[seed % 3])


def broken(seed: int, *, most: int = 30) -> tuple[list, int]:
    """(what the attacker found out, how many hidden numbers were tried)."""
    body = body_of(seed)
    told = hidden(body)
    attacker = Attacker(told, body)
    paths = sorted(attacker.unknown, key=str)
    tried = Random(seed).sample(paths, min(most, len(paths)))
    found = []
    for path in tried:
        low, high = attacker.range(path)
        if low == high or (at(told, path) == SMALL and (low, high) != (1, 4)):
            found.append((seed, path, at(told, path), at(body, path), low, high))
    return found, len(tried)


def test_nobody_can_compute_a_hidden_number_or_narrow_a_small_one():
    first = Random().randrange(10**6)
    print(f"seeds from {first}")
    runs = [broken(seed) for seed in range(first, first + BODIES)]
    assert [one for found, _ in runs for one in found] == []
    assert sum(tried for _, tried in runs) > 80


def test_without_complements_the_same_attacker_finds_out_a_lot(monkeypatch):
    monkeypatch.setattr(hiding.Grid, "_next", lambda self, at, blocked: None)
    monkeypatch.setattr(hiding.Grid, "_coarsely", lambda self: None)
    runs = [broken(seed) for seed in range(6)]
    assert sum(len(found) for found, _ in runs) > 50


def test_a_district_of_small_numbers_is_hidden_number_by_number_in_counted_steps():
    body = tiny.body(5, wide=True)
    known = Known(body)
    known.tell()
    known.grid.hide()
    marks = [cell.state for cell in known.grid.cells]
    assert len(body["by_site"]) > 90 and marks.count(hiding.State.SMALL) > 300
    assert not known.grid.coarse and known.grid.effort > 0
    assert marks.count(hiding.State.SHOWN) > 100


@pytest.mark.parametrize("seed", (0, 1, 3, 4))
def test_what_cannot_be_proven_in_the_steps_allowed_is_withheld_coarsely_and_said_to_be(seed, monkeypatch):
    monkeypatch.setattr(hiding, "_EFFORT", 300)
    assert hidden(body_of(seed))["withheld"] == "coarse"
    found, tried = broken(seed)
    assert tried and found == []


def _counts(value, path=()):
    """Every whole number of a body with its path."""
    if isinstance(value, dict | list):
        for key, one in value.items() if isinstance(value, dict) else enumerate(value):
            yield from _counts(one, (*path, key))
    elif type(value) is int:
        yield path, value


_NO_PEOPLE = {"I-01", "I-13", "minutes", "version"}


@pytest.mark.parametrize("seed", range(6))
def test_no_count_of_1_to_4_people_is_left_and_no_zero_is_hidden(seed):
    body = body_of(seed)
    told = hidden(body)
    for path, value in _counts(body):
        apart = (
            _NO_PEOPLE & set(path)
            or path[-2:] == ("I-14", "numerator")
            or path[-2:] == ("I-20", "denominator")
        )
        if apart or (path[-1] == "denominator" and at(told, path) == value):
            continue
        if 1 <= value <= 4:
            assert at(told, path) in (SMALL, WITHHELD, None), path
        elif (
            value == 0
            and path[-2:] == ("I-23", "numerator")
            and 1 <= at(body, (*path[:-1], "denominator")) <= 4
        ):
            assert at(told, path) == WITHHELD, path  # "0 of <5" would say what each of them thought
        elif value == 0:
            assert at(told, path) in (0, None), path
        else:
            assert at(told, path) in (value, WITHHELD), path


@pytest.mark.parametrize("seed", range(3))
def test_a_body_of_the_first_definitions_is_hidden_too(seed):
    body = body_of(seed)
    year = body.pop("year")
    for name in ("trend", "year_bridge"):
        del body[name]
    body["figures"]["I-07"]["year"] = {k: v for k, v in year["I-07"].items() if k != "missing"}
    for group, share in body["figures"]["I-08"]["groups"].items():
        share["year"] = year["I-08"]["groups"][group]
    for row in body["coverage"]:
        for name in ("year", "categories", "volunteers"):
            del row[name]
    told = hidden(body)
    left = [
        path
        for path, value in _counts(told)
        if 1 <= value <= 4 and path[-1] in ("numerator", "named", "anonymous") and "I-14" not in path
    ]
    assert left == []
    assert told["figures"]["I-07"]["year"]["denominator"] == body["figures"]["I-07"]["year"]["denominator"]


@pytest.mark.parametrize("seed", range(3))
def test_it_is_the_same_every_time_and_leaves_the_given_body_alone(seed):
    body = body_of(seed)
    before = canonical(body)
    assert canonical(hidden(body)) == canonical(hidden(body_of(seed)))
    assert canonical(body) == before


def test_a_share_of_a_hidden_number_is_hidden_and_does_not_say_it_is_over(app):
    told = hidden(body_of(0))
    shares = []

    def walk(value):
        if isinstance(value, dict):
            shares.extend([value] if "numerator" in value else [])
            value = list(value.values())
        for one in value if isinstance(value, list) else ():
            walk(one)

    walk(told)
    touched = [
        one for one in shares if isinstance(one["numerator"], str) or isinstance(one["denominator"], str)
    ]
    assert touched
    assert {one["value"] for one in touched} <= {WITHHELD, None}
    assert not any(one.get("over") for one in touched)
    with app.test_request_context():
        assert "1 至 4" in str(NOTE)


def test_where_nothing_is_small_nothing_is_hidden():
    body = {
        "site": "000", "month": "2026-03", "by_site": [], "coverage": [],
        "figures": {"I-04": {"value": 30, "named": 20, "anonymous": 10, "by_band": {"80+": 25, "0-2": 5}}},
    }  # fmt: skip
    assert hidden(body) == body | {"outside": True}


def test_the_next_smallest_part_goes_with_a_small_one_and_the_total_stays():
    parts = {"80+": 25, "0-2": 3, "18-44": 12}
    body = {
        "site": "000", "month": "2026-03", "by_site": [], "coverage": [],
        "figures": {"I-04": {"value": 40, "named": 40, "anonymous": 0, "by_band": parts}},
    }  # fmt: skip
    told = hidden(body)["figures"]["I-04"]
    assert told == {"value": 40, "named": 40, "anonymous": 0,
                    "by_band": {"80+": 25, "0-2": SMALL, "18-44": WITHHELD}}  # fmt: skip


def test_a_breakdown_of_a_small_total_is_empty():
    body = {
        "site": "000", "month": "2026-03", "by_site": [], "coverage": [],
        "figures": {"I-05": {"value": 3, "by_home": {"here": 2, "outside": 1, "unknown": 0}}},
    }  # fmt: skip
    assert hidden(body)["figures"]["I-05"] == {"value": SMALL, "by_home": {}}


def test_a_report_from_facts_goes_outside_without_a_small_number(app):
    people = cast.district(app)
    with app.test_request_context():
        with cast._writing():
            held = build.event(people.one)
            for _ in range(3):
                build.came(held, build.resident(people.one))
            build.counted(held, 40)
        body = figures(people.office, MONTH)
        told = hidden(body)
        assert told["figures"]["I-05"]["value"] == SMALL
        assert told["figures"]["I-04"]["named"] in (SMALL, WITHHELD)
        assert told["figures"]["I-01"] == body["figures"]["I-01"]
        assert set(told) == {*body, "outside"}


@pytest.mark.parametrize(("came", "total"), [(3, WITHHELD), (8, 720)])
def test_minutes_people_spent_in_a_room_do_not_say_how_many_they_were(came, total):
    use = {"used": 90, "open": 900, "person_minutes": came * 90, "rooms": 1, "without_hours": 0}
    stayed = {"person_minutes": came * 90, "person_hours": came * 1.5}
    served = {"value": came, "named": came, "anonymous": 0}
    body = {
        "site": "000", "month": "2026-03", "by_site": [], "coverage": [],
        "figures": {"I-04": served, "I-26": {"value": 10.0, "numerator": 90, "denominator": 900} | stayed},
        "rooms": {"000": use, "001": use | {"person_minutes": 0}}, "year_rooms": {"000": use},
    }  # fmt: skip
    told = hidden(body)
    assert [told["rooms"]["000"], told["year_rooms"]["000"]] == [use | {"person_minutes": WITHHELD}] * 2
    assert told["rooms"]["001"]["person_minutes"] == 0
    assert told["figures"]["I-26"]["person_minutes"] == total


NO_COUNT_OF_PEOPLE = {
    "I-01", "I-02", "I-03", "I-10", "I-11", "I-13", "I-15", "I-25", "I-26", "minutes", "silent", "version", "again",
    "ledger", "answers", "communities", "events", "old", "young",
}  # fmt: skip


def test_every_number_of_a_report_is_known_as_a_count_of_people_or_of_something_else(app):
    people = cast.district(app)
    with app.test_request_context():
        with cast._writing():
            for month in (8, 9):
                held = build.event(people.one, build.AT.replace(month=month), capacity=30)
                for part in (Part.RESIDENT, Part.RESIDENT, Part.VOLUNTEER):
                    build.came(held, build.resident(people.one), part=part)
                build.counted(held, 7)
        body = figures(people.office, MONTH)
        known = Known(body)
        known.tell()
        unknown = [path for path, _n in _counts(body) if path not in known.printed]
    apart = [("I-14", "numerator"), ("I-20", "denominator")]
    assert [p for p in unknown if not NO_COUNT_OF_PEOPLE & set(p) and p[-2:] not in apart] == []
    assert ("figures", "I-05", "value") in known.printed and len(known.printed) > 100
