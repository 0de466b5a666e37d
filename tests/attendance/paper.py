"""A full sheet: 36 people and four volunteers on an event that is over, printed with empty rows after them."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.models import Attendance
from stationapp.attendance.sheets import print_sheet
from stationapp.db import db, transaction
from stationapp.signups.models import Signup
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.harness.typist import Typist

PEOPLE, HELPERS = 36, 4


@dataclass(frozen=True)
class Sheet:
    """Its serial, its event's id and code, when that ended (local, "16:30"), and whose desk it lies on."""

    serial: str
    event_id: int
    code: str
    end: str
    people: cast.District


def full_sheet(app) -> Sheet:
    """Print it; the district is made, too."""
    people, now = cast.district(app), clock.now()
    with app.app_context():
        event = cast.event(people.one, starts_at=now.replace(second=0, microsecond=0) - timedelta(hours=3))
        signed = [
            cast.sign_up(event, cast.person(f"{'赵钱孙李周吴'[n % 6]}试{chr(0x7532 + n)}", f"1990007{n:04}"),
                         now=now - timedelta(days=1)).party_id
            for n in range(PEOPLE)
        ]  # fmt: skip
        with transaction():
            given = {"by": None, "now": now - timedelta(days=1)}
            shift = volunteers.add_shift(
                event, title="引导", needed=HELPERS, risk=Risk.ORDINARY, risk_note="久站", **given
            )
        ids = _residents(signed) + [
            _helper(shift, people, n, now - timedelta(days=1)) for n in range(HELPERS)
        ]
        with transaction():
            sheet = print_sheet(event, ids, empty=10, by=people.lin.id, now=now)
        return Sheet(sheet.serial, event.id, event.code, f"{clock.local(event.ends_at):%H:%M}", people)


def _residents(parties: list[int]) -> list[int]:
    rows = select(Signup.resident_id).where(Signup.party_id.in_(parties)).order_by(Signup.id)
    return list(db.session.scalars(rows))


def _helper(shift, people: cast.District, n: int, now) -> int:
    person = cast.resident(cast.person(f"郑试{chr(0x7532 + n)}", f"1990008{n:04}", birth_month="1970-05"))
    with transaction():
        its = volunteers.register(person, site=people.one, by=None, now=now)
        volunteers.assign(shift, its, by=None, now=now)
    return person.id


def enter(clerk: Typist, sheet: Sheet) -> None:
    """By keyboard: the serial, all but two, when the volunteers left, one who wrote himself in; look; confirm."""
    clerk.type(sheet.serial)
    clerk.send()
    clerk.look()
    clerk.type("除了7 23")
    clerk.press("Tab")
    clerk.type(f"37-40 {sheet.end}")
    clerk.press("Tab")
    clerk.type("孙丽")
    clerk.press("Tab")
    clerk.type("19900002222")
    clerk.send()
    clerk.look()
    clerk.send()


def here(app, sheet: Sheet) -> list[Attendance]:
    """Who is there now."""
    with app.app_context():
        db.session.rollback()
        rows = select(Attendance).where(Attendance.event_id == sheet.event_id, ~Attendance.undone)
        return list(db.session.scalars(rows))
