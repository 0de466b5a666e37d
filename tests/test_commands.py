"""The command line, run as its own process: what it prints, where, and how it ends."""

import argparse
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from stationapp import cli, clock, commands
from stationapp.accounts.models import Staff
from stationapp.attendance.models import Attendance
from stationapp.audit.rules import Check
from stationapp.db import db, transaction, writing
from stationapp.events.models import Event
from stationapp.signups.models import Party
from stationapp.sites.models import Site
from tests import cast
from tests.harness.server import ROOT

SAMPLE = ROOT / "stationapp" / "sample"


@pytest.fixture
def run(app):
    """Run a verb on the test's instance and database."""
    settings = app.config["SETTINGS"]
    environ = os.environ | {
        "STATIONAPP_INSTANCE": str(settings.instance),
        "STATIONAPP_DATABASE_URL": settings.database_url,
        "STATIONAPP_PUBLIC_URL": "https://activity.example.org",
    }

    def command(*words: object) -> subprocess.CompletedProcess:
        line = [sys.executable, "-m", "stationapp.cli", *map(str, words)]
        return subprocess.run(line, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)

    return command


@pytest.fixture
def busy() -> Iterator[int]:
    """A port at which another server listens, one that would share it."""
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def count(app, model) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.parametrize("verb", ["", "run", "web", "jobs", "upgrade", "load", "staff", "report", "audit"])
def test_every_verb_explains_itself(capsys, verb):
    with pytest.raises(SystemExit) as ended:
        cli.main([*filter(None, [verb]), "--help"])
    said = capsys.readouterr()
    assert (ended.value.code, said.err) == (0, "") and "usage: stationapp" in said.out


def test_files_are_rehearsed_refused_whole_taken_in_and_taken_in_again(app, run):
    good = SAMPLE / "jianxi" / "sites.csv"
    assert (run("load", "sites", good, "--dry-run").returncode, count(app, Site)) == (0, 0)
    assert (run("load", "sites", good).returncode, count(app, Site)) == (0, 100)
    assert (
        run("load", "sites", good).stdout == "sites.csv：已导入。新增 0，更新 0，原来就有 100，读不进来 0\n"
    )
    plan = SAMPLE / "jianxi" / "plan-2026-11.xlsx"
    strict = run("load", "plan", plan, "--strict")
    assert (strict.returncode, count(app, Event)) == (1, 0) and "没有导入" in strict.stdout
    real = run("load", "plan", plan)
    *problems, last = real.stdout.splitlines()
    assert (real.returncode, real.stderr, count(app, Event)) == (1, "", 247)
    assert [line.split("：")[0] for line in problems] == [
        f"plan-2026-11.xlsx ［11月计划］ 第{row}行 “{column}”"
        for row, column in ((83, "时间"), (120, "时间"), (125, "时间"), (142, "承办单位"))
    ]
    assert last == "plan-2026-11.xlsx：已导入。新增 247，更新 0，原来就有 0，读不进来 4"


def test_a_signed_sheet_is_rehearsed_refused_whole_taken_in_and_taken_in_again(app, run, tmp_path):
    people, on = cast.district(app), clock.now() - timedelta(days=1)
    with app.app_context():
        cast.event(people.one, title="八段锦晨练", starts_at=on)
    path = tmp_path / "签到.csv"
    above = f"八段锦晨练 签到表\n日期：,{clock.day_of(on):%Y.%m.%d}\n"
    path.write_text(
        f"{above}姓名,电话,年龄,签名\n程永,1990000,71,√\n薛爱,199 0000 7454,71,√\n冯国,,,\n", encoding="utf-8"
    )
    assert (run("load", "signin", path, "--dry-run").returncode, count(app, Attendance)) == (1, 0)
    assert (run("load", "signin", path, "--strict").returncode, count(app, Attendance)) == (1, 0)
    done = run("load", "signin", path)
    assert (done.returncode, done.stderr, count(app, Attendance)) == (1, "", 1)
    phone, age, last = done.stdout.splitlines()
    assert phone.startswith("签到.csv 第4行 “电话”：读到“1990000”，不是完整的电话")
    assert age.startswith("签到.csv 第5行 “年龄”：读到“71”，只有年龄") and "没有记出生年月" in age
    assert last == "签到.csv：已导入。新增 1，更新 0，原来就有 0，读不进来 1"
    assert "新增 0，更新 0，原来就有 1" in run("load", "signin", path).stdout
    assert count(app, Attendance) == 1


