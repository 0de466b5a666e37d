"""An office's word on who publishes its stations' events."""

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from stationapp.sites.operations import let_publish
from stationapp.sites.queries import get_site
from stationapp.sites.rules import SiteRefusal
from tests import cast


@pytest.fixture
def people(app):
    return cast.district(app)


def _signed_in(app, who):
    return cast.signed_in(app, who)


def acts(app) -> list[str]:
    with app.app_context():
        query = (
            select(AuditLine.act).where(AuditLine.act.startswith("sites.publish")).order_by(AuditLine.number)
        )
        return list(db.session.scalars(query))


@pytest.mark.both_databases
def test_the_office_lets_its_stations_publish_and_takes_it_back(app, people):
    chen = _signed_in(app, people.chen)
    page = f"/desk/sites/{people.office.code}"
    for choice, said in (("yes", "站直接发布"), ("no", "所审核后发布")):
        assert chen.submit(page, {"directly": choice}, to="/publishing").location == page
        assert said in chen.get("/desk/sites/").text
    assert acts(app) == ["sites.publish_directly", "sites.publish_approved"]


def test_the_same_choice_again_is_not_recorded(app, people):
    _signed_in(app, people.chen).submit(
        f"/desk/sites/{people.office.code}", {"directly": "no"}, to="/publishing"
    )
    assert acts(app) == []


def test_a_station_has_no_such_setting(app, people):
    page = _signed_in(app, people.chen).get(f"/desk/sites/{people.one.code}")
    assert "/publishing" not in page.text
    with app.app_context(), pytest.raises(Refused) as refused, transaction():
        let_publish(get_site(people.one.code), True, by=None, now=clock.now())
    assert refused.value.reason is SiteRefusal.NOT_AN_OFFICE


def test_another_office_is_not_reviewed_from_here(app, people):
    chen = _signed_in(app, people.chen)
    assert chen.get(f"/desk/sites/{people.far_office.code}").status_code == 404
    assert people.far_office.short_name not in chen.get("/desk/sites/").text


def test_the_district_administrator_sees_every_office_and_a_station_manager_none(app, people):
    listed = _signed_in(app, people.root).get("/desk/sites/").text
    assert people.office.short_name in listed
    assert people.far_office.short_name in listed
    assert _signed_in(app, people.lin).get("/desk/sites/").status_code == 403


@pytest.mark.both_databases
def test_how_long_a_freed_place_is_kept_is_set_for_an_office_and_its_stations(app, people):
    chen, page = _signed_in(app, people.chen), f"/desk/sites/{people.office.code}"
    assert chen.submit(page, {"hours": "6"}, to="/offering").location == page
    assert chen.submit(page, {"hours": "24", "beneath": "yes"}, to="/offering").location == page
    with app.app_context():
        assert [get_site(site.code).offer_hours for site in (people.office, people.one)] == [24, 24]
        assert get_site(people.far_office.code).offer_hours == 12
        acts = select(AuditLine.act).where(AuditLine.act == "sites.keep_offers")
        assert len(db.session.scalars(acts).all()) == 4


def test_hours_that_are_none_are_said_where_they_were_typed(app, people):
    chen, page = _signed_in(app, people.chen), f"/desk/sites/{people.one.code}"
    for typed in ("0", "73", "半天", "-1"):
        refused = chen.submit(page, {"hours": typed}, to="/offering")
        assert (
            refused.status_code == 422
            and "1 到 72 之间" in refused.text
            and f'value="{typed}"' in refused.text
        )
    with app.app_context():
        assert get_site(people.one.code).offer_hours == 12
