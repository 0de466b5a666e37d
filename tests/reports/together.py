"""One round: threads close events out, post hours and answer while others close the month, all with real commits."""

import json
import random
import threading
import time
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import select

from stationapp import clock
from stationapp.app import create_app
from stationapp.calendar.rules import Month
from stationapp.config import Settings
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions.models import Answer
from stationapp.opinions.rules import Via
from stationapp.refusal import Refused
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.operations import close_month
from stationapp.reports.reckoning import reckon
from stationapp.reports.rules import canonical
from stationapp.reports.versions import find_latest, recomputed
from stationapp.sites.models import Site
from tests import cast
from tests.reports import build

EVENTS, LINES, ANSWERS = 4, 3, 3


class Together:
    """A district on PostgreSQL; each round is a month of its own, closed while it is written to.

    The months lie so far apart that each rests on one closed before: what a whole year costs is not looked at here.
    """

    def __init__(self, instance: Path, url: str) -> None:
        self.app = create_app(Settings(instance=instance / "instance", database_url=url))
        self.people = cast.district(self.app)
        self.work: Counter = Counter()
        self.began: dict[str, float] = {}  # when a closing's transaction began, by site
        self.begun = threading.Event()
        self.first = Month(2016, 1)

    def __enter__(self) -> "Together":
        return self

    def __exit__(self, *_gone) -> None:
        with self.app.app_context():
            db.session.remove()
            db.engine.dispose()

    def round(self, seed: int) -> None:
        """Prepare a month, let everybody loose on it, and look at what came of it."""
        lots, month = random.Random(seed), self.first.plus(11 * (seed % 1070))
        at = clock.instant(month.first_day + timedelta(days=9), 9)
        now = month.ends_at + timedelta(days=9)
        ready = self._prepared(month, at)
        errors: list[BaseException] = []
        times: dict[str, tuple[float, float]] = {}
        self.begun = threading.Event()
        facts = [
            self._task(name, do, times, errors, begun=lots.random() < 0.5, later=lots.random() * 0.12)
            for name, do in self._writes(ready, at, now)
        ]
        closers = [
            self._task(f"close {site.code}", lambda site=site: self._close(site, month, now), times, errors)
            for site in (self.people.center, lots.choice([self.people.office, self.people.one]))
        ]
        threads = [threading.Thread(target=one) for one in lots.sample(facts + closers, len(facts + closers))]
        for thread in threads:
            thread.start()
            time.sleep(lots.random() * 0.006)
        for thread in threads:
            thread.join()
        assert not errors, (seed, errors)
        with self.app.app_context():
            self._restated(month, now)
            self._looked_at(month, ready, times)
        self.work["rounds"] += 1
        self.work["facts"] += EVENTS + LINES + ANSWERS

    def _prepared(self, month: Month, at) -> dict[str, list]:
        people = self.people
        sites = [people.one, people.two, people.far, people.office]
        with self.app.app_context(), transaction():
            closed = [build.event(site, at, title="讲座") for site in sites]
            for event in closed:
                build.came(event, build.resident(people.one))
            open_ones = [build.event(site, at, state=State.PUBLISHED) for site in sites]
            for event in open_ones:
                build.came(event, build.resident(people.two))
            helper = build.volunteer(build.resident(people.one), people.one)
            return {
                "events": [event.id for event in open_ones],
                "answered": [event.id for event in closed],
                "helper": [helper],
            }

    def _writes(self, ready: dict[str, list], at, now):
        for id in ready["events"]:
            yield f"event {id}", lambda id=id: self._close_out(id, now)
        for number in range(LINES):
            yield f"line {number}", lambda: self._line(ready["helper"][0], clock.day_of(at))
        for number in range(ANSWERS):
            yield f"answer {number}", lambda number=number: self._answer(ready["answered"][number], at)

    def _task(self, name, do, times, errors, *, begun: bool = False, later: float = 0):
        def run() -> None:
            if begun:  # the moment at which a closing wants to write
                self.begun.wait(30)
            time.sleep(later)
            began = time.monotonic()
            try:
                with self.app.app_context():
                    retried(do)
            except BaseException as error:
                errors.append(error)
            times[name] = (began, time.monotonic())

        return run

    def _close_out(self, id: int, now) -> None:
        with transaction():
            event = db.session.scalar(select(Event).where(Event.id == id).with_for_update())
            event.state, event.closed_out_at = State.CLOSED_OUT, now
            db.session.flush()
            time.sleep(0.002)  # as an act that goes on writing does

    def _line(self, helper, on: date) -> None:
        people = self.people
        with transaction():
            build.manual(helper, people.one, 60, on, people.lin.id, people.chen.id)
            time.sleep(0.002)

    def _answer(self, event_id: int, at) -> None:
        with transaction():
            slot = random.randbytes(16)
            db.session.add(
                Answer(event_id=event_id, slot_index=slot, score=5, how=Via.PAGE, said_on=clock.day_of(at))
            )
            db.session.flush()
            time.sleep(0.002)

    def _close(self, site: Site, month: Month, now) -> None:
        try:
            reckoned = reckon(site, month, now=now, reason="同时")
            db.session.rollback()
            self.began[site.code] = time.monotonic()
            self.begun.set()
            with transaction():
                close_month(site, month, by=None, now=now, reason="同时", reckoned=reckoned)
        except Refused:
            self.work["closed by the other"] += 1

    def _restated(self, month: Month, now) -> None:
        try:
            with transaction():
                close_month(
                    self.people.center, month, by=None, now=now + timedelta(hours=1), reason="补上晚到的"
                )
            self.work["restated"] += 1
        except Refused:
            pass

    def _looked_at(self, month: Month, ready: dict[str, list], times: dict) -> None:
        center = self.people.center
        versions = list(
            db.session.scalars(
                select(CoverageReport)
                .where(CoverageReport.site_id == center.id, CoverageReport.month_on == month.first_day)
                .order_by(CoverageReport.version)
            )
        )
        counted = [
            set(db.session.scalars(select(CountedEvent.event_id).where(CountedEvent.report_id == one.id)))
            for one in versions
        ]
        began, ended = self.began[center.code], times[f"close {center.code}"][1]
        for id in ready["events"]:
            entered = [id in one for one in counted]
            assert entered == sorted(entered) and entered[-1], f"event {id} is lost: {entered}"
            self.work["in time" if entered[0] else "late"] += 1
            wrote_from, wrote_until = times[f"event {id}"]
            assert entered[0] or wrote_until > began, f"event {id} was committed before the closing"
            assert not entered[0] or wrote_from < ended, f"event {id} came after the closing"
        last = json.loads(versions[-1].body)["figures"]
        assert last["I-01"]["value"] == 2 * EVENTS
        assert (last["I-13"]["minutes"], last["I-23"]["denominator"]) == (60 * LINES, ANSWERS)
        if self.work["rounds"] % 5 == 0:  # costs as much as everything else of a round
            self._same_made_again(month, versions[0])

    def _same_made_again(self, month: Month, first: CoverageReport) -> None:
        for report in (first, find_latest(self.people.one, month)):
            assert canonical(recomputed(report)) == report.body, f"report {report.id} is not what it counted"
