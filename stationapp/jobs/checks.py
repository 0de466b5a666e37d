"""Y2: one live lease; nothing due older than five periods while somebody leads, and no night without jobs."""

from datetime import UTC, datetime
from pathlib import Path

from flask import current_app

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.jobs.queries import find_lease, last_began
from stationapp.jobs.rules import LEASE_LASTS, NIGHT, PACES, lag


def _late() -> list[str]:
    """As of the leader's last sign of life: what it left undone when it was killed is nobody's lateness."""
    lease = find_lease()
    if lease is None or lease.until_at <= clock.now():
        return []  # nobody leads: the jobs page says so, and nothing is wrong with the data
    seen, began = lease.until_at - LEASE_LASTS, last_began()
    return [f"job {pace.name}" for pace in PACES if lag(pace, began.get(pace.name), seen) > 4 * pace.every]


def _stopped() -> list[str]:
    """That nobody has led for a night, and what to do."""
    lease = find_lease()
    since = lease.until_at if lease else _made_at()
    if since is None or clock.now() - since <= NIGHT:
        return []
    said = f"从 {clock.local(since):%Y-%m-%d %H:%M} 起没有运行" if lease else "从来没有运行过"
    return [f"后台任务{said}，到点的事都停着：请启动 stationapp jobs（或 stationapp run），并让它一直开着"]


def _made_at() -> datetime | None:
    """When the instance was made: its keys are written once."""
    keys = Path(current_app.config["SETTINGS"].instance) / "keys.json"
    return datetime.fromtimestamp(keys.stat().st_mtime, UTC) if keys.exists() else None


CHECKS = (
    Check("Y2", "有任务进程在时，没有任务晚于五个周期", _late),
    Check("Y2 jobs", "后台任务没有整夜停着", _stopped),
)
