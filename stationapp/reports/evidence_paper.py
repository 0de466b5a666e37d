"""The evidence folder's PDF, set in a process of its own: a month's pictures must not stay in a worker's memory.

    python -m stationapp.reports.evidence_paper < data.json > folder.pdf

The typesetter keeps what it has seen for the next sheet, which is right for fonts and wrong for 180 pictures of people.
"""

import json
import subprocess
import sys
import threading

from stationapp.config import ROOT
from stationapp.web.pdf import render

_ONE = threading.Lock()  # folders of one process wait for each other: each takes some 300 MB for seconds
_PATIENCE = 120  # seconds for the child, on a machine that does other things


def folder(data: dict) -> bytes:
    """The PDF of what `evidence.of_month` or `of_event` made; the same for the same."""
    with _ONE:
        child = subprocess.run(
            [sys.executable, "-m", "stationapp.reports.evidence_paper"],
            input=json.dumps(data).encode(),
            capture_output=True,
            cwd=ROOT,
            env={},  # nothing of ours to be read there
            timeout=_PATIENCE,
            check=False,
        )
    if child.returncode or not child.stdout.startswith(b"%PDF"):
        raise RuntimeError("evidence cannot be set")
    return child.stdout


def main() -> None:
    """From standard input to standard output."""
    sys.stdout.buffer.write(render("reports/evidence", json.load(sys.stdin.buffer)))


if __name__ == "__main__":
    main()
