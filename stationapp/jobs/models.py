"""Which process leads the jobs, and what each run did."""

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from stationapp.db import Base


class Lease(Base):
    """The right to run the jobs until a moment; `token` grows with every change of hands and fences the past."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(primary_key=True)
    holder: Mapped[str]
    token: Mapped[int]
    until_at: Mapped[datetime]


class JobRun(Base):
    """The last run of a duty: when it began and ended, how much it did, what went wrong."""

    __tablename__ = "job_runs"

    job: Mapped[str] = mapped_column(primary_key=True)
    token: Mapped[int]  # the lease under which it ran
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime]
    done: Mapped[int]  # pieces of work in that run
    done_ever: Mapped[int]
    problem: Mapped[
        str
    ]  # the exception's class, or what it says of itself (`problem`); "" when all went well
