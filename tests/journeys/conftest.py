"""What journeys share: people with browsers of their own, and a server whose hour a test sets."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest

from stationapp import clock
from stationapp.config import Settings
from tests.harness import browser as browsers
from tests.harness.server import serving


@dataclass(frozen=True)
class Day:
    """The day the server lives in: tomorrow, so that links made by the test now still hold."""

    on: date
    file: Path

    def becomes(self, hour: int, minute: int = 0) -> None:
        """It is now that hour at the server."""
        self.file.write_text(clock.instant(self.on, hour, minute).isoformat())

    def at(self, hour: int, minute: int = 0) -> str:
        """That hour as a field for date and time takes it."""
        return f"{self.on}T{hour:02}:{minute:02}"


@pytest.fixture
def day(tmp_path: Path) -> Day:
    """It is nine in the morning."""
    made = Day(clock.day_of(clock.now()) + timedelta(days=1), tmp_path / "hour")
    made.becomes(9)
    return made


@pytest.fixture
def served(app, day: Day) -> Iterator[str]:
    """The address of the real server, whose hour `day` sets."""
    settings: Settings = app.config["SETTINGS"]
    with serving(settings.instance, settings.database_url, clock=day.file) as url:
        yield url


@pytest.fixture
def someone(browser) -> Iterator[Callable]:
    """`someone(address, **options)` is a page in a browser of its own; a script error fails the test."""
    with ExitStack() as open_pages:
        yield lambda address, **options: open_pages.enter_context(
            browsers.visiting(browser, address, **options)
        )
