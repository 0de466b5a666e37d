"""The command line (surface.md): which verbs there are and what they take; `commands` does them."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask

from stationapp import commands
from stationapp.accounts.rules import Role
from stationapp.app import create_app
from stationapp.calendar.rules import Month
from stationapp.commands import COULD_NOT, CouldNot
from stationapp.config import BadSettings
from stationapp.db import db
from stationapp.importing.kinds import Kind
from stationapp.migrate import migrate
from stationapp.reports.files import FORMATS


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    arguments = _parser().parse_args(argv)
    try:
        app = create_app()
        with app.app_context():
            migrate(db.engine)
            return arguments.do(app, arguments)
    except (BadSettings, CouldNot) as problem:
        print(problem, file=sys.stderr)
        return COULD_NOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stationapp", description="新时代文明实践中心、所、站的活动、报名、签到、时长与月报"
    )
    verbs = parser.add_subparsers(metavar="VERB")
    parser.set_defaults(do=commands.run, host="127.0.0.1", port=8000, empty=False)

    run = _verb(
        verbs,
        "run",
        commands.run,
        "serve pages and jobs (also without a verb); a new instance gets the sample district",
    )
    run.add_argument("--empty", action="store_true", help="start a new instance without the sample district")
    web = _verb(verbs, "web", commands.web, "serve pages alone")
    for serving in (run, web):
        serving.add_argument("--host", default="127.0.0.1")
        serving.add_argument("--port", type=int, default=8000)
    _verb(verbs, "jobs", commands.jobs, "run the jobs alone")
    _verb(verbs, "upgrade", commands.upgrade, "migrate the database, with a copy first")

    taking = _verb(verbs, "load", commands.load_files, "take in CSV or XLSX files")
    taking.add_argument("kind", choices=[kind.value for kind in Kind])
    taking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    taking.add_argument("--dry-run", action="store_true", help="say what would happen, change nothing")
    taking.add_argument("--strict", action="store_true", help="take in nothing of a file with a bad row")
    taking.add_argument(
        "--month", type=_month, metavar="YYYY-MM", help="for a plan whose title names no month"
    )

    adding = _verb(verbs, "staff", commands.staff, "add a member of staff, print a one-time link")
    adding.add_argument("what", choices=["add"])
    adding.add_argument("name")
    adding.add_argument("--site", required=True, metavar="CODE")
    adding.add_argument("--role", required=True, choices=[role.value for role in Role])

    report = _verb(verbs, "report", commands.report, "the month's coverage")
    report.add_argument("site", metavar="SITE")
    report.add_argument("month", type=_month, metavar="YYYY-MM")
    report.add_argument("--close", action="store_true", help="freeze the month first")
    report.add_argument("--reason", default="", help="why a closed month is restated")
    report.add_argument("--format", choices=FORMATS, default="json")
    report.add_argument("--out", type=Path, metavar="FILE")

    audit = _verb(verbs, "audit", commands.audit, "check every invariant, change nothing")
    audit.add_argument("--json", action="store_true")
    return parser


def _verb(
    verbs, name: str, do: Callable[[Flask, argparse.Namespace], int], says: str
) -> argparse.ArgumentParser:
    verb = verbs.add_parser(name, help=says, description=says)
    verb.set_defaults(do=do)
    return verb


def _month(text: str) -> Month:
    try:
        return Month.parse(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"月份要写成 2026-11 的样子，读到的是 {text!r}") from None


if __name__ == "__main__":
    raise SystemExit(main())
