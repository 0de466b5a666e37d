"""Two desks at the same moment: each does its work to the end, whichever rows the other one holds.

A step is played by hand: one transaction goes half its way, another one starts in a thread and waits, the first
one goes on. On SQLite the second waits for the whole of the first; on PostgreSQL for single rows.
"""

import threading
from datetime import timedelta

import pytest

from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.calendar.rules import Month
from stationapp.db import at_end, db, transaction
from stationapp.events.models import Event
from stationapp.reports.checks import CHECKS as REPORT_CHECKS
from stationapp.reports.operations import close_month
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.volunteers import operations
from stationapp.volunteers.checks import CHECKS
from stationapp.volunteers.models import ManualHours, Volunteer
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.volunteers import acts

pytestmark = pytest.mark.both_databases


class Meanwhile:
    """Something that another process does; `join` raises what went wrong there."""

    def __init__(self, app, act) -> None:
        self._problem: list[BaseException] = []
        self._thread = threading.Thread(target=self._run, args=(app, act), daemon=True)
        self._thread.start()
        self._thread.join(0.5)  # long enough to come to whatever it has to wait for

    def _run(self, app, act) -> None:
        try:
            with app.app_context(), transaction():
                act()
        except BaseException as error:
            self._problem.append(error)

    def join(self) -> None:
        self._thread.join(20)
        assert not self._thread.is_alive()
        if self._problem:
            raise self._problem[0]


@pytest.fixture
def people(app):
    with app.app_context():
        yield cast.district(app)


def _sound() -> None:
    db.session.rollback()
    assert [found for check in CHECKS for found in check.find()] == []


def _served(where, *helpers):
    made = acts.event(where, acts.at(9), acts.at(11))
    for one in helpers:
        acts.serve(made, one, acts.at(9), acts.at(11))
    return made.id


def _close(event_id, by):
    event, now = db.session.get_one(Event, event_id), acts.at(12)
    attendance.count_heads(event, {}, by=by, now=now)
    attendance.close_out(event, note="", by=by, now=now)
    operations.post_hours(event, by=by, now=now)


def test_a_close_out_and_a_decision_about_the_same_volunteer_both_come_through(app, people):
    who = acts.volunteer(people.one)
    event = _served(people.one, who)
    with transaction():
        manual = operations.propose_manual(
            who, site=people.two, from_site=people.two, served_on=acts.DAY, minutes=60,
            reason=ManualReason.OTHER, note="见照片", by=people.ma.id, now=acts.at(13),
        ).id  # fmt: skip

    def decide():
        operations.decide_manual(
            db.session.get_one(ManualHours, manual), approved=True,
            from_site=db.session.get_one(Site, people.office.id),
            by=people.chen.id, now=acts.at(14),
        )  # fmt: skip

    who_id = who.id
    with transaction():
        db.session.get_one(Volunteer, who_id, with_for_update=True)  # the decision has come so far
        other = Meanwhile(app, lambda: _close(event, people.lin.id))
        decide()
    other.join()
    _sound()


def test_two_close_outs_with_the_same_two_volunteers_both_come_through(app, people):
    first, second = acts.volunteer(people.one), acts.volunteer(people.two, "赵小兰", "19900004444")
    both, one = _served(people.one, first, second), _served(people.two, second)
    second_id = second.id
    with transaction():
        db.session.get_one(Volunteer, second_id, with_for_update=True)
        other = Meanwhile(app, lambda: _close(both, people.lin.id))
        _close(one, people.ma.id)
    other.join()
    _sound()


def test_a_volunteer_is_taken_in_at_the_door_while_hours_of_the_event_are_posted(app, people):
    who = acts.volunteer(people.one)
    event_id, resident_id = _served(people.one, who), who.resident_id

    def post():
        event = db.session.get_one(Event, event_id, with_for_update=True)
        operations.post_hours(event, by=people.lin.id, now=acts.at(12))

    with transaction():
        resident = db.session.get_one(Resident, resident_id)
        operations.register(resident, site=people.one, by=people.lin.id, now=acts.at(11))
        other = Meanwhile(app, post)
        attendance.check_in(
            db.session.get_one(Event, event_id), resident, how=How.WALK_IN, part=Part.VOLUNTEER,
            by=people.lin.id, now=acts.at(11),
        )  # fmt: skip
    other.join()
    _sound()


def _month_closing(people):
    """What closes the station's month, an hour after its end."""
    month, station, by = Month.of(acts.DAY), people.one.id, people.chen.id
    after = month.ends_at + timedelta(hours=1)
    return lambda: close_month(db.session.get_one(Site, station), month, by=by, now=after)


def _reports_sound() -> None:
    db.session.rollback()
    assert [found for check in REPORT_CHECKS for found in check.find()] == []


def test_a_month_is_closed_while_one_of_its_events_is_closed_out(app, people):
    event_id = _served(people.one, acts.volunteer(people.one))
    with transaction():
        event = db.session.get_one(Event, event_id)
        attendance.close_out(event, note="", by=people.lin.id, now=acts.at(12))
        other = Meanwhile(app, _month_closing(people))
        operations.post_hours(event, by=people.lin.id, now=acts.at(12))
    other.join()
    _sound()
    _reports_sound()


def test_a_month_is_closed_while_a_decision_adds_to_it(app, people):
    who = acts.volunteer(people.one)
    event = _served(people.one, who)
    with transaction():
        _close(event, people.lin.id)
    other_day = acts.DAY + timedelta(days=1)
    with transaction():
        manual = operations.propose_manual(
            who, site=people.one, from_site=people.one, served_on=other_day, minutes=60,
            reason=ManualReason.OTHER, note="见照片", by=people.lin.id, now=acts.at(13, day=other_day),
        ).id  # fmt: skip
    office, chen = people.office.id, people.chen.id
    with transaction():
        operations.decide_manual(
            db.session.get_one(ManualHours, manual), approved=True, from_site=db.session.get_one(Site, office),
            by=chen, now=acts.at(14, day=other_day),
        )  # fmt: skip
        other = Meanwhile(app, _month_closing(people))
    other.join()
    _sound()
    _reports_sound()


def test_what_is_done_at_the_end_needs_something_that_ends(app, people):
    with pytest.raises(RuntimeError):
        at_end(list)
