"""A notice stands once, and is ticked off once."""

import pytest
from sqlalchemy import func, select

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.notices.models import Notice
from stationapp.notices.operations import done, tell_desk
from stationapp.notices.rules import Occasion
from tests import cast


@pytest.mark.both_databases
def test_the_same_notice_stands_once_per_step(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            said = [
                tell_desk(
                    Occasion.CLOSE_OUT_DUE,
                    "event AAAA2222",
                    site_id=people.one.id,
                    now=clock.now(),
                    step=step,
                )
                for step in (0, 0, 1)
            ]
        assert said == [True, False, True]
        assert db.session.scalar(select(func.count()).select_from(Notice)) == 2


def test_a_notice_is_ticked_off_once_and_the_first_tick_is_on_record(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            tell_desk(Occasion.PROMOTED, "party 51", site_id=people.one.id, now=clock.now())
        for by in (people.lin, people.chen):
            with transaction():
                done(db.session.scalars(select(Notice)).one(), by=by.id, now=clock.now())
        assert db.session.scalars(select(Notice)).one().done_by == people.lin.id
        lines = list(db.session.scalars(select(AuditLine.actor_id).where(AuditLine.act == "notices.done")))
        assert lines == [people.lin.id]
