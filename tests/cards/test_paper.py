"""A card's code leaves its lines alone, however long the address of the house is."""

from types import SimpleNamespace

import pytest

from stationapp.cards import paper
from stationapp.web.pdf import render
from tests.cards.cuts import HIGH, LEFT, TOP, cut
from tests.publicity.photos import read
from tests.publicity.sheets import Pdf

DPI = 300
MM = DPI / 25.4


def whole(image, *, across: bool, at: float, begins: float, ends: float) -> bool:
    """Whether a line is there all along, looked for half a millimetre to both sides of `at` (mm)."""

    def darkest(along: float) -> int:
        spots = (at - 0.5 + n * 0.02 for n in range(51))
        return min(image.getpixel(_pixel((along, spot) if across else (spot, along))) for spot in spots)

    steps = int((ends - begins) / 0.2)
    return all(darkest(begins + n * 0.2) < 200 for n in range(steps))


def _pixel(place: tuple[float, float]) -> tuple[int, int]:
    return int(place[0] * MM), int(place[1] * MM)


@pytest.mark.parametrize(
    "house",
    ["http://a.cn", "http://127.0.0.1:8000", "https://wenming.example.gov.cn", f"https://{'x' * 60}.cn"],
)
def test_the_cut_line_and_the_head_rule_are_whole_and_the_code_reads(app, tmp_path, house):
    site = SimpleNamespace(short_name="湖北路示例一社区", phone="0379-00001234")
    address = f"{house}/p/23456789AB"
    with app.test_request_context():
        data = paper.sheet([("吴秀英", "ABCD2345", address)] * 10, site, district="示例区")
    image = Pdf(render("cards/cards", data)).image(0, DPI)
    assert whole(image, across=False, at=LEFT, begins=TOP + 0.5, ends=TOP + HIGH - 0.5)
    assert whole(image, across=True, at=TOP + 8, begins=LEFT + 4.5, ends=LEFT + 80.5)
    assert [code for card in cut(image) for code in read(card, tmp_path)] == [address] * 10
