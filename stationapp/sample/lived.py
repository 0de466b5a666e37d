"""One event of the sample's life, from its draft to its close-out."""

from dataclasses import replace
from datetime import datetime, timedelta
from random import Random
from typing import TYPE_CHECKING

from sqlalchemy import select

from stationapp import clock
from stationapp.attendance.operations import check_in, check_out, close_out, count_heads
from stationapp.attendance.rules import How, Part
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, transaction
from stationapp.events import operations as events
from stationapp.events.models import Event
from stationapp.events.queries import fields_of
from stationapp.events.rules import EventFields
from stationapp.refusal import Refused
from stationapp.residents.operations import take_in
from stationapp.residents.queries import get_resident
from stationapp.sample.lent import with_rooms
from stationapp.sample.people import Person
from stationapp.sample.programme import Idea
from stationapp.sample.said import Said
from stationapp.signups import operations as signups
from stationapp.signups.models import Signup
from stationapp.signups.rules import Channel, Place
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import Assignment, Shift, Volunteer
from stationapp.volunteers.rules import ManualReason, Risk

if TYPE_CHECKING:
    from stationapp.sample.life import Life

AHEAD = timedelta(days=12)  # how far ahead events are submitted
WRITTEN = AHEAD + timedelta(days=1)  # how far ahead they are written
_FORGOTTEN = 0.06  # share of recent events that nobody has closed out yet


