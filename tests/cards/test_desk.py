"""Cards at the desk: printed ten to an A4 and read back, one in force a person, each printing written down."""

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.cards import operations, queries
from stationapp.cards.models import Card
from stationapp.cards.rules import Ended
from stationapp.db import db, transaction
from stationapp.volunteers import operations as volunteers
from tests import cast
from tests.cards.cuts import cut
from tests.cards.scenes import make, scene
from tests.harness.inspect import Page
from tests.publicity.photos import read
from tests.publicity.sheets import Pdf


@pytest.fixture
def door(app):
    return scene(app)


@pytest.fixture
def lin(app, door):
    return cast.signed_in(app, door.people.lin)


def acts(app, act: str) -> list[tuple[str, str]]:
    with app.app_context():
        rows = (
            select(AuditLine.subject, AuditLine.reason).where(AuditLine.act == act).order_by(AuditLine.number)
        )
        return [tuple(row) for row in db.session.execute(rows)]


def test_every_code_on_the_printed_sheets_is_read_back(app, lin, door, tmp_path):
    with app.app_context():
        names = [
            "吴秀英",
            *(f"长名字{chr(0x4E00 + 37 * n)}" for n in range(10)),
            "买买提·吐尔逊江·阿卜杜热合曼",
        ]
        for n, name in enumerate(names[1:]):
            with transaction():
                person = cast.resident(cast.person(name, f"19900{n:06}", birth_month="1960-01"))
                volunteers.register(person, site=door.people.one, by=None, now=clock.now())
    address = f"/desk/cards/?site={door.people.one.code}"
    page = lin.get(address)
    assert "吴*英" not in page.text and "买买提" not in page.text  # masked until printed
    form = next(form for form in Page(page.text).forms if "sheets" in form.action)
    everybody = form.values["who"]
    assert len(everybody) == 11
    refused = lin.submit(page, {"reason": " "}, to="sheets")
    assert refused.status_code == 422 and "为什么要打印" in refused.text
    refused = lin.submit(page, {"reason": "发卡", "who": None}, to="sheets")
    assert refused.status_code == 422 and "还没有选人" in refused.text
    assert acts(app, "cards.make") == [(f"card {serial}", "") for serial in sorted_serials(app)[:2]]
    answer = lin.submit(page, {"reason": "发给志愿者"}, to="sheets")
    assert answer.mimetype == "application/pdf" and answer.headers["Cache-Control"] == "no-store"
    pdf = Pdf(answer.data)
    assert (len(pdf), pdf.size()) == (2, (210, 297)) and pdf.outside(0) == [] and pdf.outside(1) == []
    assert "买买提·吐尔逊江·阿卜杜热合曼" in pdf.said() and "卡丢了，请打电话挂失" in pdf.said(0)
    with app.app_context():
        cards = queries.live_cards([int(one) for one in everybody])
        expected = {
            f"{app.config['SETTINGS'].public_url}/p/{queries.code_of(card)}" for card in cards.values()
        }
    cards = [*cut(pdf.image(0, 300)), *cut(pdf.image(1, 300), 1)]
    found = [code for card in cards for code in read(card, tmp_path)]
    assert len(found) == 11 and set(found) == expected
    printed = acts(app, "cards.print")
    assert len(printed) == 11 and {reason for _subject, reason in printed} == {"发给志愿者"}
    names_pt = max(one.pt for one in pdf.texts(0) if "长名字" in one.said)
    assert names_pt >= 20  # for old eyes


def sorted_serials(app) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Card.serial).order_by(Card.id)))


def test_a_card_is_printed_again_replaced_and_called_lost(app, client, lin, door):
    resident = lin.get(f"/desk/residents/{door.wu}")
    assert f"/desk/cards/people/{door.wu}" in resident.text
    page = lin.get(f"/desk/cards/people/{door.wu}")
    assert door.serial in page.text and "吴秀英" not in page.text
    again = lin.submit(f"/desk/cards/?person={door.wu}", {"reason": "补发给本人"}, to="sheets")
    assert again.mimetype == "application/pdf" and door.serial in Pdf(again.data).said()
    page = lin.submit(page, to="replacement", follow_redirects=True)
    assert "旧卡已作废" in page.text and door.serial not in page.text
    assert "这张卡已换新卡" in client.get(f"/p/{door.card}").text
    page = lin.get(f"/desk/cards/people/{door.wu}")
    assert "已换新卡" in page.text
    with app.app_context():
        new = queries.live_cards([door.wu])[door.wu]
        code, serial = queries.code_of(new), new.serial
    token = lin.get(f"/desk/cards/people/{door.wu}")
    csrf = Page(token.text).forms[0].values["csrf_token"][0]
    end = f"/desk/cards/{serial}/end"
    assert lin.post(end, data={"csrf_token": csrf, "why": "nonsense"}).status_code == 404
    lin.post(end, data={"csrf_token": csrf, "why": "lost"})
    page = lin.post(
        end, data={"csrf_token": csrf, "why": "returned"}, follow_redirects=True
    )  # stays as it ended
    assert "没有有效的卡" in page.text and "已挂失" in page.text and "已交回" not in page.text
    for visitor in (client, lin):
        answer = visitor.get(f"/p/{code}")
        assert answer.status_code == 410 and "这张卡已挂失" in answer.text and "吴" not in answer.text
    assert [reason for _subject, reason in acts(app, "cards.end")] == ["replaced", "lost"]


def test_cards_of_people_a_desk_does_not_know_do_not_exist_for_it(app, door):
    ma = cast.signed_in(app, door.people.ma)
    for path in (f"people/{door.wu}", f"?person={door.wu}", f"?event={door.event.code}",
                 f"?site={door.people.one.code}", "?team=NOTHING1", "?person=x"):  # fmt: skip
        assert ma.get(f"/desk/cards/{path}").status_code == 404, path
    helper = app.test_client()
    with app.app_context():
        cast.sign_in(helper, cast.staff("何帮手", door.people.one, cast.Role.HELPER))
    assert helper.get(f"/desk/cards/?event={door.event.code}").status_code == 403


@pytest.mark.both_databases
def test_a_person_has_one_card_in_force_whatever_is_made(app):
    there = scene(app)
    with app.app_context():
        first = queries.live_cards([there.wu])[there.wu]
        assert make(there.people, there.wu)[there.wu].id == first.id
        with transaction():
            second = operations.replace(queries.get_card(first.serial), by=None, now=clock.now())
        db.session.expire_all()
        assert second.id != first.id and queries.get_card(first.serial).ended_why is Ended.REPLACED
        assert [card.id for card in queries.cards_of(there.wu)] == [second.id, first.id]
