"""Series: laid out as real drafts, gone on with, changed and called off with a scope, handed in at once."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.calendar.models import Holiday
from stationapp.db import db, transaction
from stationapp.events import operations, series
from stationapp.events.models import Event
from stationapp.events.queries import fields_of, fields_of_all
from stationapp.events.recurrence import Recurrence
from stationapp.events.rules import (
    SUBMITTABLE,
    AroundHolidays,
    Cadence,
    Category,
    Enrolment,
    EventFields,
    EventRefusal,
    Pattern,
    State,
    Task,
    Theme,
)
from stationapp.events.series_rules import PUBLISHABLE, Scope, SeriesRefusal
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.rooms.models import Booking, Room
from stationapp.rooms.operations import hold
from stationapp.rooms.rules import RoomRefusal
from tests import cast

NOW = clock.instant(date(2026, 11, 24), 10)
FIRST = date(2026, 12, 1)  # a Tuesday
TUESDAYS = Recurrence(Pattern.WEEKLY, FIRST, last_on=date(2027, 1, 26), weekdays=frozenset({1}))


def wish(**changes) -> EventFields:
    starts_at = clock.instant(FIRST, 15)
    values = {
        "title": "智能手机课堂",
        "summary": "手把手教您用手机挂号、缴费、防诈骗",
        "category": Category.A02,
        "task": Task.T4,
        "audience": "60岁以上居民",
        "place": "一楼多功能厅",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
        "opens_at": clock.instant(FIRST - timedelta(days=7), 8),
        "closes_at": clock.instant(FIRST - timedelta(days=1), 18),
        "capacity": 20,
    }
    return EventFields(**values | changes)


def lay(site, rule: Recurrence = TUESDAYS, *, publish: bool = False, **changes) -> series.Laid:
    with transaction():
        laid = series.lay_out(site, wish(**changes), rule, cadence=Cadence.STAGED, by=None, now=NOW)
    for event in laid.events if publish else []:
        step(operations.submit, event)
        step(operations.publish, event)
    return laid


def room_of(site, name: str = "舞蹈室") -> Room:
    with transaction():
        room = Room(site_id=site.id, name=name, capacity=20)
        db.session.add(room)
        db.session.flush()
    return room


def step(act, event: Event, reason: str = "", now: datetime = NOW) -> None:
    with transaction():
        act(event, by=None, now=now, reason=reason)


def change(event: Event, scope: Scope, *, now: datetime = NOW, **changes) -> list[Event]:
    with transaction():
        return series.change(event, replace(fields_of(event), **changes), scope, by=None, now=now)


def call_off(event: Event, scope: Scope, *, now: datetime = NOW, reason: str = "") -> series.CalledOff:
    with transaction():
        return series.call_off(event, scope, by=None, now=now, reason=reason)


def refusal(act, *args, **kwargs) -> Refused:
    with pytest.raises(Refused) as refused:
        act(*args, **kwargs)
    return refused.value


def starts(of: series.Laid) -> list[str]:
    """When its events begin, by id: "1201 15:00"."""
    found = db.session.scalars(select(Event).where(Event.series_id == of.series.id).order_by(Event.id))
    return [f"{clock.local(event.starts_at):%m%d %H:%M}" for event in found]


def taken(event: Event, number: int) -> None:
    with transaction():
        db.session.get_one(Event, event.id).taken = number


# --- laying out -------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_rule_becomes_real_drafts_with_their_own_sign_up_windows_in_one_batch(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, themes=frozenset({Theme.OLD}))
        days = [FIRST + timedelta(weeks=n) for n in range(9)]
        assert [clock.day_of(event.starts_at) for event in laid.events] == days
        for event, day in zip(laid.events, days, strict=True):
            assert event.state is State.DRAFT
            assert (event.series_id, event.batch_id) == (laid.series.id, laid.batch.id)
            assert event.starts_at == clock.instant(day, 15)
            assert event.ends_at == clock.instant(day, 16)
            assert event.opens_at == clock.instant(day - timedelta(days=7), 8)
            assert event.closes_at == clock.instant(day - timedelta(days=1), 18)
        assert {found.themes for found in fields_of_all(laid.events).values()} == {frozenset({Theme.OLD})}
        assert (laid.series.first_on, laid.series.last_on, laid.series.weekdays) == (
            FIRST,
            TUESDAYS.last_on,
            "1",
        )


def test_dates_move_around_the_holidays_that_stand_in_the_table(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            db.session.add_all(
                [
                    Holiday(day=date(2026, 12, 8), name="停电", works=False),
                    Holiday(day=date(2027, 1, 26), name="盘点", works=False),
                ]
            )
        laid = lay(people.one, replace(TUESDAYS, around_holidays=AroundHolidays.LATER))
        assert [(one.wished, one.day) for one in laid.moved] == [(date(2026, 12, 8), date(2026, 12, 9))]
        assert [one.wished for one in laid.left_out] == [date(2027, 1, 26)]
        assert "1209 15:00" in starts(laid)
        assert len(laid.events) == 8


@pytest.mark.parametrize(
    ("rule", "more", "reason"),
    [
        (TUESDAYS, {"complete_after": 10}, SeriesRefusal.COMPLETES_NEVER),
        (replace(TUESDAYS, first_on=date(2026, 11, 24)), {}, None),
        (replace(TUESDAYS, first_on=date(2026, 11, 17)), {}, SeriesRefusal.FIRST_IN_PAST),
        (replace(TUESDAYS, last_on=date(2027, 12, 1)), {"cadence": Cadence.YEAR_ROUND}, SeriesRefusal.YEAR_AT_MOST),
        (replace(TUESDAYS, last_on=date(2027, 11, 23)), {"cadence": Cadence.YEAR_ROUND}, None),
    ],
)  # fmt: skip
def test_what_cannot_be_laid_out_says_why_and_writes_nothing(app, rule, more, reason):
    people = cast.district(app)
    with app.app_context():

        def lay_out():
            with transaction():
                series.lay_out(
                    people.one, wish(), rule, **{"cadence": Cadence.STAGED} | more, by=None, now=NOW
                )

        if reason is None:
            lay_out()
            return
        assert refusal(lay_out).reason is reason
        assert db.session.scalar(select(Event)) is None


def test_a_series_leaves_its_audit_line_beside_those_of_its_drafts(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, replace(TUESDAYS, last_on=date(2026, 12, 8)))
        lines = db.session.execute(select(AuditLine.act, AuditLine.subject, AuditLine.site_id))
        assert [tuple(line) for line in lines if line.act.startswith("events.")] == [
            ("events.open_batch", f"batch {laid.batch.code}", people.one.id),
            *(("events.draft", f"event {event.code}", people.one.id) for event in laid.events),
            ("events.lay_out", f"series {laid.series.code}", people.one.id),
        ]


@pytest.mark.both_databases
def test_going_on_follows_the_same_rule_from_the_day_after(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, replace(TUESDAYS, every=2, last_on=date(2026, 12, 16)))
        change(laid.events[-1], Scope.THIS, capacity=30)
        with transaction():
            more = series.extend(laid.series, times=3, by=None, now=NOW)
        assert [clock.day_of(event.starts_at) for event in more.events] == [
            date(2026, 12, 29),
            date(2027, 1, 12),
            date(2027, 1, 26),
        ]
        assert {event.capacity for event in more.events} == {30}
        assert more.batch.id != laid.batch.id
        with transaction():
            again = series.extend(laid.series, until=date(2027, 2, 20), by=None, now=NOW)
        assert [clock.day_of(event.starts_at) for event in again.events] == [date(2027, 2, 9)]


def test_a_series_without_a_rule_is_not_gone_on_with(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one)
        with transaction():
            laid.series.pattern = None

        def extend():
            with transaction():
                series.extend(laid.series, times=2, by=None, now=NOW)

        assert refusal(extend).reason is SeriesRefusal.NO_RULE


# --- changing ---------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_this_alone_this_and_later_and_all_to_come_reach_as_far_as_they_say(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, replace(TUESDAYS, last_on=date(2026, 12, 29)))
        events = laid.events
        change(events[1], Scope.THIS, place="二楼")
        change(events[2], Scope.LATER, bring="老花镜")
        change(events[3], Scope.ALL_FUTURE, capacity=25)
        found = fields_of_all(events)
        assert [found[event.id].place for event in events] == ["一楼多功能厅", "二楼", *["一楼多功能厅"] * 3]
        assert [found[event.id].bring for event in events] == ["", "", *["老花镜"] * 3]
        assert {found[event.id].capacity for event in events} == {25}


@pytest.mark.both_databases
def test_an_exception_made_before_stays_when_something_else_is_changed_for_all(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, replace(TUESDAYS, last_on=date(2026, 12, 29)), themes=frozenset({Theme.OLD}))
        odd = laid.events[2]
        day = FIRST + timedelta(weeks=2)
        change(
            odd,
            Scope.THIS,
            place="广场",
            themes=frozenset({Theme.OLD, Theme.LAW}),
            starts_at=clock.instant(day, 9),
            ends_at=clock.instant(day, 10),
        )
        change(laid.events[0], Scope.ALL_FUTURE, place="三楼", capacity=9, themes=frozenset({Theme.FRAUD}))
        found = fields_of(odd)
        assert (found.place, found.capacity) == ("三楼", 9)
        assert found.themes == {Theme.LAW, Theme.FRAUD}
        assert found.starts_at == clock.instant(day, 9)
        assert found.closes_at == clock.instant(day - timedelta(days=1), 18)


@pytest.mark.both_databases
def test_a_change_of_time_is_a_shift_of_days_and_a_new_time_of_day(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, replace(TUESDAYS, last_on=date(2026, 12, 22)))
        odd = laid.events[2]
        day = FIRST + timedelta(weeks=2, days=2)
        change(odd, Scope.THIS, starts_at=clock.instant(day, 9), ends_at=clock.instant(day, 11))
        wednesday = FIRST + timedelta(days=1)
        first = {"starts_at": clock.instant(wednesday, 16), "ends_at": clock.instant(wednesday, 17, 30)}
        change(laid.events[0], Scope.ALL_FUTURE, **first)
        assert starts(laid) == ["1202 16:00", "1209 16:00", "1218 16:00", "1223 16:00"]
        found = fields_of_all(laid.events)
        assert [found[event.id].ends_at - found[event.id].starts_at for event in laid.events] == [
            timedelta(minutes=90)
        ] * 4
        assert found[odd.id].opens_at == clock.instant(date(2026, 12, 18) - timedelta(days=8), 8)
        assert laid.series.weekdays == "2"  # going on with it goes on on Wednesdays
        with transaction():
            more = series.extend(laid.series, times=1, by=None, now=NOW)
        assert [f"{clock.local(event.starts_at):%m%d %H:%M}" for event in more.events] == ["1230 16:00"]


def test_a_new_name_for_all_is_the_series_name_and_one_for_a_single_date_is_not(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one)
        change(laid.events[0], Scope.THIS, title="开班仪式")
        assert laid.series.title == "智能手机课堂"
        change(laid.events[1], Scope.ALL_FUTURE, title="手机课堂")
        assert laid.series.title == "手机课堂"
        assert fields_of(laid.events[0]).title == "手机课堂"


@pytest.mark.both_databases
def test_what_has_begun_is_closed_out_cancelled_or_discarded_is_left_alone(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, publish=True)
        events = laid.events
        third_day = clock.instant(FIRST + timedelta(weeks=2), 15, 30)
        step(operations.archive, events[0], now=third_day)
        step(operations.cancel, events[4], "场地检修")
        with transaction():
            series.extend(laid.series, times=1, by=None, now=NOW)
        last = db.session.scalar(select(Event).order_by(Event.id.desc()))
        step(operations.discard, last)
        left_alone = [*events[:3], events[4], last]
        before = [fields_of(event) for event in left_alone]
        changed = change(events[3], Scope.ALL_FUTURE, now=third_day, place="二楼")
        assert [event.id for event in changed] == [event.id for event in (events[3], *events[5:])]
        assert [fields_of(event) for event in left_alone] == before


@pytest.mark.both_databases
def test_a_row_of_booked_dates_moves_by_a_week_without_standing_in_its_own_way(app):
    people = cast.district(app)
    with app.app_context():
        room = room_of(people.one)
        laid = lay(people.one, replace(TUESDAYS, last_on=date(2026, 12, 29)), publish=True, room_id=room.id)
        for weeks in (1, -1):
            first = laid.events[0]
            by = timedelta(weeks=weeks)
            change(first, Scope.ALL_FUTURE, starts_at=first.starts_at + by, ends_at=first.ends_at + by)
            booked = db.session.execute(
                select(Booking.event_id, Booking.starts_at).order_by(Booking.event_id)
            )
            assert [tuple(row) for row in booked] == [(event.id, event.starts_at) for event in laid.events]
        assert starts(laid)[0] == "1201 15:00"


@pytest.mark.both_databases
def test_a_room_taken_on_one_date_refuses_all_and_names_that_date(app):
    people = cast.district(app)
    with app.app_context():
        room, other = room_of(people.one), room_of(people.one, "书画室")
        laid = lay(people.one, publish=True, room_id=room.id)
        busy_from = clock.instant(FIRST + timedelta(weeks=3), 14)
        with transaction():
            hold(
                other,
                starts_at=busy_from,
                ends_at=busy_from + timedelta(hours=2),
                purpose="社区会议",
                by=None,
                now=NOW,
            )
        refused = refusal(change, laid.events[0], Scope.ALL_FUTURE, room_id=other.id)
        assert refused.reason is SeriesRefusal.ON_ONE_DATE
        assert refused.facts["starts_at"] == laid.events[3].starts_at
        assert refused.facts["inner"].reason is RoomRefusal.TAKEN
        assert {event.room_id for event in db.session.scalars(select(Event))} == {room.id}
        assert len(db.session.scalars(select(Booking).where(Booking.room_id == room.id)).all()) == 9
        assert refusal(change, laid.events[3], Scope.LATER, room_id=other.id).reason is RoomRefusal.TAKEN


def test_dates_under_review_are_named_and_nothing_is_changed(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one)
        step(operations.submit, laid.events[2])
        refused = refusal(change, laid.events[0], Scope.ALL_FUTURE, place="二楼")
        assert refused.reason is SeriesRefusal.WAITING_FOR_OFFICE
        assert refused.facts["days"] == [laid.events[2].starts_at]
        assert refusal(change, laid.events[1], Scope.LATER, place="二楼").reason is refused.reason
        change(laid.events[3], Scope.LATER, place="二楼")


@pytest.mark.both_databases
def test_people_who_have_places_stay_and_the_desk_is_told_of_each_moved_date(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, publish=True)
        for event in laid.events[1:3]:
            taken(event, 2)
        change(laid.events[0], Scope.ALL_FUTURE, place="二楼")
        told = db.session.execute(select(Notice.occasion, Notice.subject).order_by(Notice.id)).all()
        assert told == [(Occasion.MOVED, f"event {event.code}") for event in laid.events[1:3]]
        assert [event.taken for event in db.session.scalars(select(Event).order_by(Event.id))][:4] == [
            0,
            2,
            2,
            0,
        ]
        refused = refusal(change, laid.events[0], Scope.ALL_FUTURE, capacity=1)
        assert refused.facts["starts_at"] == laid.events[1].starts_at
        assert refused.facts["inner"].reason is EventRefusal.CAPACITY_BELOW_TAKEN


def test_an_event_without_a_series_is_changed_alone_only(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one)
        now = clock.now()
        change(event, Scope.THIS, now=now, place="二楼")
        assert refusal(change, event, Scope.LATER, now=now, place="三楼").reason is SeriesRefusal.NOT_A_SERIES


# --- calling off and handing in ---------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_calling_off_cancels_what_is_public_and_discards_the_rest(app):
    people = cast.district(app)
    with app.app_context():
        laid = lay(people.one, replace(TUESDAYS, last_on=date(2026, 12, 29)))
        for event in laid.events[:3]:
            step(operations.submit, event)
        for event in laid.events[:2]:
            step(operations.publish, event)
        taken(laid.events[1], 1)
        assert refusal(call_off, laid.events[1], Scope.LATER).reason is EventRefusal.REASON_MISSING
        off = call_off(laid.events[1], Scope.LATER, reason="老师生病")
        assert off.cancelled == [laid.events[1]]
        assert off.discarded == laid.events[2:]
        assert [event.state for event in db.session.scalars(select(Event).order_by(Event.id))] == [
            State.PUBLISHED,
            State.CANCELLED,
            *[State.DISCARDED] * 3,
        ]
        assert [notice.occasion for notice in db.session.scalars(select(Notice))] == [Occasion.CANCELLED]
        assert call_off(laid.events[0], Scope.ALL_FUTURE, reason="停课").cancelled == [laid.events[0]]
        assert refusal(call_off, laid.events[0], Scope.ALL_FUTURE).reason is SeriesRefusal.NOTHING_AHEAD


@pytest.mark.both_databases
def test_handing_in_takes_what_is_ready_and_names_what_is_not(app):
    people = cast.district(app)
    with app.app_context():
        room = room_of(people.one)
        laid = lay(people.one, replace(TUESDAYS, last_on=date(2026, 12, 29)), room_id=room.id)
        change(laid.events[1], Scope.THIS, summary="")
        with transaction():
            hold(
                room,
                starts_at=laid.events[2].starts_at,
                ends_at=laid.events[2].ends_at,
                purpose="会议",
                by=None,
                now=NOW,
            )
        with transaction():
            handed = series.hand_in(laid.series, operations.submit, takes=SUBMITTABLE, by=None, now=NOW)
        assert handed.done == [laid.events[0], *laid.events[3:]]
        assert [(event, refused.reason) for event, refused in handed.left] == [
            (laid.events[1], EventRefusal.INCOMPLETE),
            (laid.events[2], RoomRefusal.TAKEN),
        ]
        assert [event.state for event in laid.events] == [
            State.SUBMITTED,
            State.DRAFT,
            State.DRAFT,
            State.SUBMITTED,
            State.SUBMITTED,
        ]
        with transaction():
            handed = series.hand_in(laid.series, operations.publish, takes=PUBLISHABLE, by=None, now=NOW)
        assert handed.done == [laid.events[0], *laid.events[3:]]
        assert len(handed.left) == 2


def test_a_course_says_how_many_attendances_complete_it(app):
    people = cast.district(app)
    with app.app_context(), transaction():
        laid = series.lay_out(
            people.one,
            wish(),
            replace(TUESDAYS, last_on=None, times=10),
            cadence=Cadence.STAGED,
            enrolment=Enrolment.COURSE,
            complete_after=8,
            by=None,
            now=NOW,
        )
        assert (laid.series.enrolment, laid.series.complete_after, len(laid.events)) == (
            Enrolment.COURSE,
            8,
            10,
        )
        assert laid.series.last_on == date(2027, 2, 2)
        assert laid.moved == laid.left_out == []
