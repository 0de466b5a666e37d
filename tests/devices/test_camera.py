"""The camera of a device at the door, without network: the reader was kept with the page."""

from playwright.sync_api import expect

from tests.cards.test_camera import film
from tests.devices.test_door import begun, enrolled, seated, take_up
from tests.harness import browser as browsers
from tests.harness import machine


def test_the_camera_reads_a_card_without_network(app, people, wire, browser, tmp_path):
    with app.app_context():
        code = seated(begun(people.one), "王秀英", "19900002222")
    seen = film(f"https://anywhere.example/p/{code}", tmp_path / "card.mjpeg")
    flags = [*browsers._FLAGS, "--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    flags.append(f"--use-file-for-fake-video-capture={seen}")
    filming = browser.browser_type.launch(executable_path=machine.chromium() or None, args=flags)
    try:
        with browsers.visiting(filming, wire.url) as page:
            take_up(page, enrolled(app, people.one))
            page.context.set_offline(True)
            wire.pull()
            page.reload()
            page.get_by_role("button", name="用摄像头扫").click()
            expect(page.locator("#last")).to_contain_text("王*英 到了", timeout=20_000)
            expect(page.locator("#last .answer").first).to_be_in_viewport(ratio=0.9)
            assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]
            assert page.locator("video").bounding_box()["height"] <= page.viewport_size["height"] / 2
    finally:
        filming.close()
