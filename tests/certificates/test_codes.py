"""The code on a printed certificate leads to its check page: as printed coarsely and finely, and photographed."""

import random

import pytest

from stationapp.messages.certified import check_path
from tests import cast
from tests.certificates.acts import helper, issued, issuer
from tests.harness.inspect import Page
from tests.publicity.photos import damaged, photographed, read
from tests.publicity.sheets import Pdf

SHOTS = 3


def held_near(sheet):
    """What a phone held over the code has in its picture: the lower left of the sheet."""
    wide, high = sheet.size
    return sheet.crop((0, round(high * 170 / 297), round(wide * 120 / 210), high))


@pytest.fixture
def printed(app):
    """Three certificates of an office printed at once, and where their codes should lead."""
    people = cast.district(app)
    with app.app_context():
        issuer(people.office)
        helpers = [helper(people.one, f"王建{c}", f"1990000333{n}") for n, c in enumerate("甲乙丙")]
        made = issued(people.office, *helpers)
        first, last, links = made[0].number, made[-1].number, [check_path(one.number) for one in made]
    chen = cast.signed_in(app, people.chen)
    page = chen.get(f"/desk/certificates/?first={first}&last={last}")
    chosen = next(form for form in Page(page.text).forms if "papers" in form.action)
    assert chosen.values["number"] == [f"{first[:-1]}{n}" for n in (3, 2, 1)]
    answer = chen.submit(page, {"reason": "交给本人"}, to="papers")
    return Pdf(answer.data), [f"{app.config['SETTINGS'].public_url}{link}" for link in links]


def test_each_certificate_of_a_file_leads_to_its_own_check_page(app, printed, tmp_path):
    file, links = printed
    assert len(file) == 3
    for n, link in enumerate(links):
        assert file.outside(n) == []
        for dpi in (150, 300):
            assert read(file.image(n, dpi), tmp_path) == [link], (n, dpi)
        chance = random.Random(n)
        near = held_near(file.image(n, 300))
        shots = (read(photographed(near, chance), tmp_path) for _ in range(SHOTS))
        assert [link] in shots, n
    path = links[0].removeprefix(app.config["SETTINGS"].public_url)
    assert "有效" in app.test_client().get(path).text


def test_a_blotted_code_is_read_all_the_same(printed, tmp_path):
    file, links = printed
    sheet, inch = held_near(file.image(0, 300)), 300 / 25.4
    place = (28 * inch, (210 - 170) * inch, 32 * inch)
    for seed in range(3):
        chance = random.Random(seed)
        hit = damaged(sheet, place, 0.08, chance)
        assert [links[0]] in (read(photographed(hit, chance), tmp_path) for _ in range(SHOTS)), seed
