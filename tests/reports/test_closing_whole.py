"""A closing is whole or not there, whoever is killed; its bytes depend on the facts alone (trust.md R1, §3)."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import func, select

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.operations import close_month
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, AT, MONTH

ROOT = Path(__file__).resolve().parents[2]

CLOSE = """
import sys
from pathlib import Path
from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.reports import operations
from stationapp.sites.queries import get_center
from tests.reports.build import AFTER, MONTH

instance, url, stop = sys.argv[1:4]
app = create_app(Settings(instance=Path(instance), database_url=url))
if stop:
    real = operations.record
    left = [int(stop)]
    def record(*rest, **more):
        left[0] -= 1
        if not left[0]:
            db.session.flush()
            print("ready", flush=True)
            sys.stdin.readline()
        return real(*rest, **more)
    operations.record = record
with app.app_context(), transaction():
    operations.close_month(get_center(), MONTH, by=None, now=AFTER)
print("done", flush=True)
"""


def _closing(app, stop: str = "", **surroundings: str) -> subprocess.Popen:
    settings = app.config["SETTINGS"]
    command = [sys.executable, "-c", CLOSE, str(settings.instance), settings.database_url, stop]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | surroundings, **pipes)


def _district(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        for number, site in enumerate((people.one, people.two, people.far, people.office)):
            held = build.event(site)
            for _ in range(number + 1):
                build.came(held, build.resident(people.one))
            build.counted(held, 7 + number)
        helper = build.volunteer(build.resident(people.two), people.two)
        build.manual(helper, people.two, 90, AT.date(), people.lin.id, people.chen.id)
    return people


def _counts(app) -> tuple[int, int]:
    with app.app_context():
        return tuple(
            db.session.scalar(select(func.count()).select_from(one)) for one in (CoverageReport, CountedEvent)
        )


@pytest.mark.both_databases
@pytest.mark.parametrize("stop", ["1", "4"])
def test_a_closing_killed_in_the_middle_leaves_nothing_and_the_next_one_is_whole(app, stop):
    people = _district(app)
    child = _closing(app, stop)
    assert child.stdout.readline() == "ready\n"
    child.send_signal(signal.SIGKILL)
    child.communicate()
    assert _counts(app) == (0, 0)
    with app.app_context(), transaction():
        close_month(people.center, MONTH, by=None, now=AFTER)
    reports, counted = _counts(app)
    assert (reports, counted > 0) == (6, True)


SURROUNDINGS = (
    {"TZ": "UTC", "LANG": "C", "LC_ALL": "C", "PYTHONHASHSEED": "0"},
    {"TZ": "America/New_York", "LANG": "de_DE.UTF-8", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "12345"},
    {"TZ": "Asia/Shanghai", "LANG": "zh_CN.UTF-8", "PYTHONHASHSEED": "random"},
)


def _bodies(app) -> str:
    with app.app_context():
        rows = db.session.execute(
            select(CoverageReport.id, CoverageReport.body, CoverageReport.hash).order_by(CoverageReport.id)
        ).all()
    assert len(rows) == 6
    return hashlib.sha256(json.dumps([list(row) for row in rows]).encode()).hexdigest()


def test_the_bytes_are_the_same_in_every_time_zone_locale_and_order_of_hashing(app):
    _district(app)
    source = Path(app.config["SETTINGS"].database_url.removeprefix("sqlite:///"))
    with app.app_context():
        db.session.remove()
        db.engine.dispose()
    empty = {path.name: path.read_bytes() for path in source.parent.glob(f"{source.name}*")}
    found = set()
    for surroundings in SURROUNDINGS:
        for name, content in empty.items():
            (source.parent / name).write_bytes(content)
        child = _closing(app, **surroundings)
        assert child.communicate()[0] == "done\n"
        found.add(_bodies(app))
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        for path in source.parent.glob(f"{source.name}-*"):
            path.unlink()
    assert len(found) == 1


def test_the_bytes_are_the_same_in_both_databases(app, request, tmp_path):
    server = request.getfixturevalue("postgresql")
    url = server.fresh(server.template(request.getfixturevalue("_filled")))
    other = create_app(Settings(instance=tmp_path / "other", database_url=url))
    try:
        for one in (app, other):
            _district(one)
            assert _closing(one).communicate()[0] == "done\n"
        assert _bodies(app) == _bodies(other)
    finally:
        with other.app_context():
            db.session.remove()
            db.engine.dispose()
        server.drop(url)
