"""What the stampede runs over: a few events with few places, and how the log is laid beside the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path

from flask import Flask
from sqlalchemy import func, select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.logins import begin_login
from stationapp.app import create_app
from stationapp.commands import CHECKED
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.migrate import migrate
from stationapp.signups.models import Signup, SignupMove
from stationapp.signups.queries import find_by_code, find_given
from stationapp.signups.rules import SEATED, Place
from stationapp.sites.models import Site
from stationapp.vault import vault
from tests import cast
from tests.bench.stampede_client import Log, Wish

SEATS = 30
_STARTS = (timedelta(hours=20), timedelta(days=2), timedelta(days=3), timedelta(days=5))
_CHECKS = tuple(
    name for name in CHECKED if name.split(".")[0] in ("signups", "residents", "messages", "events")
)


@dataclass(frozen=True)
class Scene:
    """An instance with four events: one starts within a day (freed places are given at once), three later (offered);
    one of them keeps places for callers."""

    app: Flask
    instance: Path
    url: str
    codes: tuple[str, ...]
    clerk: tuple[str, str]  # the cookie of somebody signed in at the desk

    def offered(self) -> list[str]:
        """The codes of households that have an offer to answer."""
        first = select(func.min(Signup.id)).where(Signup.state == Place.OFFERED).group_by(Signup.party_id)
        with self.app.app_context():
            sealed = list(db.session.scalars(select(Signup.code_sealed).where(Signup.id.in_(first))))
            db.session.remove()
        return [vault().unseal(one) for one in sealed]


def prepare(instance: Path, url: str) -> Scene:
    """A migrated instance with its events."""
    app = create_app(Settings(instance=instance, database_url=url))
    with app.app_context():
        migrate(db.engine)
        people, now = cast.district(app), clock.now()
        codes = tuple(_event(people.one, now + wait, now) for wait in _STARTS)
        with transaction():
            token = begin_login(people.lin.id, device="stampede", now=now)
        _close()
    return Scene(app, instance, url, codes, (guard.COOKIE, token))


def _event(site: Site, starts_at: datetime, now: datetime) -> str:
    kept = {"phone_seats": 5, "phone_until_at": now + timedelta(days=1)}
    later = starts_at - now == _STARTS[2]
    return cast.event(site, starts_at=starts_at, capacity=SEATS, **kept if later else {}).code


def _close() -> None:
    db.session.remove()
    db.engine.dispose()


def seated_beyond(scene: Scene) -> int:
    """How many people are seated beyond the places of any event, at one moment."""
    with scene.app.app_context():
        seated = db.session.scalar(
            select(func.count())
            .where(Signup.state.in_(SEATED))
            .group_by(Signup.event_id)
            .order_by(func.count().desc())
            .limit(1)
        )
        db.session.remove()
    return max(0, (seated or 0) - SEATS)


def problems(scene: Scene, log: Log) -> list[str]:
    """What does not hold after a stampede, in words."""
    with scene.app.app_context():
        found = log.changed[:5]
        found += [sentence for wish in log.wishes if (sentence := _kept(wish, set(log.given_up)))][:5]
        for name in _CHECKS:
            for check in import_module(f"stationapp.{name}").CHECKS:
                if rows := check.find():
                    found.append(f"{check.name}: {', '.join(rows[:5])}")
        _close()
    return found


def _kept(wish: Wish, given_up: set[str]) -> str:
    """What is wrong with one request: lost, changed, or half there."""
    given = find_given(vault().index("request", wish.key))
    if given is None:
        return f"{wish.event} {wish.key} was acknowledged and is lost" if wish.acknowledged else ""
    if len(given.answer.codes) != len(wish.names):
        return f"{wish.event} {wish.key} is there by half"
    if wish.code and wish.code not in given.answer.codes:
        return f"{wish.event} {wish.key} was answered with another code"
    place = find_by_code(wish.code) if wish.code else None
    if place is None:
        return ""
    if wish.given_back == "done" and place.state is not Place.CANCELLED:
        return f"{wish.event} {wish.key} was given back and is {place.state.value}"
    own = wish.given_back or wish.code in given_up
    if not own and place.state is Place.CANCELLED and not _lapsed(place):
        return f"{wish.event} {wish.key} was never given back and is gone"
    return ""


def _lapsed(place: Signup) -> bool:
    last = select(SignupMove.why).where(SignupMove.signup_id == place.id).order_by(SignupMove.id.desc())
    return db.session.scalar(last.limit(1)) == "offer lapsed"
