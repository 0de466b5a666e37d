"""Y2: one live lease; nothing due older than five periods while somebody leads."""

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.jobs.queries import find_lease, last_began
from stationapp.jobs.rules import LEASE_LASTS, PACES, lag


def _late() -> list[str]:
    """As of the leader's last sign of life: what it left undone when it was killed is nobody's lateness."""
    lease = find_lease()
    if lease is None or lease.until_at <= clock.now():
        return []  # nobody leads: the jobs page says so, and nothing is wrong with the data
    seen, began = lease.until_at - LEASE_LASTS, last_began()
    return [f"job {pace.name}" for pace in PACES if lag(pace, began.get(pace.name), seen) > 4 * pace.every]


CHECKS = (Check("Y2", "有任务进程在时，没有任务晚于五个周期", _late),)
