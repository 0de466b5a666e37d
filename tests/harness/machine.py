"""The parts no package index holds: PostgreSQL, Chromium, a Chinese font, a QR reader; found, else installed."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

DATABASE_VARIABLE = "STATIONAPP_TEST_DATABASE_URL"
_BROWSERS = ("chromium", "google-chrome", "google-chrome-stable")


class Missing(Exception):
    """One sentence in Chinese and English: which part the tests lack and how to get it."""


@dataclass(frozen=True)
class Machine:
    """What the tests will use, in words for the log."""

    postgresql: str
    chromium: str


def prepare() -> Machine:
    """Find every part, installing what is missing where that is allowed; raises Missing."""
    if lacking := _lacking():
        _install(lacking)
    missing = _lacking()
    if missing:
        names = " ".join(missing)
        raise Missing(
            f"测试还缺少 {names}，请先安装：sudo apt-get install {names}。 "
            f"The tests need {names}; install with: sudo apt-get install {names}."
        )
    return Machine(_postgresql_in_words(), f"{chromium()} ({_version(chromium())})")


def _lacking() -> list[str]:
    """The Debian packages of the parts that are not here."""
    parts = (
        ("postgresql", postgresql()),
        ("chromium", chromium()),
        ("fonts-noto-cjk", chinese_font()),
        ("zbar-tools", shutil.which("zbarimg")),
    )
    return [package for package, there in parts if not there]


def postgresql() -> str:
    """The address of a given server, else the folder with the newest `initdb`, else nothing."""
    if os.environ.get(DATABASE_VARIABLE):
        return os.environ[DATABASE_VARIABLE]
    debian = [path for path in Path("/usr/lib/postgresql").glob("*/bin") if (path / "initdb").exists()]
    if debian:
        return str(max(debian, key=lambda path: [int(n) for n in re.findall(r"\d+", path.parent.name)]))
    found = shutil.which("initdb")
    folder = Path(found).resolve().parent if found else None
    return str(folder) if folder and (folder / "postgres").exists() else ""


def chromium() -> str:
    """The path of a Chromium or Chrome, else nothing."""
    return next((path for path in map(shutil.which, _BROWSERS) if path), "")


def chinese_font() -> bool:
    """Whether pages can show Chinese; without a font a browser measures boxes instead of characters."""
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=zh"], capture_output=True, text=True).stdout.strip())


def _install(packages: list[str]) -> None:
    become = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if not shutil.which("apt-get") or (become and not shutil.which("sudo")):
        return
    if become and subprocess.run([*become, "true"], capture_output=True).returncode:
        return
    print(f"apt-get install {' '.join(packages)} …", file=sys.stderr, flush=True)
    apt = [*become, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-o", "Dpkg::Use-Pty=0"]
    for command in (["update"], ["install", "-y", "--no-install-recommends", *packages]):
        done = subprocess.run([*apt, *command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if done.returncode:
            print(done.stdout[-2000:], file=sys.stderr)


def _postgresql_in_words() -> str:
    if os.environ.get(DATABASE_VARIABLE):
        return f"{DATABASE_VARIABLE}"
    return f"{postgresql()} ({_version(str(Path(postgresql()) / 'postgres'))})"


def _version(program: str) -> str:
    done = subprocess.run([program, "--version"], capture_output=True, text=True)
    return done.stdout.strip()
