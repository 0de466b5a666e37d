"""Ticks: who leads works, failures are written down, and a frozen leader's late write is refused."""

import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.jobs import operations, runner
from stationapp.jobs.models import JobRun, Lease
from stationapp.jobs.operations import take_lease
from stationapp.jobs.queries import find_lease, last_runs
from stationapp.jobs.rules import PACES
from stationapp.notices.models import Notice
from tests import cast
from tests.harness.server import ROOT


@pytest.fixture
def overdue(app):
    """A district with one event that ended two days ago."""
    people = cast.district(app)
    with app.app_context():
        cast.event(people.one, starts_at=clock.now() - timedelta(days=2, hours=2))
    return people


def notices(app) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(Notice))


@pytest.mark.both_databases
def test_a_tick_does_what_is_due_and_the_next_one_nothing(app, overdue):
    assert (
        runner.tick(app, "a") == 1 + 3 + 3
    )  # the event; last month and its spot check for center and two offices
    assert runner.tick(app, "a") == 0
    assert runner.tick(app, "b") is None
    with app.app_context():
        runs = last_runs()
        done = {job: (run.done, run.problem) for job, run in runs.items() if run.done or run.problem}
        assert done == {
            "close_out_reminders": (1, ""),
            "month_preparation": (3, ""),
            "spot_draws": (3, ""),
        }
        assert set(runs) == {pace.name for pace in PACES}


@pytest.mark.both_databases
def test_a_duty_that_fails_is_written_down_and_the_others_go_on(app, overdue, monkeypatch):
    def fails(*, now):
        db.session.add(
            JobRun(job="half", token=1, began_at=now, ended_at=now, done=0, done_ever=0, problem="")
        )
        db.session.flush()
        raise ValueError("a secret that must not be kept")

    monkeypatch.setitem(operations.DUTIES, "close_out_reminders", fails)
    assert runner.tick(app, "a") == 3 + 3
    with app.app_context():
        runs = last_runs()
        problems = {job: run.problem for job, run in runs.items() if run.problem}
        assert problems == {"close_out_reminders": "ValueError"} and len(runs) == len(PACES)


def test_a_tick_that_cannot_reach_the_database_is_logged_and_not_raised(app, monkeypatch, caplog):
    def broken(*_, **__):
        raise OSError("postgresql://user:password@host")

    monkeypatch.setattr(runner, "take_lease", broken)
    runner.guarded_tick(app, "a")
    assert [record.getMessage() for record in caplog.records] == ["jobs: OSError"]


def test_losing_the_lead_in_the_middle_of_a_tick_ends_it_quietly(app, overdue, monkeypatch, caplog):
    def overtaken(*, now):
        db.session.execute(update(Lease).values(holder="b", token=Lease.token + 1))
        return 1

    monkeypatch.setitem(operations.DUTIES, PACES[0].name, overtaken)
    runner.guarded_tick(app, "a")
    assert [record.getMessage() for record in caplog.records] == ["jobs: the lead went to another process"]
    with app.app_context():
        assert last_runs() == {}  # the duty, and what it did, were rolled back
        assert find_lease().holder == "a"


@pytest.mark.both_databases
def test_the_scheduler_ticks_in_the_background_and_stops(app, overdue):
    scheduler = runner.start(app)
    try:
        until = time.monotonic() + 20
        while notices(app) < 4 and time.monotonic() < until:
            time.sleep(0.1)
    finally:
        scheduler.shutdown()
    assert notices(app) == 4
    with (
        app.app_context(),
        transaction(),
    ):  # told to stop, it gave the lead up: another one need not wait for its end
        assert find_lease().until_at <= clock.now()
        assert take_lease("the next", now=clock.now()) == 2
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("APScheduler")]


# --- a leader frozen past its lease ------------------------------------------------------------------------------

FROZEN = """
import sys
from datetime import timedelta
from pathlib import Path
from stationapp import clock
from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import transaction
from stationapp.jobs import operations, runner

operations.LEASE_LASTS = timedelta(seconds=2)
where, instance, url = sys.argv[1:]

def wait(word):
    print(word, flush=True)
    sys.stdin.readline()

def duty(*, now):
    done = remind(now=now)
    if where == "inside":
        wait("ready")
    return done

remind = operations.DUTIES["close_out_reminders"]
operations.DUTIES["close_out_reminders"] = duty
app = create_app(Settings(instance=Path(instance), database_url=url))
with app.app_context():
    with transaction():
        token = operations.take_lease("frozen", now=clock.now())
    if where == "before":
        wait("ready")
    try:
        print("wrote", runner._run("close_out_reminders", token), flush=True)
    except operations.LeaseLost:
        print("refused", flush=True)
"""


def _frozen(app, where: str) -> subprocess.Popen:
    settings = app.config["SETTINGS"]
    command = [sys.executable, "-c", FROZEN, where, str(settings.instance), settings.database_url]
    child = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert child.stdout.readline() == "ready\n"
    return child


def _take_over(app) -> int | None:
    until = time.monotonic() + 20
    with app.app_context():
        while time.monotonic() < until:
            with transaction():
                token = take_lease("second", now=clock.now())
            if token:
                return token
            time.sleep(0.2)
    return None


def _answer(child: subprocess.Popen) -> str:
    child.send_signal(signal.SIGCONT)
    out, _ = child.communicate("\n", timeout=30)
    assert child.returncode == 0
    return out


@pytest.mark.both_databases
def test_a_leader_stopped_past_its_lease_writes_nothing_when_it_wakes(app, overdue):
    child = _frozen(app, "before")
    child.send_signal(signal.SIGSTOP)
    assert _take_over(app) == 2
    assert _answer(child) == "refused\n"
    assert notices(app) == 0


@pytest.mark.both_databases
def test_a_leader_stopped_in_the_middle_of_a_duty_writes_nothing_either(app, overdue):
    child = _frozen(app, "inside")
    child.send_signal(signal.SIGSTOP)
    if app.config["SETTINGS"].database_url.startswith("sqlite"):
        time.sleep(2.5)  # it sits on SQLite's only write lock: nobody can do anything until it wakes
        assert _answer(child) == "refused\n"
        assert _take_over(app) == 2
    else:
        assert _take_over(app) == 2  # PostgreSQL ended its session, and the lock with it
        assert _answer(child) == "refused\n"
    assert notices(app) == 0


def test_the_control_without_a_frozen_leader_does_write(app, overdue):
    assert _answer(_frozen(app, "before")) == "wrote 1\n"
    assert notices(app) == 1


# --- two real processes -------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_two_job_processes_tell_each_thing_once(app, overdue):
    settings = app.config["SETTINGS"]
    command = [
        sys.executable, "-c",
        "import sys; from pathlib import Path; from stationapp.app import create_app\n"
        "from stationapp.config import Settings; from stationapp.serving import run_jobs\n"
        "run_jobs(create_app(Settings(instance=Path(sys.argv[1]), database_url=sys.argv[2])))",
        str(settings.instance), settings.database_url,
    ]  # fmt: skip
    children = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    try:
        until = time.monotonic() + 30
        while time.monotonic() < until:
            with app.app_context():
                if len(last_runs()) == len(PACES):
                    break
            time.sleep(0.2)
        time.sleep(6)  # one more tick of each
    finally:
        for child in children:
            child.terminate()
    assert [child.wait(20) for child in children] == [0, 0]
    assert notices(app) == 4
    with app.app_context():
        assert db.session.scalars(select(Lease.token)).all() == [1]
        assert {run.done_ever for run in last_runs().values()} == {0, 1, 3}
