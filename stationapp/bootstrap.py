"""Makes the environment with the standard library alone, then becomes the program inside it.

`requirements.lock` is the only list: it names every package with its hashes and, in its `# via` lines, who
asked for it. From those lines the groups are read: `boot` (uv itself), the program's own, and `test`.
"""

import ast
import contextlib
import errno
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent.parent
LOCK = ROOT / "requirements.lock"
BOOT = ROOT / ".boot"
VENV = ROOT / ".venv"

# What another environment, or a habit of the user, must not bring into ours.
_FOREIGN = {
    "PYTHONPATH",
    "PYTHONHOME",
    "PYTHONSAFEPATH",
    "PYTHONDONTWRITEBYTECODE",  # each process would compile the whole program anew, half a second every time
    "VIRTUAL_ENV",
    "VIRTUAL_ENV_PROMPT",
    "CONDA_PREFIX",
    "__PYVENV_LAUNCHER__",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_CONSTRAINT",
    "PIP_REQUIREMENT",
    "PIP_NO_DEPS",
    "PIP_REQUIRE_VIRTUALENV",
    "PIP_PYTHON",
    "UV_PYTHON",
    "UV_TARGET",
    "UV_PREFIX",
    "UV_SYSTEM_PYTHON",
    "UV_BREAK_SYSTEM_PACKAGES",
    "UV_PROJECT_ENVIRONMENT",
    "UV_CONSTRAINT",
    "UV_OVERRIDE",
    "UV_EXCLUDE",
    "UV_NO_VERIFY_HASHES",
    "UV_REQUIRE_HASHES",
    "UV_EXCLUDE_NEWER",
    "UV_VENV_CLEAR",
}


class CannotStart(Exception):
    """One sentence in Chinese and English for whoever started the program."""


