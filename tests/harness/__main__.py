"""`python3 -m stationapp test`, second half: the machine's parts first, then pytest with the given arguments.

The tests run in a process a core, two at most: three on two cores took as long and a sixth more processor time.
`-n 0` keeps them in one.
"""

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
    at_once = ("-n", str(min(os.cpu_count() or 1, 2)), "--dist", "worksteal")
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *at_once, *sys.argv[1:]])
