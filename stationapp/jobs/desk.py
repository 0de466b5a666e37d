"""Each job's last run and lag."""

from dataclasses import dataclass
from datetime import timedelta

from flask import Blueprint, render_template

from stationapp import clock
from stationapp.jobs.models import JobRun
from stationapp.jobs.queries import find_lease, last_runs
from stationapp.jobs.rules import PACES, Pace, lag

bp = Blueprint("jobs", __name__, url_prefix="/jobs")


@dataclass(frozen=True)
class Line:
    """A duty as the page shows it."""

    pace: Pace
    run: JobRun | None
    late: timedelta


@bp.get("/")
def index():
    """Who leads, and what each duty last did."""
    now, runs, lease = clock.now(), last_runs(), find_lease()
    lines = [Line(pace, run := runs.get(pace.name), lag(pace, run and run.began_at, now)) for pace in PACES]
    leads = lease is not None and lease.until_at > now
    return render_template("desk/jobs/index.html", lines=lines, lease=lease, leads=leads)
