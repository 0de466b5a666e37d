"""The two commands on a machine that has only python3 and pip: a copy of the checkout, a user with an empty home."""

import ast
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from stationapp import bootstrap

ROOT = Path(__file__).resolve().parent.parent
SHIPPED = ("stationapp", "templates", "static", "requirements.lock", "pyproject.toml")


class Machine:
    """A copy of the checkout and somebody without any rights to start it."""

    def __init__(self, folder: Path) -> None:
        self.checkout = folder / "checkout"
        self.home = folder / "home"
        self.folder = folder
        self.python = _system_python()
        self.checkout.mkdir()
        self.home.mkdir()
        for name in SHIPPED:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copyfile
            copy(source, self.checkout / name, **({"ignore": _NOT_SHIPPED} if source.is_dir() else {}))

    def start(self, *verb: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """`python3 -m stationapp verb`, as that user, in a pipe, with a bare PATH."""
        self._own()
        return subprocess.run(
            [environ.pop("PYTHON", self.python), "-m", "stationapp", *verb],
            cwd=self.checkout,
            env=_bare() | {"HOME": str(self.home)} | environ,
            capture_output=True,
            text=True,
            **_somebody(),
        )

    def _own(self) -> None:
        if who := _somebody():
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, who["user"], who["group"], follow_symlinks=False)


_NOT_SHIPPED = shutil.ignore_patterns("__pycache__")


def _system_python() -> str:
    """A Python whose owner refuses system-wide installs where there is one, else the one beneath this environment."""
    debian = Path("/usr/bin/python3")
    if debian.exists():
        show = "import sys; print(sys.version_info >= (3, 11))"
        fit = subprocess.run([debian, "-c", show], capture_output=True, text=True, env=_bare()).stdout.strip()
        pip = subprocess.run([debian, "-m", "pip", "--version"], capture_output=True, env=_bare()).returncode
        if fit == "True" and pip == 0:
            return str(debian)
    return os.path.join(sys.base_prefix, "bin", "python3")


def _bare() -> dict[str, str]:
    """The package settings of this machine and nothing else of its variables."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if re.match(r"PIP_|UV_|SSL_|https?_proxy|no_proxy", name, re.I)
    }
    return kept | {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def _somebody() -> dict:
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    folder = Path(tempfile.mkdtemp(prefix="station-boot-"))
    folder.chmod(0o755)
    yield Machine(folder)
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def first(machine: Machine) -> subprocess.CompletedProcess[str]:
    """The first start: inside somebody else's active environment without pip, with junk on the import path."""
    junk = machine.folder / "junk"
    for name in ("flask", "json", "pip"):
        (junk / name).mkdir(parents=True)
        (junk / name / "__init__.py").write_text("raise SystemExit('junk')\n")
    other = machine.folder / "other"
    subprocess.run([machine.python, "-m", "venv", "--without-pip", other], check=True, env=_bare())
    return machine.start(
        "--help",
        PYTHON=str(other / "bin" / "python"),
        VIRTUAL_ENV=str(other),
        PYTHONPATH=str(junk),
        PIP_USER="1",
        PIP_REQUIRE_VIRTUALENV="0",
    )


def test_a_user_without_rights_inside_another_environment_gets_the_program(first):
    assert (first.returncode, first.stderr) == (0, "")
    assert first.stdout.startswith("usage: stationapp")


def test_the_second_start_asks_nobody_and_touches_nothing(machine: Machine, first):
    nowhere = "http://127.0.0.1:9/simple"
    before = _written(machine)
    done = machine.start("--help", PIP_INDEX_URL=nowhere, UV_DEFAULT_INDEX=nowhere, UV_OFFLINE="1")
    assert (done.returncode, done.stdout, done.stderr) == (0, first.stdout, "")
    assert _written(machine) == before


