"""A certificate changed behind the guards brings no page down: its row says so, and nobody is told that it is valid."""

import pytest
from sqlalchemy import func, select

from stationapp.audit.models import AuditLine
from stationapp.certificates.models import Certificate
from stationapp.certificates.rules import CertificateRefusal
from stationapp.db import db
from stationapp.messages.certified import check_path
from stationapp.refusal import Refused
from stationapp.vault import vault
from tests import cast
from tests.certificates.acts import helper, issued, issuer
from tests.certificates.test_register import corrupt
from tests.publicity.sheets import Pdf

FIRST = "WHERE serial = 1"
OTHER = "(SELECT {0} FROM certificates AS other WHERE other.serial = 2)"
CHANGES = {
    "content": f"UPDATE certificates SET content_sealed = hash {FIRST}",
    "nothing left": f"UPDATE certificates SET content_sealed = '' {FIRST}",
    "hash": f"UPDATE certificates SET hash = 'x' {FIRST}",
    "another's": f"UPDATE certificates SET content_sealed = {OTHER.format('content_sealed')}, "
    f"hash = {OTHER.format('hash')} {FIRST}",
    "minutes": f"UPDATE certificates SET minutes = 60000 {FIRST}",
    "days": f"UPDATE certificates SET from_on = '2020-01-01' {FIRST}",
}


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.mark.parametrize("change", CHANGES)
def test_a_changed_certificate_is_marked_wherever_it_is_shown_and_printed_nowhere(
    app, people, client, change
):
    with app.app_context():
        office = issuer(people.office)
        helpers = [helper(people.one), helper(people.one, "李卫", "19900004444", hours=3)]
        bad, good = issued(office, *helpers)
        numbers, link = [bad.number, good.number], check_path(bad.number)
        personal, fine = (vault().unseal(one.personal_sealed) for one in helpers)
        corrupt(CHANGES[change])

    check = client.get(link)
    assert check.status_code == 200 and "与登记簿不符，请联系出具单位" in check.text
    assert "有效" not in check.text and "王*国" not in check.text and "李*" not in check.text
    with app.app_context():
        assert "有效" in client.get(check_path(numbers[1])).text

    chen, at = cast.signed_in(app, people.chen), "/desk/certificates/"
    register = chen.get(at)
    assert (
        register.text.count("与登记簿不符") == 1 and "李*" in register.text and "1000.0" not in register.text
    )
    file = chen.get(f"{at}register.csv").data.decode("utf-8-sig").splitlines()
    assert [line.count("与登记簿不符") for line in file] == [0, 0, 1] and "1000.0" not in file[2]

    shown = chen.get(f"{at}{numbers[0]}")
    assert shown.status_code == 200 and "与登记簿不符" in shown.text and "打印（PDF）" not in shown.text
    refused = chen.post(f"{at}{numbers[0]}/paper", data=_form(chen, reason="交给本人"))
    assert refused.status_code == 422 and "与登记簿不符" in refused.text
    refused = chen.post(f"{at}papers", data=_form(chen, number=numbers, reason="交给本人"))
    assert refused.status_code == 422 and f"证明 {numbers[0]} 与登记簿不符" in refused.text
    with app.app_context():
        printed = select(AuditLine).where(AuditLine.act == "certificates.print")
        assert list(db.session.scalars(printed)) == []

    record = client.get(f"/hours/{personal}/record")
    assert "与登记簿不符" in record.text and "下载证明 PDF" not in record.text
    assert client.get(f"/hours/{personal}/certificates/{numbers[0]}.pdf").status_code == 409
    assert len(Pdf(client.get(f"/hours/{fine}/certificates/{numbers[1]}.pdf").data)) == 1


def test_a_changed_certificate_is_revoked_as_any_other_and_another_is_issued(app, people, client):
    with app.app_context():
        office, who = issuer(people.office), helper(people.one)
        (bad,) = issued(office, who)
        number, link = bad.number, check_path(bad.number)
        corrupt(CHANGES["content"])
        (again,) = issued(office, who, key="again")
        assert (again.serial, again.minutes) == (2, 120)
    chen = cast.signed_in(app, people.chen)
    chen.submit(f"/desk/certificates/{number}", {"reason": "登记簿被改过"}, to="revocation")
    assert "这份证明无效" in client.get(link).text and "登记簿被改过" in client.get(link).text
    assert "已撤销" in chen.get("/desk/certificates/").text
    with app.app_context():
        assert db.session.scalars(select(Certificate).where(Certificate.number == number)).one().serial == 1


def _form(client, **values) -> dict:
    page = client.get("/desk/certificates/")
    token = page.text.split('name="csrf_token" value="', 1)[1].split('"', 1)[0]
    return {"csrf_token": token, **values}


@pytest.mark.both_databases
def test_nothing_is_issued_from_a_line_that_was_changed(app, people):
    with app.app_context():
        office, who = issuer(people.office), helper(people.one)
        corrupt("UPDATE hours_entries SET minutes = 480")
        with pytest.raises(Refused) as refused:
            issued(office, who)
        assert refused.value.reason is CertificateRefusal.LEDGER_CHANGED
        assert refused.value.facts["line"] == 1
        assert db.session.scalar(select(func.count()).select_from(Certificate)) == 0
