"""Each way in which the monthly figures of a district used to be wrong, met once (domain.md §9).

Everything happens through the operations that the desk uses; the figures are those of September 2026.
"""

import json
from datetime import date, timedelta

import pytest

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import AttendanceRefusal, How, Part
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Series
from stationapp.events.rules import Cadence
from stationapp.refusal import Refused
from stationapp.reports.behind import Period, scope_of
from stationapp.reports.checks import unrepeatable_reports
from stationapp.reports.lists import Ask, listing, measure
from stationapp.reports.operations import close_month
from stationapp.reports.queries import figures
from stationapp.reports.versions import late
from stationapp.residents.merging import merge, undo_merge
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.models import Population, Site
from stationapp.sites.rules import Group
from stationapp.volunteers import operations as volunteers
from tests import cast
from tests.importing.sheets import SAMPLE, exercise, take

SEPTEMBER, OCTOBER, NOVEMBER = Month(2026, 9), Month(2026, 10), Month(2026, 11)
CLOSING = clock.instant(date(2026, 10, 12), 18)
pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(app):
    """The cast's district, within a request's context (a file taken in says sentences)."""
    district = cast.district(app)
    with app.test_request_context():
        yield district


def on(day: int, hour: int = 9, minute: int = 0, month: int = 9):
    """A time of the autumn of 2026."""
    return clock.instant(date(2026, month, day), hour, minute)


def person(home, name="吴秀英", phone=cast.PHONE, born="1950-03"):
    """Somebody on record."""
    return cast.resident(cast.person(name, phone, birth_month=born, home=home))


def come(made, *guests, part=Part.RESIDENT, left=None):
    """They are ticked on the roster when it begins; who had no place walked in."""
    with transaction():
        for guest in guests:
            attendance.check_in(made, guest, how=How.ROSTER, part=part, channel=Channel.WALK_IN, by=None,
                                now=made.starts_at)  # fmt: skip
            if left:
                attendance.check_out(made, guest, how=How.ROSTER, by=None, now=left)


def file(made, heads: int = 0):
    """Closed out an hour after its end, with `heads` people nobody asked for a name."""
    now = made.ends_at + timedelta(hours=1)
    with transaction():
        attendance.count_heads(made, {AgeBand.UNKNOWN: heads}, by=None, now=now)
        attendance.close_out(made, note="", by=None, now=now)
        volunteers.post_hours(made, by=None, now=now)
    return made


def held(where, *guests, at=None, heads: int = 0, **changes):
    """An event that these people came to, closed out."""
    made = cast.event(where, starts_at=at or on(10), **changes)
    come(made, *guests)
    return file(made, heads)


def report(site, month: Month = SEPTEMBER) -> dict:
    """The body of a site's month as it stands."""
    return figures(db.session.get(Site, site.id), month)


def said(site, id: str, month: Month = SEPTEMBER):
    """One figure's value."""
    return report(site, month)["figures"][id]["value"]


def covered(site, month: Month = SEPTEMBER, group: str | None = None) -> tuple:
    """Numerator and denominator of the coverage."""
    found = report(site, month)["figures"]
    figure = found["I-08"]["groups"][group] if group else found["I-07"]
    return figure["numerator"], figure["denominator"]


def test_one_person_at_two_stations_is_one_person_above_them(people):
    granny = person(people.one)
    held(people.one, granny)
    held(people.two, granny, at=on(11))
    assert (said(people.one, "I-05"), said(people.two, "I-05"), said(people.office, "I-05")) == (1, 1, 1)
    assert said(people.office, "I-04") == 2
    assert report(people.office)["bridge"]["I-05"] == {"children": 2, "repeated": 1, "own_new": 0, "total": 1}


def test_two_people_of_one_phone_are_two(people):
    held(people.one, person(people.one), cast.resident(cast.xiao_li(people.one)))
    assert (said(people.one, "I-04"), said(people.one, "I-05")) == (2, 2)


def test_one_person_with_two_phones_is_one_once_that_is_known(people):
    mobile, landline = person(people.one), person(people.one, phone="19900002222")
    held(people.one, mobile)
    held(people.two, landline, at=on(11))
    assert said(people.office, "I-05") == 2
    with transaction():
        made = merge(mobile.id, landline.id, by=people.chen.id, now=on(20))
    assert (said(people.office, "I-05"), said(people.office, "I-04")) == (1, 2)
    assert covered(people.office)[0] == 1
    with transaction():
        undo_merge(made.id, by=people.chen.id, now=on(21))
    assert said(people.office, "I-05") == 2


def test_an_event_belongs_to_the_month_it_begins_in_by_the_clock_of_the_place(people):
    granny = person(people.one)
    held(people.one, granny, at=on(31, 23, 59, month=8))
    held(people.one, granny, at=on(1, 0, 0))
    held(people.one, granny, at=on(30, 23, 59))  # ends in October
    held(people.one, granny, at=on(1, 0, 0, month=10) + timedelta(hours=2))
    assert [said(people.one, "I-01", month) for month in (Month(2026, 8), SEPTEMBER, OCTOBER)] == [1, 2, 1]
    assert [said(people.one, "I-04", month) for month in (Month(2026, 8), SEPTEMBER, OCTOBER)] == [1, 2, 1]


