"""Every figure of random districts and histories counted a second time, by code that shares nothing with the report.

`TRUTH_BODIES=5000` makes it a long run, of several districts.
"""

import json
import os
import random
from collections import Counter
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, text

from stationapp import clock
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.refusal import Refused
from stationapp.reports.behind import Period, scope_of
from stationapp.reports.checks import wrong_bridges, wrong_sums
from stationapp.reports.lists import disagreements
from stationapp.reports.models import CoverageReport
from stationapp.reports.operations import close_month
from stationapp.reports.period_checks import misplaced_facts
from stationapp.reports.queries import figures
from stationapp.reports.rules import canonical
from stationapp.reports.versions import facts_unchanged, recomputed
from stationapp.sites.models import Site
from tests.reports.second.compare import differences, numbers, trend
from tests.reports.second.count import Report
from tests.reports.second.district import District
from tests.reports.second.facts import Facts
from tests.reports.second.tables import begins, later, month_at, read

BODIES = {"sqlite": int(os.environ.get("TRUTH_BODIES", "350")), "postgresql": 150}
"""So many months of sites are compared at least; 500 together."""

NEVER = {("year", "I-03", "levels", "center", "met")}
"""What may stay nothing throughout a run without the run being worthless."""


REGISTERS = ("I-16", "I-17", "I-18")
"""Who lives where and is a volunteer: the rows behind a version are as they stand today."""


