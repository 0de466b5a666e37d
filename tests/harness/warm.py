"""Servers forked from a process that has read the product's modules already: reading them takes longer than most tests.

`python -m tests.harness.warm` takes a JSON line for each server ({"arguments", "environment", "log"}), forks it in a
process group of its own and answers with its number; it ends with its standard input, and they with it.
"""

import contextlib
import functools
import json
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path


@functools.cache
def _forking() -> subprocess.Popen:
    """This test process's own, from the first server on."""
    command, root = [sys.executable, "-m", "tests.harness.warm"], Path(__file__).resolve().parents[2]
    return subprocess.Popen(command, cwd=root, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def start(arguments: Sequence[str], environment: Mapping[str, str], log: str) -> int:
    """Start `python -m granian ARGUMENTS`; its process number. What it says goes to the end of the file `log`."""
    forking = _forking()
    wanted = {"arguments": list(arguments), "environment": dict(environment), "log": log}
    print(json.dumps(wanted), file=forking.stdin, flush=True)
    return int(forking.stdout.readline())


def is_running(number: int) -> bool:
    """Whether the server still runs."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


_ALIVE: set[int] = set()


def _main() -> None:
    from stationapp.app import create_app
    from stationapp.config import Settings

    with tempfile.TemporaryDirectory() as folder:  # what an application imports when it is made
        create_app(Settings(instance=Path(folder), database_url=f"sqlite:///{folder}/none.db"))
    runpy.run_module("granian.cli")
    signal.signal(signal.SIGCHLD, _buried)
    for line in sys.stdin:
        wanted = json.loads(line)
        if not (number := os.fork()):
            _become(wanted)
        _ALIVE.add(number)
        print(number, flush=True)
    for number in _ALIVE.copy():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(number, signal.SIGKILL)


def _buried(*_: object) -> None:
    with contextlib.suppress(ChildProcessError):
        while number := os.waitpid(-1, os.WNOHANG)[0]:
            _ALIVE.discard(number)  # another process may have its number next


def _become(wanted: Mapping) -> None:
    """Be the server, from here to the end of this process."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    nothing, log = os.open(os.devnull, os.O_RDONLY), os.open(wanted["log"], os.O_WRONLY | os.O_APPEND)
    for number, ours in enumerate((nothing, log, log)):
        os.dup2(ours, number)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    sys.argv = ["granian", *wanted["arguments"]]
    try:
        runpy.run_module("granian", run_name="__main__")
    finally:
        sys.stdout.flush()
        os._exit(0)


if __name__ == "__main__":
    _main()
