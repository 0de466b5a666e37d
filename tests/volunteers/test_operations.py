"""Hours that are true, complete and provable."""

from datetime import timedelta

import pytest

from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from stationapp.residents.queries import get_resident
from stationapp.volunteers import operations, queries
from stationapp.volunteers.checks import CHECKS
from stationapp.volunteers.models import HoursEntry
from stationapp.volunteers.pending import list_pending
from stationapp.volunteers.rules import ManualReason, ManualState, Risk, VolunteerRefusal
from tests import cast
from tests.volunteers.acts import DAY, at, close, event, lines, reopen, serve, total, volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(app):
    made = cast.district(app)
    with app.app_context():
        yield made


def refusal(act, *args, **kwargs):
    with pytest.raises(Refused) as caught, transaction():
        act(*args, **kwargs)
    return caught.value.reason


def findings() -> list[str]:
    """What `audit` finds."""
    db.session.rollback()
    return [found for check in CHECKS for found in check.find()]


def test_a_close_out_posts_what_was_served_within_the_event(people):
    who, made = volunteer(people.one), event(people.one, at(9), at(11))
    serve(made, who, at(8, 30), at(10, 50))
    close(made)
    assert lines(who) == [(90, 1, None)]
    close_again = lines(who)
    with transaction():
        operations.post_hours(made, by=None, now=at(13))
    assert lines(who) == close_again


def test_no_sign_out_or_no_staff_side_signal_earns_nothing(people):
    one, two = volunteer(people.one), volunteer(people.one, "赵敏", "19900004444")
    made = event(people.one, at(9), at(11))
    serve(made, one, at(9))
    serve(made, two, at(9), at(11), how=How.VENUE, out=How.VENUE)
    close(made)
    assert (lines(one), lines(two)) == ([], [])
    assert [row.event.id for row in list_pending(one.id, now=at(12))] == [made.id]


def test_overlaps_at_two_sites_count_once_whatever_is_closed_first(people):
    who = volunteer(people.one)
    early, late = event(people.one, at(9), at(11)), event(people.two, at(10), at(12))
    serve(early, who, at(9), at(11))
    serve(late, who, at(10), at(12))
    close(late)
    assert lines(who) == [(120, 1, None)]
    close(early)
    assert lines(who) == [(120, 1, None), (-120, None, 1), (120, 1, None), (60, 2, None)]
    assert total(who) == 180


def test_at_most_eight_hours_a_day(people):
    who = volunteer(people.one)
    for begin in (6, 12):
        made = event(people.one, at(begin), at(begin + 5))
        serve(made, who, at(begin), at(begin + 5))
        close(made)
    assert [minutes for minutes, *_ in lines(who)] == [300, 180]


def test_reopening_takes_lines_back_and_closing_again_writes_new_ones(people):
    who, made = volunteer(people.one), event(people.one, at(9), at(11))
    serve(made, who, at(9), at(10))
    close(made)
    reopen(made)
    assert total(who) == 0
    with transaction():
        attendance.check_out(
            made, get_resident(who.resident_id), how=How.ROSTER, by=None, now=at(12), at=at(11)
        )
    close(made, now=at(12, 30))
    assert lines(who) == [(60, 1, None), (-60, None, 1), (120, 2, None)]


def test_hours_before_the_profile_are_posted_with_it(people):
    made = event(people.one, at(9), at(11))
    resident = cast.resident(cast.person("周平", "19900005555", home=people.one))

    class Unregistered:
        resident_id = resident.id

    serve(made, Unregistered, at(9), at(11))
    close(made)
    with transaction():
        who = operations.register(resident, site=people.one, by=people.lin.id, now=at(14))
    assert (lines(who), total(who)) == ([(120, 1, None)], 120)
    with transaction():
        assert operations.register(resident, site=people.two, by=people.ma.id, now=at(15)).id == who.id


def test_nobody_under_eight_is_registered(people):
    child = cast.resident(cast.person("李小满", birth_month="2019-06", guardian_consent=True))
    assert (
        refusal(operations.register, child, site=people.one, by=None, now=at(7)) is VolunteerRefusal.TOO_YOUNG
    )


def test_who_is_found_to_be_under_eight_since_is_refused_when_registered_again(people):
    child = cast.resident(cast.person("李小满", guardian_consent=True))
    given = {"site": people.one, "by": None, "now": at(7)}
    with transaction():
        operations.register(child, **given)
    found = cast.resident(cast.person("李小满", birth_month="2019-06", guardian_consent=True))
    assert found.id == child.id
    assert refusal(operations.register, found, **given) is VolunteerRefusal.TOO_YOUNG


