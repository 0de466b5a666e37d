"""Serving pages and running jobs, together or apart."""

import errno
import multiprocessing
import signal
import socket
import threading

from flask import Flask
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from stationapp.jobs import runner

WORKERS = 2
THREADS = 4


def is_taken(host: str, port: int) -> bool:
    """Whether somebody listens there already: the server would share the port with them, page by page."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            return error.errno == errno.EADDRINUSE
    return False


def serve(host: str, port: int) -> None:
    """Serve the pages until stopped; each worker process makes its own application."""
    # A forked worker would inherit this process's database connections and whatever lock a thread holds.
    multiprocessing.set_start_method("spawn", force=True)
    Granian(
        "stationapp.wsgi:app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=WORKERS,
        blocking_threads=THREADS,
        log_level=LogLevels.warning,
    ).serve()


def serve_with_jobs(app: Flask, host: str, port: int) -> None:
    """The same, with the jobs ticking in this supervising process; a duty under way is finished before it ends."""
    scheduler = runner.start(app)
    try:
        serve(host, port)
    finally:
        scheduler.shutdown()


def run_jobs(app: Flask) -> None:
    """Only the jobs, until told to stop; a duty under way is finished first."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    scheduler = runner.start(app)
    told.wait()
    scheduler.shutdown()
