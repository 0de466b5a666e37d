"""Personal values at rest: sealed with AES-GCM, found again by a keyed hash (domain.md §11).

The two keys differ: whoever can search cannot read, and a stolen database without `keys.json` gives neither.
"""

import hashlib
import hmac
import os
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from stationapp.codes import ALPHABET

_KEY_ID = b"\x01"  # stands before every sealed value, so that a later key can be told apart
_NONCE = 12


@dataclass(frozen=True)
class Keys:
    """Raw 32-byte keys of one instance."""

    seal: bytes
    index: bytes
    cookie: bytes


class Vault:
    """Seals and finds values with one instance's keys."""

    def __init__(self, keys: Keys) -> None:
        self._aead = AESGCM(keys.seal)
        self._index = keys.index

    def seal(self, text: str) -> bytes:
        """Encrypt; two calls on the same text differ."""
        nonce = os.urandom(_NONCE)
        return _KEY_ID + nonce + self._aead.encrypt(nonce, text.encode(), _KEY_ID)

    def unseal(self, sealed: bytes) -> str:
        """Decrypt what `seal` made; raises `cryptography.exceptions.InvalidTag` when tampered with."""
        sealed = bytes(sealed)
        return self._aead.decrypt(sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :], sealed[:1]).decode()

    def index(self, kind: str, text: str) -> bytes:
        """A 16-byte keyed hash for equality search; `kind` keeps a phone's hash apart from a code's."""
        return hmac.digest(self._index, f"{kind}:{text}".encode(), hashlib.sha256)[:16]

    def token(self, kind: str, text: str, length: int) -> str:
        """`length` characters (≤ 32, of codes.ALPHABET) that only this instance can compute."""
        digest = hmac.digest(self._index, f"{kind}:{text}".encode(), hashlib.sha256)
        return "".join(ALPHABET[b % len(ALPHABET)] for b in digest[:length])


_current: Vault | None = None


def use(keys: Keys) -> None:
    """Choose the keys of this process; called once by the application factory."""
    global _current
    _current = Vault(keys)


def vault() -> Vault:
    """The vault of this process."""
    if _current is None:
        raise RuntimeError("no keys yet: create_app() has not run")
    return _current
