"""The verbs of signing in: count tries, begin and end sign-ins, choose another password."""

import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from stationapp.accounts.models import Login, Staff, Tries
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.vault import vault

WINDOW = timedelta(minutes=5)
HOUR = timedelta(hours=1)
TRIES_PER_NAME = 5
TRIES_PER_ADDRESS = 30
MISSES_PER_ADDRESS = 40


def count_try(login: str, address: str, *, now: datetime) -> bool:
    """Count one try to sign in; False when this login name or this address had too many in five minutes.

    Counted before the password is looked at, so that many tries at once are counted all.
    """
    by_name = _count(_key("name", login), now)
    by_address = _count(_key("address", address), now)
    return by_name <= TRIES_PER_NAME and by_address <= TRIES_PER_ADDRESS


def count_miss(address: str, *, now: datetime) -> bool:
    """Count a personal code that does not exist; False when this address guessed too often in five minutes."""
    return _count(_key("code", address), now) <= MISSES_PER_ADDRESS


def count_work(kind: str, who: int | str, *, most: int, now: datetime) -> bool:
    """Count what somebody asks for (an id, a phone, an address); False when it was more than `most` in this hour."""
    return _count(_key(kind, str(who)), now, HOUR) <= most


def has_work_left(kind: str, who: int | str, *, most: int, now: datetime) -> bool:
    """Whether `count_work` has counted fewer than `most` in this hour; for what is refused before it is looked at."""
    this = (Tries.key_index == _key(kind, str(who)), Tries.window_at == window_at(now, HOUR))
    return (db.session.scalar(select(Tries.count).where(*this)) or 0) < most


def begin_alone(kind: str, what: str, *, now: datetime) -> bool:
    """Take the turn for long work that is done one at a time; False while somebody else has it.

    `end_alone` gives it back; the turn of a process that died is over after one or two windows of five minutes.
    """
    key = _key(kind, what)
    db.session.execute(delete(Tries).where(Tries.key_index == key, Tries.window_at <= now - 2 * WINDOW))
    before = select(Tries.count).where(Tries.key_index == key, Tries.window_at < window_at(now, WINDOW))
    return _count(key, now) == 1 and db.session.scalar(before) is None


def end_alone(kind: str, what: str) -> None:
    """Give the turn to the next."""
    db.session.execute(delete(Tries).where(Tries.key_index == _key(kind, what)))


def _count(key: bytes, now: datetime, window: timedelta = WINDOW) -> int:
    insert = insert_sqlite if db.session.get_bind().dialect.name == "sqlite" else insert_postgresql
    return db.session.execute(
        insert(Tries)
        .values(key_index=key, window_at=window_at(now, window), count=1)
        .on_conflict_do_update(index_elements=["key_index", "window_at"], set_={"count": Tries.count + 1})
        .returning(Tries.count)
    ).scalar_one()


def _key(kind: str, text: str) -> bytes:
    return vault().index(f"try-{kind}", text)


def window_at(now: datetime, length: timedelta) -> datetime:
    """When the stretch began in which tries are counted together."""
    seconds = int(length.total_seconds())
    return datetime.fromtimestamp(int(now.timestamp()) // seconds * seconds, UTC)


def begin_login(staff_id: int, *, device: str, now: datetime) -> str:
    """Open a sign-in; returns the cookie's token, which is kept as a keyed hash."""
    token = secrets.token_urlsafe(32)
    db.session.add(
        Login(
            token_index=vault().index("login", token),
            staff_id=staff_id,
            device=device,
            began_at=now,
            seen_at=now,
        )
    )
    db.session.flush()
    return token


def forget_tries(login: str) -> None:
    """After a right password: earlier slips of that name count no more."""
    db.session.execute(delete(Tries).where(Tries.key_index == _key("name", login)))


def touch_login(login_id: int, *, now: datetime) -> None:
    """Note that a sign-in is in use."""
    db.session.execute(update(Login).where(Login.id == login_id).values(seen_at=now))


def end_login(login_id: int, *, staff_id: int, now: datetime) -> bool:
    """End one sign-in of that person; False when there is none such that is open."""
    mine = (Login.id == login_id, Login.staff_id == staff_id, Login.ended_at.is_(None))
    return db.session.execute(update(Login).where(*mine).values(ended_at=now)).rowcount == 1


def end_all_logins(staff_id: int, *, now: datetime, but: int | None = None) -> None:
    """End every sign-in of a person, except the one with the id `but`."""
    open_ones = [Login.staff_id == staff_id, Login.ended_at.is_(None)]
    if but is not None:
        open_ones.append(Login.id != but)
    db.session.execute(update(Login).where(*open_ones).values(ended_at=now))


def change_password(staff: Staff, password_hash: str, *, keep: int, now: datetime) -> None:
    """Set another password of one's own; every sign-in but `keep` ends."""
    staff.password_hash = password_hash
    db.session.flush()
    end_all_logins(staff.id, now=now, but=keep)
    record("accounts.password", f"staff {staff.id}", by=staff.id, now=now)
