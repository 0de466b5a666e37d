"""The real server as its own process, the way a district runs it."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

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
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", *target]
    command += ["--host", "127.0.0.1", "--port", str(port), "--no-ws"]
    command += ["--workers", str(workers), "--blocking-threads", str(threads)]
    with tempfile.TemporaryFile() as log:
        server = subprocess.Popen(
            command,
            cwd=ROOT,
            env=os.environ | {"STATIONAPP_PUBLIC_URL": url} | settings,
            stdout=log,
            stderr=log,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            _wait(server, f"{url}{alive}", log)
            yield url
        finally:
            _stop(server)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _wait(server: subprocess.Popen, url: str, log) -> None:
    until = time.monotonic() + _START_SECONDS
    reason: object = "no answer"
    while server.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except urllib.error.HTTPError as error:
            reason = error.code
            error.close()
        except OSError as error:
            reason = error
        time.sleep(0.05)
    log.seek(0)
    raise RuntimeError(f"the server did not start ({reason}): {log.read().decode(errors='replace')[-3000:]}")


def _stop(server: subprocess.Popen) -> None:
    server.terminate()
    try:
        server.wait(10)
    except subprocess.TimeoutExpired:
        os.killpg(server.pid, signal.SIGKILL)  # its workers too
        server.wait(10)
