"""A whole district's month as files: how long and how large, against its own JSON and against one station's.

    python -m tests.bench.files [--rounds N]

The floor of time is writing the body down as JSON, in the same run. A district of 106 sites has about ninety times a
station's rows. Fails when a file takes more than SECONDS, is larger than MEGABYTES, or grows faster than its rows.
"""

import argparse
import sys
import time
from collections.abc import Callable

from flask import Flask
from flask_babel import Babel

from stationapp.events.words import WORDS
from stationapp.reports.files import FORMATS, render
from stationapp.web import words
from tests.reports import bodies_at_scale as scale

SECONDS, MEGABYTES = 10, 2


def main() -> int:
    """Print one line a format; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    app = Flask("files")
    Babel(app)
    words.init_app(app, [WORDS])
    missed = False
    with app.test_request_context():
        district, station = scale.district(), scale.station()
        rows = len(district["by_site"]) / len(station["by_site"])
        floor = _best(lambda: render(district, "json"), rounds)[0]
        for audience in ("inside", "outside"):
            for format in FORMATS:
                seconds, size = _best(lambda f=format, a=audience: render(district, f, a), rounds)
                small_seconds, small = _best(lambda f=format, a=audience: render(station, f, a), rounds)
                print(
                    f"{audience} {format}: {seconds:.3f} s ({seconds / floor:.0f} times the JSON inside), "
                    f"{size / 1000:.0f} kB; {seconds / small_seconds:.1f} times a station's time and "
                    f"{size / small:.1f} times its size for {rows:.0f} times its rows"
                )
                missed |= seconds > SECONDS or size > MEGABYTES * 1_000_000 or size / small > rows
    return int(missed)


def _best(work: Callable[[], bytes], rounds: int) -> tuple[float, int]:
    taken = []
    for _ in range(rounds):
        begun = time.perf_counter()
        size = len(work())
        taken.append(time.perf_counter() - begun)
    return min(taken), size


if __name__ == "__main__":
    sys.exit(main())
