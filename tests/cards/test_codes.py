"""The codes of all ten cards of a sheet are read: as printed coarsely and finely, and each as a phone sees it."""

import random

import pytest

from stationapp import clock
from stationapp.cards import paper, queries
from stationapp.db import transaction
from stationapp.volunteers import operations as volunteers
from stationapp.web.pdf import render
from tests import cast
from tests.cards.cuts import cut
from tests.cards.scenes import make, scene
from tests.publicity.photos import photographed, read
from tests.publicity.sheets import Pdf

SHOTS = 3


def ten(app) -> tuple[Pdf, list[str]]:
    """A sheet of ten cards and their addresses, in order."""
    door = scene(app)
    with app.app_context():
        people = []
        for n in range(10):
            with transaction():
                person = cast.resident(
                    cast.person(f"卡人{chr(0x4E00 + 37 * n)}", f"19900{n:06}", birth_month="1960-01")
                )
                volunteers.register(person, site=door.people.one, by=None, now=clock.now())
                people.append(person.id)
        cards = make(door.people, *people)
        rows = [
            ("卡人", cards[who].serial, f"https://wm.example.cn/p/{queries.code_of(cards[who])}")
            for who in people
        ]
    with app.test_request_context():
        return Pdf(render("cards/cards", paper.sheet(rows, door.people.one, district="涧西区"))), [
            address for _name, _serial, address in rows
        ]


def test_all_ten_are_read_from_paper_and_one_by_one_from_a_photo(app, tmp_path):
    file, addresses = ten(app)
    assert len(file) == 1 and file.outside() == []
    for dpi in (150, 300):
        cards = cut(file.image(0, dpi))
        assert [read(card, tmp_path) for card in cards] == [[address] for address in addresses], dpi
    for n, (card, address) in enumerate(zip(cut(file.image(0, 300)), addresses, strict=True)):
        chance = random.Random(n)
        assert [address] in (read(photographed(card, chance), tmp_path) for _ in range(SHOTS)), n


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("吴秀英", ["吴秀英"]),
        ("欧阳·娜仁花", ["欧阳·娜仁花"]),
        ("买买提·吐尔逊江·阿卜杜热合曼", ["买买提·吐尔逊江·", "阿卜杜热合曼"]),
        ("王" * 20, ["王" * 20]),  # broken where the line is full
        ("", [""]),
    ],
)
def test_a_long_name_breaks_after_a_point_between_its_parts(name, lines):
    assert paper.name_of(name).lines == lines


def test_no_name_is_larger_than_its_place():
    for name in ("王" * 40, "阿·" * 20, "阿卜杜热合曼" * 3 + "·伊敏", "A" * 40):
        fitted = paper.name_of(name)
        assert all(len(line) <= 40 for line in fitted.lines) and fitted.pt >= 9
