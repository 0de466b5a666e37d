"""The call list: whom to call now, about what, with the sentence to say (domain.md §6, Call list).

A line is a message of way CALL. Who has given the places back meanwhile needs no call and is left out at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, func, select

from stationapp.accounts.models import Staff
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.messages.concerned import ABOUT_PARTY, OF_EVENT, OF_PARTY, events_of
from stationapp.messages.ground import lay
from stationapp.messages.models import CallAnswer, Message
from stationapp.messages.persons import to_ask_for, without_places
from stationapp.messages.rules import CALLED_ABOUT, CallOutcome, Delivery, Way
from stationapp.messages.saying import say
from stationapp.messages.tidying import wanted
from stationapp.messages.wordings import own_wordings, text
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import NotFound
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Masked, mask
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from stationapp.vault import vault

WITHIN = timedelta(days=3)
"""So soon somebody should be called of what has no time of its own."""


@dataclass(frozen=True)
class Call:
    """One household to call: `person` is whom to ask for, `sentence` what to say; empty: nothing any more.

    What is about a person and no event to come has no `event` and no `people` with places.
    """

    message: Message
    event: Event | None
    site: Site
    person: Resident
    people: tuple[tuple[Signup, Resident], ...]
    phone_sealed: bytes | None
    sentence: str
    answer: CallAnswer | None
    by: str | None  # who called last
    unanswered: int  # calls nobody answered
    written: Delivery | None  # FAILED or IN_DOUBT: what became of the text message or mail before

    @property
    def phone(self) -> str | None:
        """The household's number in full."""
        return vault().unseal(self.phone_sealed) if self.phone_sealed else None

    @property
    def shown(self) -> Masked:
        """Name and phone as the list shows them; no phone: empty."""
        return mask(self.person.name, self.phone)

    @property
    def names(self) -> list[str]:
        """Everybody of the household that has to do with it, masked."""
        return [mask(person.name, None).name for _place, person in self.people]

    @property
    def outcome(self) -> CallOutcome | None:
        """What came of it; None: not called yet."""
        return self.answer.outcome if self.answer else None

    @property
    def outcomes(self) -> tuple[CallOutcome, ...]:
        """What may still come of it: a place given back does not come back, an offer is answered once."""
        if self.message.occasion is Occasion.OFFERED and self.message.state is not Delivery.PENDING:
            return ()
        deciding = (CallOutcome.COMES, CallOutcome.NOT_COMING)
        may_be = CALLED_ABOUT[self.message.occasion]
        return tuple(case for case in may_be if not (self.gone and case in deciding))

    @property
    def waits(self) -> bool:
        """Whether they have no seat yet."""
        return bool(self.people) and self.people[0][0].state is Place.WAITLISTED

    @property
    def gone(self) -> bool:
        """Whether there is nothing to tell them any more."""
        return not self.sentence

    @property
    def settled(self) -> bool:
        """Whether nobody needs to call any more."""
        return self.gone or self.message.state is not Delivery.PENDING

    @property
    def deadline(self) -> datetime:
        """Before when to call: the end of an offer, else the start of the event, else a while after it was due."""
        starts_at = self.event.starts_at if self.event else self.message.made_at + WITHIN
        return self.message.until_at or starts_at

    @property
    def title(self) -> str:
        """The event's, if it is about one."""
        return self.event.title if self.event else ""


@dataclass(frozen=True)
class CallList:
    """The calls a notice asks for: those to make first, then those to try again, then those made."""

    notice: Notice
    event: Event
    site: Site
    calls: tuple[Call, ...]
    written: int  # households that are written to instead
    later: Notice | None  # a notice about the same event that came after

    @property
    def outcomes(self) -> tuple[CallOutcome, ...]:
        """What may come of a call."""
        return CALLED_ABOUT[self.notice.occasion]

    @property
    def called(self) -> int:
        """How many have been called or need no call."""
        return sum(call.outcome is not None or call.gone for call in self.calls)

    @property
    def settled(self) -> bool:
        """Whether nothing is left to do."""
        return all(call.settled for call in self.calls)


