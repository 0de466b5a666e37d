"""Taking a paper in, whichever of the two: its events, its lines as they were put right, what became of each.

A subclass says which paper it is, which events it may be of, and writes one line down (`attendees`, `parties`). The
same file again changes nothing.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from sqlalchemy import select

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.importing.corrections import Corrections
from stationapp.importing.kinds import Kind
from stationapp.importing.loaded import Loaded
from stationapp.importing.meant import Against, Candidate, Named, Unnamed, choose, named
from stationapp.importing.names import SiteIndex, SiteName
from stationapp.importing.operations import in_line
from stationapp.importing.paper import OWN, Paper, PaperSheet, Person, SheetLine, Written, read_paper
from stationapp.importing.problems import Problem, Reading, Weight
from stationapp.importing.queries import OnSheet, known_to, list_candidates
from stationapp.importing.records import Problems
from stationapp.importing.tables import read_table
from stationapp.refusal import Refused, Unreadable
from stationapp.residents.models import Resident
from stationapp.residents.queries import Known, home_of
from stationapp.residents.rules import CHILD_UNTIL, Lives, PersonIn, is_child
from stationapp.sites.models import Site
from stationapp.sites.rules import Level

Say = Callable[[Refused], str]
"""How a refusal is said; edges know the sentences."""


class Outcome(Enum):
    """What became, or would become, of a line."""

    SIGNED_UP = "signed_up"  # came, and had a place
    WALKED_IN = "walked_in"  # came without one
    SEATED = "seated"  # a party that has places now
    WAITS = "waits"  # a party on the waitlist now, or in the draw
    SAME = "same"  # is there already
    ABSENT = "absent"  # did not sign
    TWICE = "twice"  # stands on the sheet already
    LEFT_OUT = "left_out"  # by whoever looked at it
    LOST = "lost"  # a problem keeps it out


NEW = frozenset({Outcome.SIGNED_UP, Outcome.WALKED_IN, Outcome.SEATED, Outcome.WAITS})
"""Lines that are, or would be, written down."""


@dataclass
class Taken:
    """A line of the preview: where it stands, as it is read, what is to be said of it, and what becomes of it.

    `outcome` None: nothing stands against writing it down, and that was not tried yet.
    """

    number: int
    sheet: str
    row: int
    written: Written
    person: Person | None
    draft: Person
    corrected: bool
    outcome: Outcome | None
    event: Candidate | None
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Sheet:
    """One sheet: its event, or why there is none."""

    name: str
    event: Candidate | None
    problem: str


@dataclass
class SheetsLoaded(Loaded):
    """What a paper came to, sheet by sheet and line by line."""

    sheets: list[Sheet] = field(default_factory=list)
    lines: list[Taken] = field(default_factory=list)

    def number_of(self, *outcomes: Outcome) -> int:
        """How many lines came to one of these."""
        return sum(line.outcome in outcomes for line in self.lines)


class Paperwork:
    """One file being taken in."""

    kind: Kind
    paper: Paper
    coming: bool  # whether its events are still to come
    against: Against

    def __init__(
        self,
        content: bytes,
        filename: str,
        *,
        within: Sequence[Site],
        by: int | None,
        now: datetime,
        say: Say,
        corrections: Corrections,
    ) -> None:
        in_line(within)
        self.table = read_table(content, filename)
        self.problems = Problems(self.table)
        self.by, self.now, self.say, self.corrections = by, now, say, corrections
        self.nonce = hashlib.sha256(content).hexdigest()[:32]
        sites = db.session.scalars(select(Site).order_by(Site.code)).all()
        self.sites = {site.id: site for site in sites}
        self.within = {site.id for site in within}
        self.stations = SiteIndex(
            SiteName(site.code, site.short_name, site.level) for site in sites if site.level is Level.STATION
        )
        self._codes = {site.code: site.id for site in sites}
        self._rolls: dict[int, dict[int, OnSheet]] = {}
        self._left_out: set[tuple[str, int]] = set()

    def write(self, line: SheetLine, taken: Taken) -> Outcome:
        """Write one line down. Raises Refused or Unreadable with what keeps it out; nothing of it stands then."""
        raise NotImplementedError

    def take(self) -> SheetsLoaded:
        """Take all of it in, line by line."""
        loaded = SheetsLoaded(self.kind)
        for sheet in read_paper(self.paper, self.table, self.problems, stations=self.stations):
            self._sheet(sheet, loaded)
        reading = Reading((), self.problems.sorted())
        loaded.problems, loaded.lost = reading.problems, reading.lost
        loaded.added, loaded.same = loaded.number_of(*NEW), loaded.number_of(Outcome.SAME)
        said: dict[tuple[str, int | None], list[Problem]] = {}
        for one in loaded.problems:
            said.setdefault((one.sheet, one.row), []).append(one)
        for line in loaded.lines:
            line.problems = said.get((line.sheet, line.row), [])
        return loaded

    def _sheet(self, sheet: PaperSheet, loaded: SheetsLoaded) -> None:
        event, problem = self._event_of(sheet)
        if problem:
            self.problems.add(sheet.name, problem)
        loaded.sheets.append(Sheet(sheet.name, event, problem))
        new: Counter[Candidate] = Counter()
        for line in sheet.lines:
            taken = self._read(sheet, line, event)
            loaded.lines.append(taken)
            if taken.outcome is None:
                taken.outcome = self._outcome(line, taken)
                new[taken.event] += taken.outcome in NEW
        for its, count in new.items():
            if count:
                subject = f"event {its.code} lines {count}"
                act = f"importing.{self.kind.value}"
                record(act, subject, by=self.by, now=self.now, site_id=its.site_id)

    def _event_of(self, sheet: PaperSheet) -> tuple[Candidate | None, str]:
        chosen = self.corrections.events.get(sheet.name, "")
        try:
            return self._by_code(chosen) if chosen else self._named(sheet), ""
        except Unreadable as wrong:
            return None, f"{str(wrong).rstrip('。')}。"

    def _named(self, sheet: PaperSheet) -> Candidate:
        """The event above the table; where nothing stands there, the one the file was uploaded for."""
        what = named(sheet.titles, today=clock.day_of(self.now), coming=self.coming)
        names = {site.id: site.short_name for site in self.sites.values()}
        try:
            return self._choose(what, names)
        except Unnamed:
            if not self.corrections.preset:
                raise
        return self._by_code(self.corrections.preset)

    def _by_code(self, code: str) -> Candidate:
        return self._choose(Named("", None, code), {})

    def _choose(self, what: Named, names: dict[int, str]) -> Candidate:
        found = list_candidates(
            self.within, now=self.now, day=what.day, code=what.code, coming=self.coming
        )  # fmt: skip
        return choose(
            what, found, sites=names, within=self.within, now=self.now, against=type(self).against
        )  # fmt: skip

    def _read(self, sheet: PaperSheet, line: SheetLine, event: Candidate | None) -> Taken:
        """The line as it stands after corrections; its outcome is open where it is to be taken in."""
        put_right = self.corrections.lines.get(line.number)
        person, outcome = line.person, None
        if put_right:
            person = put_right.person
            outcome = None if person else Outcome.LEFT_OUT
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
        if outcome is None and event is None:
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

    def _outcome(self, line: SheetLine, taken: Taken) -> Outcome:
        try:
            return self.write(line, taken)
        except Refused as refused:
            return self._lost(line, self.say(refused))
        except Unreadable as wrong:
            return self._lost(line, str(wrong))

    def roll(self, event: Candidate) -> dict[int, OnSheet]:
        """Whom the event knows; what is written down goes into it."""
        if event.id not in self._rolls:
            self._rolls[event.id] = known_to(event.id)
        return self._rolls[event.id]

    def given(self, line: SheetLine, person: Person, event: Candidate) -> PersonIn:
        """The person as sign-ups and attendance take one."""
        site, lives, home = self.sites[event.site_id], person.lives, None
        if person.home == OWN and site.level is not Level.STATION:
            line.record.plain("“本社区”说不出是哪个社区，没有记社区", Weight.NOTICE)
            lives = Lives.UNKNOWN
        elif person.home:
            home = site.id if person.home == OWN else self._codes.get(person.home)
        return PersonIn(person.name, person.phone, person.birth_month, lives, home, person.consent)

    def of_age(
        self, given: PersonIn, age: int | None, event: Candidate, known: OnSheet | None, at_home: Known | None
    ) -> None:
        """A child's data is taken down only with the guardian's consent (domain.md §11); raises Unreadable."""
        young = age is not None and age < CHILD_UNTIL
        young = young or is_child(given.birth_month, clock.day_of(event.starts_at))
        if not young or given.guardian_consent or (at_home and at_home.consented):
            return
        who = db.session.get(Resident, known.resident_id) if known else None
        if who is None or who.guardian_consent_at is None:
            raise Unreadable("未满14周岁，没有监护人同意的记录；请问过监护人，在工作台的预览里勾上")


def who_is_meant(given: PersonIn, roll: dict[int, OnSheet]) -> OnSheet | None:
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
