"""One leads, its late write is refused, and every duty is harmless when done twice."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from stationapp.accounts.models import Tries
from stationapp.calendar.rules import Month
from stationapp.clock import instant
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.importing.kinds import Kind
from stationapp.importing.models import Upload
from stationapp.importing.operations import keep_upload
from stationapp.jobs.operations import (
    DUTIES,
    LeaseLost,
    fence,
    note_run,
    prepare_month,
    remind_of_close_outs,
    take_lease,
    tidy,
)
from stationapp.jobs.queries import find_lease, last_began, last_runs
from stationapp.jobs.rules import LEASE_LASTS, PACES
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.reports.operations import close_month
from tests import cast

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
STARTS = instant(NOW.date() - timedelta(days=20), 9)
ENDS = STARTS + timedelta(hours=2)


def act(verb, *arguments, **named):
    with transaction():
        return verb(*arguments, **named)


def told(occasion: Occasion) -> list[tuple]:
    rows = select(Notice.subject, Notice.step, Notice.site_id).where(Notice.occasion == occasion)
    return sorted(map(tuple, db.session.execute(rows)))


# --- the lead ----------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_one_leads_and_the_second_takes_over_after_the_lease_with_a_higher_token(app):
    with app.app_context():
        assert act(take_lease, "a", now=NOW) == 1
        assert act(take_lease, "b", now=NOW) is None
        later = NOW + LEASE_LASTS - timedelta(seconds=1)
        assert act(take_lease, "a", now=later) == 1  # prolonged under the same token
        assert act(take_lease, "b", now=NOW + LEASE_LASTS) is None
        after = later + LEASE_LASTS
        assert act(take_lease, "b", now=after) == 2
        assert act(take_lease, "a", now=after) is None
        lease = find_lease()
        assert (lease.holder, lease.token, lease.until_at) == ("b", 2, after + LEASE_LASTS)


@pytest.mark.both_databases
def test_the_late_write_of_a_leader_that_was_overtaken_is_refused(app):
    with app.app_context():
        token = act(take_lease, "a", now=NOW)
        act(fence, token, now=NOW)
        after = NOW + LEASE_LASTS
        assert act(take_lease, "b", now=after) == token + 1
        with pytest.raises(LeaseLost):
            act(fence, token, now=after)
        with pytest.raises(LeaseLost):  # its own clock stood still: the token refuses it all the same
            act(fence, token, now=NOW)
        act(fence, token + 1, now=after)


@pytest.mark.both_databases
def test_a_lease_that_ran_out_refuses_even_when_nobody_took_it(app):
    with app.app_context():
        token = act(take_lease, "a", now=NOW)
        with pytest.raises(LeaseLost):
            act(fence, token, now=NOW + LEASE_LASTS)
        assert act(take_lease, "a", now=NOW + LEASE_LASTS) == token
        act(fence, token, now=NOW + LEASE_LASTS)


@pytest.mark.both_databases
def test_the_last_run_of_a_duty_is_kept_and_its_work_added_up(app):
    with app.app_context():
        for done, problem in ((3, ""), (0, "OperationalError"), (2, "")):
            act(note_run, "tidy", 1, began_at=NOW, now=NOW + timedelta(seconds=1), done=done, problem=problem)
        run = last_runs()["tidy"]
        assert (run.done, run.done_ever, run.problem) == (2, 5, "")
        assert last_began() == {"tidy": NOW}


# --- the duties ----------------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_close_out_is_asked_for_after_a_day_three_and_seven_each_once(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, starts_at=STARTS)
        counts = {}
        for hours in (0, 23, 24, 25, 71, 72, 73, 167, 168, 169, 400):
            counts[hours] = [act(remind_of_close_outs, now=ENDS + timedelta(hours=hours)) for _ in range(2)]
        assert {hours: count for hours, count in counts.items() if count != [0, 0]} == {
            24: [1, 0], 72: [1, 0], 168: [1, 0],
        }  # fmt: skip
        assert told(Occasion.CLOSE_OUT_DUE) == [
            (f"event {event.code}", step, people.one.id) for step in (1, 2, 3)
        ]


@pytest.mark.both_databases
def test_after_an_outage_only_the_latest_reminder_is_given(app):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, starts_at=STARTS)
        assert act(remind_of_close_outs, now=ENDS + timedelta(days=8)) == 1
        assert act(remind_of_close_outs, now=ENDS + timedelta(days=9)) == 0
        assert told(Occasion.CLOSE_OUT_DUE) == [(f"event {event.code}", 3, people.one.id)]


def test_drafts_cancelled_and_closed_out_events_are_not_asked_after(app):
    people = cast.district(app)
    before = STARTS - timedelta(days=1)
    with app.app_context():
        cast.event(people.one, starts_at=STARTS, publish=False)
        cancelled, closed = (cast.event(people.one, starts_at=STARTS) for _ in range(2))
        act(events.cancel, cancelled, by=people.lin.id, now=before, reason="下雨")
        act(events.archive, closed, by=people.lin.id, now=ENDS + timedelta(hours=1))
        assert act(remind_of_close_outs, now=ENDS + timedelta(days=30)) == 0


@pytest.mark.both_databases
def test_a_month_is_prepared_once_for_the_center_and_each_office(app):
    people = cast.district(app)
    with app.app_context():
        last_evening = Month(2026, 11).ends_at - timedelta(seconds=1)
        assert [act(prepare_month, now=last_evening) for _ in range(2)] == [3, 0]
        assert [act(prepare_month, now=last_evening + timedelta(seconds=1)) for _ in range(2)] == [3, 0]
        assert told(Occasion.MONTH_PREPARED) == sorted(
            (f"month {site.code} {month}", 0, site.id)
            for site in (people.center, people.office, people.far_office)
            for month in ("2026-10", "2026-11")
        )


def test_a_site_closed_before_the_month_ended_has_no_month_to_prepare(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            db.session.merge(people.far_office).valid_to = datetime(2026, 10, 30).date()  # noqa: DTZ001
        assert act(prepare_month, now=NOW) == 2


@pytest.mark.both_databases
def test_a_month_is_announced_to_nobody_who_has_closed_it(app):
    people = cast.district(app)
    with app.app_context():
        after = Month(2026, 10).ends_at + timedelta(days=5)
        act(close_month, people.office, Month(2026, 10), by=people.chen.id, now=after)
        assert act(prepare_month, now=after) == 2
        act(close_month, people.center, Month(2026, 10), by=people.chen.id, now=after)
        assert db.session.scalar(select(func.count()).where(Notice.done_at == after)) == 2
        act(close_month, people.center, Month(2026, 11), by=people.chen.id, now=Month(2026, 11).ends_at)
        assert act(prepare_month, now=Month(2026, 11).ends_at) == 0


@pytest.mark.both_databases
def test_what_nobody_needs_any_more_is_dropped(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            for days in (1, 3):
                tries = Tries(key_index=bytes([days]) * 16, window_at=NOW - timedelta(days=days), count=4)
                db.session.add(tries)
            keep_upload(Kind.PLAN, b"x", "old.csv", None, by=people.chen.id, now=NOW - timedelta(hours=25))
            keep_upload(Kind.PLAN, b"x", "new.csv", None, by=people.root.id, now=NOW - timedelta(hours=23))
        assert [act(tidy, now=NOW) for _ in range(2)] == [2, 0]
        assert db.session.scalars(select(Upload.filename)).all() == ["new.csv"]
        assert db.session.scalars(select(Tries.count)).all() == [4]


def test_every_pace_has_its_duty_and_every_duty_its_pace():
    assert [pace.name for pace in PACES] == list(DUTIES)
