"""Finding a resident at the desk, and showing them in full with a reason."""

import pytest

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.residents.operations import take_in
from stationapp.residents.rules import Lives, PersonIn
from tests import cast


@pytest.fixture
def wu(app, client):
    people = cast.district(app)
    with app.app_context(), transaction():
        home = {"lives": Lives.HERE, "community_id": people.one.id}
        wu = take_in(PersonIn(cast.GRANNY_WU, cast.PHONE, **home), now=clock.now()).id
    cast.sign_in(client, people.lin)
    return wu


@pytest.mark.parametrize("asked", ["1111", "wxy", "秀英", "199 0000 1111"])
def test_a_person_is_found_by_digits_initials_or_name_and_stays_masked(client, wu, asked):
    page = client.submit("/desk/residents/", {"q": asked}, to="residents").text
    assert "吴*英" in page and "199****1111" in page
    assert cast.PHONE not in page


def test_showing_in_full_needs_a_reason(client, wu):
    answer = client.submit(f"/desk/residents/{wu}", {"reason": "  "}, to="revelation")
    assert answer.status_code == 422
    assert "写明原因" in answer.text and cast.PHONE not in answer.text


def test_showing_in_full_leaves_its_line_in_the_log(app, client, wu):
    answer = client.submit(f"/desk/residents/{wu}", {"reason": "通知活动变动"}, to="revelation")
    assert answer.status_code == 200
    assert cast.GRANNY_WU in answer.text and cast.PHONE in answer.text
    assert cast.PHONE not in client.get(f"/desk/residents/{wu}").text
    with app.app_context():
        line = db.session.query(AuditLine).filter_by(act="residents.reveal").one()
        assert (line.subject, line.reason) == (f"resident {wu}", "通知活动变动")


def test_a_month_of_birth_is_put_right_with_a_reason_and_leaves_its_line(app, client, wu):
    page = f"/desk/residents/{wu}"
    answer = client.submit(page, {"birth_month": "1950年3月", "why": " "}, to="birth-month")
    assert answer.status_code == 422 and "写明原因" in answer.text and "1950年3月" in answer.text
    answer = client.submit(page, {"birth_month": "1950-33", "why": "看了身份证"}, to="birth-month")
    assert answer.status_code == 422
    answer = client.submit(page, {"birth_month": "2020-03", "why": "看了户口本"}, to="birth-month")
    assert answer.status_code == 422 and "监护人" in answer.text
    for month in ("1950-03", "1950-04"):
        client.submit(page, {"birth_month": month, "why": "看了身份证"}, to="birth-month")
        assert month in client.get(page).text
    with app.app_context():
        lines = db.session.query(AuditLine).filter_by(act="residents.correct").all()
        assert [(line.subject, line.reason) for line in lines] == [(f"resident {wu}", "看了身份证")] * 2
