"""Many households with places at events, written in bulk: for benches of telling them."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import insert, select, update

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Lives
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from stationapp.vault import vault
from tests import cast

CHUNK = 2_000
_DIGITS = "零一二三四五六七八九"


def sites(app: Flask, count: int) -> list[int]:
    """The district of the tests with as many more stations as make up `count` sites; the ids of all stations."""
    people = cast.district(app)
    with app.app_context():
        for number in range(count - 6):
            office = people.office if number % 2 else people.far_office
            cast.site(f"4103059{number:05d}", Level.STATION, f"示例{number}社区", office)
        return list(db.session.scalars(select(Site.id).where(Site.level == Level.STATION)))


def event(app: Flask, site_id: int, starts_at: datetime) -> int:
    """A public event without a limit of places."""
    with app.app_context():
        return cast.event(db.session.get_one(Site, site_id), starts_at=starts_at).id


def seat(app: Flask, event_ids: Sequence[int], homes: int, *, signups: int, now: datetime) -> None:
    """So many households with `signups` places in all, dealt round among the events; each has a mobile phone."""
    made_at = now - timedelta(days=3)
    with app.app_context():
        keys, chunks = vault(), _chunks(homes)
        for numbers in chunks:
            with transaction() as session:
                session.execute(insert(Household), [_household(keys, n, made_at) for n in numbers])
                session.execute(insert(Resident), [_resident(n, made_at) for n in numbers])
        for numbers in _chunks(signups):
            with transaction() as session:
                its = [(n, (n - 1) % homes + 1, event_ids[(n - 1) % len(event_ids)]) for n in numbers]
                session.execute(insert(Party), [_party(keys, *one, made_at) for one in its])
                session.execute(insert(Signup), [_place(keys, *one) for one in its])
        with transaction() as session:
            taken = -(-signups // len(event_ids))
            session.execute(update(Event).where(Event.id.in_(event_ids)).values(taken=taken))


def _chunks(count: int) -> Iterator[range]:
    return (range(start, min(start + CHUNK, count + 1)) for start in range(1, count + 1, CHUNK))


def phone(number: int) -> str:
    """An invented mobile number."""
    return f"199{number:08d}"


def _household(keys, number: int, made_at: datetime) -> dict:
    its = phone(number)
    return {"id": number, "phone_index": keys.index("phone", its), "phone_sealed": keys.seal(its),
            "tail_index": keys.index("tail", its[-4:]), "made_at": made_at}  # fmt: skip


def _resident(number: int, made_at: datetime) -> dict:
    name = "陈" + "".join(_DIGITS[int(digit)] for digit in str(number))
    return {"id": number, "household_id": number, "name": name, "initials": "c", "lives": Lives.UNKNOWN,
            "made_at": made_at}  # fmt: skip


def _party(keys, number: int, household_id: int, event_id: int, made_at: datetime) -> dict:
    return {"id": number, "key_index": keys.index("request", f"bench {number}"), "event_id": event_id,
            "household_id": household_id, "size": 1, "first_state": Place.CONFIRMED, "channel": Channel.WEB,
            "consent": "web-1", "made_at": made_at}  # fmt: skip


def _place(keys, number: int, household_id: int, event_id: int) -> dict:
    code = f"K{number:09d}".translate(str.maketrans("01", "YZ"))
    return {"id": number, "party_id": number, "event_id": event_id, "resident_id": household_id,
            "state": Place.CONFIRMED, "code_index": keys.index("place", code),
            "code_sealed": keys.seal(code)}  # fmt: skip


def noon() -> datetime:
    """Today's noon: an hour at which people may be written to, whenever the bench runs."""
    return clock.instant(clock.day_of(clock.now()), 12)
