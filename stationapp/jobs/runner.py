"""The jobs process: APScheduler is only the clock; the database says what is due and who may do it."""

import logging
import os
import secrets
import socket

from apscheduler.schedulers.background import BackgroundScheduler
from flask import Flask

from stationapp import clock
from stationapp.db import transaction
from stationapp.jobs.operations import DUTIES, LeaseLost, fence, note_run, take_lease
from stationapp.jobs.queries import last_began
from stationapp.jobs.rules import PACES, TICK, is_due

log = logging.getLogger(__name__)


def start(app: Flask) -> BackgroundScheduler:
    """Tick in a background thread until `shutdown()`; any number of processes may do so at once."""
    holder = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
    scheduler = BackgroundScheduler(timezone=clock.SHANGHAI)
    scheduler.add_job(
        guarded_tick,
        "interval",
        args=(app, holder),
        seconds=TICK.total_seconds(),
        coalesce=True,
        misfire_grace_time=None,
        max_instances=1,
        next_run_time=clock.now(),
    )
    scheduler.start()
    return scheduler


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
        with transaction():
            fence(token, now=began_at)
            done = DUTIES[job](now=began_at)
            note_run(job, token, began_at=began_at, now=clock.now(), done=done)
            fence(token, now=clock.now())
    except LeaseLost:
        raise
    except Exception as error:
        with transaction():
            fence(token, now=clock.now())
            note_run(job, token, began_at=began_at, now=clock.now(), done=0, problem=type(error).__name__)
        log.error("job %s: %s", job, type(error).__name__)
        return 0
    return done
