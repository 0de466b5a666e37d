"""Passwords at rest: argon2id, 19 MiB, two passes (trust.md §1). Call it outside a transaction: it takes long."""

from functools import cache
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_room = BoundedSemaphore(
    2
)  # each takes its memory and a core: a burst of sign-ins must not take the pages' place


def hash_password(password: str) -> str:
    """The form in which a password is kept, "$argon2id$…"."""
    with _room:
        return _hasher.hash(password)


def verify_password(kept: str | None, password: str) -> bool:
    """Whether it is that password; without one to compare with it takes as long and says no."""
    with _room:
        try:
            return _hasher.verify(kept or _nobodys(), password) and kept is not None
        except VerifyMismatchError:
            return False


@cache
def _nobodys() -> str:
    return _hasher.hash("nobody's")
