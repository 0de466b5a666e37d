"""What nobody types by accident: zeros in texts, numbers no row can have, dates at the end of time."""

import logging

import pytest
from sqlalchemy.exc import IntegrityError

from stationapp.accounts.rules import Role
from stationapp.db import db, transaction
from stationapp.residents.models import Resident
from stationapp.residents.operations import take_in
from stationapp.volunteers import operations as volunteers
from tests import cast

ENDLESS = "9" * 25


@pytest.fixture
def people(app):
    app.config["WTF_CSRF_ENABLED"] = False
    return cast.district(app)


def _client(app, who=None):
    client = app.test_client()
    if who:
        cast.sign_in(client, who)
    return client


def _statuses(client, *asked):
    return {path: client.open(path, method=method, data=data).status_code for method, path, data in asked}


def _gets(*paths):
    return [("GET", path, None) for path in paths]


def _posts(*paths):
    return [("POST", path, {}) for path in paths]


@pytest.mark.both_databases
def test_a_zero_in_an_address_or_a_form_is_answered_and_not_a_fault(app, people):
    with app.app_context():
        event = cast.event(people.one).code
    anybody = _statuses(
        _client(app),
        *_gets(
            "/?site=a%00b", "/sites/%00", "/events/%00/welcome", "/signups/a%00b", "/p/%00", "/c/a%00b-ABC"
        ),
        ("POST", "/desk/signin", {"login": "a\0b", "password": "x\0y"}),
        ("POST", f"/events/{event}/signups", {"name": "张三", "phone": "19900001234", "community": "a\0b"}),
    )
    lin = _statuses(
        _client(app, people.lin),
        *_gets("/desk/events/a%00", "/desk/events/new?site=a%00", "/desk/events/new?copy=%00a"),
        *_gets("/desk/volunteers/a%00", "/desk/reports/a%00/2026-11"),
        *_posts("/desk/events/a%00/publication"),
    )
    root = _statuses(
        _client(app, people.root),
        ("POST", "/desk/staff/new", {"name": "张\0三", "site": "410305000", "role": "viewer"}),
    )
    assert {path: status for path, status in (anybody | lin | root).items() if status >= 500} == {}
    assert root["/desk/staff/new"] == 422


@pytest.mark.both_databases
def test_a_number_that_no_row_can_have_is_not_found(app, people):
    lin = _statuses(
        _client(app, people.lin),
        *_gets(f"/desk/residents/{ENDLESS}", f"/desk/shifts/{ENDLESS}"),
        *_posts(f"/desk/signups/{ENDLESS}/cancellation", f"/desk/assignments/{ENDLESS}/end"),
        *_posts(f"/desk/notices/{ENDLESS}/completion", f"/desk/account/signins/{ENDLESS}/ending"),
    )
    root = _statuses(_client(app, people.root), *_gets(f"/desk/staff/{ENDLESS}", f"/desk/files/{ENDLESS}"))
    assert set((lin | root).values()) == {404}


@pytest.mark.both_databases
def test_a_day_at_the_end_of_time_is_a_day_like_any_other(app, people):
    with app.app_context():
        auditor = cast.staff("审计甲", people.center, Role.AUDITOR)
        granny = cast.resident(cast.granny_wu(people.one))
        with transaction():
            code = volunteers.register(granny, site=people.one, by=people.lin.id, now=granny.made_at).code
    read = _statuses(
        _client(app, auditor),
        *_gets(
            "/desk/audit/?from=0001-01-01",
            "/desk/audit/?to=9999-12-31",
            "/desk/audit/lines.csv?to=9999-12-31",
        ),
    )
    assert set(read.values()) == {200}
    hours = {"minutes": "60", "reason": "other", "note": "见照片", "site": str(people.one.id)}
    for day, status in (("9999-12-31", 409), ("0001-01-01", 409)):
        asked = ("POST", f"/desk/volunteers/{code}/manual", hours | {"served_on": day})
        assert set(_statuses(_client(app, people.lin), asked).values()) == {status}


@pytest.mark.both_databases
def test_what_the_database_refuses_is_logged_without_what_was_written(app, people, caplog):
    def twice():
        with transaction():
            person = take_in(cast.person("欧阳不可见"), now=people.root.added_at)
            db.session.add(Resident(household_id=person.household_id, name="欧阳不可见", initials="oybkj",
                                    made_at=person.made_at))  # fmt: skip

    app.view_functions["privacy.index"] = twice
    with caplog.at_level(logging.DEBUG):
        answer = _client(app).get("/privacy")
    assert answer.status_code == 500
    assert "twice" in caplog.text and "不可见" not in caplog.text

    with app.app_context(), pytest.raises(IntegrityError) as raised:
        twice()
    assert "parameters hidden" in str(raised.value)