def main(argv: list[str]) -> int:
    """Ensure the environment this verb needs and replace this process by it; 2 when that is impossible."""
    testing = argv[:1] == ["test"]
    try:
        ensure("test" if testing else "run")
    except CannotStart as reason:
        print(reason, file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
    return _become(argv, testing)


def _become(argv: list[str], testing: bool) -> NoReturn:
    if testing:
        os.chdir(ROOT)
    start = ["-m", "tests.harness", *argv[1:]] if testing else ["-m", "stationapp.cli", *argv]
    python = str(VENV / "bin" / "python")
    os.execve(python, [python, *start], clean_environment())


def ensure(group: str) -> None:
    """Make `.venv` hold exactly the lock's packages of `group` ("run" or "test"), unless it does already."""
    if stands(group):
        return
    try:
        with _one_at_a_time():
            if not stands(group):
                _build(group)
    except OSError as error:
        where = error.filename or ROOT
        raise CannotStart(
            f"不能写入 {where}（{error.strerror}），运行环境没有建成。 Cannot write there, no environment was made."
        ) from error


def stands(group: str) -> bool:
    """Whether `.venv` is complete, untouched since it was made, and enough for `group`."""
    try:
        found = (VENV / "stamp").read_text()
    except OSError:
        return False
    return found in ([_stamp("test")] if group == "test" else [_stamp("run"), _stamp("test")])


def _stamp(group: str) -> str:
    # The interpreter is part of it: a system upgrade can put another Python behind the same link.
    python = os.path.realpath(VENV / "bin" / "python")
    packages = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    return "\n".join((str(ROOT), f"{python} {os.access(python, os.X_OK)}", packages, group))


@contextlib.contextmanager
def _one_at_a_time():
    folder = os.open(ROOT, os.O_RDONLY)  # the folder itself is the lock, so nothing is left behind
    try:
        fcntl.flock(folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(folder)


def _build(group: str) -> None:
    for folder in (ROOT, BOOT, VENV):
        if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(folder))
    _say("正在准备运行环境，第一次需要一两分钟…… Preparing the environment, a minute or two the first time …")
    pip = _find_pip()
    uv = _ensure_uv(pip)
    settings = clean_environment() | _uv_settings(pip)
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    # The tests' packages are added in place, because a server may be running from here. Another lock begins
    # from an empty folder: what is already installed would not be held against its hashes again.
    adding = group == "test" and stands("run")
    stamp = VENV / "stamp"
    stamp.unlink(missing_ok=True)  # none while building: after an interruption the next start begins anew
    if not adding:
        _run([uv, "venv", *quiet, "--clear", "--no-project", "--python", sys.executable, str(VENV)], settings)
    sync = [uv, "pip", "sync", *quiet, "--require-hashes", "--compile-bytecode", "--python", str(VENV), "-"]
    _run(sync, settings, requirements=locked("stationapp", *(["stationapp:test"] if group == "test" else [])))
    _link_checkout()
    _write(stamp, _stamp(group))
    _say("运行环境已就绪。 The environment is ready.")


def _link_checkout() -> None:
    """What an editable install would add, without fetching a build tool: the import path and the command."""
    (packages,) = VENV.glob("lib/python3*/site-packages")
    _write(packages / "stationapp.pth", f"{ROOT}\n")
    command = VENV / "bin" / "stationapp"
    _write(
        command,
        '#!/bin/sh\nhere=$(dirname -- "$(readlink -f -- "$0")")\nexec "$here/python" -m stationapp.cli "$@"\n',
    )
    command.chmod(0o755)


def _ensure_uv(pip: list[str]) -> str:
    wanted = locked("stationapp:boot")
    stamp = hashlib.sha256(wanted.encode()).hexdigest()
    uv = BOOT / "bin" / "uv"
    if uv.exists() and (BOOT / "stamp").exists() and (BOOT / "stamp").read_text() == stamp:
        return str(uv)
    shutil.rmtree(BOOT, ignore_errors=True)
    BOOT.mkdir()
    _write(BOOT / "boot.txt", wanted)
    quiet = [] if sys.stderr.isatty() else ["--quiet"]
    install = [
        "install",
        *quiet,
        "--no-deps",
        "--only-binary",
        ":all:",
        "--require-hashes",
        "--target",
        str(BOOT),
    ]
    _run([*pip, *install, "-r", str(BOOT / "boot.txt")], clean_environment() | {"PIP_USER": "0"})
    _write(BOOT / "stamp", stamp)
    return str(uv)


def _find_pip() -> list[str]:
    """This interpreter's pip; inside an environment made without one, the pip of the Python beneath it."""
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    for python in (sys.executable, os.path.join(sys.base_prefix, "bin", name)):
        pip = [python, "-m", "pip", "--disable-pip-version-check"]
        with contextlib.suppress(OSError):
            if (
                subprocess.run([*pip, "--version"], capture_output=True, env=clean_environment()).returncode
                == 0
            ):
                return pip
    raise CannotStart(
        "这台机器的 Python 没有 pip，请先安装：sudo apt install python3-pip。 "
        "This Python has no pip; install it first: sudo apt install python3-pip."
    )


def locked(*roots: str) -> str:
    """The part of the lock that `roots` need: "stationapp", "stationapp:test" or "stationapp:boot"."""
    blocks: dict[str, str] = {}
    wanted_by: dict[str, set[str]] = {}
    for block in re.split(r"^(?=[A-Za-z0-9])", LOCK.read_text(encoding="utf-8"), flags=re.MULTILINE):
        if name := re.match(r"[A-Za-z0-9._-]+", block):
            # One package may stand there twice, in a version for each range of Pythons.
            blocks[name[0]] = blocks.get(name[0], "") + block
            via = ",".join(re.findall(r"# via (.+)", block))
            via = re.sub(r" \(pyproject\.toml(:\w+)?\)", r"\1", via)
            wanted_by[name[0]] = {who.strip() for who in via.split(",")}
    needed = set(roots)
    while more := {name for name, who in wanted_by.items() if who & needed} - needed:
        needed |= more
    return "".join(text for name, text in blocks.items() if name in needed)


def clean_environment() -> dict[str, str]:
    """This process's variables without those that would lead pip, uv or Python astray."""
    return {name: value for name, value in os.environ.items() if name not in _FOREIGN}


def _uv_settings(pip: list[str]) -> dict[str, str]:
    """The user's pip configuration in uv's words, since uv reads none of it; uv's own variables win."""
    listed = subprocess.run([*pip, "config", "list"], capture_output=True, text=True, env=clean_environment())
    found: dict[str, str] = {}
    lines = [line.partition("=") for line in listed.stdout.splitlines() if "=" in line]
    for section in ("global", "install", ":env:"):  # pip's own order, the later one wins
        for key, _, value in lines:
            if key.startswith(section + "."):
                found[key.removeprefix(section + ".")] = str(ast.literal_eval(value))
    wishes = {
        "UV_DEFAULT_INDEX": found.get("index-url", ""),
        "UV_INDEX": " ".join(found.get("extra-index-url", "").split()),
        "UV_FIND_LINKS": ",".join(found.get("find-links", "").split()),
        "UV_INSECURE_HOST": " ".join(found.get("trusted-host", "").split()),
        "UV_NO_INDEX": "1" if found.get("no-index", "").lower() in ("1", "true", "yes", "on") else "",
        "UV_HTTP_TIMEOUT": found.get("default-timeout", found.get("timeout", "")),
        "SSL_CERT_FILE": found.get("cert", ""),
        # pip asks every index for each version; safe here, because the hash decides and not the index.
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_PYTHON_DOWNLOADS": "never",
    }
    older = {"UV_DEFAULT_INDEX": "UV_INDEX_URL", "UV_INDEX": "UV_EXTRA_INDEX_URL"}
    settings = {
        name: value
        for name, value in wishes.items()
        if value and name not in os.environ and older.get(name, name) not in os.environ
    }
    if "UV_CACHE_DIR" not in os.environ and not _home_is_writable():
        settings["UV_CACHE_DIR"] = str(BOOT / "cache")
    return settings


def _home_is_writable() -> bool:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache"))
    while not cache.exists() and cache != cache.parent:
        cache = cache.parent
    return os.access(cache, os.W_OK | os.X_OK)


def _run(command: list[str], environ: dict[str, str], requirements: str | None = None) -> None:
    terminal = sys.stderr.isatty()
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=environ,
        text=True,
        input=requirements,
        stdin=subprocess.DEVNULL if requirements is None else None,
        stdout=sys.stderr if terminal else subprocess.PIPE,
        stderr=None if terminal else subprocess.STDOUT,
    )
    if done.returncode == 0:
        return
    said = "" if terminal else done.stdout.strip() + "\n"
    if re.search(r"hash mismatch|do not match the hashes", said, re.IGNORECASE):
        raise CannotStart(
            f"{said}下载的软件包与 requirements.lock 里的校验值不符，已停止安装。 "
            "A package does not match its hash in requirements.lock; nothing was started."
        )
    raise CannotStart(
        f"{said}依赖包没有装好，原因见上；请检查网络和 pip 的 index-url 设置后重试。 "
        "The packages could not be installed, see above; check the network and pip's index-url, then try again."
    )


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def _say(sentence: str) -> None:
    if sys.stderr.isatty():
        print(sentence, file=sys.stderr)
