"""How soon the first answer comes after `python3 -m stationapp`, and how much memory a worker takes.

    python -m tests.bench.start

The environment stands already; the instance is new and empty. Memory is read after some hundred requests.
Bars: first answer within 3 s, 150 MB a worker. Fails when one is missed.
"""

import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from tests.harness.server import ROOT, _free_port

SECONDS, MEGABYTES, REQUESTS = 3.0, 150, 300
PAGES = ("/", "/events", "/sites", "/mine", "/privacy", "/desk/signin")


def main() -> int:
    """Measure and print; the exit code says whether the bars hold."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"http://127.0.0.1:{(port := _free_port())}"
        began = time.monotonic()
        server = subprocess.Popen(
            [sys.executable, "-m", "stationapp", "run", "--empty", "--port", str(port)],
            cwd=ROOT,
            env=os.environ | {"STATIONAPP_INSTANCE": folder},
            stdout=subprocess.DEVNULL,
        )
        try:
            seconds = _first_answer(f"{url}/healthz", began)
            for number in range(REQUESTS):
                urllib.request.urlopen(url + PAGES[number % len(PAGES)], timeout=10).read()
            memory = sorted(_resident(pid) for pid in _workers(server.pid))
        finally:
            server.terminate()
            server.wait(20)
    print(f"first answer after {seconds:.2f} s (bar {SECONDS} s)")
    print(
        f"memory of the processes serving: {', '.join(f'{m:.0f} MB' for m in memory)} (bar {MEGABYTES} MB each)"
    )
    return 0 if seconds <= SECONDS and memory and memory[-1] <= MEGABYTES else 1


def _first_answer(url: str, began: float) -> float:
    while time.monotonic() - began < 60:
        try:
            with urllib.request.urlopen(url, timeout=5):
                return time.monotonic() - began
        except OSError:
            time.sleep(0.02)
    raise SystemExit("no answer within a minute")


def _workers(pid: int) -> list[int]:
    """Every process below the one started, and itself: supervisor and workers alike must keep the bar."""
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(found for child in below for found in _workers(int(child)))]


def _resident(pid: int) -> float:
    line = next(
        text for text in Path(f"/proc/{pid}/status").read_text().splitlines() if text.startswith("VmRSS")
    )
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    raise SystemExit(main())