# --- what is to be called now -------------------------------------------------------------------------------------


def open_calls(
    reached: ColumnElement[bool], *, now: datetime, site_id: int | None = None, about: Occasion | None = None
) -> Select:
    """The messages to be called now, in the order of their deadlines: the end of an offer, the start of an event."""
    deadline = func.coalesce(Message.until_at, Event.starts_at, Message.made_at)
    query = _open(select(Message), reached, now, site_id, about).where(Message.due_at <= now)
    return query.order_by(deadline, Message.id)


def resting(
    reached: ColumnElement[bool], *, now: datetime, site_id: int | None = None, about: Occasion | None = None
) -> tuple[int, datetime | None]:
    """Of those nobody answered: how many come again later, and when the first."""
    counted = select(func.count(), func.min(Message.due_at)).select_from(Message)
    return tuple(
        db.session.execute(_open(counted, reached, now, site_id, about).where(Message.due_at > now)).one()
    )


def _open(query: Select, reached, now: datetime, site_id: int | None, about: Occasion | None) -> Select:
    query = (
        query.outerjoin(Party, Party.id == Message.party_id)
        .outerjoin(Event, Event.id == Party.event_id)
        .join(Site, Site.id == Message.site_id)
        .where(reached, Message.way == Way.CALL, Message.state == Delivery.PENDING, wanted(now))
    )
    if site_id is not None:
        query = query.where(Message.site_id == site_id)
    return query if about is None else query.where(Message.occasion == about)


def is_told(now: datetime) -> ColumnElement[bool]:
    """The condition on Notice "it asked for calls, and nobody is left to be called"; not before it was spread."""
    left = select(Message.id).where(
        Message.notice_id == Notice.id,
        Message.way == Way.CALL,
        Message.state == Delivery.PENDING,
        wanted(now),
    )
    asks = Notice.occasion.in_(OF_EVENT | OF_PARTY | {Occasion.SHIFT})
    return Notice.spread_at.is_not(None) & asks & ~left.exists()


# --- one notice ---------------------------------------------------------------------------------------------------


def get_list(notice: Notice, *, now: datetime) -> CallList:
    """The list of one notice; raises NotFound when it asks for no calls."""
    about = " ".join(notice.subject.split(" ")[:2])  # behind an event's code may stand which change is meant
    event = events_of([about]).get(about) if notice.occasion in CALLED_ABOUT else None
    if event is None:
        raise NotFound
    its = select(Message).where(
        Message.notice_id == notice.id, Message.way.in_((Way.CALL, Way.SMS, Way.EMAIL))
    )
    messages = list(db.session.scalars(its.order_by(Message.id).execution_options(populate_existing=True)))
    calls = lines([one for one in messages if one.way is Way.CALL], now=now)
    called = {call.message.household_id for call in calls}
    return CallList(
        notice,
        event,
        db.session.get_one(Site, notice.site_id),
        tuple(sorted(calls, key=lambda call: (call.settled, call.outcome is not None, call.message.id))),
        len({one.household_id for one in messages} - called),
        _later(notice),
    )


def _later(notice: Notice) -> Notice | None:
    if notice.occasion not in OF_EVENT:
        return None
    later = (Notice.subject == notice.subject, Notice.occasion.in_(OF_EVENT), Notice.id > notice.id)
    return db.session.scalar(select(Notice).where(*later).order_by(Notice.id.desc()).limit(1))


# --- lines --------------------------------------------------------------------------------------------------------


def get_call(message_id: int, *, now: datetime) -> Call:
    """The line of one message; raises NotFound when it is no call."""
    message = db.session.get(Message, message_id, populate_existing=True)
    found = lines([message], now=now) if message and message.way is Way.CALL else []
    if not found:
        raise NotFound
    return found[0]


def last_answered(staff_id: int, *, since: datetime, now: datetime) -> Call | None:
    """The call whose answer this member of staff wrote down last, not before `since`: to be put right at once."""
    its = select(CallAnswer.message_id).where(CallAnswer.by == staff_id, CallAnswer.at >= since)
    message_id = db.session.scalar(its.order_by(CallAnswer.id.desc()).limit(1))
    return get_call(message_id, now=now) if message_id else None


