"""Settings of one instance: `instance/config.toml`, overridden by `STATIONAPP_*`; keys in `instance/keys.json`."""

import contextlib
import json
import os
import re
import secrets
import tomllib
from dataclasses import dataclass, fields
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

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
    sms: str = ""
    sms_url: str = ""
    sms_key: str = ""
    sms_secret: str = ""
    sms_sign: str = ""
    sms_app: str = ""
    sms_per_minute: str = "600"
    sms_per_day: str = "5000"
    codes_per_minute: str = "60"
    smtp: str = ""
    mail_from: str = ""
    report_template: str = ""

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
    def report_form(self) -> Path | None:
        """The district's own form of the report (`reports/official_template.py`), if it has one."""
        return self.instance / self.report_template if self.report_template else None

    @property
    def secure(self) -> bool:
        """Whether cookies may demand HTTPS."""
        return self.public_url.startswith("https://")

    @property
    def lacks_address(self) -> bool:
        """Whether messages leave for people's phones and mailboxes, and the address opens on this machine alone."""
        return (self.sms not in _STAYS_HERE or bool(self.smtp)) and _is_local(self.public_url)

    @property
    def link_base(self) -> str:
        """What links in messages begin with; empty: messages hold none, for nobody could open them."""
        return "" if self.lacks_address else self.public_url


_STAYS_HERE = ("", "file", "console")
"""Kinds of `sms` whose messages nobody receives."""


def _is_local(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        number = ip_address(host)
    except ValueError:
        return False
    return number.is_loopback or number.is_unspecified


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
    _check_sending(settings)
    if settings.report_template and not _FORM.fullmatch(settings.report_template):
        raise BadSettings("report_template 要写成实例目录里一个 .docx 文件的名字，不带路径")
    return settings


GATEWAYS = {
    "": (),
    "file": (),
    "console": (),
    "webhook": ("sms_url", "sms_secret"),
    "aliyun": ("sms_key", "sms_secret", "sms_sign"),
    "tencent": ("sms_key", "sms_secret", "sms_sign", "sms_app"),
}
"""What `sms` may be, and the settings each cannot do without."""


def _check_sending(settings: Settings) -> None:
    """No sentence repeats a value: these hold secrets."""
    if settings.sms not in GATEWAYS:
        raise BadSettings(f"sms 要空着，或写 {'、'.join(filter(None, GATEWAYS))} 之一")
    for name in GATEWAYS[settings.sms]:
        if not getattr(settings, name):
            raise BadSettings(f"sms 写了 {settings.sms}，还要写 {name}")
    if settings.sms_url and not settings.sms_url.startswith(("http://", "https://")):
        raise BadSettings("sms_url 要以 http:// 或 https:// 开头")
    for name in ("sms_per_minute", "sms_per_day", "codes_per_minute"):
        value = getattr(settings, name)
        if not (value.isascii() and value.isdigit() and 0 < int(value) <= 1_000_000):
            raise BadSettings(f"{name} 要写成 1 到 1000000 的整数，加引号")
    if settings.smtp and not _MAIL_SERVER.fullmatch(settings.smtp):
        raise BadSettings(
            "smtp 要写成 smtp://主机:25、smtp://用户:密码@主机:587 或 smtps://用户:密码@主机:465 的样子"
        )
    if settings.smtp and not _MAIL_ADDRESS.fullmatch(settings.mail_from):
        raise BadSettings("写了 smtp，还要在 mail_from 写发件人的邮箱地址")


_FORM = re.compile(r"[^/\\\x00]+\.docx", re.IGNORECASE)
_MAIL_SERVER = re.compile(r"smtps?://([^\s:@/]+:[^\s@/]+@)?[A-Za-z0-9.-]+(:\d{1,5})?/?")
_MAIL_ADDRESS = re.compile(r"[\x21-\x3f\x41-\x7e]+@[A-Za-z0-9.-]+")


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
