"""The codes on paper, read back by a reader that is not ours (zbar): as printed, and as a phone sees them.

The phone's picture is made of the printed page: turned, seen at a slant, blurred, noisy, a tenth of the code covered.
"""

import random

import pytest
import qrcode
from PIL import Image
from qrcode.constants import ERROR_CORRECT_H, ERROR_CORRECT_L

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.publicity.grid import Paper
from stationapp.publicity.posters import BOXES, Layout
from stationapp.web.paper import QUIET, code
from tests import cast
from tests.publicity.photos import damaged, photographed, read
from tests.publicity.sheets import Pdf

DPI = 300
SEEDS = range(4)
SHOTS = 3
"""Pictures a phone takes of the same sheet before its owner gives up; it takes thirty a second."""

MARGIN = QUIET


def place_of(layout: Layout, address: str) -> tuple[float, float, float]:
    """Where the code's modules stand on the printed sheet, in pixels."""
    box, size = BOXES[layout]["qr"], code(address).size
    inch, module = DPI / 25.4, box.w / size
    return (
        (box.x + MARGIN * module) * inch,
        (box.y + MARGIN * module) * inch,
        (size - 2 * MARGIN) * module * inch,
    )


@pytest.fixture
def printed(app, client):
    """The three posters of one event at print size, and its address."""
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one)
        with transaction():
            event = db.session.get_one(Event, event.id)
            event.code = "ABCD2345"  # always the same modules, so the seeds are always the same pictures
    return "http://127.0.0.1:8000/events/ABCD2345", {
        layout: Pdf(client.get(f"/events/ABCD2345/poster.pdf?layout={layout.value}").data).image(dpi=DPI)
        for layout in Layout
    }


def test_every_poster_leads_to_its_event_as_printed_and_as_photographed(printed, tmp_path):
    address, sheets = printed
    for layout, sheet in sheets.items():
        place = place_of(layout, address)
        assert place[2] / DPI * 25.4 >= 45, "the code is 45 mm or more"
        assert read(sheet, tmp_path) == [address], layout
        for seed in SEEDS:
            chance = random.Random(f"{layout.value} {seed}")
            hit = damaged(sheet, place, 0.10, chance)
            shots = (read(photographed(hit, chance), tmp_path) for _ in range(SHOTS))
            assert [address] in shots, (layout, seed)


def test_the_damage_is_real(printed, tmp_path):
    """The same blots blind a code of the lowest level, and six times as many blind ours."""
    address, sheets = printed
    lost = {ERROR_CORRECT_L: 0, ERROR_CORRECT_H: 0}
    for level in lost:
        weak = _alone(address, level)
        side = weak.width * (1 - 2 * MARGIN / (_modules(address, level) + 2 * MARGIN))
        place = ((weak.width - side) / 2, (weak.width - side) / 2, side)
        for seed in SEEDS:
            chance = random.Random(seed)
            lost[level] += read(damaged(weak, place, 0.10, chance), tmp_path) != [address]
    assert lost[ERROR_CORRECT_H] == 0
    assert lost[ERROR_CORRECT_L] >= len(SEEDS) / 2
    for layout, sheet in sheets.items():
        chance = random.Random(layout.value)
        ruined = damaged(sheet, place_of(layout, address), 0.60, chance)
        assert all(read(photographed(ruined, chance), tmp_path) == [] for _ in range(SHOTS)), layout


def _modules(text: str, level: int) -> int:
    made = qrcode.QRCode(error_correction=level, border=0)
    made.add_data(text)
    made.make()
    return made.modules_count


def _alone(text: str, level: int) -> Image.Image:
    made = qrcode.QRCode(error_correction=level, border=MARGIN, box_size=16)
    made.add_data(text)
    return made.make_image().convert("L")


@pytest.mark.parametrize("paper", list(Paper))
def test_the_month_on_the_wall_leads_to_itself(app, client, tmp_path, paper):
    people = cast.district(app)
    month = Month.of(clock.day_of(clock.now()))
    address = f"/sites/{people.one.code}/month/{month}"
    sheet = Pdf(client.get(f"{address}.pdf?paper={paper.value}").data).image(dpi=DPI)
    assert read(sheet, tmp_path) == [f"http://127.0.0.1:8000{address}"]
    assert client.get(address).status_code == 200


def test_the_code_on_the_page_is_the_one_on_the_paper(app, browser, live_server, tmp_path):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one).code
    page = browser.new_page(base_url=live_server, viewport={"width": 1000, "height": 1300})
    try:
        for layout in Layout:
            page.goto(f"/events/{event}/poster?layout={layout.value}")
            page.screenshot(path=tmp_path / "page.png", full_page=True)
            with Image.open(tmp_path / "page.png") as seen:
                assert read(seen, tmp_path) == [f"{live_server}/events/{event}"], layout
    finally:
        page.close()
