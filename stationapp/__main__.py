"""`python3 -m stationapp`: refuses a Python that is too old in words it can still read, then hands over."""

import sys

if sys.version_info < (3, 11):
    sys.exit(
        print(
            "需要 Python 3.11 或更高版本，现在是 {0}。 Python 3.11 or newer is needed, this is {0}.".format(  # noqa: UP030, UP032
                sys.version.split()[0]
            ),
            file=sys.stderr,
        )
        or 2
    )

from stationapp.bootstrap import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
