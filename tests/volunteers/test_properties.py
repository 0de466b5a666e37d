"""Whatever happens in whatever order, the ledger keeps its word."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationapp.attendance.checks import CHECKS as PRESENCE
from stationapp.attendance.rules import How, Kind, Seen, fold
from stationapp.volunteers.checks import CHECKS
from tests import cast
from tests.volunteers.acts import at, close, event, reopen, serve, volunteer

scans = st.builds(
    Seen,
    kind=st.sampled_from(Kind),
    at=st.integers(0, 8).map(lambda n: at(9) + timedelta(minutes=n)),
    how=st.sampled_from(How),
)


@given(st.lists(scans, max_size=8), st.randoms())
def test_any_order_of_the_same_scans_gives_the_same_presence(seen, random):
    shuffled = list(seen)
    random.shuffle(shuffled)
    assert fold(shuffled) == fold(seen)


services = st.lists(
    st.tuples(
        st.integers(0, 20),  # begins, in half hours from 7:00
        st.integers(1, 12),  # lasts, in half hours
        st.integers(-20, 60),  # came, minutes after the beginning
        st.integers(1, 400) | st.none(),  # stayed, minutes
        st.sampled_from([How.ROSTER, How.VENUE]),
        st.booleans(),  # at the other station
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(services, st.data())
def test_days_keep_the_ledgers_invariants_through_any_close_outs_and_reopenings(app, day, data):
    with app.app_context():
        if not hasattr(app, "people"):
            app.people, app.number = cast.district(app), 0
        app.number += 1
        who = volunteer(app.people.one, "王建国", f"1990001{app.number:04d}")
        made = [_served(app.people, who, *service) for service in day]
        closed = set()
        for _ in range(2 * len(made)):
            which = data.draw(st.sampled_from(range(len(made))))
            (reopen if which in closed else close)(made[which], now=at(23, 30) + timedelta(days=2))
            closed ^= {which}
        for which in set(range(len(made))) - closed:
            close(made[which], now=at(23, 45) + timedelta(days=2))
        found = {check.name: rows for check in (*CHECKS, *PRESENCE) if (rows := check.find())}
        assert found == {}


def _served(people, who, begins, lasts, came, stayed, how, elsewhere):
    starts = at(7) + timedelta(minutes=30 * begins)
    made = event(people.two if elsewhere else people.one, starts, starts + timedelta(minutes=30 * lasts))
    arrived = min(starts + timedelta(minutes=came), made.ends_at)
    latest = made.ends_at + timedelta(minutes=170)  # later nobody signs out by the venue's code
    serve(
        made,
        who,
        arrived,
        stayed and min(arrived + timedelta(minutes=stayed), latest),
        how=how,
        out=how,
        now=at(23, 15) + timedelta(days=1),
    )
    return made
