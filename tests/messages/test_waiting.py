"""Who waits is told what for: because what is left is for those who call."""

from datetime import timedelta

import pytest
import time_machine

from stationapp import clock
from stationapp.db import transaction
from stationapp.jobs.operations import DUTIES
from stationapp.web.filters import moment
from tests import cast
from tests.messages.test_parties import EVENING, ask, handed, place  # noqa: F401

pytestmark = pytest.mark.both_databases


def test_who_waits_while_seats_are_kept_for_callers_reads_what_the_page_says(app, place):  # noqa: F811
    until = EVENING + timedelta(days=1)
    with app.app_context():
        kept = {"phone_seats": 2, "phone_until_at": until}
        code = cast.event(place.one, starts_at=EVENING + timedelta(days=3), capacity=3, **kept).code
    ask(app, code, "吴奶奶")
    ask(app, code, "周一", "19900007102")
    with app.app_context():
        said = handed()[1]
        page = app.test_client().get(f"/events/{code}").text
        for words in ("网上的名额报满了", "个名额留给电话报名", f"{moment(until)}前打电话"):
            assert words in page and words in said
        assert "另有2个名额" in said and "候补第1位" in said
    ask(app, code, "郑一", "19900007103")
    with time_machine.travel(until + timedelta(minutes=1), tick=False), app.app_context():
        with transaction():
            DUTIES["phone_seats"](now=clock.now())
        assert all("电话报名" not in text and "候补第" not in text for text in handed())
