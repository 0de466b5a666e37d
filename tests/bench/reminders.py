"""Reminders with two jobs processes, kills, freezes and a faulty gateway: each household is written to once.

    python -m tests.bench.reminders [--homes N] [--database sqlite|postgresql|both] [--seed N]

The processes are the product's own `jobs`, with shorter waits (`hurried`). Again and again one of them is killed with
-9 and started again, or frozen for longer than its claims last. The gateway's own log is the oracle. Must hold: nothing
taken twice, nothing lost, what nobody knows of is in doubt and on the call list, the audit is clean. The control is the
same without claims, and must send something twice. Exit 1 when something does not hold, or when there was too little
work.
"""

import argparse
import contextlib
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db
from stationapp.messages.checks import CHECKS as TELLING
from stationapp.messages.letters import name_of
from stationapp.messages.models import Attempt, Message
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.sending_checks import CHECKS as SENDING
from stationapp.migrate import migrate
from stationapp.notices.rules import Occasion
from tests.bench import homes
from tests.harness import postgres
from tests.harness.gateway import Server, gateway
from tests.harness.mortal import Mortal

FAULTS = {
    "ok": 40, "slow": 40, "cut": 3, "hang": 1, "taken500": 3, "lost500": 3, "busy": 6, "no": 2, "drop": 2,
}  # fmt: skip
FLOORS = {"kills": 3, "freezes": 2, "lost in flight": 1, "faults": 20}
"""Less work than this proves nothing."""

LONGEST = 1800
"""Seconds after which a run is given up."""

OPEN = (Delivery.PENDING, Delivery.CLAIMED, Delivery.SENDING)


@dataclass
class Run:
    """An instance whose households are to be reminded, and what was done to it."""

    app: Flask
    settings: dict[str, str]
    count: int
    draw: random.Random
    folder: Path
    did: Counter[str] = field(default_factory=Counter)

    def ended(self) -> bool:
        """Whether every reminder was written and stands at an end."""
        with self.app.app_context():
            its = select(func.count()).where(Message.way == Way.SMS)
            written, waiting = db.session.scalar(its), db.session.scalar(its.where(Message.state.in_(OPEN)))
            db.session.remove()
        return written >= self.count and not waiting


def prepare(folder: Path, url: str, count: int, seed: int) -> Run:
    """Households with a place tomorrow morning, all with a phone; text messages are on."""
    sms = {"sms": "webhook", "sms_secret": "s", "sms_per_minute": "1000000", "sms_per_day": "1000000"}
    app = create_app(Settings(instance=folder / "instance", database_url=url, sms_url="http://x", **sms))
    with app.app_context():
        migrate(db.engine)
    now = homes.noon()
    stations = homes.sites(app, 6)
    events = [homes.event(app, station, now + timedelta(hours=21)) for station in stations]
    homes.seat(app, events, count, signups=count, now=now)
    settings = {f"STATIONAPP_{name.upper()}": value for name, value in sms.items()}
    settings |= {"STATIONAPP_INSTANCE": str(folder / "instance"), "STATIONAPP_DATABASE_URL": url}
    settings |= {"STATION_TEST_HOUR": now.isoformat(), "STATION_TEST_HURRY": "1"}
    return Run(app, settings, count, random.Random(seed), folder)


