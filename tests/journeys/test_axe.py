"""Every page a resident sees, and the desk's, by a machine's rules: axe, nothing cut off, large enough to press."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.importing.corrections import Corrections
from stationapp.importing.kinds import Kind
from stationapp.importing.operations import keep_corrections, keep_upload
from stationapp.rooms.operations import add_room
from stationapp.rooms.rules import RoomFacts, RoomKind
from stationapp.signups.models import Signup
from tests import cast
from tests.harness import browser as browsers
from tests.journeys import steps

WIDE = {"width": 1366, "height": 844}
_OVERFLOW = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
_SMALL = """least => [...document.querySelectorAll('button, a.button, main input:not([type=hidden]), main select')]
    .filter(part => part.checkVisibility() && !part.matches('[type=checkbox], [type=radio]'))
    .filter(part => part.getBoundingClientRect().height < least - 0.5)
    .map(part => part.outerHTML.slice(0, 90))"""


@pytest.fixture
def town(app):
    """A district with something in every state; (addresses for residents, for Lin's desk, for Chen's)."""
    people = cast.district(app)
    with app.app_context():
        soon = clock.now().replace(second=0, microsecond=0) + steps.SOON
        with transaction():
            room = add_room(people.one, RoomKind.ROOM, RoomFacts("舞蹈室"), by=None, now=clock.now()).id
        event = cast.event(people.one, starts_at=soon, capacity=2, min_age=6, room_id=room)
        taken = cast.sign_up(event, cast.granny_wu(people.one), cast.xiao_li(people.one))
        waits = cast.sign_up(event, cast.person("赵四海", "19900003333", birth_month="1960-01"))
        over = cast.event(people.one, title="上周的讲座", starts_at=soon - timedelta(days=7))
        draft = cast.event(people.one, title="还没写完", publish=False, starts_at=soon, room_id=room)
        granny = cast.resident(cast.granny_wu(people.one))
        resident, household = granny.id, granny.household_id
        place = db.session.query(Signup.id).filter_by(party_id=taken.party_id).first().id
        with transaction():
            paper = "报名表\n姓名,电话,人数/同行\n程永,1990000,\n薛爱,19900007454,薛强\n".encode()
            kept = keep_upload(Kind.SIGNUPS, paper, "报名表.csv", None, by=people.lin.id, now=clock.now())
            keep_corrections(kept, Corrections(preset=event.code))
            sheet = f"/desk/sheets/{kept.id}"
        code, site, month = event.code, people.one.code, f"{clock.local(soon):%Y-%m}"
        public = (
            "/", "/events", "/?q=没有这样的", f"/events/{code}", f"/events/{over.code}", "/sites", f"/sites/{site}",
            "/mine", "/hours", "/privacy", "/privacy/children", f"/signups/{taken.codes[0]}",
            f"/signups/{waits.codes[0]}", "/c/nothing", "/no/such/page", "/desk/signin",
        )  # fmt: skip
        desk = (
            "/desk/", "/desk/events/", f"/desk/events/{code}", f"/desk/events/{draft.code}", "/desk/events/new",
            f"/desk/events/{code}/edit", f"/desk/events/{code}/signups", f"/desk/events/{code}/signups/new",
            f"/desk/events/{code}/roster", f"/desk/events/{code}/sheets", f"/desk/events/{over.code}/closeout",
            f"/desk/events/{code}/code", f"/desk/events/{code}/shifts", "/desk/checkin", f"/p/{taken.codes[0]}",
            "/desk/residents/", f"/desk/residents/{resident}", "/desk/volunteers", "/desk/volunteers/new",
            "/desk/reports/", f"/desk/reports/{site}/{month}", f"/desk/reports/{site}/{month}/behind/I-05",
            "/desk/account", "/desk/rooms/", f"/desk/rooms/{room}", f"/desk/rooms/{room}/edit", "/desk/rooms/use",
            f"/desk/events/{draft.code}/edit", "/desk/phone/", f"/desk/phone/?done={taken.party_id}",
            f"/desk/phone/homes/{household}", f"/desk/phone/places/{place}",
            f"/desk/sheets/?kind=signups&event={code}", f"/desk/events/{code}/signups/sheet", sheet, f"{sheet}?line=0",
        )  # fmt: skip
        office = f"/desk/reports/{people.office.code}/{month}"
        above = ("/desk/hours", "/desk/files/", "/desk/sites", "/desk/jobs", office)
        whole = ("/desk/staff", "/desk/staff/new", "/desk/files/")
    return people, public, {"lin": desk, "chen": above, "root": whole}


@pytest.mark.parametrize("elder", [False, True], ids=["standard", "elder"])
def test_residents_pages_suit_everybody(town, live_server, someone, elder):
    _people, public, _desk = town
    page = someone(live_server)
    if elder:
        page.goto("/")
        page.get_by_role("button", name="长辈版").click()
    found = [fault for path in public for fault in _faults(page, path, 60 if elder else 44)]
    assert not found, "\n".join(found)


def test_the_desks_pages_suit_everybody(app, town, live_server, someone):
    people, _public, desk = town
    found = []
    for who, paths in desk.items():
        page = someone(live_server)
        steps.take_up(page, steps.invitation(app, getattr(people, who)))
        found += [fault for path in paths for fault in _faults(page, path, 44)]
    assert not found, "\n".join(found)


def _faults(page: Page, path: str, least: int) -> list[str]:
    """What is wrong with the page on a phone, then on an office computer."""
    page.set_viewport_size(browsers.PHONE)
    answer = page.goto(path)
    assert answer.status < 500, path
    found = [f"too small: {part}" for part in page.evaluate(_SMALL, least)]
    for size in (browsers.PHONE, WIDE):
        page.set_viewport_size(size)
        if (over := page.evaluate(_OVERFLOW)) > 0:
            found.append(f"{size['width']} px: {over} px are cut off")
        found += [f"{size['width']} px: {fault}" for fault in browsers.axe(page)]
    return [f"{answer.status} {path} {fault}" for fault in found]
