"""The places of the district, as residents see them."""

from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import transaction
from stationapp.rooms.models import Room
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Site
from tests import cast


@pytest.fixture
def people(app):
    """The district."""
    return cast.district(app)


@pytest.mark.both_databases
def test_all_places_stand_under_their_office_in_code_order(client, people):
    text = client.get("/sites").text
    order = [people.office, people.one, people.two, people.far_office, people.far]
    places = [text.index(f'/sites/{site.code}"') for site in order]
    assert places == sorted(places)


@pytest.mark.both_databases
def test_a_place_says_where_it_is_whom_to_call_and_what_is_coming(app, client, people):
    with app.app_context():
        cast.event(people.one, title="这里的课")
        cast.event(people.far, title="别处的课")
    text = client.get(f"/sites/{people.one.code}").text
    assert f"tel:{people.one.phone.replace('-', '')}" in text
    assert "这里的课" in text and "别处的课" not in text
    assert "这里的课" in client.get(f"/sites/{people.office.code}").text


def test_a_place_that_is_no_more_says_where_to_go(app, client, people):
    assert "已经停用" not in client.get(f"/sites/{people.one.code}").text
    with app.app_context(), transaction() as session:
        gone = session.get(Site, people.one.id)
        gone.valid_to, gone.successor_id = clock.day_of(clock.now()) - timedelta(days=1), people.two.id
    text = client.get(f"/sites/{people.one.code}").text
    assert "这里已经停用" in text and f'href="/sites/{people.two.code}">请到湖北路示例二社区' in text


@pytest.mark.both_databases
def test_a_place_names_its_own_rooms_in_the_order_they_were_entered_and_nothing_that_goes_round(
    app, client, people
):
    with app.app_context(), transaction() as session:
        for name, site, kind in (
            ("书画室", people.office, RoomKind.ROOM),
            ("多功能厅", people.office, RoomKind.ROOM),
            ("宣讲车", people.office, RoomKind.SHARED),
            ("别处的教室", people.one, RoomKind.ROOM),
        ):
            session.add(Room(site_id=site.id, name=name, kind=kind))
    text = client.get(f"/sites/{people.office.code}").text
    assert text.index("书画室") < text.index("多功能厅")
    assert "宣讲车" not in text and "别处的教室" not in text


def test_an_unknown_place_is_not_found(client, people):
    assert client.get("/sites/000").status_code == 404


def test_an_empty_instance_still_answers(client):
    assert client.get("/").status_code == client.get("/sites").status_code == 200
