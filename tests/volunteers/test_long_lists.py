"""Lists that are longer than a page say so and go on."""

import re
from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.volunteers.models import ManualHours
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.teams.scenes import scene, send, volunteer

pytestmark = pytest.mark.both_databases


def test_proposed_hours_go_on_on_a_second_page(app):
    people = cast.district(app)
    with app.app_context():
        who = volunteer(people.one, "王建国", "19900003333")
        with transaction():
            for number in range(51):
                db.session.add(
                    ManualHours(
                        volunteer_id=who.id, site_id=people.one.id, served_on=clock.day_of(clock.now()),
                        minutes=30, reason=ManualReason.OUTSIDE, note=f"第{number}次", proposed_by=people.lin.id,
                        proposed_at=clock.now() - timedelta(minutes=100 - number), proposed_from=people.one.id,
                    )
                )  # fmt: skip
    chen, lin = cast.signed_in(app, people.chen), cast.signed_in(app, people.lin)
    first, second = chen.get("/desk/hours"), chen.get("/desk/hours?page=2")
    assert "第49次" in first.text and "第50次" not in first.text and "下一页" in first.text
    assert "第50次" in second.text and "上一页" in second.text
    where = re.search(r"/desk/hours/\d+/decision\?page=2", second.text)[0]
    refused = send(chen, "/desk/hours", where, reason=" ", verdict="reject")
    assert refused.status_code == 409 and "第50次" in refused.text
    mine = lin.get("/desk/hours/proposed")
    assert "第50次" in mine.text and "第0次" not in mine.text and "下一页" in mine.text
    assert "第0次" in lin.get("/desk/hours/proposed?page=2").text


def test_who_could_join_a_team_goes_on_on_a_second_page(app):
    here = scene(app)
    with app.app_context():
        for number in range(21):
            volunteer(here.people.one, "赵六一", f"1990001{number:04d}")
    lin = cast.signed_in(app, here.people.lin)
    at = f"/desk/teams/{here.team.code}?q=赵六一"
    first, second = lin.get(at), lin.get(f"{at}&page=2")
    assert (first.text.count("加进来 赵*一"), second.text.count("加进来 赵*一")) == (20, 1)
    assert "下一页" in first.text and "上一页" in second.text
