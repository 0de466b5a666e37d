"""The life of the sample stations: each event from its draft to its close-out, at the times it would have happened."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from random import Random

from sqlalchemy import select

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.operations import draft
from stationapp.events.rules import BOOKED, EventFields
from stationapp.sample.lived import AHEAD, WRITTEN, Lived
from stationapp.sample.people import Person, community
from stationapp.sample.programme import IDEAS, Idea
from stationapp.sites.models import Site
from stationapp.sites.rules import Level

Step = tuple[datetime, Callable[[], None]]


class Life:
    """Draws what happens from one seed, so that every new instance gets the same district."""

    def __init__(
        self,
        sites: list[Site],
        managers: dict[int, int],
        reviewers: dict[int, int],
        *,
        since: Month,
        now: datetime,
    ) -> None:
        self._random = Random("civic life")
        self._sites, self._managers, self._reviewers = sites, managers, reviewers
        self._stations = [site for site in sites if site.level is Level.STATION]
        self._since, self._now = since, now
        today = clock.day_of(now)
        self._people = {
            site.id: community(self._random, site.id, number, today)
            for number, site in enumerate(self._stations)
        }

    def steps(self) -> list[Step]:
        """One step an event, by the time of its last act; each is a transaction or a few."""
        made = [step for site in self._sites for step in self._of_site(site)]
        soon = [self._soon(site) for site in self._sites[:3]]
        return sorted(made + soon + self._of_plan(), key=lambda pair: pair[0])

    def _of_site(self, site: Site) -> list[Step]:
        steps, month = [], self._since
        while month.begins_at < self._now + AHEAD:
            # A site that holds next to nothing now and then leaves gaps for the report to find.
            for _ in range(self._random.choice((0, 0, 1, 1, 2, 2))):
                idea = self._random.choice(list(IDEAS.values()))
                day = date(month.year, month.month, self._random.randint(1, month.last_day.day))
                starts_at = clock.instant(day, idea.hour)
                if starts_at - WRITTEN < self._now:
                    steps.append(self._held(site, idea, starts_at))
            month = month.plus(1)
        return steps

    def _soon(self, site: Site) -> Step:
        """Something that begins within the hour, so that a newcomer can check somebody in."""
        half_hours = -(-self._now.timestamp() // 1800)
        return self._held(site, IDEAS["阅读分享会"], datetime.fromtimestamp(half_hours * 1800, UTC))

    def _held(self, site: Site, idea: Idea, starts_at: datetime) -> Step:
        fields = EventFields(
            title=idea.title,
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=idea.minutes),
            place=site.address,
            capacity=idea.capacity,
            min_age=idea.min_age,
            max_age=idea.max_age,
            audience=idea.audience,
            contact_phone=site.phone,
        )
        return starts_at, partial(self._live, site, idea, self._random.random(), fields=fields)

    def _of_plan(self) -> list[Step]:
        here = {site.id: site for site in self._sites}
        drafts = db.session.execute(
            select(Event.id, Event.site_id, Event.title, Event.starts_at).where(Event.source.is_not(None))
        )
        return [
            (
                starts_at,
                partial(self._live, here[site_id], IDEAS[title], self._random.random(), event_id=event_id),
            )
            for event_id, site_id, title, starts_at in drafts
            if site_id in here and title in IDEAS
        ]

    def wish_for_a_taken_room(self, site: Site) -> None:
        """A draft in the room of the site's next event, so that a newcomer sees a clash before it is one."""
        taken = db.session.scalar(
            select(Event)
            .where(
                Event.site_id == site.id,
                Event.state.in_(BOOKED),
                Event.room_id.is_not(None),
                Event.starts_at > self._now + timedelta(days=1),
            )
            .order_by(Event.starts_at)
            .limit(1)
        )
        if taken is None:
            return
        idea = IDEAS["法律咨询日"]
        draft(
            site,
            EventFields(
                title=idea.title,
                summary=idea.summary,
                category=idea.category,
                task=idea.task,
                audience=idea.audience,
                themes=idea.themes,
                starts_at=taken.starts_at,
                ends_at=taken.ends_at,
                room_id=taken.room_id,
                place=taken.place,
            ),
            by=self.manager(site),
            now=self._now,
        )

    def _live(
        self,
        site: Site,
        idea: Idea,
        seed: float,
        *,
        fields: EventFields | None = None,
        event_id: int | None = None,
    ) -> None:
        Lived(self, site, idea, Random(seed), fields, event_id).run()

    def company(self, site: Site, idea: Idea, random: Random) -> list[Person]:
        """Who wants to come: people of the community, now and then of the next; to an office, of all beneath."""
        fit = [one for one in self._around(site, random) if _fits(idea, one.age)]
        return random.sample(fit, min(len(fit), max(2, idea.people + random.randint(-4, 5))))

    def helpers(self, site: Site, random: Random) -> list[Person]:
        """The same few adults of a community volunteer again and again."""
        adults = [one for one in self._around(site, random) if 18 <= one.age <= 70][:7]
        return random.sample(adults, len(adults))

    def _around(self, site: Site, random: Random) -> list[Person]:
        if site.level is not Level.STATION:
            near = [one for one in self._stations if one.parent_id == site.id] or self._stations
            return [person for one in near for person in self._people[one.id]]
        near = self._stations[(self._stations.index(site) + 1) % len(self._stations)]
        return self._people[site.id] + random.sample(self._people[near.id], 3)

    def manager(self, site: Site) -> int:
        """Who manages the site."""
        return self._managers.get(site.id) or self._reviewers[site.id]

    def reviewer(self, site: Site) -> int:
        """Who publishes: the office above a station, at an office and the center their own reviewer."""
        return self._reviewers[site.parent_id if site.level is Level.STATION else site.id]

    @property
    def now(self) -> datetime:
        """The present, after which nothing has happened yet."""
        return self._now


def _fits(idea: Idea, age: int) -> bool:
    return (idea.min_age is None or age > idea.min_age) and (idea.max_age is None or age < idea.max_age)
