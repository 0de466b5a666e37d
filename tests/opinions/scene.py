"""An event that is over, and people who came to it."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.attendance.models import Attendance
from stationapp.attendance.rules import How, Part
from stationapp.db import db, transaction
from stationapp.opinions.models import Answer
from stationapp.residents.queries import get_resident
from stationapp.signups.queries import find_by_code
from stationapp.signups.rules import Channel
from tests import cast

NAMES = "赵钱孙李周吴郑王冯陈褚卫"


@dataclass
class Past:
    """The event (ended two hours ago), the sign-up codes of who came, in order, and the district."""

    people: cast.District
    event_id: int
    code: str
    codes: list[str]

    @property
    def at(self) -> str:
        """Its address at the desk."""
        return f"/desk/events/{self.code}"


def past(
    app,
    came: int = 6,
    *,
    where: str = "one",
    closed: bool = True,
    ago=timedelta(hours=4),
    people: cast.District | None = None,
    title: str = "示例讲座",
) -> Past:
    """Make it: `came` people signed up and were there, one more signed up and was not."""
    people, now = people or cast.district(app), clock.now()
    with app.app_context():
        event = cast.event(getattr(people, where), title=title, starts_at=now - ago)
        codes = [_came(event, n, now, ago) for n in range(came)]
        codes.append(cast.sign_up(event, _person(came), now=now - ago - timedelta(days=1)).codes[0])
        if closed:
            close(event)
        return Past(people, event.id, event.code, codes)


def _person(n: int):
    return cast.person(f"{NAMES[n]}试人", f"1990006{n:04}", birth_month="1960-05")


def _came(event, n: int, now, ago) -> str:
    answer = cast.sign_up(event, _person(n), now=now - ago - timedelta(days=1))
    with transaction():
        person = get_resident(find_by_code(answer.codes[0]).resident_id)
        attendance.check_in(event, person, how=How.ROSTER, part=Part.RESIDENT, by=None, now=event.starts_at)
    return answer.codes[0]


def close(event, heads=None) -> None:
    """Close it out."""
    with transaction():
        at = event.ends_at + timedelta(minutes=10)
        attendance.count_heads(event, heads or {}, by=None, now=at)
        attendance.close_out(event, note="", by=None, now=at)


def walk_in(event, name: str, phone: str, home, *, part=Part.RESIDENT, channel=Channel.WALK_IN):
    """Somebody who came without a sign-up."""
    given = cast.resident(cast.person(name, phone, birth_month="1955-01", home=home))
    with transaction():
        return attendance.check_in(
            event, given, how=How.WALK_IN, part=part, channel=channel, by=None, now=event.starts_at
        )


def attendances(app, event_id: int) -> list[int]:
    """The ids of its rows, in order."""
    with app.app_context():
        its = select(Attendance.id).where(Attendance.event_id == event_id).order_by(Attendance.id)
        return list(db.session.scalars(its))


def answers(app) -> list[Answer]:
    """All rows, in order."""
    with app.app_context():
        db.session.rollback()
        return list(db.session.scalars(select(Answer).order_by(Answer.id)))


def press(client, code: str, face: int | None = 5, comment: str = "", **more):
    """Answer on a place's page."""
    values = {"face": face and str(face), "comment": comment} | more
    return client.submit(f"/signups/{code}", values, to=f"/signups/{code}/opinion")
