"""Limits per household and event, per person or household and week or month; staff lift them (trust.md §4.6)."""

import threading
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, retried, transaction
from stationapp.events.admission_rules import AdmissionRefusal
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.signups import limits, operations, queries
from stationapp.signups.models import Party, PlaceLimit
from stationapp.signups.rules import PARTY_LIMIT, WEB_CONSENT, Channel, Counted, Place, SignupRefusal, Span
from tests import cast
from tests.signups.scene import course, people, person, sign_up

pytestmark = pytest.mark.both_databases

MONDAY = clock.day_of(clock.now()) + timedelta(days=7 - clock.day_of(clock.now()).weekday())
"""The next Monday."""


@pytest.fixture
def district(app):
    made = cast.district(app)
    with app.app_context():
        yield made


def on(site, day: date, hour: int = 9, **more) -> Event:
    return cast.event(site, starts_at=clock.instant(day, hour), **more)


def limit(site, counted: Counted, span: Span, most: int, *, by: int | None = None) -> PlaceLimit:
    with transaction():
        return limits.set_limit(site, counted, span, most, by=by, now=clock.now())


def refused(event: Event, *party, **more) -> dict:
    with pytest.raises(Refused) as caught:
        sign_up(event, *party, **more)
    assert caught.value.reason is SignupRefusal.LIMIT_REACHED
    return caught.value.facts


# --- at one event -------------------------------------------------------------------------------------------------


def test_an_event_says_how_many_places_a_household_may_have_and_staff_say_why_more(district):
    event, by = cast.event(district.one, home_limit=2), district.lin.id
    wished = {"counted": Counted.HOME, "span": None, "most": 2}
    assert refused(event, *people(3, 1)) == wished
    sign_up(event, *people(2, 1))
    assert refused(event, person("孙三", "19900000001")) == wished
    assert refused(event, person("孙三", "19900000001"), by=by) == wished
    answer = sign_up(event, person("孙三", "19900000001"), by=by, lift=" 三代 同堂 ")
    assert queries.get_party(answer.party_id).lifted == "三代 同堂"
    line = db.session.scalars(select(AuditLine).order_by(AuditLine.number.desc()).limit(1)).one()
    assert (line.act, line.reason, line.actor_id) == ("signups.sign_up", "三代 同堂", by)


def test_nobody_lifts_a_limit_for_themselves_and_a_reason_without_need_is_not_kept(district):
    event = cast.event(district.one, home_limit=1)
    refused(event, *people(2, 1), lift="因为")
    assert (
        queries.get_party(sign_up(event, *people(1, 1), by=district.lin.id, lift="因为").party_id).lifted
        == ""
    )


def test_no_event_lets_one_household_take_more_than_the_form_has_rows(district):
    with pytest.raises(Refused) as found:
        cast.event(district.one, home_limit=PARTY_LIMIT + 1)
    assert found.value.reason is AdmissionRefusal.HOME_OUT_OF_BOUNDS


# --- in a week or a month -----------------------------------------------------------------------------------------


def test_a_household_has_so_many_places_a_week_from_monday_on(district):
    limit(district.one, Counted.HOME, Span.WEEK, 2)
    sunday = MONDAY + timedelta(days=6)
    sign_up(on(district.one, MONDAY), *people(2, 1))
    assert refused(on(district.one, sunday, 23), *people(1, 1)) == {
        "counted": Counted.HOME, "span": Span.WEEK, "most": 2,
    }  # fmt: skip
    for day, hour in ((MONDAY - timedelta(days=1), 23), (MONDAY + timedelta(days=7), 0)):
        assert sign_up(on(district.one, day, hour, opens_at=None), *people(1, 1)).codes


def test_a_person_has_so_many_places_a_month_others_of_the_household_too(district):
    limit(district.one, Counted.PERSON, Span.MONTH, 1)
    granny, child = people(2, 1)
    first = MONDAY + timedelta(days=31)
    sign_up(on(district.one, first.replace(day=3)), granny)
    later = on(district.one, first.replace(day=20))
    assert refused(later, granny, child)["counted"] is Counted.PERSON
    assert sign_up(later, child).state is Place.CONFIRMED


def test_limits_of_the_sites_above_count_what_lies_beneath_them(district):
    limit(district.office, Counted.HOME, Span.WEEK, 1)
    sign_up(on(district.one, MONDAY), *people(1, 1))
    refused(on(district.two, MONDAY, 14), *people(1, 1))
    assert sign_up(on(district.far, MONDAY, 14), *people(1, 1)).state is Place.CONFIRMED


def test_waiting_counts_and_what_was_given_back_or_called_off_does_not(district):
    from stationapp.events import operations as events

    limit(district.one, Counted.HOME, Span.WEEK, 1)
    full = on(district.one, MONDAY, capacity=0)
    waits = sign_up(full, *people(1, 1))
    second = on(district.one, MONDAY, 14)
    refused(second, *people(1, 1))
    with transaction():
        operations.cancel(queries.get_by_code(waits.codes[0]), by=None, why="own", now=clock.now())
    sign_up(second, *people(1, 1))
    refused(on(district.one, MONDAY, 17), *people(1, 1))
    with transaction() as session:
        events.cancel(session.get_one(Event, second.id), by=None, now=clock.now(), reason="停电")
    assert sign_up(on(district.one, MONDAY, 17), *people(1, 1)).state is Place.CONFIRMED


