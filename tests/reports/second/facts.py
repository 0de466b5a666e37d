"""The rows of a district laid out so that they can be looked up; which event is valid, which site in force."""

from collections import defaultdict
from datetime import timedelta
from types import SimpleNamespace
from typing import NamedTuple

from tests.reports.second.tables import month_at


class Seen(NamedTuple):
    """What a site's closed month counted: events with their close-out, the last line and answer, its rooms."""

    events: dict  # id → closed_out_at
    ever: dict  # the same with those that a version may name besides, without counting anything of them
    ledger: int
    answers: int
    rooms: dict  # by site code, as printed


class Facts:
    """The rows of `tables.read`, laid out so that they can be looked up."""

    def __init__(self, rows: SimpleNamespace) -> None:
        self.sites = {site.id: site for site in sorted(rows.sites, key=lambda site: site.code)}
        self.whole = {site.id: site.id for site in rows.residents}
        self.residents = {person.id: person for person in rows.residents}
        for merge in rows.merges:
            if merge.undone_at is None:
                self.whole[merge.gone_id] = merge.kept_id
        self.cadence = {series.id: series.cadence for series in rows.series}
        self.events = {event.id: event for event in rows.events}
        self.rows, self.heads, self.themes = defaultdict(list), defaultdict(list), defaultdict(set)
        for row in rows.attendances:
            if not row.undone:
                row.person = self.whole[row.resident_id]
                self.rows[row.event_id].append(row)
        for head in rows.headcounts:
            self.heads[head.event_id].append(head)
        for one in rows.event_themes:
            self.themes[one.event_id].add(one.theme)
        for event in rows.events:
            event.month = month_at(event.starts_at)
            event.named = [row for row in self.rows[event.id] if row.part == "resident"]
            event.heads = sum(head.people for head in self.heads[event.id])
        self.by_month = defaultdict(list)
        for event in rows.events:
            self.by_month[event.month].append(event)
        self._people(rows)
        self._rest(rows)
        held = [event.month for event in rows.events if event.state == "closed_out"]
        self.begun = min([*held, *(month for month, lines in self.lines.items() if lines)], default=(9999, 1))

    def _people(self, rows: SimpleNamespace) -> None:
        self.populations = defaultdict(list)
        for one in rows.populations:
            self.populations[one.site_id, one.group].append((one.as_of, one.people))
        self.profiles = rows.volunteers
        owner = {one.id: self.whole[one.resident_id] for one in rows.volunteers}
        lines = {line.id: line for line in rows.hours_entries}
        self.lines = defaultdict(list)
        for line in rows.hours_entries:
            line.person = owner[line.volunteer_id]
            source = lines[line.corrects_id] if line.corrects_id else line
            line.manual = source.manual_id is not None
            self.lines[line.served_on.year, line.served_on.month].append(line)
        self.last_line = max(lines, default=0)

    def _rest(self, rows: SimpleNamespace) -> None:
        channel = {party.id: party.channel for party in rows.parties}
        self.signups = defaultdict(list)
        for one in rows.signups:
            one.channel, one.person = channel[one.party_id], self.whole[one.resident_id]
            self.signups[one.event_id].append(one)
        self.answers = defaultdict(list)
        for one in sorted(rows.answers, key=lambda answer: answer.id):
            self.answers[one.event_id].append(one)
        self.last_answer = max((one.id for one in rows.answers), default=0)
        self.rooms = rows.rooms
        self.holidays = {one.day: one.works for one in rows.holidays}
        self.bookings = defaultdict(list)
        for one in rows.bookings:
            self.bookings[one.room_id].append(one)

    def is_valid(self, event) -> bool:
        """Closed out, with at least one resident or head."""
        return event.state == "closed_out" and bool(event.named or event.heads)

    def working_days(self, after, until) -> int:
        """How many working days came after one day, up to another."""
        count = 0
        while after < until and count < 12:
            after += timedelta(days=1)
            count += self.holidays.get(after, after.weekday() < 5)
        return count

    def in_force(self, site, day) -> bool:
        """Whether a site exists on a day."""
        return site.valid_from <= day and (site.valid_to is None or site.valid_to >= day)

    def beneath(self, site) -> list:
        """The site and everything under it, in code order."""
        return [other for other in self.sites.values() if other.path.startswith(site.path)]

    def people_in(self, community_id: int, group: str, day) -> int | None:
        """The population in force on a day; None when none is known."""
        known = [pair for pair in self.populations[community_id, group] if pair[0] <= day]
        return max(known)[1] if known else None
