"""Records of one person that were all checked in before they were found to be one: one of the rows is acted on."""

from datetime import date, timedelta

import pytest
import time_machine
from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.checks import CHECKS
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import Part
from stationapp.db import db, transaction
from stationapp.residents.merging import merge
from tests import cast
from tests.attendance.test_corrected import beside
from tests.attendance.test_desk import Door, press
from tests.attendance.test_sheets import printed

WHEN = clock.instant(date(2030, 2, 3), 15, 30)


class Thrice:
    """An event from 13:35 to 15:35: 丁兰 walked in as a resident twice, then as a volunteer, by three records."""

    def __init__(self, app, hours):
        self.app, self.hours = app, hours
        self.door = Door(app, begins=timedelta(minutes=-115))
        self.lin = cast.signed_in(app, self.door.people.lin)
        self.records = [
            self._walks_in(n, part) for n, part in enumerate(("resident", "resident", "volunteer"))
        ]
        self.helper = self.records[2]

    def _walks_in(self, n: int, part: str) -> int:
        person = {"name": "丁兰", "phone": f"1990000000{n + 1}", "birth_month": "1970-01", "part": part}
        said = self.lin.submit(f"{self.door.at}/roster", person, to="walkins")
        assert said.status_code == 303
        self.hours.shift(timedelta(minutes=1))
        with self.app.app_context():
            return db.session.scalars(select(Attendance.resident_id).order_by(Attendance.id)).all()[-1]

    def are_one(self, kept: int = 2):
        with self.app.app_context(), transaction():
            for gone in set(self.records) - {self.records[kept]}:
                merge(self.records[kept], gone, by=self.door.people.lin.id, now=clock.now(), reason="同一人")

    def rows(self) -> dict[int, Attendance]:
        """Those that stand, by record."""
        with self.app.app_context():
            its = select(Attendance).where(~Attendance.undone, Attendance.resident_id.in_(self.records))
            return {row.resident_id: row for row in db.session.scalars(its)}

    def roster(self) -> str:
        return self.lin.get(f"{self.door.at}/roster").text

    def sound(self) -> bool:
        with self.app.app_context():
            return [found for check in CHECKS for found in check.find()] == []


@pytest.fixture
def thrice(app):
    with time_machine.travel(WHEN, tick=False) as hours:
        yield Thrice(app, hours)


@pytest.mark.both_databases
@pytest.mark.parametrize("kept", [0, 2], ids=["into a resident's", "into the volunteer's"])
def test_the_volunteers_row_is_the_one_shown_and_signed_out(thrice, kept):
    thrice.are_one(kept)
    page = thrice.roster()
    assert f'name="out" value="{thrice.helper}"' in page and "签退" in page
    assert page.count('class="name">丁*') == 1
    assert "丁*" in page.split('<select id="leave"')[1].split("</select>")[0]
    thrice.hours.shift(timedelta(minutes=8))
    closing = thrice.lin.get(f"{thrice.door.at}/closeout").text
    assert "1 位志愿者没有签退" in closing and f"out_{thrice.helper}" in closing
    press(thrice.lin, thrice.door, out=thrice.records[0])  # on a list from before they were found to be one
    left = {record: row.left_at is not None for record, row in thrice.rows().items()}
    assert left == {record: record == thrice.helper for record in thrice.records}
    assert "1 位志愿者没有签退" not in thrice.lin.get(f"{thrice.door.at}/closeout").text


def test_of_residents_rows_the_earliest_is_shown(thrice):
    press(thrice.lin, thrice.door, undo=thrice.helper)
    thrice.are_one()
    assert f'name="out" value="{thrice.records[0]}"' in thrice.roster()


@pytest.mark.both_databases
@pytest.mark.parametrize("kept", [0, 2], ids=["into a resident's", "into the volunteer's"])
def test_one_press_takes_back_the_person_and_another_puts_back_what_was_shown(thrice, kept):
    thrice.are_one(kept)
    press(thrice.lin, thrice.door, undo=thrice.helper)
    assert thrice.rows() == {}
    page = thrice.roster()
    assert "已撤销" in page and "恢复（15:32到）" in page and page.count('class="name">丁*') == 1
    press(thrice.lin, thrice.door, back=thrice.records[0])
    assert {(row.resident_id, row.part) for row in thrice.rows().values()} == {
        (thrice.helper, Part.VOLUNTEER)
    }
    assert thrice.rows()[thrice.helper].came_at == WHEN + timedelta(minutes=2)
    press(thrice.lin, thrice.door, back=thrice.records[0])  # once more it is as it was
    assert len(thrice.rows()) == 1 and thrice.sound()


def test_what_was_taken_back_last_is_what_is_put_back(thrice):
    press(thrice.lin, thrice.door, undo=thrice.helper)  # not a volunteer after all
    thrice.hours.shift(timedelta(minutes=1))
    thrice.are_one()
    press(thrice.lin, thrice.door, undo=thrice.records[1])
    press(thrice.lin, thrice.door, back=thrice.helper)
    assert list(thrice.rows()) == [thrice.records[0]]


def test_the_sheet_takes_back_and_puts_back_the_person_too(thrice):
    paper = printed(thrice.lin, thrice.door.at)
    thrice.are_one()
    thrice.hours.shift(timedelta(minutes=8))
    row = next(n for n in range(1, 9) if f'name="row" value="{n}"' in thrice.lin.get(paper).text)
    beside(thrice.lin, paper, row=str(row))
    assert thrice.rows() == {} and 'name="row"' not in thrice.lin.get(paper).text
    assert f"已恢复第 {row} 行的签到" in beside(thrice.lin, paper, back=str(row)).text
    assert list(thrice.rows()) == [thrice.helper]