def test_a_sign_up_list_is_loaded_by_a_member_of_staff_for_their_own_sites_and_once(app, run, tmp_path):
    people, on = cast.district(app), clock.now() + timedelta(days=2)
    with app.app_context():
        cast.event(people.one, title="八段锦晨练", starts_at=on, capacity=1)
        with transaction():
            for who in (people.lin, people.ma):
                db.session.get_one(Staff, who.id).login = f"staff{who.id}"
    path = tmp_path / "报名.csv"
    above = f"八段锦晨练 报名表\n时间：,{clock.day_of(on):%Y.%m.%d}\n"
    path.write_text(
        f"{above}姓名,电话,人数/同行\n程永,1990000,\n薛爱,199 0000 7454,\n冯国,19900006352,+1 冯强\n",
        encoding="utf-8",
    )
    lin, ma = (("--by", f"staff{who.id}") for who in (people.lin, people.ma))
    assert (run("load", "signups", path).returncode, count(app, Party)) == (2, 0)
    assert (run("load", "signups", path, *ma).returncode, count(app, Party)) == (1, 0)
    done = run("load", "signups", path, *lin)
    assert (done.returncode, done.stderr, count(app, Party)) == (1, "", 2)
    phone, waits, last = done.stdout.splitlines()
    assert phone.startswith("报名.csv 第4行 “电话”：读到“1990000”，不是完整的电话")
    assert waits == "报名.csv 第6行：名额不够，排在候补第1位。"
    assert last == "报名.csv：已导入。新增 2，更新 0，原来就有 0，读不进来 1"
    assert "新增 0，更新 0，原来就有 2" in run("load", "signups", path, *lin).stdout
    assert count(app, Party) == 2


def test_a_new_member_of_staff_gets_a_link_that_works(app, run):
    cast.district(app)
    done = run("staff", "add", "孙主任", "--site", "410305001001", "--role", "manager")
    assert (done.returncode, done.stderr) == (0, "")
    address = done.stdout.strip()
    assert address.startswith("https://activity.example.org/desk/invitations/")
    page = app.test_client().get(address.removeprefix("https://activity.example.org"))
    assert page.status_code == 200 and "孙主任" in page.text


def test_what_cannot_be_done_is_one_sentence_on_the_error_channel(app, run, tmp_path, busy):
    cast.district(app)
    said = {
        ("staff", "add", "某", "--site", "999", "--role", "manager"): "没有代码是 999 的阵地",
        ("staff", "add", "某", "--site", "410305001001", "--role", "auditor"): "。",
        ("report", "999", "2026-10"): "没有代码是 999 的阵地",
        ("load", "sites", tmp_path / "missing.csv"): "missing.csv 打不开",
        ("--empty", "--port", busy): f"端口 {busy} 已经有程序在用",
        ("web", "--port", busy): f"端口 {busy} 已经有程序在用",
    }
    for words, sentence in said.items():
        done = run(*words)
        assert (done.returncode, done.stdout) == (2, "")
        assert sentence in done.stderr and len(done.stderr.splitlines()) == 1
    wrong = run("report", "410305000", "2026-13")
    assert wrong.returncode == 2 and "月份要写成 2026-11 的样子" in wrong.stderr


def test_a_report_goes_to_standard_output_or_into_a_file(app, run, tmp_path):
    cast.district(app)
    printed = run("report", "410305000", "2026-10")
    assert (printed.returncode, printed.stderr) == (0, "")
    assert json.loads(printed.stdout)["month"] == "2026-10"
    out = tmp_path / "report.xlsx"
    done = run("report", "410305000", "2026-10", "--format", "xlsx", "--out", out)
    assert (done.returncode, out.read_bytes()[:2]) == (0, b"PK")