def shift(made, **changes):
    values = {
        "title": "引导",
        "needed": 2,
        "risk": Risk.ORDINARY,
        "risk_note": "久站",
        "by": None,
        "now": at(7),
    }
    with transaction():
        return operations.add_shift(made, **values | changes)


def assign(which, who):
    with transaction():
        return operations.assign(which, who, by=None, now=at(7))


def test_a_shift_states_its_risk_and_an_elevated_one_its_insurance(people):
    made = event(people.one, at(9), at(11))
    for changes, reason in (
        ({"risk_note": " "}, VolunteerRefusal.RISK_MISSING),
        ({"risk": Risk.ELEVATED}, VolunteerRefusal.INSURANCE_MISSING),
        ({"needed": 0}, VolunteerRefusal.NEEDED_UNREADABLE),
        ({"title": ""}, VolunteerRefusal.TITLE_MISSING),
    ):
        with pytest.raises(Refused) as caught:
            shift(made, **changes)
        assert caught.value.reason is reason
    assert shift(made, risk=Risk.ELEVATED, insurance="PZ-2026-001").insurance == "PZ-2026-001"


def test_a_shift_takes_as_many_as_it_needs_and_nobody_twice_at_once(people):
    one, two = volunteer(people.one), volunteer(people.one, "赵敏", "19900004444")
    made, other = event(people.one, at(9), at(11)), event(people.two, at(10), at(12))
    first, second = shift(made, needed=1), shift(other)
    assert assign(first, one).id == assign(first, one).id
    for which, who, reason in (
        (first, two, VolunteerRefusal.SHIFT_FULL),
        (second, one, VolunteerRefusal.CLASHES),
    ):
        with pytest.raises(Refused) as caught:
            assign(which, who)
        assert caught.value.reason is reason
    with transaction():
        operations.unassign(queries.list_shifts(made.id)[0][1][0].Assignment, by=None, now=at(8))
    assert assign(second, one)


@pytest.mark.parametrize(
    ("birth_month", "consent", "changes", "reason"),
    [
        ("2017-01", True, {}, VolunteerRefusal.GUARDIAN_MISSING),
        ("2011-01", False, {}, VolunteerRefusal.CONSENT_MISSING),
        ("2011-01", True, {}, None),
        ("2011-01", True, {"risk": Risk.ELEVATED, "insurance": "P1"}, VolunteerRefusal.MINOR_AT_RISK),
        (None, True, {"risk": Risk.ELEVATED, "insurance": "P1"}, VolunteerRefusal.AGE_UNKNOWN),
    ],
)
def test_minors_help_only_as_the_law_allows(people, birth_month, consent, changes, reason):
    resident = cast.resident(
        cast.person("郭子涵", "19900006666", birth_month=birth_month, guardian_consent=consent)
    )
    with transaction():
        who = operations.register(resident, site=people.one, by=None, now=at(7))
    which = shift(event(people.one, at(9), at(11)), **changes)
    if reason is None:
        assert assign(which, who)
        return
    with pytest.raises(Refused) as caught:
        assign(which, who)
    assert caught.value.reason is reason


def test_a_child_helps_beside_a_grown_up_of_the_family(people):
    made = event(people.one, at(9), at(11))
    which = shift(made)
    child = volunteer(people.one, "王小宝", birth_month="2017-01")
    assign(which, volunteer(people.one))
    assert assign(which, child)


def test_minors_are_home_by_nine_in_the_evening(people):
    who = volunteer(people.one, birth_month="2010-01")
    which = shift(event(people.one, at(19), at(21, 30)))
    with pytest.raises(Refused) as caught:
        assign(which, who)
    assert caught.value.reason is VolunteerRefusal.MINOR_AT_RISK


def test_minors_are_not_out_before_dawn(people):
    who = volunteer(people.one, birth_month="2010-01")
    next_day = DAY + timedelta(days=1)
    which = shift(event(people.one, at(1, day=next_day), at(5, day=next_day)))
    with pytest.raises(Refused) as caught:
        assign(which, who)
    assert caught.value.reason is VolunteerRefusal.MINOR_AT_RISK


def propose(people, who, **changes):
    values = {
        "site": people.one,
        "from_site": people.one,
        "served_on": DAY,
        "minutes": 120,
        "reason": ManualReason.PAPER_ONLY,
        "note": "纸质签到表第 3 行",
        "by": people.lin.id,
        "now": at(18),
    }
    with transaction():
        return operations.propose_manual(who, **values | changes)


def decide(people, manual, **changes):
    values = {"approved": True, "from_site": people.office, "by": people.chen.id, "now": at(19)}
    with transaction():
        return operations.decide_manual(manual, **values | changes)