def _written(machine: Machine) -> dict[str, int]:
    """When each file of the environment was last written, and by which name."""
    folders = [machine.checkout / ".boot", machine.checkout / ".venv"]
    files = [path for folder in folders for path in folder.rglob("*") if path.suffix != ".pyc"]
    return {str(path): path.lstat().st_mtime_ns for path in files if not path.is_dir()}


def test_the_environment_holds_the_program_and_not_the_tests(machine: Machine, first):
    show = (
        "import importlib.util as u; print([bool(u.find_spec(n)) for n in ('flask', 'pytest', 'playwright')])"
    )
    python = machine.checkout / ".venv" / "bin" / "python"
    done = subprocess.run([python, "-c", show], cwd="/", capture_output=True, text=True, env=_bare())
    assert done.stdout.strip() == "[True, False, False]"


def test_the_command_inside_the_environment_works_from_any_folder(machine: Machine, first):
    command = machine.checkout / ".venv" / "bin" / "stationapp"
    done = subprocess.run(
        [command, "--help"], cwd="/", capture_output=True, text=True, env=_bare(), **_somebody()
    )
    assert (done.returncode, done.stdout) == (0, first.stdout)


def test_an_environment_left_half_made_is_made_again_by_two_starts_at_once(machine: Machine, first):
    (machine.checkout / ".venv" / "stamp").unlink()
    (next(machine.checkout.glob(".venv/lib/*/site-packages")) / "flask" / "__init__.py").unlink()
    machine._own()
    command = [machine.python, "-m", "stationapp", "--help"]
    environ = _bare() | {"HOME": str(machine.home)}
    options = {"cwd": machine.checkout, "env": environ, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    both = [subprocess.Popen(command, text=True, **options, **_somebody()) for _ in range(2)]
    said = [one.communicate() for one in both]
    assert said == [(first.stdout, "")] * 2


def test_a_package_that_does_not_match_its_hash_is_refused_in_one_sentence(machine: Machine, first):
    lock = machine.checkout / "requirements.lock"
    right = lock.read_text()
    start = right.index("\nflask==")
    end = right.index("# via", start)
    wrong = re.sub("sha256:[0-9a-f]{64}", "sha256:" + "0" * 64, right[start:end])
    lock.write_text(right[:start] + wrong + right[end:])
    try:
        # No cache: neither pip's nor uv's earlier answer may stand in for the check.
        done = machine.start("--help", UV_CACHE_DIR=str(machine.home / "empty"))
        again = machine.start("--help")
    finally:
        lock.write_text(right)
    assert (done.returncode, again.returncode, done.stdout) == (2, 2, "")
    assert done.stderr.splitlines()[-1].startswith("下载的软件包与 requirements.lock 里的校验值不符")
    assert machine.start("--help").returncode == 0


def test_a_python_that_is_too_old_is_told_so_in_words_it_can_read():
    ast.parse((ROOT / "stationapp" / "__main__.py").read_text(), feature_version=(3, 5))


def test_the_lock_holds_every_named_package_with_hashes_and_no_address():
    lock = (ROOT / "requirements.lock").read_text()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    named = {"stationapp": project["project"]["dependencies"]} | {
        f"stationapp:{group}": packages for group, packages in project["dependency-groups"].items()
    }
    for asked_by, packages in named.items():
        held = re.findall(r"^([a-z0-9-]+)==", bootstrap.locked(asked_by), re.MULTILINE)
        assert {re.match("[a-z0-9-]+", package)[0] for package in packages} <= set(held)
    assert sorted(re.findall(r"^[a-z0-9-]+==.*", bootstrap.locked(*named), re.MULTILINE)) == sorted(
        re.findall(r"^[a-z0-9-]+==.*", lock, re.MULTILINE)
    )
    blocks = re.split(r"^(?=[a-z0-9])", lock, flags=re.MULTILINE)[1:]
    assert [block.split("==")[0] for block in blocks if "--hash=sha256:" not in block] == []
    assert "://" not in lock