def test_audit_says_clean_violated_or_not_checked(app, run):
    cast.district(app)
    clean = run("audit", "--json")
    read = json.loads(clean.stdout)
    assert (clean.returncode, read["could_not"], [one for one in read["checks"] if one["rows"]]) == (
        0,
        [],
        [],
    )
    settings = app.config["SETTINGS"]
    (settings.instance / "keys.json").chmod(0o644)
    bad = run("audit")
    assert bad.returncode == 1 and "不符 1 处：keys.json" in bad.stdout


@pytest.mark.both_databases
def test_what_is_written_while_audit_reads_is_no_violation(app, monkeypatch):
    cast.district(app)

    def find() -> list[str]:
        before = db.session.scalar(select(func.count()).select_from(Site))
        with db.engine.connect() as other:
            other.execution_options(**writing(db.engine)).execute(update(Site).values(name="改了名"))
            other.commit()
        after = db.session.scalar(select(func.count()).where(Site.name != "改了名"))
        return [] if before == after else ["moved"]

    monkeypatch.setattr(commands, "all_checks", lambda: [Check("R4", "…", find)])
    with app.app_context():
        assert commands.audit(app, argparse.Namespace(json=False)) == 0


def test_a_database_that_does_not_answer_is_one_sentence_without_its_password(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("STATIONAPP_INSTANCE", str(tmp_path))
    monkeypatch.setenv("STATIONAPP_DATABASE_URL", "postgresql://lin:geheim@127.0.0.1:1/none")
    assert cli.main(["audit"]) == 2
    said = capsys.readouterr()
    assert said.err.startswith("数据库连不上") and said.err.count("\n") == 1
    assert "geheim" not in said.err + said.out


def test_whoever_starts_it_with_a_gateway_and_no_address_is_told_once(app, capsys, monkeypatch):
    for name in ("is_taken", "serve", "serve_with_jobs", "run_jobs"):
        monkeypatch.setattr(f"stationapp.serving.{name}", lambda *given: None)
    arguments = argparse.Namespace(host="127.0.0.1", port=8000, empty=True)

    def warned(**more) -> list[int]:
        app.config["SETTINGS"] = replace(app.config["SETTINGS"], public_url="http://127.0.0.1:8000", **more)
        said = []
        for verb in (commands.run, commands.web, commands.jobs):
            with app.app_context():
                verb(app, arguments)
            said.append(capsys.readouterr().err.count("请在 config.toml 里写好 public_url"))
        return said

    assert warned(sms="file") == [0, 0, 0]
    assert warned(sms="webhook", sms_url="https://sms.example", sms_secret="x") == [1, 1, 1]


def test_a_month_is_closed_from_the_command_line_with_everything_beneath(app, run, tmp_path):
    people = cast.district(app)
    done = run("report", people.center.code, "2026-09", "--close")
    assert done.returncode == 0 and "第 1 版" in done.stderr
    assert json.loads(done.stdout)["state"] == "closed"
    assert json.loads(run("report", people.one.code, "2026-09").stdout)["version"] == 1
    said = {
        ("2026-09", "--close"): "更正原因",
        ("2026-09", "--close", "--reason", "再看"): "没有任何变化",
        ("2026-09", "--reason", "再看"): "--reason 只和 --close 一起用",
        ("2999-01", "--close"): "结束以后才能关账",
        ("2999-01",): "2999-01 还没有开始",
        ("2026-09", "--out", tmp_path / "none" / "x.json"): "x.json 写不进去",
    }
    for words, sentence in said.items():
        refused = run("report", people.center.code, *words)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert sentence in refused.stderr


def test_what_goes_outside_says_less(app, run):
    people = cast.district(app)
    told = run("report", people.center.code, "2026-09", "--outside")
    assert told.returncode == 0 and json.loads(told.stdout)["outside"] is True
