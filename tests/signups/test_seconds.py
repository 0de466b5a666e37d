"""Sign-up opens and closes to the moment, the same by every way in (domain.md §6)."""

from datetime import datetime, timedelta

import pytest

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.jobs.operations import DUTIES
from stationapp.refusal import Refused
from stationapp.signups import draws, holds, queries
from stationapp.signups.rules import Place, SignupRefusal
from tests import cast
from tests.signups.scene import course, people, sign_up

pytestmark = pytest.mark.both_databases

LEAST = timedelta(microseconds=1)
EARLY, LATE = SignupRefusal.NOT_OPEN_YET, SignupRefusal.CLOSED


@pytest.fixture
def district(app):
    made = cast.district(app)
    with app.app_context():
        yield made


def answer(event: Event, home: int, by: int | None, now: datetime) -> SignupRefusal | None:
    """Why a sign-up is refused at that moment; None: it is not. Seats are held exactly when it is not."""
    with transaction():
        until = holds.hold_seats(
            event.id, 1, token=f"{event.id} {home} {by}", by=by, asker=f"192.0.2.{home}", now=now
        )
    try:
        sign_up(event, *people(1, home), by=by, now=now, hold=f"{event.id} {home} {by}")
        found = None
    except Refused as refused:
        found = refused.reason
    assert (until is not None) is (found is None)
    return found


def test_at_the_very_moment_of_opening_one_is_in_and_at_that_of_closing_out_by_every_way(district):
    opens, closes = (clock.now() + timedelta(hours=hours, microseconds=7) for hours in (1, 2))
    window = {"opens_at": opens, "closes_at": closes}
    single = cast.event(district.one, capacity=90, **window)
    _series, (date, _later) = course(district.two, 2, capacity=90)
    with transaction() as session:
        for name, at in window.items():
            setattr(session.get_one(Event, date.id), name, at)
    for number, (event, lin) in enumerate(((single, district.lin.id), (date, district.ma.id))):
        moments = (
            (opens - LEAST, EARLY, EARLY),
            (opens, None, None),
            (closes - LEAST, None, None),
            (closes, LATE, None),  # people come to the desk late
            (event.ends_at - LEAST, LATE, None),
            (event.ends_at, LATE, LATE),
        )
        for home, (now, by_web, by_phone) in enumerate(moments, 10 * number):
            assert answer(event, 2 * home + 1, None, now) is by_web, now
            assert answer(event, 2 * home + 2, lin, now) is by_phone, now


def test_lots_are_drawn_at_their_moment_and_who_comes_in_it_is_among_them_until_they_are(district):
    opens = clock.now() + timedelta(hours=1)
    draw_at = opens + timedelta(days=1)
    event = cast.event(
        district.one, capacity=4, opens_at=opens, draw_at=draw_at, starts_at=opens + timedelta(days=5)
    )
    with transaction():
        draws.announce(event, now=clock.now())
    with pytest.raises(Refused) as early:
        sign_up(event, *people(1, 1), now=opens - LEAST)
    assert early.value.reason is EARLY
    given = [
        sign_up(event, *people(1, home), by=by, now=at)
        for home, (by, at) in enumerate(((None, opens), (district.lin.id, opens), (None, draw_at)), 1)
    ]
    with transaction():
        assert DUTIES["draws"](now=draw_at - LEAST) == 0
        assert DUTIES["draws"](now=draw_at) == 1
    given.append(sign_up(event, *people(1, 4), now=draw_at))
    db.session.expire_all()
    assert [queries.get_by_code(one.codes[0]).state for one in given] == [Place.CONFIRMED] * 4
    assert [one.state for one in given] == [Place.WAITLISTED] * 3 + [Place.CONFIRMED]


def test_seats_for_callers_are_everybodys_from_the_moment_their_time_is_over(district):
    until = clock.now() + timedelta(hours=1)
    event = cast.event(
        district.one, capacity=1, phone_seats=1, phone_until_at=until, starts_at=until + timedelta(hours=20)
    )
    waits = sign_up(event, *people(1, 1), now=until - LEAST)
    assert waits.state is Place.WAITLISTED
    with transaction():
        assert DUTIES["phone_seats"](now=until - LEAST) == 0
        assert DUTIES["phone_seats"](now=until) == 1
    db.session.expire_all()
    assert queries.get_by_code(waits.codes[0]).state is Place.CONFIRMED
