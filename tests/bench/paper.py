"""A signed sheet of forty rows, typed as people type, in a real browser against the real server.

    python -m tests.bench.paper [--key MS] [--look MS]

The serial, all rows but two, when four volunteers left, one who wrote himself in; looked at, then confirmed. The
control ticks the same people one after the other on the roster, by keyboard, with the search by initials. Fails when
the sheet takes more than a minute, or a mouse, or was not taken in whole.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db
from stationapp.migrate import migrate
from tests.attendance.paper import enter, full_sheet, here
from tests.harness import browser as browsers
from tests.harness.server import serving
from tests.harness.typist import Typist
from tests.journeys import steps

SECONDS = 60
ROWS = 39  # forty, but two who stayed away, and one who wrote himself in
DESK = {"width": 1366, "height": 844}
TICKED = 5
"""People the control ticks; the rest is counted on from them."""


def main() -> int:
    """Enter the sheet, tick a few by hand, and print what each took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key", type=int, default=180)
    parser.add_argument("--look", type=int, default=600)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(instance=Path(folder)))
        with app.app_context():
            migrate(db.engine)
        sheet = full_sheet(app)
        invitation = steps.invitation(app, sheet.people.lin)
        with (
            serving(Path(folder), app.config["SETTINGS"].url) as url,
            browsers.launched() as browser,
            browsers.visiting(browser, url, viewport=DESK) as page,
        ):
            steps.take_up(page, invitation)
            clerk = Typist(page, a_key=wish.key, a_look=wish.look)
            page.goto(f"/desk/events/{sheet.code}/roster")
            clerk.start()
            _tick(clerk)
            ticked = clerk.seconds / TICKED
            page.goto("/desk/signsheets")
            clerk.start()
            enter(clerk, sheet)
            took, sent = clerk.seconds, clerk.bytes()
        rows = len(here(app, sheet))
    print(f"{wish.key} ms a key, {wish.look} ms a look")
    print(
        f"sheet, {rows} rows: {took:.1f} s (waiting {clerk.waited:.2f}), {clerk.keys} keys, {len(clerk.fields)} fields,"
        f" {clerk.mice} mouse, {len(clerk.requests)} requests, {sent:,} bytes"
    )
    print(f"roster, one by one: {ticked:.1f} s each, so {ticked * rows:.0f} s for as many")
    if rows != ROWS:
        print(f"✗ {rows} people are there instead of {ROWS}: the sheet was not taken in")
    return 1 if took > SECONDS or clerk.mice or rows != ROWS else 0


def _tick(clerk: Typist) -> None:
    for n in range(TICKED):
        clerk.type(f"{n:04}")  # the end of the phone's number
        clerk.send()
        clerk.look()
        clerk.send()


if __name__ == "__main__":
    sys.exit(main())
