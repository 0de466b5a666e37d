"""What every test may ask for. Databases: `database_url` is a SQLite file, and with the marker
`both_databases` the test runs once more on PostgreSQL; `app`, `client` and `live_server` follow it."""

import gc
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import settings as hypothesis_settings

from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db
from stationapp.migrate import migrate
from tests.harness import browser as browsers
from tests.harness import postgres
from tests.harness.client import InspectingClient
from tests.harness.quick import quicken
from tests.harness.server import serving

CI = os.environ.get("CI", "").lower() in ("1", "true")

hypothesis_settings.register_profile(
    "station", deadline=None, max_examples=50, derandomize=False, print_blob=CI
)
hypothesis_settings.load_profile("station")


# --- the cast: Lin, Chen, Zhao, Ma, Granny Wu and Xiao Li, made by the factories of tests/cast.py --------------


# --- databases -------------------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test marked `both_databases` runs on SQLite and on PostgreSQL."""
    if metafunc.definition.get_closest_marker("both_databases"):
        metafunc.fixturenames.append("database_url")
        metafunc.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture(scope="session")
def postgresql() -> Iterator[postgres.Server]:
    """The run's PostgreSQL, started when the first test asks for it."""
    with postgres.running() as server:
        yield server


@pytest.fixture(scope="session")
def _filled(tmp_path_factory: pytest.TempPathFactory):
    """Brings an empty database to the code's schema."""
    instance = tmp_path_factory.mktemp("template")

    def fill(url: str) -> None:
        app = _application(instance, url)
        try:
            with app.app_context():
                migrate(db.engine)
        finally:
            _close(app)

    return fill


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory, _filled) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.db"
    _filled(f"sqlite:///{path}")
    return path


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a migrated, empty database of this test's own."""
    if getattr(request, "param", "sqlite") == "sqlite":
        path = tmp_path / "station.db"
        shutil.copy(request.getfixturevalue("_sqlite_template"), path)  # with its mode
        yield f"sqlite:///{path}"
        return
    server: postgres.Server = request.getfixturevalue("postgresql")
    url = server.fresh(server.template(request.getfixturevalue("_filled")))
    yield url
    server.drop(url)


# --- the application -------------------------------------------------------------------------------------------


def _application(instance: Path, url: str) -> Flask:
    app = quicken(create_app(Settings(instance=instance, database_url=url)))
    app.testing = True
    app.test_client_class = InspectingClient
    return app


def _close(app: Flask) -> None:
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


@pytest.fixture
def app(tmp_path: Path, database_url: str) -> Iterator[Flask]:
    """The application on a database of its own, with keys of its own; no context is pushed."""
    app = _application(tmp_path / "instance", database_url)
    yield app
    _close(app)


@pytest.fixture
def client(app: Flask) -> InspectingClient:
    """A visitor; `app.test_client()` makes another one."""
    return app.test_client()


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The address of the real server on the same instance and database as `app`."""
    settings: Settings = app.config["SETTINGS"]
    with serving(settings.instance, settings.database_url) as url:
        yield url


@pytest.fixture(scope="session")
def browser():
    """Chromium, started once."""
    with browsers.launched() as browser:
        yield browser


@pytest.fixture
def page(browser, live_server: str):
    """A phone's page at the live server: `page.goto("/")`."""
    with browsers.visiting(browser, live_server) as page:
        yield page


# --- speed ------------------------------------------------------------------------------------------------------


def pytest_collection_finish() -> None:
    """What is loaded by now stays to the end: the collector need not walk through it again, nor run for every page."""
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


# --- nothing is left out in CI ---------------------------------------------------------------------------------


def _failed_if_left_out(report):
    if CI and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"left out in CI: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Under CI=true a skip or an expected failure is a failure."""
    report = yield
    if hasattr(report, "wasxfail"):
        report.longrepr = f"expected to fail: {report.wasxfail}"
        if CI:
            del report.wasxfail
    return _failed_if_left_out(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    """The same for a whole module that leaves itself out."""
    return _failed_if_left_out((yield))
