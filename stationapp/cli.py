"""The command line (surface.md): which verbs there are and what they take; `commands` does them."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from sqlalchemy.exc import DBAPIError

from stationapp import commands
from stationapp.accounts.rules import Role
from stationapp.app import create_app
from stationapp.calendar.rules import Month
from stationapp.commands import COULD_NOT, CouldNot
from stationapp.config import SERVED_AT, BadSettings
from stationapp.db import db
from stationapp.importing.kinds import Kind
from stationapp.migrate import migrate
from stationapp.reports.files import FORMATS


def main(argv: list[str] | None = None) -> int:
    """Run one verb; returns the exit code."""
    words = sys.argv[1:] if argv is None else argv
    if words and words[0].startswith("--") and words[0] != "--help":
        words = ["run", *words]  # `stationapp --port 8080`: without a verb it is the default one's option
    arguments = _parser().parse_args(words)
    if arguments.do in (commands.run, commands.web):
        os.environ[SERVED_AT] = f"http://127.0.0.1:{arguments.port}"
    try:
        app = create_app()
        with app.app_context():
            migrate(db.engine)
            return arguments.do(app, arguments)
    except (BadSettings, CouldNot) as problem:
        print(problem, file=sys.stderr)
    except DBAPIError as error:
        # Only the class: the driver's message may hold the address with its password, or a row's values.
        kind = type(error.orig).__name__
        print(f"数据库连不上或不能用（{kind}）。请检查 database_url，以及数据库有没有启动。", file=sys.stderr)
    except OSError as error:
        print(f"{error.filename or '文件'} 不能用：{error.strerror or error}", file=sys.stderr)
    return COULD_NOT


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="stationapp", description="新时代文明实践中心、所、站的活动、报名、签到、时长与覆盖报表"
    )
    verbs = parser.add_subparsers(metavar="VERB")
    parser.set_defaults(do=commands.run, host="127.0.0.1", port=8000, empty=False)

    run = _verb(
        verbs,
        "run",
        commands.run,
        "启动网页和后台任务（不写命令也一样）；新实例先装好示例区",
    )
    run.add_argument("--empty", action="store_true", help="新实例不装示例区")
    web = _verb(verbs, "web", commands.web, "只启动网页")
    for serving in (run, web):
        serving.add_argument("--host", default="127.0.0.1")
        serving.add_argument("--port", type=int, default=8000)
    _verb(verbs, "jobs", commands.jobs, "只运行后台任务")
    _verb(verbs, "upgrade", commands.upgrade, "升级数据库，升级前先留一份副本")

    taking = _verb(verbs, "load", commands.load_files, "导入 CSV 或 XLSX 文件")
    taking.add_argument(
        "kind",
        choices=[kind.value for kind in Kind],
        help="sites 阵地，population 人口，rooms 功能室，holidays 节假日，plan 活动计划表，"
        "signin 签到表（谁来了），signups 报名表（谁要来）；这两种表头上方写明是哪一场活动：名称和日期",
    )
    taking.add_argument("files", nargs="+", type=Path, metavar="FILE")
    taking.add_argument("--dry-run", action="store_true", help="只说会怎样，不保存")
    taking.add_argument("--strict", action="store_true", help="有一行读不进来，整份文件就不导入")
    taking.add_argument("--by", metavar="LOGIN", help="谁录入的（登录名）；报名表必须写")
    taking.add_argument("--month", type=_month, metavar="YYYY-MM", help="计划表标题没有写月份时用")

    adding = _verb(verbs, "staff", commands.staff, "添加工作人员，打印一次性链接")
    adding.add_argument("what", choices=["add"])
    adding.add_argument("name")
    adding.add_argument("--site", required=True, metavar="CODE")
    adding.add_argument("--role", required=True, choices=[role.value for role in Role])

    report = _verb(verbs, "report", commands.report, "某月的覆盖报表")
    report.add_argument("site", metavar="SITE")
    report.add_argument("month", type=_month, metavar="YYYY-MM")
    report.add_argument("--close", action="store_true", help="先关账，下面各阵地一起")
    report.add_argument("--reason", default="", help="关过账的月份为什么要出新版")
    report.add_argument("--format", choices=FORMATS, default="json")
    report.add_argument("--out", type=Path, metavar="FILE")
    report.add_argument("--outside", action="store_true", help="给外面看的：1 至 4 人写作 <5")

    audit = _verb(verbs, "audit", commands.audit, "核对全部不变量，不改任何数据")
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
