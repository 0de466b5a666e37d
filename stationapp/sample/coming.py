"""What is to come in the sample: each way of getting a seat once, and people who are told of it (domain.md §6).

Everything happened on the days before today, at hours at which people are awake.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of
from stationapp.events.rules import EventFields
from stationapp.messages.hours import QUIET_FROM, QUIET_UNTIL
from stationapp.messages.models import Message
from stationapp.messages.operations import answer_call
from stationapp.messages.rules import CallOutcome, Delivery, Way
from stationapp.messages.spreading import remind, spread, spread_notices
from stationapp.notices.models import Notice
from stationapp.notices.operations import done
from stationapp.residents.merging import merge
from stationapp.residents.models import Resident
from stationapp.sample.homes import households
from stationapp.sample.lent import with_rooms
from stationapp.sample.offered import DRAW_TO_COME, DRAWN, FULL, MOVED, OFFERS, TOMORROW, Ask, Offer
from stationapp.signups import operations as signups
from stationapp.signups.draws import announce, draw
from stationapp.signups.limits import set_limit
from stationapp.signups.merged import give_back_doubles
from stationapp.signups.models import Party, Signup
from stationapp.signups.offers import lapse
from stationapp.signups.rules import CALLERS, Channel, Counted, Place, Span
from stationapp.sites.models import Site

DRAWN_AGO = 7  # days ago the draw that is over was held
_HOMES_A_MONTH = 12


class Coming:
    """The coming events of a station, its neighbour and their office; `managers` and `reviewers` by site id."""

    def __init__(
        self,
        station: Site,
        neighbour: Site,
        office: Site,
        *,
        managers: dict[int, int],
        reviewers: dict[int, int],
        now: datetime,
    ) -> None:
        self._sites = {"station": station, "neighbour": neighbour, "office": office}
        self._office, self._reviewer = office, reviewers[office.id]
        self._by = {station.id: managers[station.id], neighbour.id: managers[neighbour.id]}
        self._by[office.id] = self._reviewer
        self._now, self._today = now, clock.day_of(now)
        self._homes = households(station.id, self._today)

    @property
    def drawn_at(self) -> datetime:
        """When the draw that is over was held."""
        return self._at(-DRAWN_AGO, 10)

    def hold_draw(self) -> None:
        """Lots are drawn for something announced before; everybody who has a place was called the same day."""
        with transaction():
            event = self._publish(DRAWN)
            self._ask(event, DRAWN)
            draw(event.id, now=self.drawn_at)
        with transaction():
            self._spread(self.drawn_at)
            its = select(Message).join(Party, Party.id == Message.party_id).where(Party.event_id == event.id)
            told = its.where(Message.way == Way.CALL, Message.state == Delivery.PENDING).order_by(Message.id)
            by = self._by[event.site_id]
            for number, message in enumerate(db.session.scalars(told).all(), 1):
                at = self.drawn_at + timedelta(minutes=4 * number)
                answer_call(message.id, CallOutcome.REACHED, by=by, now=at)
                done(db.session.get_one(Notice, message.notice_id), by=by, now=at)

    def prepare(self) -> None:
        """Everything else, up to now; at last the office limits how many places a household may take."""
        with transaction():
            for offer in OFFERS:
                self._ask(self._publish(offer), offer)
            self._tomorrow()
            self._move()
        with transaction():
            self._give_back(FULL.title, "冯淑珍")
            self._merge("曹国强")
            set_limit(
                self._office, Counted.HOME, Span.MONTH, _HOMES_A_MONTH, by=self._reviewer, now=self._now
            )

    def tell(self) -> None:
        """What the jobs would have done by now: offers that ran out, messages, and reminders by day."""
        with transaction():
            while lapse(now=self._now):
                pass
        with transaction():
            self._spread(self._now)
            while remind(now=self._lately()):
                pass
            while spread(now=self._now):
                pass

    def _spread(self, now: datetime) -> None:
        unspread = select(Notice.id).where(Notice.spread_at.is_(None)).limit(1)
        while db.session.scalar(unspread) is not None:
            spread_notices(now=now)

    def _publish(self, offer: Offer) -> Event:
        site = self._sites[offer.where]
        by, written = self._by[site.id], self._at(-offer.published_ago, 9, 20)
        fields = with_rooms(self._fields(offer, site), site, offer.rooms)
        event = events.draft(site, fields, by=by, now=written)
        events.submit(event, by=by, now=written + timedelta(minutes=30))
        events.publish(event, by=self._reviewer, now=written + timedelta(hours=2))
        announce(event, now=written + timedelta(hours=2))
        return event

    def _fields(self, offer: Offer, site: Site) -> EventFields:
        starts_at = self._at(offer.ahead, offer.hour)
        fields = EventFields(
            title=offer.title,
            summary=offer.summary,
            category=offer.category,
            task=offer.task,
            audience=offer.audience,
            audience_only=offer.audience_only,
            capacity=offer.capacity,
            home_limit=offer.home_limit,
            place=site.address,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=90),
            contact_phone=site.phone,
        )
        if offer.phone_seats:
            until = starts_at - timedelta(days=1)
            fields = replace(fields, phone_seats=offer.phone_seats, phone_until_at=until)
        if offer.opens_tomorrow:
            fields = replace(fields, opens_at=self._at(1, 8, 30))
        if offer is DRAW_TO_COME:
            fields = replace(fields, draw_at=self._at(2, 10))
        return replace(fields, draw_at=self.drawn_at) if offer is DRAWN else fields

    def _tomorrow(self) -> None:
        """Something that begins within a day, so that callers are to be reminded."""
        early = clock.local(self._now).hour < 9
        offer = replace(TOMORROW, ahead=0, hour=15) if early else TOMORROW
        self._ask(self._publish(offer), offer)

    def _move(self) -> None:
        """Another day for something people counted on."""
        event, at = self._publish(MOVED), self._at(-1, 10, 5)
        self._ask(event, MOVED)
        later = timedelta(days=1)
        wish = fields_of(event)
        wish = replace(wish, starts_at=wish.starts_at + later, ends_at=wish.ends_at + later)
        site = self._sites[MOVED.where]
        wish = with_rooms(wish, site, MOVED.rooms, event_id=event.id)
        events.change(event, wish, by=self._by[site.id], now=at)

    def _ask(self, event: Event, offer: Offer) -> None:
        """One household after the other, from the morning after the event was published."""
        for number, ask in enumerate(offer.asks):
            day = number // 4 + 1 - offer.published_ago
            at = self._at(day, 10 + number % 4 * 2, 7 * number % 60)
            self._sign_up(event, ask, at)

    def _sign_up(self, event: Event, ask: Ask, at: datetime) -> None:
        people = [self._homes[ask.home][place] for place in ask.people]
        signups.sign_up(
            event,
            people,
            key=f"sample {event.code} {ask.home}",
            channel=ask.channel,
            by=self._by[event.site_id] if ask.channel in CALLERS else None,
            consent="web-1" if ask.channel is Channel.WEB else "oral-1",
            declared=event.audience_only,
            now=at,
        )

    def _give_back(self, title: str, name: str) -> None:
        """A little while ago somebody cancelled: the seat is offered to whoever is next."""
        its = select(Signup).join(Event, Event.id == Signup.event_id).join(Resident)
        mine = its.where(Event.title == title, Resident.name == name, Signup.state == Place.CONFIRMED)
        signups.cancel(db.session.scalars(mine).one(), by=None, why="own", now=self._lately())

    def _merge(self, name: str) -> None:
        """Two records of one person become one."""
        its = select(Resident.id).where(Resident.name == name).order_by(Resident.id)
        kept, gone = db.session.scalars(its)
        by = self._by[self._sites["station"].id]
        merge(kept, gone, by=by, now=self._now)
        give_back_doubles(kept, gone, by=by, now=self._now)

    def _lately(self) -> datetime:
        """Twenty minutes ago, or the evening before when people were asleep then."""
        at = self._now - timedelta(minutes=20)
        hour = clock.local(at).hour
        if QUIET_UNTIL <= hour < QUIET_FROM:
            return at
        day = clock.day_of(at) - timedelta(days=hour < QUIET_UNTIL)
        return clock.instant(day, QUIET_FROM - 1, 40)

    def _at(self, days: int, hour: int, minute: int = 0) -> datetime:
        return clock.instant(self._today + timedelta(days=days), hour, minute)
