"""The jobs process: APScheduler is only the clock; the database says what is due and who may do it."""

import logging
import os
import secrets
import socket
import threading
from collections.abc import Callable
from datetime import datetime

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask, current_app

from stationapp import clock
from stationapp.db import transaction
from stationapp.jobs.operations import (
    BEFOREHAND,
    DUTIES,
    LeaseLost,
    fence,
    give_up,
    note_run,
    prolong,
    take_lease,
)
from stationapp.jobs.queries import last_began
from stationapp.jobs.rules import PACES, TICK, is_due
from stationapp.messages.gateways.choose import limits_of, open_gateways
from stationapp.messages.sending import Gateways, drain

log = logging.getLogger(__name__)
logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a tick longer than its pace is no fault

A_TICK = 10_000
"""Messages one process sends at most before it looks at the clock again."""


class Jobs(BackgroundScheduler):
    """The clock of one process. Told to stop, it finishes what it is doing and begins nothing more."""

    def __init__(self, app: Flask, holder: str) -> None:
        super().__init__(timezone=clock.SHANGHAI)
        self._app, self._holder = app, holder
        self._ending = threading.Event()

    def shutdown(self, wait: bool = True) -> None:
        """Stop, and give the lead up; what is being sent is sent to the end of its group."""
        self._ending.set()
        super().shutdown(wait)
        try:
            with self._app.app_context(), transaction():
                give_up(self._holder, now=clock.now())
        except Exception as error:  # the lease ends by itself soon
            log.error("jobs: stopping: %s", type(error).__name__)

    @property
    def goes_on(self) -> bool:
        """Whether nobody has told it to stop."""
        return not self._ending.is_set()


def start(app: Flask) -> Jobs:
    """Tick in background threads until `shutdown()`; any number of processes may do so at once.

    The duties are the leader's; sending is done by every process, beside them.
    """
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    jobs = Jobs(app, holder)
    _every_tick(jobs, guarded_tick, app, holder)
    if gateways := open_gateways(app.config["SETTINGS"], clock.now):
        _every_tick(jobs, guarded_send, app, gateways, jobs)
    jobs.start()
    return jobs


def _every_tick(jobs: Jobs, do: Callable[..., None], *arguments: object) -> None:
    jobs.add_job(
        do,
        "interval",
        args=arguments,
        seconds=TICK.total_seconds(),
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
        next_run_time=clock.now(),
    )


def guarded_send(app: Flask, gateways: Gateways, jobs: Jobs) -> None:
    """Send what is due, and raise nothing; what was not sent stays due."""
    try:
        with app.app_context():
            bounds = limits_of(app.config["SETTINGS"])
            drain(gateways, now_of=clock.now, most=A_TICK, bounds=bounds, go_on=lambda: jobs.goes_on)
    except Exception as error:
        log.error("jobs: sending: %s", type(error).__name__)


def guarded_tick(app: Flask, holder: str) -> None:
    """Tick, and raise nothing: the log names what went wrong, by its class alone."""
    try:
        tick(app, holder)
    except LeaseLost:
        log.warning("jobs: the lead went to another process")
    except Exception as error:  # the next tick tries again; what was due stays due
        log.error("jobs: %s", type(error).__name__)


def tick(app: Flask, holder: str) -> int | None:
    """Take or keep the lead and do what is due; how many pieces of work were done, None when not leading."""
    with app.app_context():
        with transaction():
            token = take_lease(holder, now=clock.now())
        if token is None:
            return None
        began = last_began()
        return sum(
            _run(pace.name, token) for pace in PACES if is_due(pace, began.get(pace.name), clock.now())
        )


def _run(job: str, token: int) -> int:
    began_at = clock.now()
    try:
        ready = _ready(job, token, began_at)
        with transaction():
            fence(token, now=clock.now())
            done = DUTIES[job](now=began_at, **ready)
            note_run(job, token, began_at=began_at, now=clock.now(), done=done)
            fence(token, now=clock.now())
    except LeaseLost:
        raise
    except Exception as error:
        problem = getattr(error, "problem", type(error).__name__)
        with transaction():
            fence(token, now=clock.now())
            note_run(job, token, began_at=began_at, now=clock.now(), done=0, problem=problem)
        log.error("job %s: %s", job, problem)
        return 0
    return done


def _ready(job: str, token: int, now: datetime) -> dict[str, object]:
    """What the duty needs before its transaction; the lead is kept over the seconds that this may take."""
    if job not in BEFOREHAND:
        return {}
    try:
        return {"ready": BEFOREHAND[job](now=now, settings=current_app.config["SETTINGS"])}
    finally:
        with transaction():
            prolong(token, now=clock.now())
