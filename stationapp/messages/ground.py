"""What messages stand on: events, places, moves, offers, read for many at once in a fixed number of questions."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select

from stationapp import clock
from stationapp.db import db
from stationapp.events.announced import differs
from stationapp.events.models import Event, EventMove, EventStep
from stationapp.events.rules import State, Step
from stationapp.messages.concerned import ABOUT_PARTY, OF_EVENT, back_again, offers_until
from stationapp.messages.further import Known, read
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.switches import switches
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.residents.models import HomeCode
from stationapp.signups.draw_queries import ranks
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import LIVE, Place
from stationapp.sites.models import Site

RANKED = (Occasion.WAITLISTED, Occasion.NOT_DRAWN)
"""Occasions that say a place in line."""

HEARD = (Delivery.ACCEPTED, Delivery.DELIVERED, Delivery.ANSWERED)
"""States of a message that reached somebody."""


@dataclass(frozen=True)
class Ground:
    """The facts behind some messages; ask it with one of those it was laid for."""

    public_url: str
    sites: dict[int, Site]
    by_party: dict[int, tuple[Party, Event]]
    live: dict[tuple[int, int], list[Signup]]  # by event and household
    again: set[int]  # parties whose offer lapsed and of whom somebody signed up anew
    until: dict[int, datetime]  # live offers, by party
    moves: dict[int, list[EventMove]]  # by event, oldest first
    reasons: dict[int, str]  # of putting off and calling off, by event
    last_notice: dict[str, int]  # of those about everybody at an event, by subject
    heard_at: dict[tuple[str, int], datetime]  # by subject and household
    ranks: dict[int, int]  # of waiting parties
    days: dict[tuple[int, str], list[tuple[Event, Site, bytes]]]  # by household and "day …"
    codes: dict[str, HomeCode]  # by "code …"
    further: dict[int, Known]  # what other features know, by message

    def link(self, path: str) -> str:
        """The address of a page; empty where nobody could open it."""
        return self.public_url and self.public_url + path

    def event(self, message: Message) -> Event | None:
        """The event it is about."""
        return self.by_party[message.party_id][1] if message.party_id in self.by_party else None

    def site(self, message: Message) -> Site:
        """Whose desk it belongs to."""
        return self.sites[message.site_id]

    def places(self, message: Message) -> list[Signup]:
        """The live places it is about: the party's, or the household's at the event when it is about that."""
        event = self.event(message)
        its = self.live.get((event.id, message.household_id), []) if event else []
        if message.occasion not in ABOUT_PARTY:
            return its
        return [place for place in its if place.party_id == message.party_id]

    def signed_up_again(self, message: Message) -> bool:
        """Whether somebody of the party whose offer lapsed has a place again."""
        return message.party_id in self.again

    def offer_until(self, message: Message) -> datetime | None:
        """Until when its offer can be answered; None: there is none any more."""
        return self.until.get(message.party_id)

    def is_superseded(self, message: Message) -> bool:
        """Whether a later notice about the same event exists."""
        return self.last_notice.get(message.subject, 0) > (message.notice_id or 0)

    def before(self, message: Message) -> EventMove | None:
        """What the event was to be when the household last heard of it, if it is to be otherwise now."""
        party, event = self.by_party[message.party_id]
        heard = self.heard_at.get((message.subject, message.household_id), party.made_at)
        since = (move for move in self.moves.get(event.id, ()) if move.at > heard)
        was = next(since, None)
        return was if was and differs(was, event) else None

    def reason(self, message: Message) -> str:
        """Why the event was put off or called off."""
        return self.reasons.get(self.by_party[message.party_id][1].id, "")

    def party(self, message: Message) -> Party:
        """Whose places it is about."""
        return self.by_party[message.party_id][0]

    def rank(self, message: Message) -> int | None:
        """Its party's place in line."""
        return self.ranks.get(message.party_id)

    def of_day(self, message: Message) -> list[tuple[Event, Site, bytes]]:
        """What the household goes to on the message's day: (event, organiser, sealed code), by time."""
        return self.days.get((message.household_id, message.subject), [])

    def code(self, message: Message) -> HomeCode | None:
        """The code it is to bring."""
        return self.codes.get(message.subject)


def lay(messages: Sequence[Message], *, now: datetime) -> Ground:
    """Read what these messages stand on: twelve questions at most, and those of other features."""
    by_party = _parties({one.party_id for one in messages if one.party_id})
    events = {event.id for _party, event in by_party.values()}
    told = [one for one in messages if one.occasion in OF_EVENT]
    waiting = [by_party[one.party_id][1].id for one in messages if one.occasion in RANKED]
    offered = [one.party_id for one in messages if one.occasion is Occasion.OFFERED]
    lapsed = [one.party_id for one in messages if one.occasion is Occasion.OFFER_LAPSED]
    return Ground(
        public_url=switches().public_url,
        sites=_by_id(Site, {one.site_id for one in messages}),
        by_party=by_party,
        live=_live(events, {one.household_id for one in messages}),
        again=back_again(lapsed) if lapsed else set(),
        until=dict(offers_until(offered)) if offered else {},
        moves=_moves(events) if told else {},
        reasons=_reasons(events) if told else {},
        last_notice=_last_notices({one.subject for one in told}),
        heard_at=_heard_at(told),
        ranks=ranks(waiting) if waiting else {},
        days=_days([one for one in messages if one.occasion is Occasion.REMINDER], now),
        codes=_codes([one.subject for one in messages if one.occasion is Occasion.HOME_CODE]),
        further=read(messages),
    )


