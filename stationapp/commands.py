"""What each verb of the command line does. Each is an edge: it opens the transactions and prints what happened.

Exit codes: DONE, PARTLY (done in part, or a check failed), COULD_NOT.
"""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from flask import Flask
from sqlalchemy import ColumnElement, true

from stationapp import clock, serving
from stationapp.accounts.operations import add_staff, invite
from stationapp.accounts.queries import find_by_login, list_held, reached
from stationapp.accounts.rules import Action, Role, User, paths_for, tidy_login
from stationapp.audit.rules import Check
from stationapp.db import one_moment, retried, transaction
from stationapp.importing.kinds import PERSONAL, Kind
from stationapp.importing.loaded import Loaded
from stationapp.importing.operations import load
from stationapp.importing.queries import sites_where
from stationapp.importing.sheets import take_sheet
from stationapp.refusal import Refused
from stationapp.reports import files
from stationapp.reports.life_rules import Audience
from stationapp.reports.operations import close_month
from stationapp.reports.prepared import file_of
from stationapp.reports.queries import figures
from stationapp.reports.reckoning import NotReckoned, reckon
from stationapp.reports.versions import find_latest
from stationapp.sample import operations as sample
from stationapp.sites.models import Site
from stationapp.sites.queries import find_site
from stationapp.system import facts
from stationapp.web.errors import sentence

DONE, PARTLY, COULD_NOT = 0, 1, 2

CHECKED = (
    "system", "audit.checks", "sites.checks", "accounts.checks", "residents.checks", "cards.checks", "devices.checks",
    "rooms.checks",
    "events.checks", "events.room_checks", "events.joint_checks",
    "signups.checks", "signups.merged_checks", "signups.offer_checks", "messages.checks", "messages.sending_checks",
    "attendance.checks", "attendance.photo_checks", "opinions.checks", "volunteers.checks",
    "volunteers.question_checks", "teams.checks", "scrutiny.checks",
    "certificates.checks", "reports.checks", "reports.log_checks", "reports.file_checks", "reports.period_checks",
    "catalogue.checks", "proposals.checks", "jobs.checks",
)  # fmt: skip
"""Modules with `CHECKS`, in the order `audit` prints them."""


class CouldNot(Exception):
    """The command cannot do its work; the message is one sentence."""


def run(app: Flask, arguments: argparse.Namespace) -> int:
    """Serve pages and jobs; a new instance gets the sample district and its staff's links first."""
    _need_free(arguments.host, arguments.port)
    if not arguments.empty and not sites_where(true()):
        sample.settle(_progress)
    where = f"http://{arguments.host}:{arguments.port}"
    for name, role, token in sample.links():
        print(f"{name}（{role}）  {where}/desk/invitations/{token}", flush=True)
    print(f"打开 {where}", flush=True)
    _warn(app)
    serving.serve_with_jobs(app, arguments.host, arguments.port)
    return DONE


def web(app: Flask, arguments: argparse.Namespace) -> int:
    """Serve pages alone."""
    _need_free(arguments.host, arguments.port)
    _warn(app)
    serving.serve(arguments.host, arguments.port)
    return DONE


def _need_free(host: str, port: int) -> None:
    if serving.is_taken(host, port):
        raise CouldNot(f"端口 {port} 已经有程序在用；请换一个，例如 --port {port + 1}")


def jobs(app: Flask, arguments: argparse.Namespace) -> int:
    """Run the jobs alone."""
    _warn(app)
    serving.run_jobs(app)
    return DONE


def _warn(app: Flask) -> None:
    """Say once, at the start, what residents would miss."""
    settings = app.config["SETTINGS"]
    if settings.lacks_address:
        print(
            f"短信或邮件已经开通，public_url 却是 {settings.public_url}，只有这台机器打得开，"
            "所以发出去的消息里不带网址；"
            "请在 config.toml 里写好 public_url，再重新启动。",
            file=sys.stderr,
            flush=True,
        )


def upgrade(app: Flask, arguments: argparse.Namespace) -> int:
    """Nothing left to do: every verb migrates before it starts."""
    print("数据库已是最新。")
    return DONE


def load_files(app: Flask, arguments: argparse.Namespace) -> int:
    """Take files in; problems go to standard output, one line each."""
    kind, code = Kind(arguments.kind), DONE
    for path in arguments.files:
        try:
            content = path.read_bytes()
        except OSError as error:
            raise CouldNot(f"{path.name} 打不开：{error.strerror}") from error
        with app.test_request_context():  # refusals are said by templates
            loaded = _load(kind, content, path.name, arguments)
        for problem in loaded.problems:
            print(problem.line)
        refused = bool(loaded.lost) and arguments.strict
        would = "没有导入（--strict）" if refused else "试一遍，没有保存" if arguments.dry_run else "已导入"
        print(
            f"{path.name}：{would}。新增 {loaded.added}，更新 {loaded.changed}，原来就有 {loaded.same}，"
            f"读不进来 {len(loaded.lost)}"
        )
        code = max(code, PARTLY if loaded.lost else DONE)
    return code


def _load(kind: Kind, content: bytes, filename: str, arguments: argparse.Namespace) -> Loaded:
    now = clock.now()
    staff_id, reach = _loader(kind, arguments.by)
    month = arguments.month and (arguments.month.year, arguments.month.month)

    def take_in() -> Loaded:
        within = sites_where(true())
        if kind in PERSONAL:
            return take_sheet(
                kind, content, filename, within=sites_where(reach), by=staff_id, now=now, say=sentence
            )
        return load(
            kind, content, filename, within=within, by=None, now=now, today=clock.day_of(now), month=month
        )

    if arguments.dry_run or arguments.strict:
        with transaction(rehearse=True):
            loaded = take_in()
        if arguments.dry_run or loaded.lost:
            return loaded

    def attempt() -> Loaded:
        with transaction():
            return take_in()

    return retried(attempt)


