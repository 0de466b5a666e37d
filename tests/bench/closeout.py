"""The close-out of an event of twenty people on a phone, in a real browser against the real server.

    python -m tests.bench.closeout [--tap MS] [--key MS] [--look MS]

From the login page to 归档 with one thumb at 390 px: a login name and a password, the event on the first page, one
volunteer nobody signed out, five people counted, one picture of 12 million pixels. Each tap waits for the eye to find
its place. Fails when it takes more than 60 s, or what is tapped on the close-out is smaller than 48 px.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db
from stationapp.migrate import migrate
from tests.harness import browser as browsers
from tests.harness.server import serving
from tests.harness.thumb import Thumb
from tests.journeys import closing

SECONDS = 60


def main() -> int:
    """Close it out and print what it took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tap", type=int, default=1000)
    parser.add_argument("--key", type=int, default=200)
    parser.add_argument("--look", type=int, default=1500)
    wish = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(instance=Path(folder)))
        with app.app_context():
            migrate(db.engine)
        scene = closing.evening(app)
        photo = closing.camera(Path(folder) / "photo.jpg")
        with app.app_context():
            db.engine.dispose()
        with (
            serving(Path(folder), app.config["SETTINGS"].url) as url,
            browsers.launched() as browser,
            browsers.visiting(browser, url, has_touch=True) as page,
        ):
            login = closing.login_of(page, app, scene.people.lin)
            thumb = Thumb(page, a_tap=wish.tap, a_key=wish.key, a_look=wish.look)
            closing.enter(thumb, login)
            before, thumb.small = thumb.seconds, []
            closing.close_out(thumb, photo)
            if "已归档" not in page.content():
                raise SystemExit(f"nothing was closed out: {page.inner_text('main')[:200]}")
            print(f"{wish.tap} ms a tap, {wish.key} ms a key, {wish.look} ms a look")
            here = thumb.seconds - before
            print(
                f"{before + here:.1f} s: to the page {before:.1f}, on it {here:.1f}; waiting {thumb.waited:.1f} of it"
            )
            fields = ", ".join(thumb.fields)
            print(f"{thumb.taps} taps, {thumb.keys} keys, {len(thumb.fields)} fields ({fields})")
            print(f"a picture of {photo.stat().st_size:,} bytes, sent as {sum(thumb.sent):,}")
            print("smaller than a finger: " + ("; ".join(thumb.small) or "nothing"))
            return 1 if before + here > SECONDS or thumb.small else 0


if __name__ == "__main__":
    sys.exit(main())
