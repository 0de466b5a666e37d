"""Of fewer than five answers no page and no file says how many were pleased, of a station in a table neither."""

import json
import re
from secrets import token_bytes

import pytest

from stationapp.db import transaction
from stationapp.opinions.models import Answer
from stationapp.opinions.rules import Via
from tests import cast
from tests.reports import build
from tests.reports.build import AT, MONTH


def _answered(site, *scores: int) -> None:
    held = build.event(site)
    for score in scores:
        build.came(held, build.resident(site))
        build._kept(
            Answer(
                event_id=held.id,
                slot_index=token_bytes(32),
                score=score,
                how=Via.PAGE,
                said_on=AT.date(),
            )
        )


@pytest.fixture
def people(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        _answered(people.one, 5, 1, 1)
        _answered(people.two, 5, 5, 5, 5, 3, 1)
    return people


def test_the_station_s_page_says_too_few_and_no_numerator(app, people):
    page = cast.signed_in(app, people.lin).get(f"/desk/reports/{people.one.code}/{MONTH}")
    assert "样本不足" in page.text
    rows = [row for row in re.findall(r"<tr.*?</tr>", page.text, re.S) if "满意度" in row]
    assert [re.findall(r"([—\d]+) ÷ 3<", row) for row in rows] == [["—", "—"]]


@pytest.mark.parametrize("whom", ["inside", "outside"])
def test_no_file_says_how_many_of_few_were_pleased(app, people, whom):
    client = cast.signed_in(app, people.chen)
    where = f"/desk/reports/{people.office.code}/{MONTH}/files"
    body = json.loads(client.get(f"{where}/json?for={whom}").data)
    shares = {row["site"]: row["figures"]["I-23"] for row in body["by_site"]}
    assert shares[people.one.code]["value"] is None
    assert shares[people.one.code]["numerator"] in (None, "*")
    assert shares[people.two.code]["denominator"] == 6 or whom == "outside"
    station = cast.signed_in(app, people.lin).get(
        f"/desk/reports/{people.one.code}/{MONTH}/files/json?for={whom}"
    )
    body = json.loads(station.data)
    assert [body[part]["I-23"]["numerator"] in (None, "*") for part in ("figures", "year")] == [True, True]


def _pleased(client, site) -> dict[str, int | None]:
    """By site how many were pleased, in the table of a file for inside."""
    body = json.loads(client.get(f"/desk/reports/{site.code}/{MONTH}/files/json?for=inside").data)
    return {row["site"]: row["figures"]["I-23"]["numerator"] for row in body["by_site"] if not row["own"]}


def test_no_row_is_said_that_would_tell_those_of_few_by_the_sum(app, people):
    client = cast.signed_in(app, people.root)
    assert _pleased(client, people.office) == {people.one.code: None, people.two.code: None}
    with app.app_context(), transaction():
        _answered(people.far, 5, 5, 5, 5, 5, 1)
    found = _pleased(client, people.center)
    assert [found[one.code] for one in (people.office, people.far_office, people.far)] == [5, 5, 5]
    assert found[people.two.code] is None
    with app.app_context(), transaction():
        _answered(people.one, 5, 5)
    assert _pleased(client, people.office) == {people.one.code: 3, people.two.code: 4}


def test_outside_it_is_not_said_either_that_nobody_of_few_was_pleased(app, people):
    with app.app_context(), transaction():
        _answered(people.far, 1, 3, 1)
    client = cast.signed_in(app, people.root)
    body = json.loads(client.get(f"/desk/reports/{people.center.code}/{MONTH}/files/json?for=outside").data)
    share = next(row["figures"]["I-23"] for row in body["by_site"] if row["site"] == people.far.code)
    assert share["numerator"] == "*"