def _loader(kind: Kind, login: str | None) -> tuple[int | None, ColumnElement[bool]]:
    """Who loads, and at which sites they may: whoever has the command line, or the member of staff who is named.

    A list of sign-ups needs one: a place given on the phone has somebody who gave it.
    """
    if login is None and kind is not Kind.SIGNUPS:
        return None, true()
    if kind not in PERSONAL:
        raise CouldNot("--by 只用于签到表和报名表")
    if login is None:
        raise CouldNot("请用 --by 写明是哪位工作人员录入的（登录名）")
    person = find_by_login(tidy_login(login))
    if person is None:
        raise CouldNot(f"没有登录名是 {login} 的工作人员")
    user = User(person.id, person.name, list_held(person.id))
    return person.id, reached(paths_for(user, Action.SIGN_UP))


def staff(app: Flask, arguments: argparse.Namespace) -> int:
    """Add a member of staff and print a one-time link."""
    site = _site(arguments.site)
    now = clock.now()
    with app.test_request_context(), transaction():
        try:
            person = add_staff(arguments.name, site=site, role=Role(arguments.role), by=None, now=now)
        except Refused as refused:
            raise CouldNot(sentence(refused)) from refused
        token = invite(person, by=None, now=now)
    print(f"{app.config['SETTINGS'].public_url}/desk/invitations/{token}")
    return DONE


def _site(code: str) -> Site:
    site = find_site(code)
    if site is None:
        raise CouldNot(f"没有代码是 {code} 的阵地；代码见阵地表")
    return site


def report(app: Flask, arguments: argparse.Namespace) -> int:
    """The month's coverage of a site, to standard output or a file; `--close` freezes it and those beneath first."""
    site = _site(arguments.site)
    audience = Audience.OUTSIDE if arguments.outside else Audience.INSIDE
    if arguments.reason and not arguments.close:
        raise CouldNot("--reason 只和 --close 一起用")
    with app.test_request_context():
        if arguments.close:
            _close(site, arguments)
        content = _file(site, arguments, audience, app.config["SETTINGS"].report_form)
    if arguments.out:
        try:
            arguments.out.write_bytes(content)
        except OSError as error:
            raise CouldNot(f"{arguments.out.name} 写不进去：{error.strerror}") from error
        print(f"已写入 {arguments.out.name}")
    else:
        sys.stdout.buffer.write(content)
    return DONE


def _file(site: Site, arguments: argparse.Namespace, audience: Audience, form: Path | None) -> bytes:
    """A closed month's file as it was kept, where it was; of an open one as it stands now."""
    if arguments.month.begins_at > clock.now():
        raise CouldNot(f"{arguments.month} 还没有开始")
    latest = find_latest(site, arguments.month)
    try:
        if latest:
            return file_of(latest, arguments.format, audience, template=form)
        return files.render(figures(site, arguments.month), arguments.format, audience, template=form)
    except Refused as refused:  # of the district's own form
        raise CouldNot(sentence(refused)) from refused


def _close(site: Site, arguments: argparse.Namespace) -> None:
    now, reason = clock.now(), arguments.reason
    try:
        reckoned = reckon(site, arguments.month, now=now, reason=reason)
        with transaction():
            closed = close_month(site, arguments.month, by=None, now=now, reason=reason, reckoned=reckoned)
            number = closed.version
    except Refused as refused:
        raise CouldNot(sentence(refused)) from refused
    except NotReckoned as failed:
        raise CouldNot(f"没有关账：{failed} 的数字算不出来（{failed.problem}）") from failed
    print(f"已关账：{site.short_name} {arguments.month} 第 {number} 版，下面各阵地一起", file=sys.stderr)


def audit(app: Flask, arguments: argparse.Namespace) -> int:
    """Run every invariant, read-only: 0 clean, 1 violated, 2 could not check.

    Each reads one moment: what others write meanwhile is no violation.
    """
    found, failed = {}, {}
    with app.test_request_context():
        for check in all_checks():
            try:
                with one_moment():
                    found[check.name, check.says] = check.find()
            except Exception as error:  # a check that cannot run is not a check that passed
                failed[check.name, check.says] = type(error).__name__
    if arguments.json:
        print(_as_json(found, failed))
    else:
        _print_findings(found, failed)
    return COULD_NOT if failed else PARTLY if any(found.values()) else DONE


def all_checks() -> list[Check]:
    """Every invariant of every feature."""
    return [check for name in CHECKED for check in import_module(f"stationapp.{name}").CHECKS]


def _as_json(found: dict, failed: dict) -> str:
    checks = [{"name": name, "says": says, "rows": rows} for (name, says), rows in found.items()]
    broken = [{"name": name, "says": says, "error": error} for (name, says), error in failed.items()]
    return json.dumps({"facts": facts(), "checks": checks, "could_not": broken}, ensure_ascii=False, indent=1)


def _print_findings(found: dict, failed: dict) -> None:
    for name, value in facts().items():
        print(f"{name}: {value}")
    for (name, says), rows in found.items():
        shown = "相符" if not rows else f"不符 {len(rows)} 处：{'、'.join(rows[:20])}"
        print(f"{name:4} {shown}（{says}）")
    for (name, says), error in failed.items():
        print(f"{name:4} 没能核对：{error}（{says}）")


def _progress(done: int, of: int) -> None:
    if sys.stderr.isatty():
        end = "\n" if done == of else ""
        print(f"\r正在准备示例区 {done * 100 // of:3d}%", end=end, file=sys.stderr, flush=True)
