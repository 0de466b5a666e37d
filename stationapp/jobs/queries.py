"""Reads of the lease and of what each duty last did."""

from datetime import datetime

from sqlalchemy import select

from stationapp.db import db
from stationapp.jobs.models import JobRun, Lease


def find_lease(name: str = "jobs") -> Lease | None:
    """The lease row, live or not."""
    return db.session.get(Lease, name)


def last_runs() -> dict[str, JobRun]:
    """The last run of each duty that ever ran, by name."""
    return {run.job: run for run in db.session.scalars(select(JobRun))}


def last_began() -> dict[str, datetime]:
    """When each duty last began."""
    return {run.job: run.began_at for run in db.session.execute(select(JobRun.job, JobRun.began_at))}
