"""The camera page in Chromium, before a fake camera that sees a printed card; and the reader it brings along."""

import hashlib
import io
import re
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import expect

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.logins import begin_login
from stationapp.attendance.queries import find_attendance
from stationapp.db import transaction
from stationapp.web.qr import png
from tests.cards.scenes import scene
from tests.harness import browser as browsers
from tests.harness import machine

VENDOR = Path(__file__).parents[2] / "static/vendor"


def test_the_vendored_reader_is_as_it_was_published():
    rows = re.findall(r"\| `(\S+\.js)` .*`([0-9a-f]{64})` \|", (VENDOR / "README.md").read_text("utf-8"))
    assert [name for name, _hash in rows] == sorted(path.name for path in VENDOR.glob("*.js"))
    for name, digest in rows:
        assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == digest


def film(text: str, path: Path) -> Path:
    """What the camera sees: a code on a card, as motion JPEG of 640 × 480."""
    code = Image.open(io.BytesIO(png(text))).convert("RGB").resize((300, 300))
    frame = Image.new("RGB", (640, 480), (120, 130, 125))
    frame.paste(code.rotate(7, expand=True, fillcolor=(255, 255, 255)), (160, 70))
    held = io.BytesIO()
    frame.save(held, "JPEG", quality=85)
    path.write_bytes(held.getvalue() * 30)
    return path


@pytest.fixture
def seeing(browser, tmp_path):
    """Starts a Chromium whose camera sees a code."""
    started = []

    def start(text: str):
        seen = film(text, tmp_path / "card.mjpeg")
        flags = [*browsers._FLAGS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
        flags.append(f"--use-file-for-fake-video-capture={seen}")
        launch = browser.browser_type.launch
        started.append(launch(executable_path=machine.chromium() or None, args=flags))
        return started[-1]

    yield start
    for one in started:
        one.close()


def sign_in(page, live_server, app, who):
    with app.app_context(), transaction():
        token = begin_login(who.id, device="test", now=clock.now())
    page.context.add_cookies([{"name": guard.COOKIE, "value": token, "url": live_server}])


def test_a_card_before_the_camera_is_checked_in_once(app, live_server, seeing):
    door = scene(app)
    with browsers.visiting(seeing(f"https://elsewhere.example/p/{door.card}"), live_server) as page:
        sign_in(page, live_server, app, door.people.lin)
        page.goto("/desk/checkin/camera")
        result = page.get_by_text("吴*英 到了")
        expect(result).to_have_count(1)
        expect(page.locator("#seeing video")).to_be_visible()  # back again, ready for the next card
        expect(page.locator("#last .answer").first).to_be_in_viewport(ratio=0.9)
        assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
        page.wait_for_timeout(1500)
        expect(page.locator("#last > div")).to_have_count(1)  # the same card is not scanned again
        assert browsers.axe(page) == []
    with app.app_context():
        assert find_attendance(door.event.id, door.wu)


def test_without_a_camera_the_page_says_so_and_typing_stays(app, page, live_server):
    door = scene(app)
    sign_in(page, live_server, app, door.people.lin)
    page.goto("/desk/checkin/camera")
    expect(page.locator("#no-camera")).to_be_visible()
    expect(page.locator("#code")).to_be_focused()
    page.get_by_role("link", name="改用输入或扫码枪").click()
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type(f"https://elsewhere.example/p/{door.card}\n")  # what a scanner does
    expect(page.get_by_text("吴*英 到了")).to_be_visible()
    expect(page.locator("#code")).to_be_focused()
    page.keyboard.type("WRONGCODE2\n")
    expect(page.get_by_text("没有找到这个码")).to_be_visible()
    expect(page.locator("#code")).to_be_focused()
    expect(page.locator("#code")).to_have_value("")
    page.keyboard.type(f"{door.stranger}\n")  # not signed up: asked about, and the next scan answers nothing
    expect(page.get_by_text("没有报这一场")).to_be_visible()
    page.keyboard.type(f"{door.card}\n")
    expect(page.get_by_text("吴*英 已经到了")).to_be_visible()
    expect(page.get_by_text("钱*来 到了")).to_have_count(0)
    assert browsers.axe(page) == []