def torment(
    run: Run,
    server: Server,
    *,
    kills: bool,
    claims: bool = True,
    enough: Callable[[], bool] = lambda: False,
) -> float:
    """Let two processes send everything, and meanwhile kill and freeze them; how many seconds it took.

    It ends when everything was sent, or what was to be seen is there: `enough`.
    """
    more = {"STATIONAPP_SMS_URL": server.url} | ({} if claims else {"STATION_TEST_NO_CLAIMS": "1"})
    both = [
        Mortal(("-m", "tests.bench.hurried"), run.settings | more, run.folder / f"jobs-{number}.log")
        for number in (1, 2)
    ]
    began, frozen = time.monotonic(), {}
    try:
        for one in both:
            one.start()
        due, every = 20, max(30, min(run.count // 7, 150))
        while frozen or not (run.ended() or enough()):
            if time.monotonic() > began + LONGEST:
                raise TimeoutError("the reminders did not come to an end")
            _wake(frozen)
            # While something is under way, and not while both only start.
            if kills and len(server.seen()) >= due:
                _hurt(run, both, frozen)
                due += every
            time.sleep(0.1)
        time.sleep(1 if run.did["freezes"] else 0)  # for whoever woke up last to do what it must not
        return time.monotonic() - began
    finally:
        for one in both:
            one.stop()


def _hurt(run: Run, both: Sequence[Mortal], frozen: dict[Mortal, float]) -> None:
    """Kill one that is awake, and start it again; or freeze it for longer than a claim lasts, half as often."""
    victim = run.draw.choice([one for one in both if one not in frozen])
    if frozen or run.did["kills"] <= 2 * run.did["freezes"]:
        victim.kill()
        run.did["kills"] += 1
        victim.start()
        return
    os.killpg(victim.group, signal.SIGSTOP)
    run.did["freezes"] += 1
    frozen[victim] = time.monotonic() + run.draw.uniform(7, 8.5)


def _wake(frozen: dict[Mortal, float]) -> None:
    for one in [one for one, until in frozen.items() if until <= time.monotonic()]:
        os.killpg(one.group, signal.SIGCONT)
        del frozen[one]


def problems(run: Run, server: Server) -> list[str]:
    """What does not hold afterwards, in words."""
    taken = server.taken()
    found = [f"{name} was taken {count} times" for name, count in taken.items() if count > 1]
    found += ["a request was not signed"] if not all(one.signed for one in server.seen()) else []
    with run.app.app_context():
        its = db.session.scalars(select(Message).where(Message.way == Way.SMS)).all()
        homes_told = {one.household_id for one in its if one.occasion is Occasion.REMINDER}
        if len(its) != run.count or len(homes_told) != run.count:
            found.append(f"{len(its)} messages for {len(homes_told)} of {run.count} households")
        for one in its:
            got = taken[name_of(one)]
            if got != {Delivery.ACCEPTED: 1, Delivery.DELIVERED: 1, Delivery.FAILED: 0}.get(one.state, got):
                found.append(f"message {one.id} is {one.state.value}, and was taken {got} times")
        called = set(db.session.scalars(select(Message.household_id).where(Message.way == Way.CALL)))
        doubtful = {one.household_id for one in its if one.state is Delivery.IN_DOUBT}
        if uncalled := doubtful - called:
            found.append(f"{len(uncalled)} doubtful ones are on nobody's list")
        found += [f"{c.name}: {rows[:3]}" for c in (*TELLING, *SENDING) if (rows := c.find())]
        run.did["faults"] = sum(one.fault not in ("ok", "slow") for one in server.seen())
        run.did["lost in flight"] = db.session.scalar(select(func.count()).where(Attempt.said == "lost"))
        run.did |= Counter({one.state.value: 0 for one in its})
        run.did += Counter(one.state.value for one in its)
        _close()
    return found


def _close() -> None:
    db.session.remove()
    for engine in db.engines.values():
        engine.dispose()


@contextlib.contextmanager
def database(kind: str) -> Iterator[tuple[Path, str]]:
    """A fresh folder and database address."""
    with tempfile.TemporaryDirectory(prefix="station-reminders-") as folder:
        if kind == "sqlite":
            yield Path(folder), f"sqlite:///{folder}/station.db"
            return
        with postgres.running() as server:
            yield Path(folder), server.fresh()


def measure(kind: str, count: int, seed: int, floors: dict[str, int] | None = None) -> list[str]:
    """One database: the torment and the control; what did not hold."""
    print(f"{kind}: {count} reminders, two jobs processes, seed {seed}", flush=True)
    with database(kind) as (folder, url), gateway(secret="s", faults=FAULTS, seed=seed) as server:
        run = prepare(folder, url, count, seed)
        lasted = torment(run, server, kills=True)
        found = problems(run, server)
        print(f"  {lasted:.0f} s; {len(server.seen())} requests, {sum(server.taken().values())} taken")
        print("  " + ", ".join(f"{name} {number}" for name, number in sorted(run.did.items())), flush=True)
    found += [
        f"only {run.did[name]} {name}" for name, least in (floors or FLOORS).items() if run.did[name] < least
    ]
    doubled = control(kind, min(count, 150), seed)
    print(f"  control without claims: {doubled} taken twice", flush=True)
    return found + (
        [] if doubled else ["the control without claims doubled nothing: this run proves nothing"]
    )


def control(kind: str, count: int, seed: int) -> int:
    """The same without claims, and without kills, until it shows: how many messages were taken more than once."""
    with database(kind) as (folder, url), gateway(secret="s", faults={"slow": 1}, seed=seed) as server:
        run = prepare(folder, url, count, seed)
        torment(run, server, kills=False, claims=False, enough=lambda: _doubled(server) > 5)
        with run.app.app_context():
            _close()
        return _doubled(server)


def _doubled(server: Server) -> int:
    return sum(times > 1 for times in server.taken().values())


def main() -> int:
    """Run as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--homes", type=int, default=10_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(10**6))
    given = parser.parse_args()
    kinds = ("sqlite", "postgresql") if given.database == "both" else (given.database,)
    found = [one for kind in kinds for one in measure(kind, given.homes, given.seed)]
    for sentence in found:
        print(f"  ✗ {sentence}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