def test_staff_go_beyond_it_with_a_reason_and_the_same_request_again_hears_its_answer(district):
    limit(district.one, Counted.HOME, Span.WEEK, 1)
    event, by = on(district.one, MONDAY), district.lin.id
    refused(event, *people(2, 1), by=by)
    first = sign_up(event, *people(2, 1), by=by, lift="孩子要大人陪", key="k")
    again = sign_up(event, *people(2, 1), by=by, lift="孩子要大人陪", key="k")
    assert (again.codes, again.repeated) == (first.codes, True)
    assert db.session.scalars(select(Party.lifted)).all() == ["孩子要大人陪"]


def test_every_date_of_a_course_is_a_place(district):
    _, dates = course(district.one, 3)
    limit(district.one, Counted.PERSON, Span.WEEK, 1)
    assert sign_up(dates[0], *people(2, 1)).state is Place.CONFIRMED
    assert limits.list_limits(district.one.path)[0][0].most == 1
    limit(district.one, Counted.HOME, Span.WEEK, 1)
    refused(dates[0], *people(2, 2))


def test_a_limit_set_anew_ends_the_one_before_and_both_are_on_record(district):
    by = district.chen.id
    first = limit(district.one, Counted.HOME, Span.WEEK, 1, by=by)
    assert limit(district.one, Counted.HOME, Span.WEEK, 1, by=by).id == first.id
    second = limit(district.one, Counted.HOME, Span.WEEK, 2, by=by)
    assert (first.ended_by, second.ended_at) == (by, None)
    for _ in range(2):
        with transaction():
            limits.end_limit(second, by=by, now=clock.now())
    assert limits.list_limits(district.one.path) == []
    acts = db.session.execute(
        select(AuditLine.act, AuditLine.subject).where(AuditLine.actor_id == by).order_by(AuditLine.number)
    ).all()
    assert acts == [
        ("signups.set_limit", "limit home week 1"),
        ("signups.set_limit", "limit home week 2"),
        ("signups.end_limit", "limit home week 2"),
    ]


# --- who it is for ------------------------------------------------------------------------------------------------


def test_who_signs_up_by_themselves_says_that_the_event_is_for_them(district):
    event = cast.event(district.one, audience="60岁以上老人", audience_only=True)
    with pytest.raises(Refused) as caught:
        sign_up(event, *people(1, 1))
    assert (caught.value.reason, caught.value.facts) == (
        SignupRefusal.NOT_DECLARED,
        {"audience": "60岁以上老人"},
    )
    for answer in (
        sign_up(event, *people(1, 1), declared=True),
        sign_up(event, *people(1, 2), by=district.lin.id),
    ):
        assert queries.get_party(answer.party_id).declared


def test_where_nothing_is_to_be_declared_nothing_is_kept(district):
    assert not queries.get_party(
        sign_up(cast.event(district.one), *people(1, 1), declared=True).party_id
    ).declared


# --- at once ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("span", [None, Span.WEEK])
def test_a_household_that_asks_for_many_events_at_once_does_not_pass_its_limit(app, district, span):
    known = [cast.resident(cast.person(name)) for name in ("赵甲", "钱乙", "孙丙", "李丁", "周戊", "吴己")]
    if span:
        limit(district.office, Counted.HOME, span, 3)
        events = [on(site, MONDAY, hour) for site in (district.one, district.two) for hour in (9, 12, 15)]
    else:
        events = [on(district.one, MONDAY, home_limit=3)] * 6
    ids, start, told = [event.id for event in events], threading.Barrier(6), []

    def press(number: int) -> None:
        def book():
            with transaction() as session:
                return operations.sign_up(
                    session.get_one(Event, ids[number]), [cast.person(known[number].name)], key=f"k{number}",
                    channel=Channel.WEB, by=None, consent=WEB_CONSENT, now=clock.now(),
                )  # fmt: skip

        with app.app_context():
            start.wait(30)
            try:
                told.append(retried(book).state)
            except Refused as no:
                told.append(no.reason)

    threads = [threading.Thread(target=press, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (told.count(Place.CONFIRMED), told.count(SignupRefusal.LIMIT_REACHED)) == (3, 3)


@pytest.mark.parametrize(
    ("span", "day", "bounds"),
    [
        (Span.WEEK, "2026-11-23", ("2026-11-23", "2026-11-30")),
        (Span.WEEK, "2026-11-29", ("2026-11-23", "2026-11-30")),
        (Span.WEEK, "2027-01-01", ("2026-12-28", "2027-01-04")),
        (Span.MONTH, "2026-12-31", ("2026-12-01", "2027-01-01")),
        (Span.MONTH, "2028-02-29", ("2028-02-01", "2028-03-01")),
    ],
)
def test_weeks_begin_on_monday_and_months_on_the_first(database_url, span, day, bounds):
    assert limits.bounds(span, date.fromisoformat(day)) == tuple(map(date.fromisoformat, bounds))
