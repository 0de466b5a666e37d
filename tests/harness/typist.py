"""Somebody at a keyboard: types into a real browser as people do, and counts what it took."""

import time
from dataclasses import dataclass, field

from playwright.sync_api import Page, Request

_NO_MOUSE = "addEventListener('mousedown', () => console.log('a mouse was used'), true)"
_WHERE = "() => { const on = document.activeElement; return on.type === 'checkbox' ? 'who comes' : on.name || ''; }"
_READY = "() => document.activeElement !== document.body"

AN_INPUT_METHOD = 3
"""Keys for one Chinese character: two or three letters of its pinyin and the choice."""


@dataclass
class Typist:
    """Keys, fields, requests, bytes and seconds of what is done through `type`, `press` and `send`.

    Milliseconds: `a_key` before each key, `a_look` before going on with a new page.
    """

    page: Page
    a_key: int = 0
    a_look: int = 0
    keys: int = 0
    fields: list[str] = field(default_factory=list)
    mice: int = 0
    requests: list[Request] = field(default_factory=list)
    waited: float = 0.0  # seconds for answers
    began: float = 0.0

    def __post_init__(self) -> None:
        self.page.add_init_script(_NO_MOUSE)
        self.page.on("console", lambda said: self._heard(said.text))
        self.page.on("requestfinished", lambda one: self.requests.append(one))

    def start(self) -> None:
        """From here on everything counts."""
        self.keys, self.mice, self.waited, self.began = 0, 0, 0.0, time.monotonic()
        self.fields.clear()
        self.requests.clear()

    def look(self) -> None:
        """Take in a new page."""
        self._pause(self.a_look)

    def type(self, text: str) -> None:
        """Into the field that has the focus."""
        for letter in text:
            self.press(letter)

    def press(self, key: str) -> None:
        """One key; which leads to no other page."""
        self._count(key)
        self.page.keyboard.press(key) if len(key) > 1 or key.isascii() else self.page.keyboard.insert_text(
            key
        )

    def send(self, key: str = "Enter") -> None:
        """The key that leads to the next page, which is waited for until something on it has the focus."""
        self._count(key)
        asked = time.monotonic()
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.page.wait_for_function(_READY)
        self.waited += time.monotonic() - asked

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.began

    def documents(self) -> list[str]:
        """What was asked for as pages: "POST /desk/phone/"."""
        return [
            f"{one.method} {one.url.split('/', 3)[3]}"
            for one in self.requests
            if one.resource_type == "document"
        ]

    def bytes(self) -> int:
        """Over the wire, heads included, both ways."""
        return sum(sum(max(size, 0) for size in one.sizes().values()) for one in self.requests)

    def _count(self, key: str) -> None:
        presses = 1 if key.isascii() else AN_INPUT_METHOD
        self._pause(self.a_key * presses)
        self.keys += presses
        where = self.page.evaluate(_WHERE)
        answers = len(key) == 1 or key == "Space" or key.startswith("Arrow")
        if answers and where and where not in self.fields:
            self.fields.append(where)

    def _pause(self, milliseconds: int) -> None:
        if milliseconds:
            time.sleep(milliseconds / 1000)

    def _heard(self, text: str) -> None:
        self.mice += text == "a mouse was used"
