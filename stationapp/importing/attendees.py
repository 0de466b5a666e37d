"""Taking in a sheet people signed (签到表): who came is written down as paper (domain.md §7.4).

Who has a place keeps it, who has none walked in. The same file again changes nothing: who is there stays as they are,
and somebody whose coming was taken back since is not brought back by it.
"""

from stationapp.attendance.operations import check_in
from stationapp.attendance.rules import How, Part
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.importing.kinds import Kind
from stationapp.importing.meant import Candidate, not_open
from stationapp.importing.paper import Person, SheetLine
from stationapp.importing.paperwork import Outcome, Paperwork, Taken, who_is_meant
from stationapp.importing.problems import Weight
from stationapp.importing.queries import OnSheet
from stationapp.importing.signin import SIGNIN
from stationapp.refusal import Unreadable
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_resident, home_of
from stationapp.residents.rules import PersonIn
from stationapp.signups.rules import Channel
from stationapp.volunteers import operations as volunteers


class Attendees(Paperwork):
    """A signed sheet being taken in."""

    kind, paper, coming, against = Kind.SIGNIN, SIGNIN, False, not_open

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._came: dict[tuple[int, int], int] = {}  # (event, resident): the row

    def write(self, line: SheetLine, taken: Taken) -> Outcome:
        """Write one person's coming down."""
        event, person = taken.event, taken.person
        roll = self.roll(event)
        given = self.given(line, person, event)
        known = who_is_meant(given, roll)
        there = self._there_already(line, given, person, event, known)
        if there:
            return there
        with db.session.begin_nested():
            resident_id, stands = self._write(given, person, event, known)
        self._came[event.id, resident_id] = line.record.row
        if not stands:
            line.record.plain("签到后来被撤销了，同一份表不会再记上；要记请在签到名单上勾", Weight.NOTICE)
            return Outcome.SAME
        phone, seated = given.phone is not None, bool(known and known.seated)
        roll[resident_id] = known or OnSheet(
            resident_id, given.name, phone, given.birth_month, given.community_id, False, seated, person.role, False
        )  # fmt: skip
        return Outcome.SIGNED_UP if seated else Outcome.WALKED_IN

    def _there_already(
        self, line: SheetLine, given: PersonIn, person: Person, event: Candidate, known: OnSheet | None
    ) -> Outcome | None:
        """Whether the person met stands on this sheet or is there already; raises Unreadable for another role."""
        if known is None:
            return None
        if not given.phone and known.has_phone:
            line.record.plain("没有电话，按报名或签到名单上同名的人算", Weight.NOTICE)
        row = self._came.get((event.id, known.resident_id))
        if row is not None:
            line.record.plain(f"与第{row}行是同一个人，只算一次", Weight.NOTICE)
            return Outcome.TWICE
        if known.there is None:
            return None
        if known.there is not person.role:
            raise Unreadable("这个人已经以别的身份签到；要换身份，请先在签到名单上撤销")
        self._came[event.id, known.resident_id] = line.record.row
        return Outcome.SAME

    def _write(
        self, given: PersonIn, person: Person, event: Candidate, known: OnSheet | None
    ) -> tuple[int, bool]:
        """Write the coming down: the person, and whether they are there now."""
        at_home = home_of(given).people.get(given.name) if given.phone else None
        self.of_age(given, person.age, event, known, at_home)
        resident = (
            get_resident(known.resident_id) if known and not given.phone else take_in(given, now=self.now)
        )
        its = db.session.get_one(Event, event.id)
        if person.role is Part.VOLUNTEER:
            volunteers.may_help(resident, its)
            volunteers.register(resident, site=self.sites[event.site_id], by=self.by, now=self.now)
        row = check_in(
            its,
            resident,
            how=How.WALK_IN if known and known.waits else How.PAPER,
            part=person.role,
            channel=Channel.WALK_IN,
            by=self.by,
            now=self.now,
            at=None if known and known.undone else event.starts_at,
            nonce=self.nonce,
        )
        return resident.id, not row.undone
