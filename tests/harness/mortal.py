"""A process of the product that may be killed at any moment and started again."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.harness.server import ROOT

_START_SECONDS = 60


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Mortal:
    """`python ARGUMENTS` in a process group of its own; `alive` is an address that answers once it serves.

    What all its lives say goes into the file `log`.
    """

    def __init__(
        self, arguments: tuple[str, ...], environment: dict[str, str], log: Path, alive: str = ""
    ) -> None:
        self._command = [sys.executable, *arguments]
        self._environment = os.environ | environment
        self._alive, self._log = alive, log
        self._process: subprocess.Popen | None = None

    def start(self, *, wait: bool = True) -> None:
        """Start it, and wait until it serves unless told otherwise."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=ROOT,
                env=self._environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        until = time.monotonic() + _START_SECONDS
        while wait and self._alive and not self._answers():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError(f"{self._command[1:4]} did not start")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(self._alive, timeout=5):
                return True
        except urllib.error.HTTPError as error:
            error.close()
            return False
        except OSError:
            return False

    @property
    def group(self) -> int:
        """Its process group, for signals."""
        return self._process.pid

    def kill(self) -> None:
        """Kill it and all its children at once: nothing is said, nothing is written."""
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def stop(self) -> None:
        """Stop it at the end of a run."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
