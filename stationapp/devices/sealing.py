"""How a list lies on a device: each row readable with that person's own code alone (domain.md §7).

From a code and the list's salt a slow derivation makes one secret; two quick ones make of it the row's name and the
row's key. Whoever scans a code finds its row by the name and opens it; whoever has the list alone has to try codes,
each at the price of ROUNDS hashes, and there are 29^10 of them. A device does one derivation a scan, the server one
a code and day: they are remembered, since a list is asked for again and again.

What a device keeps to send later is sealed to a key only the server has: not even the device can read it again.
The browser's half of all this is static/door-seal.js.
"""

import json
from base64 import b64decode, b64encode
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from os import urandom

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from stationapp.vault import vault

ROUNDS = 20_000
"""Of PBKDF2 with SHA-256, a code: 4 ms here, some 30 ms on a cheap phone, a month of one graphics card for one row."""

_NONCE, _POINT = 12, 65
_WIDTH = 64  # rows are filled up to a multiple of this, so that their length says little
_REMEMBERED = 20_000
_CURVE = ec.SECP256R1()


def salt_of(site_id: int, day: date) -> bytes:
    """The salt of a site's lists of one day: 16 bytes that only this instance can compute."""
    return vault().index("door-salt", f"{site_id} {day.isoformat()}")


@lru_cache(_REMEMBERED)
def _secret(code: str, salt: bytes) -> bytes:
    return PBKDF2HMAC(SHA256(), 32, salt, ROUNDS).derive(code.encode())


def _expand(secret: bytes, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=purpose).derive(secret)


def seal_rows(rows: Mapping[str, dict], salt: bytes) -> dict[str, str]:
    """Rows by code → sealed rows by name, both Base64, in the order of the names: it tells nothing of the people."""
    sealed = {}
    for code, row in rows.items():
        secret = _secret(code, salt)
        name, key = _expand(secret, b"row", 16), _expand(secret, b"key", 32)
        text = json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode()
        text += b" " * (-len(text) % _WIDTH)
        sealed[_text(name)] = seal(key, text)
    return dict(sorted(sealed.items()))


def seal(key: bytes, content: bytes) -> str:
    """Base64 of nonce and AES-GCM text."""
    nonce = urandom(_NONCE)
    return _text(nonce + AESGCM(key).encrypt(nonce, content, None))


def own_key(token: str) -> bytes:
    """The key of a device's own, for what only it may read (the list of names): made of its token."""
    return _expand(token.encode(), b"door names", 32)


def public_key(device_id: int) -> str:
    """What a device seals scans to: an uncompressed point of P-256, Base64."""
    point = _private(device_id).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return _text(point)


def open_sealed(device_id: int, text: str) -> str | None:
    """What a device sealed to us: Base64 of its passing point, nonce and AES-GCM text; None when it is no such."""
    try:
        raw = b64decode(text, validate=True)
        passing = ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, raw[:_POINT])
        shared = _private(device_id).exchange(ec.ECDH(), passing)
        nonce, sealed = raw[_POINT : _POINT + _NONCE], raw[_POINT + _NONCE :]
        return AESGCM(_expand(shared, b"door scan", 32)).decrypt(nonce, sealed, None).decode()
    except (ValueError, InvalidTag):
        return None


@lru_cache(256)
def _key_of(scalar: bytes) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(scalar), _CURVE)


def _private(device_id: int) -> ec.EllipticCurvePrivateKey:
    raw = b"".join(vault().index(f"door-box-{half}", str(device_id)) for half in "ab")
    return _key_of(bytes([raw[0] & 0x7F]) + raw[1:])  # beneath the curve's order, whatever the hash


def person_mark(device_id: int, resident_id: int) -> str:
    """What stands for a person in a device's list of names: says nothing, and is good for that device alone."""
    return _text(vault().seal(f"door {device_id} {resident_id}"))


def person_of(device_id: int, mark: str) -> int | None:
    """The person such a mark stands for; None when it is none of this device's."""
    try:
        word, device, person = vault().unseal(b64decode(mark, validate=True)).split(" ")
    except (ValueError, InvalidTag):
        return None
    return int(person) if (word, device) == ("door", str(device_id)) else None


def _text(raw: bytes) -> str:
    return b64encode(raw).decode()
