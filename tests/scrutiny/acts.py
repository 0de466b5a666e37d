"""What fraudsters and honest people do in the tests of scrutiny: the real surface, the real operations."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import count

import time_machine
from sqlalchemy import text, true

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How
from stationapp.db import db, transaction, writing
from stationapp.residents.queries import get_resident
from stationapp.scrutiny import flags
from stationapp.scrutiny.rules import Raised, Span
from stationapp.volunteers import ledger, operations
from stationapp.volunteers.models import ManualHours, Volunteer
from stationapp.volunteers.rules import ManualReason
from tests import cast
from tests.volunteers.acts import close, event, serve

DAY = date(2026, 11, 4)
_SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏"
_GIVEN = "建国秀英志强淑兰永福桂芳德明玉梅家兴文华春生丽娟长顺凤霞"


def at(hour: int, minute: int = 0, day: date = DAY) -> datetime:
    """An instant of the day."""
    return clock.instant(day, hour, minute)


@contextmanager
def then(moment: datetime) -> Iterator[datetime]:
    """It is that moment."""
    with time_machine.travel(moment, tick=False):
        yield moment


@dataclass
class World:
    """A district, its staff, and as many strangers to each other as a test asks for."""

    app: object
    people: cast.District
    numbers: count = field(default_factory=lambda: count(1))
    phones: dict[int, str] = field(default_factory=dict)
    """Of the volunteers."""

    def browser(self, who=None):
        """A new browser, of a member of staff when given."""
        client = self.app.test_client()
        if who is not None:
            cast.sign_in(client, who)
        return client

    def name(self) -> tuple[str, str]:
        """A name and a phone nobody else has."""
        n = next(self.numbers)
        given = _GIVEN[n // 30 % len(_GIVEN)] + _GIVEN[n % len(_GIVEN)]
        return _SURNAMES[n % 30] + given, f"1990000{n:04d}"

    def person(self, home=None, **changes):
        """Somebody as a form would give them."""
        name, phone = self.name()
        return cast.person(name, phone, home=home or self.people.one, birth_month="1968-05", **changes)

    def volunteer(self, home=None, name: str = "") -> Volunteer:
        """A registered volunteer."""
        home, (made_up, phone) = home or self.people.one, self.name()
        resident = cast.resident(cast.person(name or made_up, phone, birth_month="1968-05", home=home))
        with transaction():
            made = operations.register(resident, site=home, by=None, now=at(7, day=date(2026, 8, 1)))
        self.phones[made.id] = phone
        return made

    def staff(self, where, role=Role.REVIEWER):
        """A further member of staff under an own name."""
        return cast.staff(self.name()[0], where, role)

    def manual(self, who: Volunteer, minutes: int, *, by=None, on: date = DAY, where=None, seen_from=None,
               event=None, now: datetime | None = None) -> ManualHours:  # fmt: skip
        """Propose manual hours, as Lin at her station unless told."""
        with transaction():
            return operations.propose_manual(
                who, site=where or self.people.one, from_site=seen_from or where or self.people.one, served_on=on,
                minutes=minutes, reason=ManualReason.OUTSIDE, note="上门服务", event=event, knowing=True,
                by=(by or self.people.lin).id, now=now or at(18, day=on),
            )  # fmt: skip

    def approve(self, manual: ManualHours, *, by=None, seen_from=None, now: datetime | None = None):
        """Approve them, as Chen at the office unless told."""
        with transaction():
            return operations.decide_manual(
                manual, approved=True, from_site=seen_from or self.people.office, by=(by or self.people.chen).id,
                now=now or at(19, day=manual.served_on),
            )  # fmt: skip

    def flags(self, first: date = date(2026, 11, 1), last: date = date(2026, 11, 30)) -> list[Raised]:
        """What asks for a look in the whole district."""
        return flags.find(true(), Span(first, last))


def minutes(who: Volunteer) -> int:
    """What the ledger says."""
    return ledger.total_minutes(who.id)


def ticked(
    made, who: Volunteer, came: datetime, left: datetime | None, *, by, how=How.STAFF_SCAN, out=How.ROSTER
):
    """A volunteer is taken down on the spot, at each end in its own moment."""
    serve(made, who, came, how=how, by=by if how is not How.VENUE else None, now=came)
    if left is None:
        return
    with transaction():
        attendance.check_out(
            made,
            get_resident(who.resident_id),
            how=out,
            by=by if out is not How.VENUE else None,
            now=left,
            at=left,
        )


def helped(world: World, people: list[Volunteer], *, where=None, starts=9, ends=11, day: date = DAY, by=None,
           **changes):  # fmt: skip
    """An event at which volunteers helped, each taken down on the spot, closed out the same day."""
    made = event(where or world.people.one, at(starts, day=day), at(ends, day=day), **changes)
    for who in people:
        ticked(made, who, at(starts, day=day), at(ends, day=day), by=(by or world.people.lin).id)
    close(made, now=at(ends, 30, day=day), by=(by or world.people.lin).id)
    return made


def corrupt(*statements: str, table: str) -> None:
    """Change what triggers protect, as somebody with a shell could."""
    db.session.rollback()
    with db.engine.connect().execution_options(**writing(db.engine)) as connection, connection.begin():
        for verb in ("update", "delete"):
            connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
        for statement in statements:
            connection.execute(text(statement))
    db.session.expire_all()
