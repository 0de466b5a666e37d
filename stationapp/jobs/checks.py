"""Y2: one live lease; nothing due older than five periods while somebody leads."""

from stationapp import clock
from stationapp.audit.rules import Check
from stationapp.jobs.queries import find_lease, last_began
from stationapp.jobs.rules import PACES, lag


def _late() -> list[str]:
    now = clock.now()
    lease = find_lease()
    if lease is None or lease.until_at <= now:
        return []  # nobody leads: the jobs page says so, and nothing is wrong with the data
    began = last_began()
    return [f"job {pace.name}" for pace in PACES if lag(pace, began.get(pace.name), now) > 4 * pace.every]


CHECKS = (Check("Y2", "有任务进程在时，没有任务晚于五个周期", _late),)
