"""What a close-out says, typed as people read it off a clock."""

from datetime import date, timedelta

from werkzeug.datastructures import MultiDict

from stationapp import clock
from stationapp.attendance.forms import read_close_out
from stationapp.events.models import Event

NEW_YEARS_EVE = date(2026, 12, 31)


def _left(typed: str, event: Event):
    return clock.local(read_close_out(MultiDict({"out_7": typed}), event, {7: event.starts_at}).left[7])


def test_a_time_after_midnight_belongs_to_the_next_day_of_an_event_that_reaches_into_it():
    begin = clock.instant(NEW_YEARS_EVE, 22)
    late = Event(starts_at=begin, ends_at=begin + timedelta(hours=3))
    assert _left("23:30", late).isoformat() == "2026-12-31T23:30:00+08:00"
    assert _left("00:40", late).isoformat() == "2027-01-01T00:40:00+08:00"


def test_a_time_before_an_event_of_one_day_stays_on_its_day():
    begin = clock.instant(NEW_YEARS_EVE, 9)
    event = Event(starts_at=begin, ends_at=begin + timedelta(hours=2))
    assert _left("07:00", event).date() == NEW_YEARS_EVE
