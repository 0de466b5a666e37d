"""Whom to call about a notice, derived: the households that had a place when it was made (domain.md §6, Call list).

Only what came of the calls is stored; somebody who has cancelled since needs no call any more.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, cast, func, literal, select

from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.events.models import Event, EventMove
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import NotFound
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Masked, mask
from stationapp.signups.models import CallAnswer, Party, Signup, SignupMove
from stationapp.signups.rules import CALLED_ABOUT, CallOutcome, Place
from stationapp.sites.models import Site
from stationapp.vault import vault

MOST = 100
"""Lists on one page."""


@dataclass(frozen=True)
class Call:
    """One household to call: `party_id` is the party answers are written to, `person` whom to ask for."""

    party_id: int
    person: Resident
    people: tuple[tuple[Signup, Resident], ...]
    phone_sealed: bytes | None
    answer: CallAnswer | None
    by: str | None  # who called last

    @property
    def shown(self) -> Masked:
        """Name and phone as the list shows them; no phone: empty."""
        return mask(self.person.name, vault().unseal(self.phone_sealed) if self.phone_sealed else None)

    @property
    def names(self) -> list[str]:
        """Everybody of the household that has to do with it, masked."""
        return [mask(person.name, None).name for _place, person in self.people]

    @property
    def outcome(self) -> CallOutcome | None:
        """What came of it; None: not called yet."""
        return self.answer.outcome if self.answer else None

    @property
    def live(self) -> list[Signup]:
        """The places they still have."""
        return [place for place, _person in self.people if place.state is not Place.CANCELLED]

    @property
    def gone(self) -> bool:
        """Whether they have no place left."""
        return not self.live

    @property
    def settled(self) -> bool:
        """Whether nobody needs to call any more."""
        return self.gone if self.outcome is None else self.outcome is not CallOutcome.NO_ANSWER


@dataclass(frozen=True)
class CallList:
    """The calls that a notice asks for: those to make first, then those to try again, then those made."""

    notice: Notice
    event: Event
    site: Site
    calls: tuple[Call, ...]

    @property
    def outcomes(self) -> tuple[CallOutcome, ...]:
        """What may come of a call."""
        return CALLED_ABOUT[self.notice.occasion]

    def find(self, party_id: int) -> Call:
        """The call to the household with that party; raises NotFound."""
        found = next((call for call in self.calls if call.party_id == party_id), None)
        if found is None:
            raise NotFound
        return found

    @property
    def called(self) -> int:
        """How many have been called or need no call."""
        return sum(call.outcome is not None or call.gone for call in self.calls)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return all(call.settled for call in self.calls)


def get_list(notice: Notice) -> CallList:
    """The list of one notice; raises NotFound when it asks for no calls."""
    found = _lists([notice])
    if not found:
        raise NotFound
    return found[0]


def open_lists(reached: ColumnElement[bool]) -> list[CallList]:
    """The lists of these sites not ticked off yet, the soonest event first; four questions however many there are."""
    query = (
        select(Notice)
        .join(Site, Site.id == Notice.site_id)
        .where(reached, Notice.done_at.is_(None), Notice.occasion.in_(CALLED_ABOUT))
        .order_by(Notice.id.desc())
        .limit(MOST)
    )
    return sorted(_lists(db.session.scalars(query)), key=lambda one: (one.event.starts_at, one.notice.id))


def _lists(notices: Iterable[Notice]) -> list[CallList]:
    notices = [notice for notice in notices if notice.occasion in CALLED_ABOUT]
    about = _events([notice.subject for notice in notices])
    people = _people({event.id for event, _site in about.values()})
    answers = _answers([notice.id for notice in notices])
    return [
        CallList(notice, *about[notice.subject], _calls(notice, about[notice.subject][0], people, answers))
        for notice in notices
        if notice.subject in about
    ]


def _events(subjects: Sequence[str]) -> dict[str, tuple[Event, Site]]:
    """The events that "event CODE" and "party ID" speak of, with their sites, by subject."""
    said = [subject.split(" ") for subject in subjects]
    codes = [what for kind, what, *_ in said if kind == "event"]
    parties = [int(what) for kind, what, *_ in said if kind == "party"]
    own = select(Event, Site, literal("event ") + Event.code).join(Site, Site.id == Event.site_id)
    by_party = (
        select(Event, Site, literal("party ") + cast(Party.id, Text))
        .join(Site, Site.id == Event.site_id)
        .join(Party, Party.event_id == Event.id)
    )
    rows = [
        *(db.session.execute(own.where(Event.code.in_(codes))) if codes else ()),
        *(db.session.execute(by_party.where(Party.id.in_(parties))) if parties else ()),
    ]
    return {subject: (event, site) for event, site, subject in rows}


_cancelled_at = (
    select(func.min(SignupMove.at))
    .where(SignupMove.signup_id == Signup.id, SignupMove.to_state == Place.CANCELLED)
    .scalar_subquery()
)


def _people(event_ids: Iterable[int]) -> dict[int, list]:
    """(party, place, person, sealed phone, when it was given back) of everybody who ever signed up, by event."""
    found: dict[int, list] = {}
    for row in db.session.execute(
        select(Party, Signup, Resident, Household.phone_sealed, _cancelled_at)
        .join(Signup, Signup.party_id == Party.id)
        .join(Resident, Resident.id == Signup.resident_id)
        .join(Household, Household.id == Party.household_id)
        .where(Party.event_id.in_(event_ids))
        .order_by(Party.id, Signup.id)
        .execution_options(populate_existing=True)
    ):
        found.setdefault(row[0].event_id, []).append(row)
    return found


def _answers(notice_ids: Sequence[int]) -> dict[tuple[int, int], tuple[CallAnswer, str | None]]:
    """The last answer of each household to each notice, by their ids, with the name of who called."""
    rows = db.session.execute(
        select(CallAnswer, Party.household_id, Staff.name)
        .join(Party, Party.id == CallAnswer.party_id)
        .outerjoin(Staff, Staff.id == CallAnswer.by)
        .where(CallAnswer.notice_id.in_(notice_ids))
        .order_by(CallAnswer.id)
    )
    return {(answer.notice_id, household_id): (answer, name) for answer, household_id, name in rows}


def _calls(notice: Notice, event: Event, people: dict[int, list], answers: dict) -> tuple[Call, ...]:
    households: dict[int, list] = {}
    for party, place, person, sealed, cancelled_at in people.get(event.id, ()):
        meant = notice.occasion is not Occasion.PROMOTED or notice.subject == f"party {party.id}"
        had_a_place = party.made_at <= notice.made_at and (
            cancelled_at is None or cancelled_at > notice.made_at
        )
        if meant and had_a_place:
            households.setdefault(party.household_id, []).append((party, place, person, sealed))
    calls = []
    for household_id, rows in households.items():
        answer, by = answers.get((notice.id, household_id), (None, None))
        party, _place, person, sealed = rows[0]
        calls.append(Call(party.id, person, tuple((row[1], row[2]) for row in rows), sealed, answer, by))
    return tuple(sorted(calls, key=lambda call: (call.settled, call.outcome is not None, call.party_id)))


@dataclass(frozen=True)
class Said:
    """What there is to say: what the event was to be when people last heard of it, and a notice that came later."""

    before: EventMove | None
    later: Notice | None


def to_say(notice: Notice, event: Event) -> Said:
    """What a notice is about, from the moves of its event."""
    same = select(Notice).where(Notice.subject == notice.subject, Notice.occasion.in_(CALLED_ABOUT))
    told = db.session.scalar(
        same.where(Notice.occasion == Occasion.MOVED, Notice.id < notice.id)
        .order_by(Notice.id.desc())
        .limit(1)
    )
    since: tuple = (EventMove.at > told.made_at,) if told else ()
    moves = select(EventMove).where(EventMove.event_id == event.id, EventMove.at <= notice.made_at, *since)
    return Said(
        db.session.scalar(moves.order_by(EventMove.id).limit(1)),
        db.session.scalar(same.where(Notice.id > notice.id).order_by(Notice.id.desc()).limit(1)),
    )
