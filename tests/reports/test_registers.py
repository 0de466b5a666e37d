"""What registers say of a district: places, volunteers by home, rooms, themes and what nobody closed out."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.events.models import EventTheme
from stationapp.events.rules import State, Theme
from stationapp.reports import called_off, halls, registers, themes, unfiled
from stationapp.reports.halls import RoomUse
from stationapp.reports.queries import read
from stationapp.reports.registers import Volunteers
from stationapp.residents.models import Merge
from stationapp.residents.queries import counts_as
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.rules import RoomKind
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Channel, Place
from stationapp.vault import vault
from tests import cast
from tests.reports import build
from tests.reports.build import AT, MONTH

SPAN = (MONTH.begins_at, MONTH.ends_at)


def kept(row):
    db.session.add(row)
    db.session.flush()
    return row


def promised(event, person, state=Place.CONFIRMED, channel=Channel.WEB, by=None):
    """A place at an event, made as one request."""
    key = f"{event.code}-{person.id}"
    party = kept(
        Party(key_index=vault().index("key", key), event_id=event.id, household_id=person.household_id, size=1,
              first_state=state, channel=channel, by=by, consent="web-1", made_at=AT)
    )  # fmt: skip
    return kept(
        Signup(party_id=party.id, event_id=event.id, resident_id=person.id, state=state,
               code_index=vault().index("code", key), code_sealed=vault().seal(key))
    )  # fmt: skip


def merged(kept_one, gone, *, at=AT):
    return kept(Merge(kept_id=kept_one.id, gone_id=gone.id, at=at))


def places(people):
    """(capacity, confirmed, came, waiting) of each event of the month."""
    held = read(people.center, MONTH).events
    columns = (held.capacity, held.confirmed, held.came, held.waiting)
    return dict(zip(held.id.tolist(), zip(*(one.tolist() for one in columns), strict=True), strict=True))


@pytest.mark.both_databases
def test_a_promise_is_kept_by_whoever_comes_under_whichever_record_and_part(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        event = build.event(people.one, capacity=20)
        came, helped, on_duty, missed, off = (build.resident(people.one) for _ in range(5))
        for person in (came, helped, on_duty, missed):
            promised(event, person)
        promised(event, off, Place.CANCELLED)
        build.came(event, off)
        build.came(event, came)
        build.came(event, helped, part=Part.VOLUNTEER)
        build.came(event, on_duty, part=Part.STAFF)
        build.came(event, missed, undone=True)
        first, second = build.resident(people.one), build.resident(people.two)
        promised(event, first)
        build.came(event, second)
        merged(first, second)
        plain = build.event(people.one)
        promised(plain, first)
        build.came(plain, first)
        build.came(plain, second)
        assert places(people) == {event.id: (20, 5, 4, 0), plain.id: (0, 1, 1, 0)}
        db.session.delete(db.session.scalars(select(Merge)).one())
        assert places(people) == {event.id: (20, 5, 3, 0), plain.id: (0, 1, 1, 0)}


@pytest.mark.both_databases
def test_whoever_was_let_in_promised_nothing_and_whoever_waits_is_counted_apart(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        event, other = build.event(people.one), build.event(people.far)
        let_in, waits, offered = (build.resident(people.one) for _ in range(3))
        promised(event, let_in, channel=Channel.WALK_IN, by=people.lin.id)
        build.came(event, let_in)
        promised(event, waits, Place.WAITLISTED)
        promised(event, offered, Place.OFFERED)
        promised(other, waits)
        still_open = build.event(people.one, state=State.PUBLISHED, capacity=4)
        promised(still_open, waits)
        assert places(people) == {event.id: (0, 0, 0, 1), other.id: (0, 1, 0, 0)}


@pytest.mark.both_databases
def test_cancelled_events_count_where_and_when_they_were_to_be(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        last_evening = MONTH.ends_at - timedelta(hours=1)
        build.event(people.one, last_evening, state=State.CANCELLED)
        build.event(people.one, last_evening + timedelta(hours=1), state=State.CANCELLED)
        build.event(people.far, state=State.CANCELLED)
        build.event(people.far, state=State.DISCARDED)
        assert set(called_off.cancelled(MONTH.begins_at, MONTH.plus(1).ends_at)) == {
            (people.one.id, MONTH, None),
            (people.one.id, MONTH.plus(1), None),
            (people.far.id, MONTH, None),
        }


@pytest.mark.both_databases
def test_a_person_with_two_profiles_is_on_the_register_once_and_where_they_live_now(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        persons = [build.resident(people.one) for _ in range(3)]
        *_double, ended = (build.volunteer(one, people.far) for one in persons)
        ended.ended_at = MONTH.ends_at - timedelta(minutes=1)
        merged(persons[0], persons[1])
        persons[0].community_id = people.two.id
        helper, stranger = build.resident(people.far), build.resident(None)
        who = counts_as()
        assert registers.registered(MONTH.last_day, {}) == {persons[0].id, persons[1].id}
        assert registers.registered(MONTH.last_day, who) == {persons[0].id}
        assert registers.registered(MONTH.last_day - timedelta(days=1), who) == {persons[0].id, persons[2].id}
        assert registers.registered(clock.day_of(AT) - timedelta(days=1), who) == set()
        served = {persons[0].id, helper.id, stranger.id}
        assert registers.by_home(MONTH.last_day, served, who) == {
            people.two.id: Volunteers(1, 1, 1),
            people.far.id: Volunteers(0, 0, 1),
        }


@pytest.mark.both_databases
def test_a_room_is_used_by_what_lies_in_its_hours(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        hall = kept(Room(site_id=people.one.id, name="多功能厅", hours="每天 09:00-11:00"))
        kept(Room(site_id=people.one.id, name="书画室"))
        kept(Room(site_id=people.office.id, name="宣讲团", kind=RoomKind.SHARED, hours="每天 09:00-11:00"))
        begins = clock.instant(date(2026, 9, 10), 8)
        event = build.event(people.one, begins, room_id=hall.id)
        booked = {"room_id": hall.id, "made_at": AT}
        kept(Booking(event_id=event.id, starts_at=begins, ends_at=begins + timedelta(hours=2), **booked))
        night = MONTH.ends_at - timedelta(hours=14)  # from 10 to 10 the next morning, over the month's end
        kept(Booking(purpose="布展", starts_at=night, ends_at=night + timedelta(days=1), **booked))
        assert halls.by_site([MONTH, MONTH.plus(1)]) == {
            MONTH: {people.one.id: RoomUse(120, 30 * 120, 1, 1)},
            MONTH.plus(1): {people.one.id: RoomUse(60, 31 * 120, 1, 1)},
        }
        assert halls.lengths(*SPAN) == {event.id: 120}


@pytest.mark.both_databases
def test_rooms_of_a_site_that_closes_are_open_while_it_is_in_force(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        kept(Room(site_id=people.one.id, name="多功能厅", hours="周一至周日 09:00-11:00"))
        site = db.session.get(type(people.one), people.one.id)
        site.valid_to = date(2026, 9, 10)
        db.session.flush()
        assert halls.by_site([MONTH, MONTH.plus(1)]) == {
            MONTH: {people.one.id: RoomUse(0, 10 * 120, 1, 0)},
            MONTH.plus(1): {},
        }


@pytest.mark.both_databases
def test_an_event_may_be_for_old_and_young(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        both, old, neither, open_ = (
            *(build.event(people.one) for _ in range(3)),
            build.event(people.one, state=State.PUBLISHED),
        )
        for event, theme in ((both, Theme.OLD), (both, Theme.YOUNG), (old, Theme.OLD), (neither, Theme.FIRE),
                             (open_, Theme.OLD)):  # fmt: skip
            kept(EventTheme(event_id=event.id, theme=theme))
        assert themes.by_event(*SPAN) == {both.id: (True, True), old.id: (True, False)}


@pytest.mark.both_databases
def test_what_nobody_closed_out_is_listed_after_ten_working_days_for_a_year(app):
    people = cast.district(app)
    ended = date(2026, 9, 10)  # a Thursday; the tenth working day after it is the 24th
    with app.app_context(), transaction():
        event = build.event(people.one, clock.instant(ended, 9), state=State.PUBLISHED)
        build.event(people.one, clock.instant(ended, 9))
        build.event(people.one, clock.instant(date(2025, 9, 30), 9), state=State.PUBLISHED)
        assert unfiled.listed(MONTH, date(2026, 9, 24)) == []
        listed = [(people.one.id, event.code, "健康讲座", ended)]
        assert unfiled.listed(MONTH, date(2026, 9, 25)) == listed
        assert unfiled.listed(MONTH.plus(1), date(2026, 10, 30)) == listed
        assert unfiled.listed(MONTH.plus(-1), date(2026, 10, 30))[0].on == date(2025, 9, 30)
        assert unfiled.listed(Month(2027, 9), date(2027, 9, 30)) == []
