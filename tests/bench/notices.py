"""A day's notices: 150 sites, 20,000 sign-ups, 5,000 messages, sent by two jobs processes.

    python -m tests.bench.notices [--messages N] [--signups N] [--sites N] [--database sqlite|postgresql|both]

Events move, and the product itself writes the messages to the households concerned (`spread`). Then two `jobs`
processes drain the outbox; the floor is a bare httpx loop, in a process of its own, that posts as many messages of the
same size over the same gateway in the same run. Both are timed by the gateway's log, from the first request to the
last. Bar: ours at least half as fast as the floor. Exit 1 when it is missed, or when anything was sent twice or not.
"""

import argparse
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.spreading import spread_notices
from stationapp.migrate import migrate
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from tests.bench import homes
from tests.bench.reminders import _close, database
from tests.harness.gateway import Seen, Server, gateway
from tests.harness.mortal import Mortal
from tests.harness.server import ROOT

BAR = 0.5
LONGEST = 600
"""Seconds after which a run is given up."""

_BARE = """
import hashlib, hmac, json, sys
import httpx
url, count = sys.argv[1], int(sys.argv[2])
with httpx.Client() as client:
    for number in range(count):
        body = json.dumps({"name": f"bare{number}", "to": "19900000001", "text": "字" * 60}).encode()
        signed = hmac.digest(b"s", b"1." + body, hashlib.sha256).hex()
        client.post(url, content=body, headers={"X-Timestamp": "1", "X-Signature": signed})
"""


def prepare(
    folder: Path, url: str, sites: int, signups: int, messages: int
) -> tuple[Flask, dict[str, str], int]:
    """The district, its sign-ups, and messages about events that moved: (application, settings, how many)."""
    sms = {"sms": "webhook", "sms_secret": "s", "sms_per_minute": "1000000", "sms_per_day": "1000000"}
    app = create_app(Settings(instance=folder / "instance", database_url=url, sms_url="http://x", **sms))
    with app.app_context():
        migrate(db.engine)
    now, began = homes.noon(), time.monotonic()
    stations = homes.sites(app, sites)
    made = [homes.event(app, station, now + timedelta(days=3, hours=-3)) for station in stations]
    homes.seat(app, made, signups, signups=signups, now=now)
    print(
        f"  {len(stations) + 3} sites, {signups} sign-ups settled in {time.monotonic() - began:.1f} s",
        flush=True,
    )
    began = time.monotonic()
    with app.app_context():
        _move(made[: -(-messages * len(made) // signups)], now)
        while True:
            with transaction():
                spread_notices(now=now)
            if not _unspread():
                break
        written = db.session.scalar(select(func.count()).where(Message.way == Way.SMS))
        _close()
    print(f"  {written} text messages written in {time.monotonic() - began:.1f} s", flush=True)
    settings = {f"STATIONAPP_{name.upper()}": value for name, value in sms.items()}
    settings |= {"STATIONAPP_INSTANCE": str(folder / "instance"), "STATIONAPP_DATABASE_URL": url}
    return app, settings | {"STATION_TEST_HOUR": now.isoformat()}, written


def _move(event_ids: Sequence[int], now: datetime) -> None:
    with transaction():
        for event in db.session.scalars(select(Event).where(Event.id.in_(event_ids))):
            tell_desk(Occasion.MOVED, f"event {event.code}", site_id=event.site_id, now=now)


def _unspread() -> bool:
    return bool(db.session.scalar(select(func.count()).where(Notice.spread_at.is_(None))))


def drain(app: Flask, settings: dict[str, str], folder: Path) -> None:
    """Two jobs processes, until nothing is waiting."""
    both = [
        Mortal(("-m", "tests.bench.hurried"), settings, folder / f"jobs-{number}.log") for number in (1, 2)
    ]
    until = time.monotonic() + LONGEST
    try:
        for one in both:
            one.start()
        while _waiting(app):
            if time.monotonic() > until:
                raise TimeoutError("the outbox was not drained")
            time.sleep(0.5)
    finally:
        for one in both:
            one.stop()


def _waiting(app: Flask) -> int:
    with app.app_context():
        open_ones = (Delivery.PENDING, Delivery.CLAIMED, Delivery.SENDING)
        count = db.session.scalar(
            select(func.count()).where(Message.way == Way.SMS, Message.state.in_(open_ones))
        )
        db.session.remove()
    return count


def rate(seen: Sequence[Seen]) -> float:
    """Requests a second between the first and the last."""
    return (len(seen) - 1) / (seen[-1].at - seen[0].at)


def bare(server: Server, count: int) -> float:
    """How fast a bare loop posts so many messages."""
    before = len(server.seen())
    subprocess.run([sys.executable, "-c", _BARE, server.url, str(count)], cwd=ROOT, check=True)
    return rate(server.seen()[before:])


def measure(kind: str, sites: int, signups: int, messages: int) -> list[str]:
    """One database; what did not hold."""
    print(f"{kind}: {sites} sites, {signups} sign-ups, {messages} messages", flush=True)
    with database(kind) as (folder, url), gateway(secret="s") as server:
        app, settings, written = prepare(folder, url, sites, signups, messages)
        floors = [bare(server, written)]
        drain(app, settings | {"STATIONAPP_SMS_URL": server.url}, folder)
        sent = [one for one in server.seen() if not one.name.startswith("bare")]
        floors.append(bare(server, written))  # the machine may have been busier or idler in between
        with app.app_context():
            accepted = db.session.scalar(
                select(func.count()).where(Message.way == Way.SMS, Message.state == Delivery.ACCEPTED)
            )
            _close()
    ours, floor = rate(sent), sum(floors) / 2
    told = f"bare loop {floors[0]:.0f}/s before and {floors[1]:.0f}/s after"
    print(f"  {told}, two jobs processes {ours:.0f}/s: {ours / floor:.2f}", flush=True)
    found = [
        f"{times} times {name}" for name, times in Counter(one.name for one in sent).items() if times > 1
    ]
    found += (
        [] if len(sent) == accepted == written else [f"{len(sent)} sent, {accepted} accepted of {written}"]
    )
    found += [] if written >= messages else [f"only {written} messages were written"]
    return found + ([] if ours >= BAR * floor else [f"below {BAR} of the bare loop"])


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--signups", type=int, default=20_000)
    parser.add_argument("--sites", type=int, default=150)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    given = parser.parse_args()
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    found = [one for kind in kinds for one in measure(kind, given.sites, given.signups, given.messages)]
    for sentence in found:
        print(f"  ✗ {sentence}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
