"""Debian's Chromium under Playwright, as a phone in the district."""

import contextlib
from collections.abc import Iterator

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.harness import machine

PHONE = {"width": 390, "height": 844}
_PATIENCE = 10_000  # milliseconds; a page that needs longer is broken, even on a busy machine
_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@contextlib.contextmanager
def launched() -> Iterator[Browser]:
    """A running browser for the whole session."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=machine.chromium() or None, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


def new_context(browser: Browser, base_url: str, **options) -> BrowserContext:
    """A visitor of their own: cookies apart from everybody's, Chinese, Shanghai time, a phone's screen."""
    defaults = {"viewport": PHONE, "locale": "zh-CN", "timezone_id": "Asia/Shanghai", "base_url": base_url}
    return browser.new_context(**defaults | options)


@contextlib.contextmanager
def visiting(browser: Browser, base_url: str, **options) -> Iterator[Page]:
    """A page in a context of its own; a script error or a breach of the content security policy fails the test."""
    context = new_context(browser, base_url, **options)
    context.set_default_timeout(_PATIENCE)
    try:
        page = context.new_page()
        faults: list[str] = []
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: _note(message.text, faults))
        yield page
        assert not faults, faults
    finally:
        context.close()


def _note(message: str, faults: list[str]) -> None:
    if "Content Security Policy" in message:
        faults.append(message)


def axe(page: Page) -> list[str]:
    """Serious and critical findings of axe on the page as it stands, a line each; empty is good."""
    results = Axe().run(page).response
    return [
        f"{found['impact']} {found['id']}: {found['help']}: {' '.join(str(node['target']) for node in found['nodes'])}"
        for found in results["violations"]
        if found["impact"] in ("serious", "critical")
    ]
