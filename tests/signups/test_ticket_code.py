"""The code on a ticket is read by another reader: as the page shows it, as printed small, and photographed."""

import io
import random

from PIL import Image

from tests import cast
from tests.publicity.photos import photographed, read

SHOTS = 3


def test_the_code_of_a_ticket_leads_to_the_place_on_screen_on_paper_and_from_a_photo(app, client, tmp_path):
    people = cast.district(app)
    with app.app_context():
        code = cast.sign_up(cast.event(people.one), cast.granny_wu(people.one)).codes[0]
    drawn = Image.open(io.BytesIO(client.get(f"/signups/{code}/qr.png").data)).convert("L")
    read_back = read(drawn, tmp_path)
    assert len(read_back) == 1 and code in read_back[0]
    path = read_back[0].removeprefix(app.config["SETTINGS"].public_url)
    assert "智能手机课堂" in client.get(path, follow_redirects=True).text
    for dpi in (150, 300):  # four centimetres on paper
        side = round(40 / 25.4 * dpi)
        assert read(drawn.resize((side, side), Image.Resampling.BOX), tmp_path) == read_back, dpi
    chance, page = random.Random(1), Image.new("L", (drawn.width * 2, drawn.height * 2), 255)
    page.paste(drawn, (drawn.width // 2, drawn.height // 2))
    assert read_back in (read(photographed(page, chance), tmp_path) for _ in range(SHOTS))
