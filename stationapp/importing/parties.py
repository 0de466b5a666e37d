"""Taking in a list of who signs up (报名表): each row is a party, by every rule of sign-ups (domain.md §6).

The request's key is made of the file and the row, so that the same file again gives nobody a second place, nor back
one that was cancelled since.
"""

from dataclasses import replace

from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.stages import draws_later
from stationapp.importing.kinds import Kind
from stationapp.importing.meant import Candidate, not_to_come
from stationapp.importing.paper import Person, SheetLine
from stationapp.importing.paperwork import Outcome, Paperwork, Taken, who_is_meant
from stationapp.importing.problems import Weight
from stationapp.importing.queries import OnSheet
from stationapp.importing.signups import SIGNUPS
from stationapp.residents.queries import home_of
from stationapp.residents.rules import PersonIn
from stationapp.signups.operations import sign_up
from stationapp.signups.queries import get_party, members, rank_of
from stationapp.signups.rules import PAPER_CONSENT, Answer, Channel, Place


class Parties(Paperwork):
    """A list of sign-ups being taken in."""

    kind, paper, coming, against = Kind.SIGNUPS, SIGNUPS, True, not_to_come

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)
        self._rows: dict[tuple[int, int], int] = {}  # (event, resident): the row

    def write(self, line: SheetLine, taken: Taken) -> Outcome:
        """Give the row's party places, or a place in line."""
        event, person = taken.event, taken.person
        people, roll = self._people(line, person, event), self.roll(event)
        if there := self._there_already(line, people[0], event):
            return there
        at_home = home_of(people[0]).people if people[0].phone else {}
        self.of_age(people[0], person.age, event, None, at_home.get(people[0].name))
        its = db.session.get_one(Event, event.id)
        with db.session.begin_nested():
            answer = sign_up(
                its,
                people,
                key=f"paper {self.nonce} {line.number}",
                channel=Channel.DESK if person.at_desk else Channel.PHONE,
                by=self.by,
                consent=PAPER_CONSENT,
                now=self.now,
                declared=True,  # whom it is for alone stands on the sheet
            )
        return self._became(line, its, roll, answer)

    def _people(self, line: SheetLine, person: Person, event: Candidate) -> list[PersonIn]:
        """Everybody of the row: they live where the first one does, as on the other forms."""
        first = self.given(line, person, event)
        if first.phone is None:
            first = replace(first, reach=line.written.home)
        others = (
            replace(first, name=one.name, birth_month=one.birth_month, reach="") for one in person.others
        )
        return [first, *others]

    def _there_already(self, line: SheetLine, first: PersonIn, event: Candidate) -> Outcome | None:
        """Without a phone, whether the one of that name on the list is meant; raises Unreadable for several."""
        known = None if first.phone else who_is_meant(first, self.roll(event))
        if known is None or not (known.seated or known.waits):
            return None
        row = self._rows.get((event.id, known.resident_id))
        if row is not None:
            line.record.plain(f"没有电话，与第{row}行同名，按同一个人算", Weight.NOTICE)
            return Outcome.TWICE
        line.record.plain("没有电话，按报名名单上同名的人算", Weight.NOTICE)
        self._rows[event.id, known.resident_id] = line.record.row
        return Outcome.SAME

    def _became(self, line: SheetLine, its: Event, roll: dict[int, OnSheet], answer: Answer) -> Outcome:
        """What the answer means for the line, said where it is not simply a place."""
        stands = members(answer.party_id)
        for signup, who in stands:
            self._rows[its.id, who.id] = line.record.row
            live = signup.state is not Place.CANCELLED
            roll[who.id] = OnSheet(
                who.id, who.name, True, who.birth_month, who.community_id,
                signup.state is Place.WAITLISTED, live and signup.state is not Place.WAITLISTED, None, False,
            )  # fmt: skip
        if answer.repeated:
            if all(signup.state is Place.CANCELLED for signup, _who in stands):
                line.record.plain(
                    "报名后来取消了，同一份表不会再报上；要报请在报名名单上替他报", Weight.NOTICE
                )
            return Outcome.SAME
        if answer.state is not Place.WAITLISTED:
            return Outcome.SEATED
        if draws_later(its, self.now):
            line.record.plain("这场要抽签，先登记，等抽签", Weight.NOTICE)
        else:
            rank = rank_of(get_party(answer.party_id))
            line.record.plain(f"名额不够，排在候补第{rank}位", Weight.NOTICE)
        return Outcome.WAITS