def test_three_dates_of_a_course_are_three_events_and_one_activity(people):
    granny = person(people.one)
    with transaction() as session:
        course = Series(
            code="S1", site_id=people.one.id, title="书法班", cadence=Cadence.STAGED, made_at=on(1)
        )
        session.add(course)
    for day in (8, 15, 22):
        made = held(people.one, granny, at=on(day))
        with transaction():
            db.session.merge(made).series_id = course.id
    held(people.one, granny, at=on(23))
    body = report(people.one)["figures"]
    assert (body["I-01"]["value"], body["I-02"]["value"], body["I-05"]["value"]) == (4, 2, 1)
    assert {str(cadence): n for cadence, n in body["I-01"]["by_cadence"].items() if n} == {
        "staged": 3,
        "one_off": 1,
    }


def test_what_was_cancelled_or_put_off_is_no_event_and_one_of_them_counts_as_cancelled(people):
    held(people.one, person(people.one))
    for act in (events.cancel, events.postpone):
        made = cast.event(people.one, starts_at=on(18))
        cast.sign_up(made, cast.granny_wu(people.one), key=act.__name__, now=on(12))
        with transaction():
            act(made, by=None, now=on(16), reason="停电")
    cast.event(people.one, starts_at=on(19))  # never closed out
    body = report(people.one)["figures"]
    assert (body["I-01"]["value"], body["I-04"]["value"]) == (1, 1)
    assert (body["I-25"]["numerator"], body["I-25"]["denominator"]) == (1, 2)


def test_what_was_put_off_and_is_called_off_once_its_month_is_closed_waits_for_the_next_version(people):
    held(people.one, person(people.one))
    made = cast.event(people.one, starts_at=on(18))
    with transaction():
        events.postpone(made, by=None, now=on(16), reason="停电")
    with transaction():
        first = close_month(people.center, SEPTEMBER, by=None, now=CLOSING)
    with transaction():
        events.cancel(made, by=None, now=CLOSING + timedelta(days=3), reason="不办了")
    assert unrepeatable_reports() == []
    waiting = late(first, people.center, SEPTEMBER)
    assert [(one.event.id, one.what) for one in waiting.events] == [(made.id, "called_off")]
    for closed, numerator in ((first, 0), (None, 1)):
        scope = scope_of(people.center, SEPTEMBER, closed, Period.YEAR)
        assert measure(listing(scope, Ask("I-25")))[0] == numerator
    year = figures(people.center, OCTOBER)["year"]["I-25"]
    assert (year["numerator"], year["denominator"]) == (0, 1)
    with transaction():
        second = close_month(
            people.center, SEPTEMBER, by=None, now=CLOSING + timedelta(days=4), reason="取消一场"
        )
    assert json.loads(second.body)["year"]["I-25"]["numerator"] == 1
    assert not late(second, people.center, SEPTEMBER)
    assert figures(people.center, OCTOBER)["year"]["I-25"]["numerator"] == 1
    assert unrepeatable_reports() == []


def test_walk_ins_are_served_and_told_apart_and_no_part_of_who_kept_their_word(people):
    made = cast.event(people.one, starts_at=on(10))
    for name in ("吴秀英", "王建国"):
        cast.sign_up(made, cast.person(name, home=people.one), now=on(5))
    come(made, person(people.one), person(people.two, "赵敏", "19900004444"))
    file(made)
    body = report(people.one)["figures"]
    assert body["I-04"]["value"] == 2
    assert (body["I-21"]["numerator"], body["I-21"]["denominator"]) == (1, 2)
    assert (body["I-19"]["numerator"], body["I-19"]["denominator"]) == (1, 2)


def test_counted_heads_raise_attendances_and_never_persons(people):
    held(people.one, person(people.one), heads=40)
    held(people.two, heads=7, at=on(11))
    body = report(people.office)["figures"]
    assert (body["I-04"]["value"], body["I-04"]["named"], body["I-04"]["anonymous"]) == (48, 1, 47)
    assert (body["I-01"]["value"], body["I-05"]["value"]) == (2, 1)
    assert (body["I-06"]["numerator"], body["I-06"]["value"]) == (1, 1.0)
    assert covered(people.office)[0] == 1


def test_who_helps_at_an_event_is_not_served_by_it(people):
    granny, helper = person(people.one), person(people.one, "王建国", "19900003333", "1970-05")
    with transaction():
        volunteers.register(helper, site=people.one, by=None, now=on(1))
    made = cast.event(people.one, starts_at=on(10))
    come(made, granny)
    come(made, helper, part=Part.VOLUNTEER, left=made.ends_at)
    with pytest.raises(Refused) as refused:
        come(made, helper)
    assert refused.value.reason is AttendanceRefusal.OTHER_PART
    file(made)
    body = report(people.one)["figures"]
    assert [body[id]["value"] for id in ("I-04", "I-05", "I-12", "I-13")] == [1, 1, 1, 2.0]
    held(people.one, helper, at=on(11))  # and listens the next day
    body = report(people.one)["figures"]
    assert [body[id]["value"] for id in ("I-04", "I-05", "I-12", "I-13")] == [2, 2, 1, 2.0]


