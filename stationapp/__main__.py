"""`python3 -m stationapp`: refuses a Python that is too old in words it can still read, then hands over."""

import sys

if sys.version_info < (3, 11):  # noqa: UP036  the one file an older Python gets to read
    found = sys.version.split()[0]
    print("需要 Python 3.11 或更高版本，现在是", found, "。 Python 3.11 or newer is needed.", file=sys.stderr)
    sys.exit(2)

from stationapp.bootstrap import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
