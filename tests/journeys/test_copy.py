"""Texts and articles leave the desk by the clipboard, looks and all."""

import pytest

from tests import cast
from tests.journeys import steps

_EDITOR = """() => {
    const editor = document.createElement('div');
    editor.contentEditable = 'true';
    editor.addEventListener('paste', event => { window.pasted = {
        plain: event.clipboardData.getData('text/plain'), styled: event.clipboardData.getData('text/html'),
    }; event.preventDefault(); });
    document.querySelector('main').prepend(editor);
    editor.focus();
}"""


@pytest.fixture
def desk(app, live_server, someone):
    """Lin's page about an event's publicity, and the event's code."""
    people = cast.district(app)
    with app.app_context():
        code = cast.event(people.one).code
    page = someone(live_server, viewport={"width": 1366, "height": 844})
    steps.take_up(page, steps.invitation(app, people.lin))
    page.goto(f"/desk/publicity/events/{code}")
    return page, code


def pasted(page):
    """What arrives where somebody presses Ctrl+V."""
    page.evaluate(_EDITOR)
    page.keyboard.press("Control+V")
    page.wait_for_function("window.pasted")
    return page.evaluate("window.pasted")


def test_a_press_copies_the_text_for_the_group(desk):
    page, code = desk
    page.get_by_role("button", name="复制", exact=True).click()
    page.get_by_text("已复制").wait_for()
    said = pasted(page)
    assert said["plain"] == page.get_by_label("发到微信群").input_value()
    assert f"/events/{code}" in said["plain"] and said["styled"] == ""


def test_a_press_copies_the_article_with_its_looks(desk):
    page, code = desk
    page.get_by_role("button", name="复制带格式的文章").click()
    page.get_by_text("已复制，可以去粘贴了").wait_for()
    said = pasted(page)
    assert "border-top:4px solid #b3261e" in said["styled"] and f"/events/{code}/qr.png" in said["styled"]
    assert "<" not in said["plain"] and "智能手机课堂" in said["plain"]


def test_the_preview_is_copied_by_hand_without_its_hint(desk):
    page, code = desk
    page.goto(f"/desk/publicity/events/{code}/article.html")
    assert page.locator("img").evaluate("picture => picture.naturalWidth") > 200
    page.keyboard.press("Control+A")
    assert "Ctrl+A" not in page.evaluate("getSelection().toString()")
    assert "智能手机课堂" in page.evaluate("getSelection().toString()")
