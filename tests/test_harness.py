"""The harness is trusted by every other test, so it is tested first."""

import contextlib
import os
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from stationapp.db import db
from tests.harness import machine, postgres
from tests.harness.browser import axe
from tests.harness.inspect import complaints

ROOT = Path(__file__).resolve().parent.parent

GOOD = (
    "<!doctype html><html lang='zh'><head><title>t</title></head><body><h1>h</h1><form method='post' action='/x'>"
    "<input type='hidden' name='csrf_token' value='1'><label for='a'>甲</label><input id='a' name='a'>"
    "<label>乙<select name='b'></select></label></form></body></html>"
)


def test_a_sound_page_has_no_complaint():
    assert complaints(GOOD) == []


@pytest.mark.parametrize(
    ("whole", "broken", "complaint"),
    [
        ("<h1>h</h1>", "", "0 h1 instead of one"),
        ("<h1>h</h1>", "<h1>h</h1><h1>i</h1>", "2 h1 instead of one"),
        ("<title>t</title>", "<title> </title>", "no title"),
        (" lang='zh'", "", "html has no lang"),
        ("<h1>", "<h1 id='a'>", "the id 'a' is used 2 times"),
        ("<label>乙", "<label>乙</label><label hidden></label>", "the field 'b' has no label"),
        ("<h1>", "<label for='z'>丙</label><h1>", "a label is for 'z', which is not there"),
        ("name='csrf_token'", "name='other'", "the form to '/x' has no csrf_token"),
        ("<h1>", "<h1 style='color:red'>", "inline <h1 style> is refused by the content security policy"),
        ("<h1>", "<h1 onclick='x()'>", "inline <h1 onclick> is refused by the content security policy"),
        ("<h1>", "<script>x()</script><h1>", "inline <script> is refused by the content security policy"),
    ],
)
def test_each_fault_of_a_page_is_named(whole: str, broken: str, complaint: str):
    assert complaints(GOOD.replace(whole, broken, 1)) == [complaint]


@pytest.mark.both_databases
def test_each_test_has_a_migrated_database_of_its_own(app: Flask):
    with app.app_context():
        assert db.session.execute(text("SELECT count(*) FROM alembic_version")).scalar_one() == 1
        with db.engine.begin() as connection:
            connection.execute(text("CREATE TABLE once_only (a INTEGER)"))


@pytest.mark.both_databases
def test_the_real_server_answers_from_the_same_instance(app: Flask, live_server: str):
    with urllib.request.urlopen(f"{live_server}/healthz") as answer:
        assert answer.status == 200


def test_the_measuring_cluster_keeps_what_it_has_confirmed():
    if os.environ.get(machine.DATABASE_VARIABLE):
        return  # somebody else's server has its own settings
    with postgres.running(durable=True) as server:
        import psycopg

        address = server.fresh().replace("postgresql+psycopg", "postgresql")
        with contextlib.closing(psycopg.connect(address)) as connection:
            shown = [
                connection.execute(f"SHOW {name}").fetchone()[0] for name in ("fsync", "synchronous_commit")
            ]
    assert shown == ["on", "on"]


def test_the_browser_reads_a_page_and_axe_finds_what_is_wrong_with_it(browser):
    with browser.new_context() as context:
        page = context.new_page()
        page.set_content(GOOD.replace("<h1>h</h1>", "<h1>h</h1><img src='data:,'>"))
        found = axe(page)
    assert [line.split(":")[0] for line in found if "image-alt" in line] == ["critical image-alt"]


def test_a_test_left_out_in_ci_fails(tmp_path: Path):
    (tmp_path / "test_it.py").write_text(
        "import pytest\n\n\ndef test_a():\n    pytest.skip('x')\n\n\ndef test_b():\n    pytest.xfail('x')\n"
    )
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-c",
        str(ROOT / "pyproject.toml"),
    ]
    command += ["--rootdir", str(tmp_path), "-p", "tests.conftest", str(tmp_path)]
    said = []
    for ci in ("true", ""):
        environ = os.environ | {"CI": ci, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(command, cwd=tmp_path, env=environ, capture_output=True, text=True)
        said.append(done.stdout.splitlines()[-1].partition(" in ")[0])
    assert said == ["2 failed", "1 skipped, 1 xfailed"]
