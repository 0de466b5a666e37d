"""What the tests of devices share: a device at Lin's station, its token, and a sending of scans."""

import json
from dataclasses import dataclass
from datetime import date, timedelta

from flask import Flask

from stationapp import clock
from stationapp.db import transaction
from stationapp.devices import guard, operations
from stationapp.sites.models import Site


@dataclass(frozen=True)
class Enrolled:
    """A device that was taken up: `client` bears its token."""

    code: str
    id: int
    client: object


def enrol(app: Flask, site: Site, *, names_shown: bool = False, first: date | None = None, days: int = 30,
          name: str = "一楼大厅平板") -> Enrolled:  # fmt: skip
    """Enrol a device and take it up in a browser of its own, two hours ago: it has seen something since."""
    now = clock.now() - timedelta(hours=2)
    first = first or clock.day_of(now)
    with app.app_context():
        with transaction():
            device, link = operations.enrol(
                site, name, first, first + timedelta(days=days - 1), names_shown=names_shown, by=None, now=now
            )
        with transaction():
            token = operations.take_up(link, now=now)
        client = app.test_client()
        client.set_cookie(guard.COOKIE, token, path="/door")
        return Enrolled(device.code, device.id, client)


def scan(event: str, sequence: int, *, at=None, kind: str = "in", nonce: str = "", **means) -> dict:
    """A scan as a device sends it; `means` is code=, sealed= or person=, and walk_in=."""
    at = (at or clock.now()).isoformat()
    return {
        "nonce": nonce or f"n{sequence}",
        "event": event,
        "kind": kind,
        "at": at,
        "sequence": sequence,
        **means,
    }


def send(device: Enrolled, scans: list[dict]):
    """POST them."""
    body = {"sent_at": clock.now().isoformat(), "scans": scans}
    return device.client.post("/door/scans", data=json.dumps(body), content_type="application/json")


def results(answer) -> list[tuple[str, str | None]]:
    """What became of each, with the reason."""
    assert answer.status_code == 200, answer.text
    return [(one["result"], one["reason"]) for one in answer.json["results"]]


def open_row(sealed: dict, code: str) -> dict | None:
    """What a browser does with a code and a list; written apart from the product."""
    from base64 import b64decode, b64encode
    from hashlib import pbkdf2_hmac

    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    secret = pbkdf2_hmac("sha256", code.encode(), b64decode(sealed["salt"]), sealed["rounds"])
    name, key = (
        HKDF(SHA256(), length, None, word).derive(secret) for length, word in ((16, b"row"), (32, b"key"))
    )
    raw = b64decode(sealed["rows"].get(b64encode(name).decode(), ""))
    return json.loads(AESGCM(key).decrypt(raw[:12], raw[12:], None)) if raw else None
