"""One person with two records: both cards lead to them, one is printed, and either can be ended."""

import pytest

from stationapp import clock
from stationapp.cards import operations, queries
from stationapp.cards.checks import CHECKS
from stationapp.db import db, transaction
from stationapp.residents.merging import merge
from stationapp.residents.queries import masked
from tests import cast
from tests.cards.scenes import make, scene


def merged(door, kept: int, gone: int) -> None:
    with transaction():
        merge(kept, gone, by=door.people.lin.id, now=clock.now())


@pytest.mark.both_databases
def test_two_cards_of_a_merged_person_lead_to_one_and_none_is_made_besides(app):
    door = scene(app)
    with app.app_context():
        first, second = (queries.live_cards([who])[who].id for who in (door.wu, door.qian))
        merged(door, door.wu, door.qian)
        assert {card.id for card in queries.cards_of(door.wu)} == {first, second}
        assert make(door.people, door.wu)[door.wu].id == make(door.people, door.qian)[door.qian].id == second
        with transaction():
            operations.end(queries.get_card(door.serial), operations.Ended.LOST, by=None, now=clock.now())
        assert queries.live_cards([door.wu])[door.wu].id == second
        assert [row for check in CHECKS for row in check.find()] == []


def test_who_has_a_card_by_the_other_record_is_given_no_second_one(app):
    door = scene(app)
    with app.app_context():
        twin = cast.resident(
            cast.person("吴秀英", "19900007777", birth_month="1951-03", home=door.people.one)
        ).id
        merged(door, twin, door.wu)
        assert make(door.people, twin)[twin].serial == door.serial
        assert len(queries.cards_of(twin)) == 1
        db.session.rollback()


def test_the_desk_shows_both_cards_and_says_why(app):
    door = scene(app)
    with app.app_context():
        merged(door, door.wu, door.qian)
    lin = cast.signed_in(app, door.people.lin)
    page = lin.get(f"/desk/cards/people/{door.wu}").text
    assert page.count("有效的卡") == 2 and "各有一张卡" in page


@pytest.mark.both_databases
def test_a_card_replaced_after_a_merge_ends_all_the_person_has_and_makes_one(app):
    door = scene(app)
    with app.app_context():
        old = {queries.live_cards([who])[who].serial for who in (door.wu, door.qian)}
        merged(door, door.qian, door.wu)
        lost = queries.get_card(door.serial)
        with transaction():
            new = operations.replace(lost, by=None, now=clock.now())
        assert new.resident_id == door.qian and new.serial not in old
        db.session.expire_all()
        assert {queries.get_card(one).ended_why for one in old} == {operations.Ended.REPLACED}
        with transaction():  # the button pressed twice
            again = operations.replace(queries.get_card(door.serial), by=None, now=clock.now())
        assert again.id == new.id and again.ended_at is None
        assert [row for check in CHECKS for row in check.find()] == []


def test_the_desk_prints_the_new_card_for_the_record_that_stays(app):
    door = scene(app)
    with app.app_context():
        merged(door, door.qian, door.wu)
        kept = queries.list_people([door.qian])[0]
        name, home = masked(kept).name, masked(kept).phone
        old = {card.serial for card in queries.cards_of(door.qian)}
    lin = cast.signed_in(app, door.people.lin)
    page = lin.get(f"/desk/cards/people/{door.qian}")
    answer = lin.submit(page, to=f"{door.serial}/replacement", follow_redirects=True)
    assert "旧卡已作废" in answer.text and f"{name} {home}" in answer.text
    assert not any(one in answer.text for one in old)
    page = lin.get(f"/desk/cards/people/{door.qian}").text
    assert page.count("有效的卡") == 1 and page.count("已换新卡") == 2
    assert f"{name} {home}" in lin.get(f"/desk/cards/?person={door.wu}").text
