"""Taking in a sheet people signed (签到表): who came is written down as paper (domain.md §7.4).

Who has a place keeps it, who has none walked in. The same file again changes nothing: who is there stays as they are,
and somebody whose coming was taken back since is not brought back by it.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.operations import check_in
from stationapp.attendance.rules import How, Part
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.importing.corrections import Corrections
from stationapp.importing.kinds import Kind
from stationapp.importing.loaded import Loaded
from stationapp.importing.meant import Candidate, Named, choose, named
from stationapp.importing.names import SiteIndex, SiteName
from stationapp.importing.operations import in_line
from stationapp.importing.problems import Reading, Weight
from stationapp.importing.queries import OnSheet, known_to, list_candidates
from stationapp.importing.records import Problems
from stationapp.importing.signin import OWN, Person, SheetLine, SignSheet, Written, read_signin
from stationapp.importing.tables import read_table
from stationapp.refusal import Refused, Unreadable
from stationapp.residents.models import Resident
from stationapp.residents.operations import take_in
from stationapp.residents.queries import Known, get_resident, home_of
from stationapp.residents.rules import CHILD_UNTIL, Lives, PersonIn, is_child
from stationapp.signups.rules import Channel
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from stationapp.volunteers import operations as volunteers

Say = Callable[[Refused], str]
"""How a refusal is said; edges know the sentences."""


class Outcome(Enum):
    """What became, or would become, of a line."""

    SIGNED_UP = "signed_up"  # came, and had a place
    WALKED_IN = "walked_in"  # came without one
    SAME = "same"  # is there already
    ABSENT = "absent"  # did not sign
    TWICE = "twice"  # stands on the sheet already
    LEFT_OUT = "left_out"  # by whoever looked at it
    LOST = "lost"  # a problem keeps it out


@dataclass
class Taken:
    """A line of the preview: where it stands, as it is read, what is to be said of it, and what becomes of it."""

    number: int
    sheet: str
    row: int
    written: Written
    person: Person | None
    draft: Person
    corrected: bool
    outcome: Outcome
    event: Candidate | None
    notes: list[str] = field(default_factory=list)


@dataclass
class Sheet:
    """One sheet: its event, or why there is none."""

    name: str
    event: Candidate | None
    problem: str


@dataclass
class SheetsLoaded(Loaded):
    """What a signed file came to, sheet by sheet and line by line."""

    sheets: list[Sheet] = field(default_factory=list)
    lines: list[Taken] = field(default_factory=list)

    def number_of(self, *outcomes: Outcome) -> int:
        """How many lines came to one of these."""
        return sum(line.outcome in outcomes for line in self.lines)


def take_sheet(
    content: bytes,
    filename: str,
    *,
    within: Sequence[Site],
    by: int | None,
    now: datetime,
    say: Say,
    corrections: Corrections | None = None,
) -> SheetsLoaded:
    """Take a signed file in, as `corrections` put it right; `within` are the sites whose events the loader runs.

    Good lines go in; the caller looks at `lost` when it wants all or nothing, and rolls back.
    """
    in_line(within)
    table = read_table(content, filename)
    work = _Work(Problems(table), content, within, by, now, say, corrections or Corrections())
    loaded = SheetsLoaded(Kind.SIGNIN)
    for sheet in read_signin(table, work.problems, stations=work.stations):
        work.take(sheet, loaded)
    reading = Reading((), work.problems.sorted())
    loaded.problems, loaded.lost = reading.problems, reading.lost
    loaded.added = loaded.number_of(Outcome.SIGNED_UP, Outcome.WALKED_IN)
    loaded.same = loaded.number_of(Outcome.SAME)
    for line in loaded.lines:
        line.notes = [
            one.message for one in loaded.problems if (one.sheet, one.row) == (line.sheet, line.row)
        ]
    return loaded


class _Work:
    """One file being taken in."""

    def __init__(self, problems, content, within, by, now, say, corrections) -> None:
        self.problems, self.by, self.now, self.say, self.corrections = problems, by, now, say, corrections
        self.nonce = hashlib.sha256(content).hexdigest()[:32]
        sites = db.session.scalars(select(Site).order_by(Site.code)).all()
        self.sites = {site.id: site for site in sites}
        self.within = {site.id for site in within}
        self.stations = SiteIndex(
            SiteName(site.code, site.short_name, site.level) for site in sites if site.level is Level.STATION
        )
        self._codes = {site.code: site.id for site in sites}
        self._rolls: dict[int, dict[int, OnSheet]] = {}
        self._came: dict[tuple[int, int], int] = {}  # (event, resident): the row
        self._left_out: set[tuple[str, int]] = set()

    def take(self, sheet: SignSheet, loaded: SheetsLoaded) -> None:
        event, problem = self._event_of(sheet)
        if problem:
            self.problems.add(sheet.name, problem)
        loaded.sheets.append(Sheet(sheet.name, event, problem))
        new: Counter[Candidate] = Counter()
        for line in sheet.lines:
            taken = self._read(sheet, line, event)
            loaded.lines.append(taken)
            if taken.outcome is Outcome.WALKED_IN:
                taken.outcome = self._line(line, taken)
                new[taken.event] += taken.outcome in (Outcome.WALKED_IN, Outcome.SIGNED_UP)
        for its, count in new.items():
            if count:
                subject = f"event {its.code} lines {count}"
                record("importing.signin", subject, by=self.by, now=self.now, site_id=its.site_id)

    def _event_of(self, sheet: SignSheet) -> tuple[Candidate | None, str]:
        chosen = self.corrections.events.get(sheet.name, "")
        try:
            if chosen:
                return self._by_code(chosen), ""
            what = named(sheet.titles, today=clock.day_of(self.now))
            found = list_candidates(self.within, now=self.now, day=what.day, code=what.code)
            names = {site.id: site.short_name for site in self.sites.values()}
            return choose(what, found, sites=names, within=self.within, now=self.now), ""
        except Unreadable as wrong:
            return None, f"{str(wrong).rstrip('。')}。"

    def _by_code(self, code: str) -> Candidate:
        found = list_candidates(self.within, now=self.now, code=code)
        return choose(Named("", None, code), found, sites={}, within=self.within, now=self.now)

    def _read(self, sheet: SignSheet, line: SheetLine, event: Candidate | None) -> Taken:
        """The line as it stands after corrections; WALKED_IN for one that is to be taken in."""
        put_right = self.corrections.lines.get(line.number)
        person, outcome = line.person, Outcome.WALKED_IN
        if put_right:
            person = put_right.person
            outcome = Outcome.WALKED_IN if person else Outcome.LEFT_OUT
            self.problems.drop(sheet.name, line.record.row)
            if person is None:
                self._left_out.add((sheet.name, line.record.row))
        elif not line.came:
            outcome = Outcome.ABSENT
        elif person is None:
            outcome = Outcome.LOST
        elif line.twice is not None and (sheet.name, line.twice) not in self._left_out:
            outcome = Outcome.TWICE
        if put_right and put_right.event and person:
            try:
                event = self._by_code(put_right.event)
            except Unreadable as wrong:
                outcome = self._lost(line, str(wrong))
        if outcome is Outcome.WALKED_IN and event is None:
            outcome = Outcome.LOST
        return Taken(
            number=line.number,
            sheet=sheet.name,
            row=line.record.row,
            written=line.written,
            person=person,
            draft=person or line.draft,
            corrected=put_right is not None,
            outcome=outcome,
            event=event,
        )

    def _lost(self, line: SheetLine, clause: str) -> Outcome:
        line.record.plain(clause, Weight.LOST)
        return Outcome.LOST

    def _line(self, line: SheetLine, taken: Taken) -> Outcome:
        """Write one person's coming down, or say why not."""
        event, person = taken.event, taken.person
        if event.id not in self._rolls:
            self._rolls[event.id] = known_to(event.id)
        try:
            given = self._given(line, person, event)
            known = _known(given, self._rolls[event.id])
            there = self._there_already(line, given, person, event, known)
            if there:
                return there
            with db.session.begin_nested():
                resident_id, stands = self._write(given, person, event, known)
        except Refused as refused:
            return self._lost(line, self.say(refused))
        except Unreadable as wrong:
            return self._lost(line, str(wrong))
        self._came[event.id, resident_id] = line.record.row
        if not stands:
            line.record.plain("签到后来被撤销了，同一份表不会再记上；要记请在签到名单上勾", Weight.NOTICE)
            return Outcome.SAME
        phone, seated = given.phone is not None, bool(known and known.seated)
        self._rolls[event.id][resident_id] = known or OnSheet(
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

    def _given(self, line: SheetLine, person: Person, event: Candidate) -> PersonIn:
        site, lives, home = self.sites[event.site_id], person.lives, None
        if person.home == OWN and site.level is not Level.STATION:
            line.record.plain("“本社区”说不出是哪个社区，没有记社区", Weight.NOTICE)
            lives = Lives.UNKNOWN
        elif person.home:
            home = site.id if person.home == OWN else self._codes.get(person.home)
        return PersonIn(person.name, person.phone, person.birth_month, lives, home, person.consent)

    def _write(
        self, given: PersonIn, person: Person, event: Candidate, known: OnSheet | None
    ) -> tuple[int, bool]:
        """Write the coming down: the person, and whether they are there now."""
        at_home = home_of(given).people.get(given.name) if given.phone else None
        self._of_age(given, person, event, known, at_home)
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

    def _of_age(
        self, given: PersonIn, person: Person, event: Candidate, known: OnSheet | None, at_home: Known | None
    ) -> None:
        """A child's data is taken down only with the guardian's consent (domain.md §11)."""
        young = person.age is not None and person.age < CHILD_UNTIL
        young = young or is_child(given.birth_month, clock.day_of(event.starts_at))
        if not young or given.guardian_consent or (at_home and at_home.consented):
            return
        who = db.session.get(Resident, known.resident_id) if known else None
        if who is None or who.guardian_consent_at is None:
            raise Unreadable("未满14周岁，没有监护人同意的记录；请问过监护人，在工作台的预览里勾上")


def _known(given: PersonIn, roll: dict[int, OnSheet]) -> OnSheet | None:
    """Who of those the event knows is meant.

    By phone and name; without a phone the only one of that name whom nothing written speaks against. Raises
    Unreadable when there are several.
    """
    if given.phone:
        met = home_of(given).people.get(given.name)
        return roll.get(met.id) if met else None
    alike = [
        one
        for one in roll.values()
        if one.name == given.name
        and _agree(given.birth_month, one.birth_month)
        and _agree(given.community_id, one.community_id)
    ]
    if len(alike) > 1:
        raise Unreadable(f"报名或签到名单上有{len(alike)}位同名的人，没有电话分不清；请补上电话")
    return alike[0] if alike else None


def _agree(written: object, known: object) -> bool:
    """Whether nothing speaks against the two being one."""
    return written is None or known is None or written == known