def test_an_event_of_two_sites_counts_at_the_one_that_leads(people):
    held(people.one, person(people.two), partners=frozenset({people.two.id}))
    assert [said(site, "I-01") for site in (people.one, people.two, people.office)] == [1, 0, 1]
    assert [said(site, "I-04") for site in (people.one, people.two, people.office)] == [1, 0, 1]
    assert (covered(people.one)[0], covered(people.two)[0]) == (0, 1)  # where she lives is another axis


def test_who_moves_counts_where_they_lived_on_the_day(people):
    held(people.one, person(people.one))
    held(people.one, person(people.far), at=on(10, month=10))  # the same name and phone: she has moved
    assert [covered(site)[0] for site in (people.one, people.far)] == [1, 0]
    assert [covered(site, OCTOBER)[0] for site in (people.one, people.far)] == [0, 1]
    year = report(people.center, OCTOBER)["year"]
    assert (year["I-07"]["numerator"], year["I-05"]["value"]) == (1, 1)  # at both, and one person


def test_a_birthday_counts_from_its_month_on(people):
    nearly = person(people.one, born="1966-10")
    held(people.one, nearly, at=on(30))
    held(people.one, nearly, at=on(1, month=10))
    assert covered(people.one, group="over60")[0] == 0
    assert covered(people.one, OCTOBER, group="over60")[0] == 1
    bands = [report(people.one, month)["figures"]["I-04"]["by_band"] for month in (SEPTEMBER, OCTOBER)]
    assert [{band: n for band, n in one.items() if n} for one in bands] == [{"45-59": 1}, {"60-64": 1}]
    groups = report(people.one, OCTOBER)["year"]["I-08"]["groups"]
    assert groups["over60"]["numerator"] == 1


def test_a_missing_population_is_a_dash_and_never_nothing_of_it(people):
    held(people.one, person(people.one))
    with transaction() as session:
        session.query(Population).filter_by(site_id=people.two.id).delete()
    figure = report(people.office)["figures"]["I-07"]
    assert (figure["value"], figure["numerator"], figure["denominator"]) == (None, 1, None)
    assert figure["missing"] == [people.two.code]
    assert report(people.one)["figures"]["I-07"]["value"] == 0.0  # 1 of 5000: known, and small
    cast.population(people.two, {Group.ALL: 3000}, as_of=date(2026, 9, 30))
    assert covered(people.office) == (1, 8000)
    assert covered(people.office, group="over60")[1] is None
    assert (
        report(people.office, Month(2026, 8))["figures"]["I-07"]["value"] is None
    )  # it was not in force yet


def test_a_merged_sites_past_stays_with_it_and_its_people_are_the_successors(people):
    granny = person(people.two)
    held(people.two, granny)
    assert report(people.office)["figures"]["I-03"]["denominator"] == 2
    with transaction() as session:
        gone = session.get(Site, people.two.id)
        gone.valid_to, gone.successor_id = date(2026, 9, 15), people.one.id
    office = report(people.office)
    assert [
        row["figures"]["I-01"]["value"] for row in office["by_site"] if row["site"] == people.two.code
    ] == [1]
    assert [row["site"] for row in office["coverage"]] == [people.one.code]
    assert covered(people.one) == (1, 5000)
    assert office["figures"]["I-01"]["value"] == 1
    assert office["figures"]["I-03"]["denominator"] == 1
    assert office["figures"]["I-10"]["denominator"] == 2  # the office and the station that is left


def test_an_erased_person_leaves_every_figure_as_it_was(people):
    granny = person(people.one)
    held(people.one, granny)
    with transaction():
        closed = close_month(db.session.get(Site, people.one.id), SEPTEMBER, by=None, now=CLOSING)
    frozen, before = closed.body, report(people.one)["figures"]
    with transaction() as session:
        gone = session.get(Resident, granny.id)
        gone.name, gone.initials, gone.birth_month = f"已删除{gone.id}", "", None
        gone.lives, gone.community_id = Lives.UNKNOWN, None
        home = session.get(Household, gone.household_id)
        home.phone_index = home.phone_sealed = home.tail_index = None
    assert report(people.one)["figures"] == before
    assert before["I-05"]["value"] == 1
    assert before["I-08"]["groups"]["over60"]["numerator"] == 1
    db.session.refresh(closed)
    assert closed.body == frozen


def test_a_sheet_loaded_twice_counts_once(people):
    made = exercise(people.one)
    take(SAMPLE, by=people.lin.id)
    take(SAMPLE, by=people.lin.id)
    with transaction():
        attendance.close_out(made, note="", by=None, now=clock.instant(date(2026, 11, 9), 9))
    body = report(people.one, NOVEMBER)["figures"]
    assert (body["I-04"]["value"], body["I-05"]["value"], body["I-12"]["value"]) == (30, 30, 5)