def lines(messages: Sequence[Message], *, now: datetime) -> list[Call]:
    """The lines of these calls, in their order; a fixed number of questions however many there are."""
    if not messages:
        return []
    ground, own = lay(messages, now=now), own_wordings()
    facts = say(messages, ground, now=now)
    people, answers, written = _people(messages), _answers(messages), _written(messages)
    alone = without_places([one for one in messages if one.party_id is None], ground)
    found = []
    for one in messages:
        event = ground.event(one)
        if event:
            rows, sealed = people[event.id, one.household_id]
            its = _live_or_all(_of_party(one, rows))
            person = to_ask_for([member for _place, member in its], now)
        else:
            its, (person, sealed) = (), alone[one.id]
        known = facts[one.id]
        answer, by, unanswered = answers.get(one.id, (None, None, 0))
        found.append(
            Call(
                message=one,
                event=event,
                site=ground.site(one),
                person=person,
                people=its,
                phone_sealed=sealed,
                sentence="" if known is None else text(one.occasion, Way.CALL, known, own),
                answer=answer,
                by=by,
                unanswered=unanswered,
                written=written.get(_key(one)),
            )
        )
    return found


def _people(messages: Sequence[Message]) -> dict[tuple[int, int], tuple[list, bytes | None]]:
    """(all who ever had a place; the sealed phone) by event and household."""
    events = select(Party.event_id).where(Party.id.in_({one.party_id for one in messages}))
    found: dict[tuple[int, int], tuple[list, bytes | None]] = {}
    for place, person, household_id, sealed in db.session.execute(
        select(Signup, Resident, Household.id, Household.phone_sealed)
        .join(Party, Party.id == Signup.party_id)
        .join(Resident, Resident.id == Signup.resident_id)
        .join(Household, Household.id == Party.household_id)
        .where(Party.event_id.in_(events), Household.id.in_({one.household_id for one in messages}))
        .order_by(Party.id, Signup.id)
        .execution_options(populate_existing=True)
    ):
        found.setdefault((place.event_id, household_id), ([], sealed))[0].append((place, person))
    return found


def _of_party(message: Message, rows: list) -> list:
    """Those the call is about: of a party's places its people alone, else the whole household."""
    if message.occasion not in ABOUT_PARTY:
        return rows
    return [row for row in rows if row[0].party_id == message.party_id]


def _live_or_all(rows: list) -> tuple:
    return tuple([row for row in rows if row[0].state is not Place.CANCELLED] or rows)


def _answers(messages: Sequence[Message]) -> dict[int, tuple[CallAnswer, str | None, int]]:
    """The last answer to each, the name of who called, and how many calls nobody answered."""
    found: dict[int, tuple[CallAnswer, str | None, int]] = {}
    for answer, name in db.session.execute(
        select(CallAnswer, Staff.name)
        .outerjoin(Staff, Staff.id == CallAnswer.by)
        .where(CallAnswer.message_id.in_([one.id for one in messages]))
        .order_by(CallAnswer.id)
    ):
        _last, _by, before = found.get(answer.message_id, (None, None, 0))
        found[answer.message_id] = (answer, name, before + (answer.outcome is CallOutcome.NO_ANSWER))
    return found


def _written(messages: Sequence[Message]) -> dict[tuple, Delivery]:
    """What became of the text messages and mails these calls stand in for."""
    rows = db.session.scalars(
        select(Message).where(
            Message.way.in_((Way.SMS, Way.EMAIL)),
            Message.state.in_((Delivery.FAILED, Delivery.IN_DOUBT)),
            Message.household_id.in_({one.household_id for one in messages}),
            Message.subject.in_({one.subject for one in messages}),
        )
    )
    return {_key(one): one.state for one in rows}


def _key(message: Message) -> tuple:
    return message.occasion, message.subject, message.step, message.household_id
