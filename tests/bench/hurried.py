"""The jobs as a process of their own, at another hour and, if told, in a hurry: minutes are seconds here.

    STATION_TEST_HOUR=2026-11-23T12:00+08:00 [STATION_TEST_HURRY=1] [STATION_TEST_NO_CLAIMS=1] \\
        python -m tests.bench.hurried

It is the product's own `stationapp jobs`. In a hurry its waits are shorter. Without claims it is the control:
whoever finds a message due sends it, whoever else does.
"""

import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta

import httpx
import time_machine
from sqlalchemy import select, update

SECOND = timedelta(seconds=1)


def hurry() -> None:
    """Shorten what is waited for, before anything reads it."""
    from stationapp.jobs import rules as jobs
    from stationapp.messages import sending_rules as sending
    from stationapp.messages.gateways import http

    jobs.TICK, jobs.LEASE_LASTS = SECOND / 2, 3 * SECOND
    jobs.PACES = tuple(jobs.Pace(pace.name, SECOND) for pace in jobs.PACES)
    sending.CLAIM_LASTS, sending.STALE = 6 * SECOND, 3 * SECOND
    sending.BATCH = 64  # so that both have something however few there are
    sending._WAITS = (SECOND, SECOND, 2 * SECOND, 2 * SECOND)
    http.TIMEOUT = httpx.Timeout(1)


def without_claims() -> None:
    """Take the guard out: nobody asks whose a message is."""
    from stationapp.db import db
    from stationapp.messages import sending
    from stationapp.messages.models import Message
    from stationapp.messages.rules import Delivery

    def claim(run, ways: Sequence, most: int, now: datetime) -> list[int]:
        return list(db.session.scalars(select(Message.id).where(*sending._due(ways, now)).limit(most)))

    def mark(run, group: Sequence) -> tuple[list, datetime]:
        now = run.now_of()
        ids = [one.id for one in group]
        marked = {"state": Delivery.SENDING, "claim": run.token, "claimed_at": now}
        db.session.execute(update(Message).where(Message.id.in_(ids)).values(marked))
        return list(group), now

    sending._Run._claim, sending._Run._mark = claim, mark


def main() -> int:
    """Run the jobs until killed."""
    hour = datetime.fromisoformat(os.environ["STATION_TEST_HOUR"])
    if os.environ.get("STATION_TEST_HURRY"):
        hurry()
    if os.environ.get("STATION_TEST_NO_CLAIMS"):
        without_claims()
    from stationapp import cli

    with time_machine.travel(hour, tick=True):
        return cli.main(["jobs"])


if __name__ == "__main__":
    sys.exit(main())
