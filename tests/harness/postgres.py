"""A private PostgreSQL for one run: a cluster in a temporary folder, databases made from templates."""

import contextlib
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from tests.harness import machine

# Speed where nothing has to survive the machine, and the honest settings where speed is measured.
_FLEETING = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_wal_size": "128MB",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}


class Server:
    """Hands out fresh databases; `maintenance` is the address of a database it may always connect to."""

    def __init__(self, maintenance: str) -> None:
        self._maintenance = make_url(maintenance).set(drivername="postgresql+psycopg")
        self._made: list[str] = []
        self._templates: dict[object, str] = {}

    def fresh(self, template: str | None = None) -> str:
        """The SQLAlchemy address of a new database, empty or like `template` (a database's name)."""
        name = f"station_{secrets.token_hex(6)}"
        source = sql.Identifier(template) if template else sql.Identifier("template0")
        # Where nothing has to last, copying files is quicker than writing each page to the log as well.
        self._run(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(name), source)
        )
        self._made.append(name)
        return self._maintenance.set(database=name).render_as_string(hide_password=False)

    def template(self, fill: Callable[[str], None]) -> str:
        """The name of a database prepared once by `fill(address)`, which must close its connections."""
        if fill not in self._templates:
            url = self.fresh()
            fill(url)
            self._templates[fill] = str(make_url(url).database)
        return self._templates[fill]

    def drop(self, url: str) -> None:
        """Remove a database handed out by `fresh`, whoever is still connected to it."""
        name = str(make_url(url).database)
        self._run(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        if name in self._made:
            self._made.remove(name)

    def drop_all(self) -> None:
        """Remove everything handed out; for a server that outlives the run."""
        for name in list(self._made):
            self.drop(self._maintenance.set(database=name).render_as_string(hide_password=False))

    def _run(self, statement: sql.Composed) -> None:
        address = self._maintenance.set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(address, autocommit=True) as connection:
            connection.execute(statement)


@contextlib.contextmanager
def running(*, durable: bool = False) -> Iterator[Server]:
    """The server named by STATIONAPP_TEST_DATABASE_URL, else a cluster of our own, stopped at the end.

    `durable` sets fsync and synchronous_commit on in a cluster of our own, for measurements.
    """
    if given := os.environ.get(machine.DATABASE_VARIABLE):
        server = Server(given)
        try:
            yield server
        finally:
            server.drop_all()
        return
    programs = Path(machine.postgresql() or _missing())
    with (
        _folder(_on_disk() if durable else _in_memory()) as folder,
        _cluster(programs, folder, _DURABLE if durable else _FLEETING),
    ):
        yield Server(f"postgresql+psycopg://postgres@/postgres?host={folder}")


def _missing() -> str:
    raise machine.Missing(
        "没有找到 PostgreSQL 服务器。 No PostgreSQL server found: sudo apt-get install postgresql."
    )


def _on_disk() -> Path:
    return Path(tempfile.gettempdir())


def _in_memory(needed: int = 2 * 1024**3) -> Path:
    """Where making and dropping some thousand databases costs least: a file system in memory, if it has room."""
    memory = Path("/dev/shm")
    roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free >= needed
    return memory if roomy else _on_disk()


@contextlib.contextmanager
def _folder(where: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="station-pg-", dir=where))
    try:
        if (owner := _owner()) is not None:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        folder.chmod(0o755)  # the socket lives here, and the tests may be another user than the server
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _cluster(programs: Path, folder: Path, settings: dict[str, str]) -> Iterator[None]:
    data = folder / "data"
    initdb = [
        "initdb",
        "-D",
        str(data),
        "-U",
        "postgres",
        "-A",
        "trust",
        "-E",
        "UTF8",
        "--locale=C",
        "--no-sync",
    ]
    done = _as_owner(subprocess.run, [str(programs / initdb[0]), *initdb[1:]], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"initdb: {done.stderr.strip()}")
    settings = settings | {
        "listen_addresses": "",
        "unix_socket_directories": str(folder),
        "max_connections": "200",
    }
    options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
    with open(folder / "log", "wb") as log:
        server = _as_owner(
            subprocess.Popen, [str(programs / "postgres"), "-D", str(data), *options], stdout=log, stderr=log
        )
    try:
        _wait(server, folder)
        yield
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: disconnects whoever is left
        try:
            server.wait(20)
        except subprocess.TimeoutExpired:
            server.send_signal(signal.SIGQUIT)
            server.wait(10)


def _wait(server: subprocess.Popen, folder: Path) -> None:
    until = time.monotonic() + 30
    while True:
        try:
            psycopg.connect(f"postgresql://postgres@/postgres?host={folder}").close()
            return
        except psycopg.OperationalError:
            if server.poll() is not None or time.monotonic() > until:
                log = (folder / "log").read_text(errors="replace")
                raise RuntimeError(f"PostgreSQL did not start: {log[-2000:]}") from None
            time.sleep(0.05)


def _owner() -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; whom to become then."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise RuntimeError("neither a user postgres nor nobody to run PostgreSQL as")


def _as_owner(start: Callable, command: list[str], **options):
    if (owner := _owner()) is not None:
        options |= {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}
    # A group of its own keeps Ctrl-C in the terminal for the tests, which then stop the server in order.
    return start(command, cwd="/", start_new_session=True, **options)
