"""Closing a month closes every month beneath it, from one reading of facts (domain.md §9; trust.md R1, R5)."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.notices.models import Notice
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.reports import figures, reckoning
from stationapp.reports.models import CountedEvent, CoverageReport
from stationapp.reports.operations import WITH_THE_REST, close_month
from stationapp.reports.reckoning import NotReckoned, fingerprint, reckon
from stationapp.reports.rules import ReportRefusal, canonical
from stationapp.reports.versions import find_latest, recomputed
from tests import cast
from tests.reports import build
from tests.reports.build import AFTER, AT, MONTH


@pytest.fixture
def people(app):
    district = cast.district(app)
    with app.app_context():
        with transaction():
            for site in (district.one, district.two, district.far, district.office):
                build.came(build.event(site), build.resident(site))
        yield district


def _close(site, now=AFTER, reason="", reckoned=None):
    with transaction():
        return close_month(site, MONTH, by=None, now=now, reason=reason, reckoned=reckoned)


def _versions() -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for report in db.session.scalars(select(CoverageReport).order_by(CoverageReport.id)):
        found.setdefault(json.loads(report.body)["site"], []).append(report.version)
    return found


def _late(site):
    with transaction():
        late = build.event(site, AT + timedelta(days=3), closed_out_at=AFTER + timedelta(hours=1))
        build.came(late, build.resident(site))


def _everybody(people) -> list:
    return [people.center, people.office, people.one, people.two, people.far_office, people.far]


@pytest.mark.both_databases
def test_closing_the_center_closes_every_site_in_one_act(people):
    report = _close(people.center)
    assert _versions() == {site.code: [1] for site in _everybody(people)}
    assert len(set(db.session.scalars(select(CoverageReport.closed_at)))) == 1
    by_site = {row["site"]: row["figures"] for row in json.loads(report.body)["by_site"] if not row["own"]}
    for site in _everybody(people)[1:]:
        own = json.loads(find_latest(site, MONTH).body)["figures"]
        assert {id: own[id]["value"] for id in by_site[site.code]} == {
            id: one["value"] for id, one in by_site[site.code].items()
        }
    for site in _everybody(people):
        latest = find_latest(site, MONTH)
        assert canonical(recomputed(latest)) == latest.body


def test_each_site_is_asked_to_sign_its_version_once(people):
    _close(people.center)
    told = select(Notice.subject, Notice.step, Notice.site_id).where(
        Notice.occasion == Occasion.MONTH_TO_SIGN
    )
    assert sorted(db.session.execute(told).all()) == sorted(
        (f"month {site.code} {MONTH}", 1, site.id) for site in _everybody(people)
    )


def test_each_version_has_its_line_in_the_audit(people):
    _close(people.office)
    lines = db.session.scalars(select(AuditLine.subject).where(AuditLine.act == "reports.close")).all()
    assert sorted(lines) == sorted(
        f"month {site.code} {MONTH} v1" for site in (people.office, people.one, people.two)
    )


@pytest.mark.both_databases
def test_stating_again_gives_a_version_only_where_something_changed(people):
    _close(people.center)
    _late(people.one)
    _close(people.center, AFTER + timedelta(days=1), "一站补了一场")
    assert _versions() == {site.code: [1] for site in _everybody(people)} | {
        site.code: [1, 2] for site in (people.center, people.office, people.one)
    }
    again = db.session.scalars(select(CoverageReport.reason).where(CoverageReport.version == 2))
    assert set(again) == {"一站补了一场"}


def test_a_station_closed_by_itself_before_gets_no_version_unless_it_changed(people):
    _close(people.one)
    _close(people.two)
    _late(people.two)
    _close(people.office, AFTER + timedelta(days=1))
    assert _versions() == {people.one.code: [1], people.two.code: [1, 2], people.office.code: [1]}
    assert find_latest(people.two, MONTH).reason == WITH_THE_REST


def test_stating_again_what_has_not_changed_is_refused(people):
    _close(people.office)
    with pytest.raises(Refused) as refused:
        _close(people.office, AFTER + timedelta(days=1), "再来")
    assert (refused.value.reason, refused.value.facts) == (ReportRefusal.NOTHING_CHANGED, {"version": 1})


def test_stating_the_center_again_without_a_reason_is_refused_before_anything_is_reckoned(
    people, monkeypatch
):
    _close(people.center)
    monkeypatch.setattr(reckoning, "_latest", None)
    with pytest.raises(Refused) as refused:
        _close(people.center, AFTER, "  ")
    assert refused.value.reason is ReportRefusal.REASON_MISSING


# --- reckoned before the transaction -----------------------------------------------------------------------------


@pytest.mark.both_databases
def test_what_was_reckoned_before_is_what_is_frozen_when_nothing_moved(people, monkeypatch):
    ready = reckon(people.center, MONTH, now=AFTER)
    db.session.rollback()
    monkeypatch.setattr("stationapp.reports.operations.reckon", None)  # not called again
    assert _close(people.center, reckoned=ready).body == canonical(ready.pages[0].body)


@pytest.mark.both_databases
def test_what_came_since_it_was_reckoned_is_counted(people):
    ready = reckon(people.center, MONTH, now=AFTER)
    db.session.rollback()
    _late(people.one)
    body = json.loads(_close(people.center, reckoned=ready).body)
    assert body["figures"]["I-01"]["value"] == ready.pages[0].body["figures"]["I-01"]["value"] + 1


def test_the_fingerprint_moves_with_every_fact(people):
    seen = {fingerprint(MONTH)}

    def moved(change) -> bool:
        with transaction():
            change()
        before = len(seen)
        seen.add(fingerprint(MONTH))
        return len(seen) == before + 1

    with transaction():
        helper, held = build.volunteer(build.resident(people.one), people.one), build.event(people.one)
    seen.add(fingerprint(MONTH))
    assert moved(lambda: build.event(people.two, AT + timedelta(days=1)))
    assert moved(lambda: setattr(db.session.get_one(Event, held.id), "closed_out_at", AFTER))
    assert moved(lambda: build.manual(helper, people.one, 60, AT.date(), people.lin.id, people.chen.id))
    assert moved(lambda: cast.population(people.one, as_of=AT.date()))
    assert moved(lambda: build.volunteer(build.resident(people.two), people.two))
    assert moved(lambda: setattr(db.session.merge(people.two), "valid_to", AT.date()))


def test_a_site_that_cannot_be_reckoned_says_so_and_nothing_is_closed(people, monkeypatch):
    real = figures.body

    def breaks(facts, *rest, **more):
        return 1 / 0 if facts.site.code == people.two.code else real(facts, *rest, **more)

    monkeypatch.setattr(figures, "body", breaks)
    with pytest.raises(NotReckoned) as failed:
        _close(people.center)
    assert failed.value.problem == f"ZeroDivisionError {people.two.code}"
    for table in (CoverageReport, CountedEvent):
        assert db.session.scalar(select(func.count()).select_from(table)) == 0


@pytest.mark.both_databases
def test_one_event_opened_again_while_another_is_closed_out_is_seen_to_have_moved(people):
    with transaction():
        first, second = (build.event(people.two, AT + timedelta(days=day)) for day in (1, 2))
        second.state, second.closed_out_at = State.PUBLISHED, None
        build.came(first, build.resident(people.two))
        build.came(second, build.resident(people.two))
        build.event(people.far, AT + timedelta(days=5))  # the last to be closed out stays the last
    ready = reckon(people.center, MONTH, now=AFTER)
    with transaction():
        first, second = db.session.merge(first), db.session.merge(second)
        second.state, second.closed_out_at = State.CLOSED_OUT, first.closed_out_at
        first.state, first.closed_out_at = State.PUBLISHED, None
        opened = first.id
    _close(people.center, reckoned=ready)
    assert opened not in set(db.session.scalars(select(CountedEvent.event_id)))
