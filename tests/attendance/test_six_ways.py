"""Six ways of checking in end in the same row, each harmless when repeated (domain.md §7)."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance import pins
from stationapp.attendance.models import Attendance, Headcount, Scan
from stationapp.attendance.queries import venue_token
from stationapp.attendance.rules import How, Kind, Part
from stationapp.cards import operations as cards
from stationapp.cards.queries import code_of
from stationapp.db import db, transaction
from stationapp.signups.queries import find_by_code
from tests import cast
from tests.attendance.test_sheets import enter, printed, rows, token_on

NAMES = ("甲名单", "乙持卡", "丙有票", "丁现场", "戊纸上", "己海报")


class Day:
    """An event that ended a while ago, six people signed up for it, and Lin at its desk."""

    def __init__(self, app) -> None:
        self.app, self.people, self.now = app, cast.district(app), clock.now()
        with app.app_context():
            self.event = cast.event(self.people.one, starts_at=self.now - timedelta(hours=3))
            self.codes, self.ids = {}, {}
            for n, name in enumerate(NAMES):
                given = cast.person(name, f"1990003{n:04}", birth_month="1955-05", home=self.people.one)
                answer = cast.sign_up(self.event, given, now=self.now - timedelta(days=1))
                self.codes[name] = answer.codes[0]
                self.ids[name] = find_by_code(answer.codes[0]).resident_id
            with transaction():
                one = {"site_id": self.people.one.id, "by": None, "now": self.now}
                self.card = code_of(cards.make([self.ids["乙持卡"]], **one)[self.ids["乙持卡"]])
            self.token, self.pin = (
                venue_token(self.event, self.now),
                pins.pin_of(self.event, clock.day_of(self.now)),
            )
        self.at = f"/desk/events/{self.event.code}"
        self.lin, self.phones = app.test_client(), {}
        cast.sign_in(self.lin, self.people.lin)
        self.paper = printed(self.lin, self.at)

    def roster(self) -> None:
        data = {"csrf_token": token_on(self.lin.get(f"{self.at}/roster")), "in": self.ids["甲名单"]}
        assert self.lin.post(f"{self.at}/attendance", data=data).status_code == 303

    def scan(self, code: str) -> None:
        page = self.lin.get("/desk/checkin")
        typed = {"code": f"https://station.example/p/{code}"}
        assert self.lin.submit(page, typed, to="checkin").status_code == 303

    def phone(self, token: str, name: str, **shown) -> None:
        client = self.phones.setdefault(name, self.app.test_client())
        page = client.get(f"/c/{token}")
        assert client.submit(page, {"code": self.codes[name], **shown}, to="arrivals").status_code == 303

    def sheet(self) -> None:
        number = next(row for row, one in rows(self.app).items() if one == self.ids["戊纸上"])
        assert enter(self.lin, self.paper, rows=str(number)).status_code == 200

    def heads(self) -> None:
        typed = {"heads_60-64": "4", "heads_80+": "2"}
        data = {"csrf_token": token_on(self.lin.get(f"{self.at}/closeout")), **typed}
        self.lin.post(f"{self.at}/closeout", data=data)

    def everybody(self) -> None:
        """One of each way."""
        self.roster()
        self.scan(self.card)
        self.scan(self.codes["丙有票"])
        self.phone(self.token, "丁现场")
        self.sheet()
        self.phone(self.event.code, "己海报", pin=self.pin)


@pytest.mark.both_databases
def test_six_ways_end_in_the_same_row_and_repeating_them_changes_nothing(app):
    day = Day(app)
    day.everybody()
    with app.app_context():
        first = _all(day)
    day.everybody()
    with app.app_context():
        assert _all(day) == first
        found = {row.resident_id: row for row in db.session.scalars(select(Attendance))}
        scans = {scan.resident_id: scan for scan in db.session.scalars(select(Scan))}
        assert len(scans) == len(found) == 6 and len(db.session.scalars(select(Scan)).all()) == 6
        ways = {name: found[day.ids[name]] for name in NAMES}
        assert [row.came_how for row in ways.values()] == [
            How.ROSTER, How.STAFF_SCAN, How.STAFF_SCAN, How.VENUE, How.PAPER, How.PIN,
        ]  # fmt: skip
        assert {
            (row.part, row.channel.value, row.lives.value, row.community_id, row.band)
            for row in ways.values()
        } == {(Part.RESIDENT, "web", "here", day.people.one.id, ways["甲名单"].band)}
        assert all(not row.undone and row.left_at is None for row in ways.values())
        for name, row in ways.items():
            scan = scans[row.resident_id]
            by_staff = name not in ("丁现场", "己海报")
            assert scan.kind is Kind.IN and scan.how is row.came_how and scan.at == row.came_at
            assert scan.by == (day.people.lin.id if by_staff else None)  # who
            assert (scan.asker_index is None) is by_staff
            assert scan.arrived_at >= day.now  # when it arrived
        assert ways["戊纸上"].came_at == day.event.starts_at  # a paper tells no minute
    day.heads()
    with app.app_context():
        heads = dict(db.session.execute(select(Headcount.band, Headcount.people)).all())
        assert sorted(heads.values()) == [2, 4]
        assert db.session.scalars(select(Attendance)).all() and _all(day)["scans"] == first["scans"]


def _all(day: Day) -> dict[str, list]:
    """Everything that stands in the two tables."""
    return {
        "scans": db.session.execute(select(Scan.__table__).order_by(Scan.id)).all(),
        "rows": db.session.execute(select(Attendance.__table__).order_by(Attendance.id)).all(),
    }
