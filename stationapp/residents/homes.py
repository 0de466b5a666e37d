"""A household's own page: the codes that open it and the browsers in which it is open (domain.md §6, trust.md §4).

A code has six digits, is used once, and is worth nothing after ten minutes (sent) or half an hour (read out), or
after five wrong tries. One is live for a household: another one ends it. What is kept of it is a keyed hash, and
what was sealed for sending is emptied with it.
"""

import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import select, update

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.phones import normal_phone
from stationapp.residents.models import HomeCode, HomeLogin, Household
from stationapp.residents.rules import CodeVia
from stationapp.vault import vault

LASTS = {CodeVia.SMS: timedelta(minutes=10), CodeVia.DESK: timedelta(minutes=30)}
TRIES = 5

IDLE = timedelta(days=90)
SHARED_IDLE = timedelta(minutes=30)
"""How long an open page stays open unused: on one's own phone, and on a computer that others use too."""

LONGEST = timedelta(days=365)
TOUCHES = 30
"""A page in use is noted as such when a thirtieth of its idle time went by."""


def find_household(phone: str) -> int | None:
    """The household reached by that phone, however it was written."""
    normal = normal_phone(phone) or ""
    return db.session.scalar(
        select(Household.id).where(Household.phone_index == vault().index("phone", normal))
    )


def make_nobodys_home(*, now: datetime) -> int:
    """A household that is taken back at once: asking for a code does the same work for a number nobody has."""
    nobody = Household(made_at=now)
    db.session.add(nobody)
    db.session.flush()
    return nobody.id


def make_code(household_id: int, via: CodeVia, *, by: int | None, now: datetime) -> str:
    """Another code for a household, six digits; the one before is worth nothing from now on.

    Read out by the desk (`by`) it leaves an audit line, without the digits.
    """
    # Whoever asks at the same time waits here: one code is live.
    db.session.execute(select(Household.id).where(Household.id == household_id).with_for_update())
    live = (HomeCode.household_id == household_id, HomeCode.used_at.is_(None), HomeCode.until_at > now)
    db.session.execute(update(HomeCode).where(*live).values(until_at=now, code_sealed=None))
    code = f"{secrets.randbelow(10**6):06d}"
    db.session.add(
        HomeCode(
            household_id=household_id,
            code_index=_code_index(household_id, code),
            code_sealed=vault().seal(code) if via is CodeVia.SMS else None,
            via=via,
            made_at=now,
            until_at=now + LASTS[via],
            by=by,
        )
    )
    db.session.flush()
    if by is not None:
        record("residents.home_code", f"household {household_id}", by=by, now=now)
    return code


def open_home(phone: str, code: str, *, device: str, shared: bool, now: datetime) -> str | None:
    """Open a household's page with its code: the cookie's token, or None. A wrong try is counted, so commit it.

    The same statements run for a number nobody has.
    """
    household_id = find_household(phone) or 0
    tried = db.session.execute(
        update(HomeCode)
        .where(
            HomeCode.household_id == household_id,
            HomeCode.used_at.is_(None),
            HomeCode.until_at > now,
            HomeCode.tries < TRIES,
        )
        .values(tries=HomeCode.tries + 1)
        .returning(HomeCode.id, HomeCode.code_index)
    ).one_or_none()
    given = _code_index(household_id, code)
    if tried is None or not hmac.compare_digest(bytes(tried.code_index), given):
        return None
    db.session.execute(update(HomeCode).where(HomeCode.id == tried.id).values(used_at=now, code_sealed=None))
    return _begin(household_id, device, SHARED_IDLE if shared else IDLE, now)


def _begin(household_id: int, device: str, idle: timedelta, now: datetime) -> str:
    token = secrets.token_urlsafe(32)
    db.session.add(
        HomeLogin(
            household_id=household_id,
            token_index=_token_index(token),
            device=device,
            made_at=now,
            seen_at=now,
            until_at=now + idle,
        )
    )
    db.session.flush()
    return token


def find_open(token: str, *, now: datetime) -> HomeLogin | None:
    """The open page this token stands for; None when it was ended or not used for too long."""
    return db.session.scalar(
        select(HomeLogin).where(HomeLogin.token_index == _token_index(token), *_still_open(now))
    )


def was_read_out(login: HomeLogin) -> bool:
    """Whether the code that opened this page was read out by the desk, which so knew it, too."""
    its = (HomeCode.household_id == login.household_id, HomeCode.used_at == login.made_at)
    return (
        db.session.scalar(select(HomeCode.id).where(*its, HomeCode.via == CodeVia.DESK).limit(1)) is not None
    )


def list_open(household_id: int, *, now: datetime) -> list[HomeLogin]:
    """Where a household's page is open, last used first."""
    query = select(HomeLogin).where(HomeLogin.household_id == household_id, *_still_open(now))
    return list(db.session.scalars(query.order_by(HomeLogin.seen_at.desc(), HomeLogin.id.desc())))


def _still_open(now: datetime) -> tuple:
    return HomeLogin.ended_at.is_(None), HomeLogin.until_at > now, HomeLogin.made_at > now - LONGEST


def needs_touch(login: HomeLogin, *, now: datetime) -> bool:
    """Whether "last used" is old enough to be written again."""
    return now - login.seen_at >= (login.until_at - login.seen_at) / TOUCHES


def touch(login: HomeLogin, *, now: datetime) -> None:
    """Note that a page is in use: it stays open as long again."""
    idle = login.until_at - login.seen_at
    still = (HomeLogin.id == login.id, HomeLogin.ended_at.is_(None))
    db.session.execute(update(HomeLogin).where(*still).values(seen_at=now, until_at=now + idle))


def end(login_id: int, *, household_id: int, now: datetime) -> bool:
    """Close the page in one browser; False when that household has no such page open."""
    its = (HomeLogin.id == login_id, HomeLogin.household_id == household_id, HomeLogin.ended_at.is_(None))
    return db.session.execute(update(HomeLogin).where(*its).values(ended_at=now)).rowcount == 1


def end_others(household_id: int, *, but: int, now: datetime) -> None:
    """Close it everywhere else."""
    others = (HomeLogin.household_id == household_id, HomeLogin.id != but, HomeLogin.ended_at.is_(None))
    db.session.execute(update(HomeLogin).where(*others).values(ended_at=now))


def _code_index(household_id: int, code: str) -> bytes:
    return vault().index("home-code", f"{household_id}:{code}")


def _token_index(token: str) -> bytes:
    return vault().index("home-login", token)
