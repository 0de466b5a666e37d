"""Hours entered by hand are of time that is gone: of an event that is over, of today no more than there was of it."""

from datetime import date

import pytest
import time_machine

from tests import cast
from tests.volunteers.acts import at, event, serve, volunteer

pytestmark = pytest.mark.both_databases

TODAY = date(2026, 11, 4)


@pytest.fixture
def people(app):
    return cast.district(app)


def propose(client, code, minutes, **given):
    asked = {"minutes": minutes, "note": "上门送药", "reason": "outside", "served_on": ""} | given
    return client.submit(f"/desk/volunteers/{code}/manual", asked)


def test_of_today_no_more_is_entered_than_is_gone_of_it(app, people):
    with time_machine.travel(at(2, 57, day=TODAY), tick=False):
        with app.app_context():
            code = volunteer(people.one).code
        lin = cast.signed_in(app, people.lin)
        refused = propose(lin, code, "480", served_on=str(TODAY))
        assert refused.status_code == 409 and "今天到现在最多只能补录 2.5 小时" in refused.text
        assert propose(lin, code, "180", served_on=str(TODAY)).status_code == 409
        assert propose(lin, code, "150", served_on=str(TODAY)).status_code == 303


def test_hours_of_an_event_are_entered_after_its_end(app, people):
    with time_machine.travel(at(10, 30, day=TODAY), tick=False) as clock:
        with app.app_context():
            who = volunteer(people.one)
            code = who.code
            made = event(people.one, at(9, day=TODAY), at(11, day=TODAY))
            serve(made, who, at(9, day=TODAY), now=at(9, 5, day=TODAY))
            chosen = {"event": str(made.id)}
        lin = cast.signed_in(app, people.lin)
        refused = propose(lin, code, "120", **chosen)
        assert refused.status_code == 409 and "这场活动还没有结束" in refused.text
        clock.move_to(at(11, day=TODAY))
        later = cast.signed_in(app, people.lin)
        assert propose(later, code, "120", **chosen).status_code == 303
