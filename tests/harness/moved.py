"""The application with a clock that a test can set: the server process reads the hour from a file.

`STATION_TEST_CLOCK` names the file; it holds an ISO 8601 instant. Time runs on from there, and jumps when the file
changes. The product knows nothing of it.
"""

import os
import threading
from datetime import datetime
from pathlib import Path

import time_machine

from stationapp import app as product


def create_app():
    """The product, with the hour looked up before each request."""
    app = product.create_app()
    app.wsgi_app = _Clocked(app.wsgi_app, Path(os.environ["STATION_TEST_CLOCK"]))
    return app


class _Clocked:
    def __init__(self, inner, file: Path) -> None:
        self._inner, self._file = inner, file
        self._shown, self._travel, self._lock = "", None, threading.Lock()

    def __call__(self, environ, start_response):
        with self._lock:
            self._set()
        return self._inner(environ, start_response)

    def _set(self) -> None:
        wanted = self._file.read_text()
        if wanted == self._shown:
            return
        if self._travel:
            self._travel.stop()
        self._travel = time_machine.travel(datetime.fromisoformat(wanted), tick=True)
        self._travel.start()
        self._shown = wanted
