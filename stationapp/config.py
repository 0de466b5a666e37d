"""Settings of one instance: `instance/config.toml`, overridden by `STATIONAPP_*`; keys in `instance/keys.json`."""

import contextlib
import json
import os
import secrets
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from stationapp.vault import Keys

ROOT = Path(__file__).resolve().parent.parent


SERVED_AT = "STATIONAPP_SERVED_AT"
"""Where this process and its workers listen, when no public address is set; put there by the command, not by people."""


class BadSettings(Exception):
    """A setting cannot be used; the message says which and why."""


@dataclass(frozen=True)
class Settings:
    """Every setting with its default; `config.example.toml` explains each in the same order."""

    instance: Path
    database_url: str = ""
    public_url: str = "http://127.0.0.1:8000"
    district: str = "涧西区"
    icp: str = ""

    def __post_init__(self) -> None:
        # Paths are put behind it, and each begins with a slash.
        object.__setattr__(self, "public_url", self.public_url.rstrip("/"))

    @property
    def url(self) -> str:
        """SQLAlchemy's address of the database; SQLite in the instance folder unless set."""
        url = self.database_url or f"sqlite:///{self.instance / 'station.db'}"
        if url.startswith(("postgresql://", "postgres://")):
            return "postgresql+psycopg://" + url.split("://", 1)[1]
        return url

    @property
    def secure(self) -> bool:
        """Whether cookies may demand HTTPS."""
        return self.public_url.startswith("https://")


def load_settings(environ: dict[str, str] | None = None) -> Settings:
    """Read the settings; raises BadSettings with a sentence for a file or name that cannot be used."""
    environ = dict(os.environ) if environ is None else environ
    instance = Path(environ.get("STATIONAPP_INSTANCE") or ROOT / "instance").resolve()
    known = [f.name for f in fields(Settings) if f.name != "instance"]
    values = _from_file(instance / "config.toml", known)
    for name in known:
        if value := environ.get(f"STATIONAPP_{name.upper()}"):
            values[name] = value
    if served_at := environ.get(SERVED_AT):
        values.setdefault("public_url", served_at)
    settings = Settings(instance=instance, **values)
    if not settings.url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise BadSettings("database_url 要空着（用 SQLite），或以 postgresql:// 开头")
    if not settings.public_url.startswith(("http://", "https://")):
        raise BadSettings(f"public_url 要以 http:// 或 https:// 开头，现在是 {settings.public_url!r}")
    return settings


def _from_file(path: Path, known: list[str]) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        read = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadSettings(f"{path.name} 读不懂：{error}") from error
    except OSError as error:
        raise BadSettings(f"{path.name} 打不开：{error.strerror}") from error
    for name, value in read.items():
        if name not in known:
            raise BadSettings(f"{path.name} 里的 {name} 不认识；可用的有：{'、'.join(known)}")
        if not isinstance(value, str):
            raise BadSettings(f"{path.name} 里的 {name} 要写成带引号的文字")
    return read


def load_keys(instance: Path) -> Keys:
    """The instance's keys, made on first use, readable by the owner alone (folder 0700, file 0600)."""
    instance.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = instance / "keys.json"
    if not path.exists():
        _make_keys(path)
    try:
        read = json.loads(path.read_text())
        return Keys(**{name: bytes.fromhex(value) for name, value in read.items()})
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise BadSettings(f"{path.name} 读不懂，请从备份里取回；没有它，库里的电话再也解不开") from error


def _make_keys(path: Path) -> None:
    with contextlib.suppress(PermissionError):  # a mounted folder may belong to another; `audit` says so
        path.parent.chmod(0o700)  # a checkout's own folder is open to all
    text = json.dumps({name: secrets.token_hex(32) for name in ("seal", "index", "cookie")})
    draft = path.with_name(f".keys-{os.getpid()}-{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)  # never replaces keys that another process made a moment ago
    except FileExistsError:
        pass
    finally:
        draft.unlink()
