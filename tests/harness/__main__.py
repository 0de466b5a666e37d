"""`python3 -m stationapp test`, second half: the machine's parts first, then pytest with the given arguments."""

import os
import sys

from tests.harness import machine

if __name__ == "__main__":
    try:
        found = machine.prepare()
    except machine.Missing as sentence:
        print(sentence, file=sys.stderr)
        sys.exit(2)
    print(f"PostgreSQL: {found.postgresql}\nChromium: {found.chromium}", flush=True)
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *sys.argv[1:]])
