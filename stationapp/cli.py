"""The commands (surface.md). Each is an edge: it opens the transactions and prints what happened."""

import argparse
import sys

from stationapp.app import create_app
from stationapp.config import BadSettings
from stationapp.db import db
from stationapp.migrate import migrate

DONE, PARTLY, COULD_NOT = 0, 1, 2


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    parser = argparse.ArgumentParser(prog="stationapp")
    parser.parse_args(argv)
    try:
        app = create_app()
    except BadSettings as error:
        print(error, file=sys.stderr)
        return COULD_NOT
    with app.app_context():
        migrate(db.engine)
    return DONE


if __name__ == "__main__":
    raise SystemExit(main())
