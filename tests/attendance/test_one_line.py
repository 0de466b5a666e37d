"""The line of one person is the same whether the whole roster is read or theirs alone."""

from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.attendance.queries import roster, taken_back_at
from stationapp.db import transaction
from stationapp.residents.merging import merge
from stationapp.volunteers.queries import helpers_at
from tests import cast


@pytest.mark.both_databases
def test_a_line_read_alone_is_the_line_of_the_whole_roster_by_whichever_record(app):
    people, soon = cast.district(app), clock.now() + timedelta(minutes=20)
    with app.app_context():
        event = cast.event(people.one, starts_at=soon, capacity=9)
        persons = [
            cast.person(f"王{c}", f"1990000333{n}", birth_month="1970-01") for n, c in enumerate("甲乙丙丁")
        ]
        for one in persons:
            cast.sign_up(event, one)
        ids = [cast.resident(one).id for one in persons]
        with transaction():
            merge(ids[1], ids[0], by=people.lin.id, now=clock.now(), reason="同一人")
        helpers, back = helpers_at(event.id), taken_back_at(event)
        whole = roster(event, helpers, back)
        assert sorted(len(line.also) for line in whole) == [0, 0, 1]
        for line in whole:
            for number in (line.resident_id, *line.also):
                assert roster(event, helpers, back, whose=number) == [line]
        assert roster(event, helpers, back, whose=max(ids) + 1) == []
