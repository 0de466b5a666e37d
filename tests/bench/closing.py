"""Closing while others close out, enter hours and answer, many times: `python -m tests.bench.closing [rounds]`.

Every fact in exactly one version, every version the same when it is made again. On PostgreSQL, with real commits.
"""

import sys
import tempfile
import time
from pathlib import Path

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db
from stationapp.migrate import migrate
from tests.harness import postgres
from tests.reports.together import Together


def main(rounds: int) -> None:
    """So many rounds; stops at the first in which a fact is lost, and says its seed."""
    with tempfile.TemporaryDirectory() as folder, postgres.running() as server:
        url = server.fresh()
        app = create_app(Settings(instance=Path(folder) / "made", database_url=url))
        with app.app_context():
            migrate(db.engine)
            db.session.remove()
            db.engine.dispose()
        began = time.monotonic()
        with Together(Path(folder), url) as together:
            for seed in range(rounds):
                together.round(seed)
        print(f"{dict(together.work)} in {time.monotonic() - began:.0f} s")
        assert together.work["late"] >= rounds // 10 and together.work["in time"] >= rounds


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000)
