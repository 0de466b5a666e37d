"""The real server as its own process, the way a district runs it."""

import contextlib
import os
import signal
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.harness import warm

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 30


@contextlib.contextmanager
def serving(
    instance: Path, database_url: str, *, workers: int = 1, threads: int = 4, clock: Path | None = None
) -> Iterator[str]:
    """The address of the product serving `instance` on a free port; stopped at the end.

    `clock` is a file with the hour the server believes it is (harness/moved.py).
    """
    settings = {"STATIONAPP_INSTANCE": str(instance), "STATIONAPP_DATABASE_URL": database_url}
    target = ("--factory", "stationapp.app:create_app")
    if clock:
        settings["STATION_TEST_CLOCK"] = str(clock)
        target = ("--factory", "tests.harness.moved:create_app")
    with granian(*target, settings=settings, workers=workers, threads=threads) as url:
        yield url


@contextlib.contextmanager
def granian(
    *target: str, settings: dict[str, str], workers: int = 1, threads: int = 4, alive: str = "/healthz"
) -> Iterator[str]:
    """The address of a granian serving `target` ("module:app", or "--factory" and one), once `alive` answers."""
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    arguments = ["--interface", "wsgi", *target, "--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    arguments += ["--workers", str(workers), "--blocking-threads", str(threads)]
    with tempfile.NamedTemporaryFile() as log:
        number = warm.start(arguments, os.environ | {"STATIONAPP_PUBLIC_URL": url} | settings, log.name)
        try:
            _wait(number, f"{url}{alive}", Path(log.name))
            yield url
        finally:
            _stop(number)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(number: int, url: str, log: Path) -> None:
    until = time.monotonic() + _START_SECONDS
    reason: object = "no answer"
    while warm.is_running(number) and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError as error:
            reason = error.code
            error.close()
        except OSError as error:
            reason = error
        time.sleep(0.05)
    raise RuntimeError(f"the server did not start ({reason}): {log.read_text(errors='replace')[-3000:]}")


def _stop(number: int) -> None:
    if not warm.is_running(number):
        return
    os.kill(number, signal.SIGTERM)
    until = time.monotonic() + 10
    while warm.is_running(number):
        if time.monotonic() > until:
            os.killpg(number, signal.SIGKILL)  # its workers too
        time.sleep(0.02)
