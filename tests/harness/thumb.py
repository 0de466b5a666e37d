"""Somebody with one thumb on a phone: taps and types into a real browser as people do, and counts what it took."""

import time
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Locator, Page, Request

FINGER = 48
"""Pixels that a thumb needs both ways."""

_SENDS = "a form sends a file of "
_FILES = f"""addEventListener('submit', event => {{
  for (const field of event.target.querySelectorAll('input[type=file]'))
    for (const file of field.files) console.log('{_SENDS}' + file.size);
}}, true)"""


@dataclass
class Thumb:
    """Taps, keys, fields, bytes and seconds of what is done. Milliseconds: `a_tap` before each tap (finding it on the
    page is part of it), `a_key` before each key, `a_look` at each new page."""

    page: Page
    a_tap: int = 0
    a_key: int = 0
    a_look: int = 0
    taps: int = 0
    keys: int = 0
    fields: list[str] = field(default_factory=list)
    small: list[str] = field(default_factory=list)  # what was tapped and is smaller than a finger
    sent: list[int] = field(default_factory=list)  # bytes of each file
    requests: list[Request] = field(default_factory=list)
    waited: float = 0.0  # seconds for answers
    began: float = 0.0

    def __post_init__(self) -> None:
        self.page.add_init_script(_FILES)
        self.page.on("console", lambda said: self._heard(said.text))
        self.page.on("requestfinished", lambda one: self.requests.append(one))
        self.began = time.monotonic()

    def look(self) -> None:
        """Take in a new page."""
        self._pause(self.a_look)

    def tap(self, target: Locator) -> None:
        """What leads to no other page."""
        self._tap(target)

    def go(self, target: Locator) -> None:
        """A tap that leads to the next page, which is waited for and looked at."""
        self._aim(target)
        asked = time.monotonic()
        with self.page.expect_navigation():
            target.click()
        self.waited += time.monotonic() - asked
        self.look()

    def type(self, target: Locator, text: str) -> None:
        """A tap into a field, and its keys."""
        self._tap(target)
        self.fields.append(target.get_attribute("name") or "")
        for letter in text:
            self._pause(self.a_key)
            self.keys += 1
            self.page.keyboard.press(letter)

    def photograph(self, target: Locator, file: Path) -> None:
        """A tap that opens the camera, one on its shutter, one on "use it"; whatever page follows is waited for."""
        self._aim(target)
        with self.page.expect_file_chooser() as chooser:
            target.click()
        self.fields.append(target.get_attribute("name") or "")
        self._pause(2 * self.a_tap)
        self.taps += 2
        asked = time.monotonic()
        with self.page.expect_navigation():
            chooser.value.set_files(str(file))
        self.waited += time.monotonic() - asked
        self.look()

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.began

    def bytes(self) -> int:
        """Over the wire, heads included, both ways."""
        return sum(sum(max(size, 0) for size in one.sizes().values()) for one in self.requests)

    def _tap(self, target: Locator) -> None:
        self._aim(target)
        target.click()

    def _aim(self, target: Locator) -> None:
        self._pause(self.a_tap)
        self.taps += 1
        box = target.bounding_box()
        if box and min(box["width"], box["height"]) < FINGER:
            self.small.append(f"{target} {box['width']:.0f} × {box['height']:.0f}")

    def _heard(self, text: str) -> None:
        if text.startswith(_SENDS):
            self.sent.append(int(text.removeprefix(_SENDS)))

    def _pause(self, milliseconds: int) -> None:
        if milliseconds:
            time.sleep(milliseconds / 1000)