class Lived:
    """One event's way from draft to close-out, as far as the present lets it."""

    def __init__(self, life: "Life", site: Site, idea: Idea, random: Random, fields, event_id) -> None:
        self._life, self._site, self._idea, self._random = life, site, idea, random
        self._fields, self._event_id = fields, event_id
        self._by = life.manager(site)

    def run(self) -> None:
        with transaction():
            event = self._written()
            published = self._publish(event)
        if published:
            self.follow(event.id)

    def follow(self, event_id: int) -> None:
        """What becomes of it once it is public: people sign up, and it is held."""
        with transaction():
            self._sign_up(db.session.get_one(Event, event_id))
        self.hold(event_id)

    def hold(self, event_id: int) -> None:
        """People come and it is closed out, as far as its time has come."""
        event = db.session.get_one(Event, event_id)
        if event.ends_at > self._life.now:
            return
        with transaction():
            self._come(event)
        late = self._life.now - event.ends_at < timedelta(days=9) and self._random.random() < _FORGOTTEN
        if not late and event.ends_at + timedelta(hours=3) <= self._life.now:
            with transaction():
                self._close(event)
            Said(event_id, by=self._by, now=self._life.now).gather(self._above())

    def fill(self, event_id: int) -> None:
        """Sign people up, one after the other, until the first has to wait."""
        with transaction():
            event = db.session.get_one(Event, event_id)
            at = event.published_at + timedelta(minutes=20)
            last = min(event.starts_at, self._life.now)
            for person in self._life.company(self._site, self._idea, self._random):
                at = _awake(at + timedelta(hours=self._random.randint(1, 6)))
                if at >= last or self._enter(event, person, at) is Place.WAITLISTED:
                    return

    def _written(self) -> Event:
        if self._event_id is None:
            now = self._at_work(self._fields.starts_at - WRITTEN)
            fields = with_rooms(self._complete(self._fields), self._site, self._idea.title)
            event = events.draft(self._site, fields, by=self._by, now=now)
        else:
            event = db.session.get_one(Event, self._event_id)
            now = min(max(self._at_work(event.starts_at - WRITTEN), event.made_at), self._life.now)
            fields = self._complete(fields_of(event))
            fields = with_rooms(fields, self._site, self._idea.title, event_id=event.id)
            event = events.change(event, fields, by=self._by, now=now)
        self._at = now
        return event

    def _at_work(self, at: datetime) -> datetime:
        """Some moment of that day's working hours."""
        return clock.instant(clock.day_of(at), self._random.randint(9, 16), self._random.randint(0, 59))

    def _complete(self, fields: EventFields) -> EventFields:
        idea = self._idea
        return replace(
            fields,
            summary=idea.summary,
            category=fields.category or idea.category,
            task=idea.task,
            audience=fields.audience or idea.audience,
            themes=fields.themes or idea.themes,
            place=fields.place or self._site.address,
        )

    def _publish(self, event: Event) -> bool:
        at = self._at + timedelta(hours=1)
        if at > self._life.now:
            return False
        events.submit(event, by=self._by, now=at)
        decided = self._at_work(at + timedelta(days=self._random.choice((1, 1, 2, 3))))
        if decided > self._life.now:
            return False
        events.publish(event, by=self._life.reviewer(self._site), now=decided)
        if self._idea.volunteers:
            self._shift(event, decided + timedelta(minutes=5))
        return True

    def _shift(self, event: Event, now: datetime) -> None:
        shift = volunteers.add_shift(
            event, title="现场引导", needed=self._idea.volunteers, risk=Risk.ORDINARY,
            risk_note="室内活动，注意防滑", insurance="", by=self._by, now=now,
        )  # fmt: skip
        for person in self._life.helpers(self._site, self._random)[: self._idea.volunteers]:
            resident = take_in(person.given, now=now)
            profile = volunteers.register(resident, site=self._site, by=self._by, now=now)
            try:
                volunteers.assign(shift, profile, by=self._by, now=now)
            except Refused:
                continue  # on another shift at that time

    def _sign_up(self, event: Event) -> None:
        begins = max(event.published_at + timedelta(minutes=20), event.starts_at - timedelta(days=9))
        last = min(event.starts_at - timedelta(hours=2), self._life.now)
        for person in self._life.company(self._site, self._idea, self._random):
            at = _awake(begins + (last - begins) * self._random.random())
            if at >= last or at < event.published_at:
                continue
            self._enter(event, person, at)
        self._second_thoughts(event, last)

    def _enter(self, event: Event, person: Person, at: datetime) -> Place | None:
        """Sign one person up; whether they have a place or wait, None when they cannot."""
        channel = self._channel(person)
        try:
            return signups.sign_up(
                event,
                [person.given],
                key=f"sample {event.code} {person.given.phone} {person.given.name}",
                channel=channel,
                by=None if channel in (Channel.WEB, Channel.FAMILY) else self._by,
                consent="web-1" if channel is Channel.WEB else "oral-1",
                now=at,
            ).state
        except Refused:
            return None  # another programme at the same hour

    def _channel(self, person: Person) -> Channel:
        if person.landline:
            return Channel.PHONE
        if person.age >= 60:
            return self._random.choice((Channel.WEB, Channel.FAMILY, Channel.PHONE, Channel.DESK))
        return Channel.FAMILY if person.age < 14 else Channel.WEB

    def _second_thoughts(self, event: Event, at: datetime) -> None:
        for signup in self._places(event):
            if self._random.random() < 0.05:
                signups.cancel(signup, by=None, why="own", now=at)

    def _places(self, event: Event) -> list[Signup]:
        query = select(Signup).where(Signup.event_id == event.id, Signup.state == Place.CONFIRMED)
        return list(db.session.scalars(query.order_by(Signup.id)))

    def _come(self, event: Event) -> None:
        helping = self._help(event)
        for signup in self._places(event):
            if signup.resident_id in helping or self._random.random() < 0.14:
                continue
            at = event.starts_at + timedelta(minutes=self._random.randint(-15, 8))
            resident = get_resident(signup.resident_id)
            check_in(event, resident, how=How.ROSTER, part=Part.RESIDENT, by=self._by, now=at)
        self._walk_in(event)

    def _help(self, event: Event) -> set[int]:
        """Volunteers sign in at the door and out at the end; one now and then forgets to sign out."""
        there = set()
        crew = db.session.execute(
            select(Volunteer.resident_id)
            .join(Assignment, Assignment.volunteer_id == Volunteer.id)
            .join(Shift, Shift.id == Assignment.shift_id)
            .where(Shift.event_id == event.id, Assignment.ended_at.is_(None))
            .order_by(Volunteer.id)
        ).scalars()
        for resident_id in crew.all():
            resident = get_resident(resident_id)
            came = event.starts_at - timedelta(minutes=self._random.randint(5, 25))
            check_in(event, resident, how=How.STAFF_SCAN, part=Part.VOLUNTEER, by=self._by, now=came)
            there.add(resident_id)
            if self._random.random() < 0.95:
                left = event.ends_at + timedelta(minutes=self._random.randint(0, 15))
                check_out(event, resident, how=How.STAFF_SCAN, by=self._by, now=left)
        return there

    def _walk_in(self, event: Event) -> None:
        if event.taken == event.capacity:
            return  # full: whoever is not on the list finds no chair
        for person in self._life.company(self._site, self._idea, self._random)[
            : self._random.choice((0, 0, 1, 2))
        ]:
            resident = take_in(person.given, now=event.starts_at)
            try:
                check_in(
                    event, resident, how=How.WALK_IN, part=Part.RESIDENT, channel=Channel.WALK_IN,
                    by=self._by, now=event.starts_at + timedelta(minutes=12),
                )  # fmt: skip
            except Refused:
                continue  # there already, as a volunteer

    def _close(self, event: Event) -> None:
        at = event.ends_at + timedelta(hours=self._random.randint(1, 3))
        if self._idea.heads:
            old = self._random.randint(2, self._idea.heads)
            count_heads(event, {AgeBand.B60: old, AgeBand.B45: old // 2}, by=self._by, now=at)
        close_out(event, note="活动顺利", by=self._by, now=at)
        volunteers.post_hours(event, by=self._by, now=at)
        if self._site.level is Level.STATION and self._random.random() < 0.05:
            self._without_scan(at + timedelta(hours=20))

    def _above(self) -> int | None:
        """Who calls people about it: the reviewer of the office above a station."""
        return self._life.reviewer(self._site) if self._site.level is Level.STATION else None

    def _without_scan(self, now: datetime) -> None:
        """A home visit without a scan: proposed by the station, mostly decided by the office a day later."""
        profile = db.session.scalar(select(Volunteer).where(Volunteer.site_id == self._site.id).limit(1))
        if profile is None or now + timedelta(days=1) > self._life.now:
            return
        try:
            manual = volunteers.propose_manual(
                profile, site=self._site, from_site=self._site, served_on=clock.day_of(now), minutes=60,
                reason=ManualReason.OUTSIDE, note="上门陪伴独居老人", by=self._by, now=now,
            )  # fmt: skip
            if self._random.random() < 0.8:
                volunteers.decide_manual(
                    manual, approved=True, from_site=db.session.get_one(Site, self._site.parent_id),
                    by=self._life.reviewer(self._site), now=now + timedelta(days=1),
                )  # fmt: skip
        except Refused:
            return  # the day is full already


def _awake(at: datetime) -> datetime:
    """The same moment, or later that morning when people would still be asleep."""
    hour = clock.local(at).hour
    return at + timedelta(hours=8 - hour // 2 - hour % 2) if hour < 8 else at
