"""A signed sheet of forty rows entered in a real browser: by keyboard alone, with and without scripts."""

import pytest
from playwright.sync_api import expect

from stationapp.attendance.rules import How, Part
from tests.attendance.paper import HELPERS, PEOPLE, enter, full_sheet, here
from tests.harness import browser as browsers
from tests.harness.typist import Typist
from tests.journeys import steps

DESK = {"width": 1366, "height": 844}


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
def test_forty_rows_are_entered_by_keyboard_with_few_keys(app, someone, live_server, scripts):
    sheet = full_sheet(app)
    page = someone(live_server, viewport=DESK, java_script_enabled=scripts)
    steps.take_up(page, steps.invitation(app, sheet.people.lin))
    page.goto("/desk/signsheets")
    expect(page.get_by_label("表号")).to_be_focused()
    lin = Typist(page)
    lin.start()
    enter(lin, sheet)
    expect(page.get_by_role("status")).to_contain_text(f"记下 {PEOPLE + HELPERS - 2 + 1} 人到场")
    assert lin.fields == ["serial", "rows", "times", "name_41", "phone_41"] and lin.mice == 0
    assert lin.keys <= 60  # of them 8 are the serial and 11 a phone number
    assert len(lin.documents()) == 5  # the serial and its page, look, confirm, the page again
    rows = here(app, sheet)
    assert len(rows) == PEOPLE + HELPERS - 2 + 1 and {row.came_how for row in rows} == {How.PAPER}
    assert sum(row.part is Part.VOLUNTEER and row.left_at is not None for row in rows) == HELPERS
    if scripts:
        assert browsers.axe(page) == []