def test_manual_hours_pass_through_two_people_of_two_levels(people):
    who = volunteer(people.one)
    manual = propose(people, who)
    for changes, reason in (
        ({"by": people.lin.id}, VolunteerRefusal.OWN_PROPOSAL),
        ({"from_site": people.one}, VolunteerRefusal.NOT_FROM_ABOVE),
        ({"from_site": people.far_office}, VolunteerRefusal.NOT_FROM_ABOVE),
        ({"approved": False}, VolunteerRefusal.REASON_MISSING),
    ):
        with pytest.raises(Refused) as caught:
            decide(people, manual, **changes)
        assert caught.value.reason is reason
    assert decide(people, manual).manual_id == manual.id
    assert total(who) == 120
    with pytest.raises(Refused) as caught:
        decide(people, manual)
    assert caught.value.reason is VolunteerRefusal.ALREADY_DECIDED


def test_nobody_approves_hours_of_their_own(people):
    manual = propose(people, volunteer(people.one, "陈立新"))
    with pytest.raises(Refused) as caught:
        decide(people, manual)
    assert caught.value.reason is VolunteerRefusal.BENEFICIARY


def test_manual_hours_have_ten_working_days(people):
    who = volunteer(people.one)
    assert propose(people, who, now=at(23, day=DAY + timedelta(days=14)))
    for changes, reason in (
        ({"now": at(1, day=DAY + timedelta(days=15))}, VolunteerRefusal.TOO_LATE),
        ({"served_on": DAY + timedelta(days=1)}, VolunteerRefusal.IN_FUTURE),
        ({"minutes": 45}, VolunteerRefusal.TOO_MANY_MINUTES),
        ({"minutes": 510}, VolunteerRefusal.TOO_MANY_MINUTES),
        ({"note": " "}, VolunteerRefusal.REASON_MISSING),
    ):
        with pytest.raises(Refused) as caught:
            propose(people, who, **changes)
        assert caught.value.reason is reason


def test_a_rejection_posts_nothing(people):
    who = volunteer(people.one)
    manual = propose(people, who)
    assert decide(people, manual, approved=False, reason="没有见到签到表") is None
    assert (manual.state, total(who)) == (ManualState.REJECTED, 0)


def test_manual_hours_and_scans_share_the_days_cap_and_never_count_an_event_twice(people):
    who = volunteer(people.one)
    made = event(people.one, at(9), at(11))
    serve(made, who, at(9))
    close(made)
    decide(people, propose(people, who, event=made))
    reopen(made)
    with transaction():
        attendance.check_out(
            made, get_resident(who.resident_id), how=How.ROSTER, by=None, now=at(12), at=at(11)
        )
    close(made, now=at(12, 30))
    assert total(who) == 120
    with pytest.raises(Refused) as caught:
        propose(people, who, event=made)
    assert caught.value.reason is VolunteerRefusal.ALREADY_CREDITED
    rest = propose(people, who, minutes=390, knowing=True)
    with pytest.raises(Refused) as caught:
        decide(people, rest)
    assert caught.value.reason is VolunteerRefusal.TOO_MANY_MINUTES


def test_what_begins_before_midnight_counts_it_all_and_what_overlaps_it_after_counts_the_rest(people):
    who, next_day = volunteer(people.one), DAY + timedelta(days=1)
    night = event(people.one, at(22), at(3, day=next_day))
    early = event(people.two, at(0, 30, day=next_day), at(4, day=next_day))
    serve(early, who, at(0, 30, day=next_day), at(4, day=next_day))
    close(early)
    assert total(who) == 210
    serve(night, who, at(22), at(3, day=next_day))
    close(night)
    assert total(who) == 360 and findings() == []
    reopen(night)
    assert total(who) == 210 and findings() == []
    close(night, now=at(6, day=next_day))
    assert total(who) == 360 and findings() == []


def test_a_manual_line_is_taken_back_by_a_new_line(people):
    who = volunteer(people.one)
    line = decide(people, propose(people, who))
    with transaction():
        undoing = operations.correct_line(line, reason="重复录入", by=people.chen.id, now=at(20))
    assert (undoing.minutes, undoing.corrects_id, total(who)) == (-120, line.id, 0)
    for which in (line, undoing):
        with pytest.raises(Refused), transaction():
            operations.correct_line(which, reason="再来一次", by=people.chen.id, now=at(20))


def test_the_ledger_cannot_be_edited(people):
    who = volunteer(people.one)
    line = decide(people, propose(people, who))
    for write in (
        HoursEntry.__table__.update().values(minutes=240),
        HoursEntry.__table__.delete().where(HoursEntry.id == line.id),
    ):
        with pytest.raises(Exception, match="append-only"), transaction():
            db.session.execute(write)