class Run:
    """One district on the way through its history, and what was compared of it."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self.seen, self.printed, self.known = {}, {}, set()
        self.wrong, self.work = [], Counter()
        self.unsound = []  # versions that an invariant finds fault with
        self.filled, self.paths = set(), set()
        self.open = []
        self.district = District(db.engine, chance)
        self.district.begin()

    def facts(self) -> Facts:
        """The tables as they stand."""
        db.session.remove()
        with db.engine.connect() as connection:
            return Facts(read(connection))

    def live(self) -> None:
        """Months pass: they are closed at one site or at several, facts come late, some are restated."""
        for number, month in enumerate(self.district.months[:-3]):
            now = begins(later(month, 1)) + timedelta(days=9)
            self._close(self.chance.choice([1, 1, None, self._any_site()]), month, now)
            self.district.late(month, now + timedelta(days=2))
            if number > 2 and self.chance.random() < 0.6:
                older = self.district.months[number - self.chance.choice([0, 1, 2])]
                self._close(self.chance.choice([1, self._any_site()]), older, now + timedelta(days=5))

    def _any_site(self) -> int:
        return self.chance.choice(self.district.sites)["id"]

    def _close(self, site_id: int | None, month, now: datetime) -> None:
        """Close through the verb, and look at every version that it made."""
        if site_id is None:
            return
        facts, again = self.facts(), (site_id, month) in self.seen
        try:
            with transaction():
                site = db.session.get(Site, site_id)
                close_month(site, Month(*month), by=None, now=now, reason="补报" if again else "")
        except Refused:
            self.work["nothing changed"] += 1
            return
        seen = {}
        for row in self._made():
            body = json.loads(row.body)
            second = self.compare(facts, row.site_id, month, body, f"v{row.version}", now)
            seen[row.site_id, month] = second.as_closed()
            self.printed[row.site_id, month] = body["figures"]
            self.work["versions"] += 1
            self.work["restated"] += row.version > 1
            self.unsound += [(row.id, id) for id in (*wrong_sums(body), *wrong_bridges(body))]
        self.seen |= seen

    def _made(self) -> list:
        """The versions made since last asked."""
        db.session.remove()
        rows = db.session.execute(text("SELECT id, site_id, version, body FROM coverage_reports")).all()
        made = [row for row in rows if row.id not in self.known]
        self.known |= {row.id for row in made}
        return made

    def look(self, most: int) -> None:
        """The reports of months and sites picked at random, as they are with all that is known now."""
        facts, now = self.facts(), clock.now()
        pairs = [(site["id"], month) for site in self.district.sites for month in self.district.months]
        self.chance.shuffle(pairs)
        for site_id, month in pairs[: max(0, most)]:
            body = figures(db.session.get(Site, site_id), Month(*month))
            self.compare(facts, site_id, month, body, "open", now)
            self.open.append((site_id, month, body))

    def make_again(self, most: int) -> None:
        """Versions picked at random from their facts once more, and the rows behind their figures (R2, R4, R5)."""
        db.session.remove()
        self.unsound += misplaced_facts()
        reports = db.session.scalars(select(CoverageReport)).all()
        same = [report for report in reports if facts_unchanged(report)]
        for report in self.chance.sample(same, min(most, len(same))):
            self.work["made again"] += 1
            if canonical(recomputed(report)) != report.body:
                self.unsound.append(f"R2 {report.id}")
        for report, period in zip(self.chance.sample(same, 2), Period, strict=True):
            site, body = db.session.get_one(Site, report.site_id), json.loads(report.body)
            scope = scope_of(site, Month.of(report.month_on), report, period)
            wrong = [one for one in disagreements(scope, body) if one not in REGISTERS]
            self.unsound += [f"R4 {report.id} {period.value} {one}" for one in wrong]

    def compare(self, facts: Facts, site_id: int, month, body: dict, which: str, now: datetime) -> Report:
        """One body against the second count; what differs is kept in `wrong`."""
        report = Report(facts, facts.sites[site_id], month, self.seen, (now + timedelta(hours=8)).date())
        second = report.body()
        found = list(differences(body, second))
        if self.chance.random() < 0.1:
            found += trend(body, report.trend(self.printed))
            self.work["trends"] += 1
        self.wrong += [(report.site.code, month, which, *difference) for difference in found]
        for section in ("figures", "year", "bridge", "year_bridge"):
            for path, number in numbers((section,), second[section]):
                self.work["figures"] += 1
                self.paths.add(path)
                self.filled |= {path} if number else set()
        self.work["bodies"] += 1
        return report

    def found_by(self, spoil) -> int:
        """In how many of the open reports a count with a wrong definition differs; it must be found."""
        facts = self.facts()
        seen = spoil(facts, self.seen)
        return sum(
            any(differences(body, Report(facts, facts.sites[site_id], month, seen).body()))
            for site_id, month, body in self.open[:25]
        )


def _late_facts_slip_in(_facts: Facts, _seen: dict) -> dict:
    return {}


def _nobody_is_merged(facts: Facts, seen: dict) -> dict:
    for rows in facts.rows.values():
        for row in rows:
            row.person = row.resident_id
    return seen


def _months_are_of_greenwich(facts: Facts, seen: dict) -> dict:
    facts.by_month.clear()
    for event in facts.events.values():
        event.month = month_at(event.starts_at - timedelta(hours=8))
        facts.by_month[event.month].append(event)
    return seen


def _heads_are_persons(facts: Facts, seen: dict) -> dict:
    for event in facts.events.values():
        event.named = event.named + event.named[:1] * min(event.heads, 1)
    return seen


WRONG = (_late_facts_slip_in, _nobody_is_merged, _months_are_of_greenwich, _heads_are_persons)


@pytest.mark.both_databases
def test_every_figure_of_random_histories_is_what_a_second_count_finds(app, database_url):
    chance = random.Random(random.randrange(10**9))  # the run prints the seed this comes from
    least = BODIES[db_name(database_url)]
    with app.app_context():
        run = Run(chance)
        run.live()
        run.look(max(60, least - run.work["bodies"]))
        run.make_again(20)
        print("compared:", dict(run.work), "of", len(run.paths), "figures;", len(run.wrong), "differ")
        print(*_each_once(run.wrong), sep="\n")
        assert run.wrong == []
        assert run.unsound == []
        assert run.work["made again"] == 20
        assert run.work["bodies"] >= least
        assert run.work["restated"] >= 3
        assert run.paths - run.filled <= NEVER, "some figure was never tried on anything but nothing"
        blind = [spoil.__name__ for spoil in WRONG if not run.found_by(spoil)]
        assert blind == [], "a wrong definition was not found"


def db_name(url: str) -> str:
    """sqlite or postgresql."""
    return url.split(":")[0].split("+")[0]


def _each_once(wrong: list) -> list:
    """Of each kind of difference how often, and one of them."""
    kinds = Counter()
    first = {}
    for one in wrong:
        where = one[3]
        kind = (one[2][0], where[0], *(where[1:2] if where[0] in ("figures", "year") else where[2:4]))
        kinds[kind] += 1
        first.setdefault(kind, one)
    return [(count, first[kind]) for kind, count in kinds.most_common(40)]
