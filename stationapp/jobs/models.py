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
    """One run of a job that found something to do, or the last one that did not."""

    __tablename__ = "job_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(index=True)
    token: Mapped[int]
    due_at: Mapped[datetime]
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)  # how many pieces of work
    problem: Mapped[str] = mapped_column(default="")