def _by_id(model: type, ids: Iterable[int]) -> dict:
    return {one.id: one for one in db.session.scalars(select(model).where(model.id.in_(list(ids))))}


def _parties(ids: Iterable[int]) -> dict[int, tuple[Party, Event]]:
    query = select(Party, Event).join(Event, Event.id == Party.event_id).where(Party.id.in_(list(ids)))
    rows = db.session.execute(query.execution_options(populate_existing=True))
    return {party.id: (party, event) for party, event in rows}


def _live(events: Iterable[int], households: Iterable[int]) -> dict[tuple[int, int], list[Signup]]:
    query = (
        select(Party.household_id, Signup)
        .join(Signup, Signup.party_id == Party.id)
        .where(
            Party.event_id.in_(list(events)), Party.household_id.in_(list(households)), Signup.state.in_(LIVE)
        )
        .order_by(Party.id, Signup.id)
        .execution_options(populate_existing=True)
    )
    found: dict[tuple[int, int], list[Signup]] = {}
    for household_id, place in db.session.execute(query):
        found.setdefault((place.event_id, household_id), []).append(place)
    return found


def _moves(events: Iterable[int]) -> dict[int, list[EventMove]]:
    found: dict[int, list[EventMove]] = {}
    for move in db.session.scalars(
        select(EventMove).where(EventMove.event_id.in_(list(events))).order_by(EventMove.id)
    ):
        found.setdefault(move.event_id, []).append(move)
    return found


def _reasons(events: Iterable[int]) -> dict[int, str]:
    its = (EventStep.event_id.in_(list(events)), EventStep.step.in_((Step.POSTPONE, Step.CANCEL)))
    rows = db.session.execute(select(EventStep.event_id, EventStep.reason).where(*its).order_by(EventStep.id))
    return dict(rows.all())


def _last_notices(subjects: Iterable[str]) -> dict[str, int]:
    query = select(Notice.subject, func.max(Notice.id)).where(
        Notice.subject.in_(list(subjects)), Notice.occasion.in_(OF_EVENT)
    )
    return dict(db.session.execute(query.group_by(Notice.subject)).all()) if subjects else {}


def _heard_at(told: Sequence[Message]) -> dict[tuple[str, int], datetime]:
    """When each household was last reached about these events by a way that speaks to it."""
    if not told:
        return {}
    query = (
        select(Message.subject, Message.household_id, func.max(Message.made_at))
        .where(
            Message.subject.in_({one.subject for one in told}),
            Message.household_id.in_({one.household_id for one in told}),
            Message.occasion.in_(OF_EVENT),
            Message.way != Way.PAGE,
            Message.state.in_(HEARD),
            Message.id.not_in([one.id for one in told]),
        )
        .group_by(Message.subject, Message.household_id)
    )
    return {(subject, household_id): at for subject, household_id, at in db.session.execute(query)}


def _days(
    reminders: Sequence[Message], now: datetime
) -> dict[tuple[int, str], list[tuple[Event, Site, bytes]]]:
    if not reminders:
        return {}
    days = {date.fromisoformat(one.subject.removeprefix("day ")) for one in reminders}
    on_one = or_(
        *(
            Event.starts_at.between(max(clock.instant(day), now), clock.instant(day + timedelta(days=1)))
            for day in days
        )
    )
    query = (
        select(Party.household_id, Event, Site, Signup.code_sealed)
        .join(Signup, Signup.party_id == Party.id)
        .join(Event, Event.id == Signup.event_id)
        .join(Site, Site.id == Event.site_id)
        .where(
            Party.household_id.in_({one.household_id for one in reminders}),
            Signup.state == Place.CONFIRMED,
            Event.state == State.PUBLISHED,
            on_one,
        )
        .order_by(Event.starts_at, Event.id, Signup.id)
        .execution_options(populate_existing=True)
    )
    found: dict[tuple[int, str], list[tuple[Event, Site, bytes]]] = {}
    for household_id, event, site, code in db.session.execute(query):
        its = found.setdefault((household_id, f"day {clock.day_of(event.starts_at)}"), [])
        if all(event is not other for other, *_ in its):
            its.append((event, site, code))
    return found


def _codes(subjects: Sequence[str]) -> dict[str, HomeCode]:
    numbers = [int(subject.removeprefix("code ")) for subject in subjects]
    return {f"code {key}": one for key, one in _by_id(HomeCode, numbers).items()} if numbers else {}
