"""Every figure of random months counted a second time, in plain SQL that shares nothing with the report."""

import random
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import text

from stationapp import clock
from stationapp.attendance.rules import Part
from stationapp.calendar.rules import AgeBand, Month
from stationapp.db import db, transaction
from stationapp.events.rules import Category, State
from stationapp.reports.queries import figures
from stationapp.residents.merging import merge, undo_merge
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from tests import cast
from tests.reports import build

FIRST = Month(2025, 1)
MONTHS = [FIRST.plus(n) for n in range(22)]

VALID = """WITH valid AS (
  SELECT e.id, e.series_id, e.site_id, e.starts_at FROM events e JOIN sites s ON s.id = e.site_id
  WHERE e.state = 'closed_out' AND e.starts_at >= :begin AND e.starts_at < :end AND s.path LIKE :path
    AND (EXISTS (SELECT 1 FROM attendances a WHERE a.event_id = e.id AND a.part = 'resident' AND NOT a.undone)
      OR EXISTS (SELECT 1 FROM headcounts h WHERE h.event_id = e.id)))
, person AS (SELECT id, coalesce(merged_into, id) AS resident_id FROM residents)
, came AS (
  SELECT a.event_id, a.part, a.undone, a.channel, a.band, a.community_id, p.resident_id
  FROM attendances a JOIN person p ON p.id = a.resident_id)
, served AS (SELECT a.* FROM came a JOIN valid v ON v.id = a.event_id WHERE a.part = 'resident' AND NOT a.undone)
, ledger AS (
  SELECT h.minutes, h.site_id, w.resident_id, (h.manual_id IS NOT NULL OR o.manual_id IS NOT NULL) AS by_hand
  FROM hours_entries h JOIN volunteers p ON p.id = h.volunteer_id JOIN sites s ON s.id = h.site_id
  JOIN person w ON w.id = p.resident_id
  LEFT JOIN hours_entries o ON o.id = h.corrects_id
  WHERE h.served_on >= :first AND h.served_on <= :last AND s.path LIKE :path)
, living AS (
  SELECT a.resident_id, a.band, e.starts_at FROM came a JOIN events e ON e.id = a.event_id
  JOIN sites c ON c.id = a.community_id
  WHERE e.state = 'closed_out' AND a.part = 'resident' AND NOT a.undone AND e.starts_at >= :year AND e.starts_at < :end
    AND c.path LIKE :path)
"""
OLD = "band IN ('60-64', '65-69', '70-79', '80+')"
GROUPS = {
    "under14": "band IN ('0-2', '3-6', '7-13')",
    "under18": "band IN ('0-2', '3-6', '7-13', '14-17')",
    "over60": OLD,
    "over65": "band IN ('65-69', '70-79', '80+')",
    "over80": "band = '80+'",
}
QUERIES = {
    ("I-01", "value"): "SELECT count(*) FROM valid",
    ("I-02", "value"): "SELECT count(DISTINCT series_id) "
    "+ sum(CASE WHEN series_id IS NULL THEN 1 ELSE 0 END) FROM valid",
    ("I-03", "numerator"): "SELECT count(DISTINCT v.site_id) FROM valid v JOIN sites s ON s.id = v.site_id "
    "WHERE s.level = 'station'",
    ("I-03", "denominator"): "SELECT count(*) FROM sites WHERE level = 'station' AND path LIKE :path",
    ("I-04", "named"): "SELECT count(*) FROM served",
    ("I-04", "anonymous"): "SELECT sum(people) FROM headcounts WHERE event_id IN (SELECT id FROM valid)",
    ("I-05", "value"): "SELECT count(DISTINCT resident_id) FROM served",
    ("I-06", "numerator"): "SELECT count(*) FROM served",
    ("I-07", "numerator"): "SELECT count(DISTINCT resident_id) FROM living WHERE starts_at >= :begin",
    ("I-07", "year", "numerator"): "SELECT count(DISTINCT resident_id) FROM living",
    ("I-12", "value"): "SELECT count(*) FROM (SELECT a.resident_id FROM came a "
    "JOIN valid v ON v.id = a.event_id WHERE a.part = 'volunteer' AND NOT a.undone "
    "UNION SELECT resident_id FROM ledger "
    "GROUP BY site_id, resident_id HAVING sum(minutes) > 0) AS who",
    ("I-13", "minutes"): "SELECT sum(minutes) FROM ledger",
    ("I-15", "numerator"): "SELECT sum(CASE WHEN by_hand THEN minutes ELSE 0 END) FROM ledger",
    ("I-22", "numerator"): f"SELECT count(*) FROM served WHERE channel IN ('phone', 'desk') AND {OLD}",
    **{
        ("I-08", "groups", group, "numerator"): "SELECT count(DISTINCT resident_id) FROM living "
        f"WHERE starts_at >= :begin AND {bands}"
        for group, bands in GROUPS.items()
    },
    **{
        ("I-08", "groups", group, "year", "numerator"): f"SELECT count(DISTINCT resident_id) FROM living WHERE {bands}"
        for group, bands in GROUPS.items()
    },
}  # fmt: skip


def _random_life(people: cast.District, chance: random.Random) -> None:
    sites = [people.center, people.office, people.one, people.two, people.far_office, people.far]
    homes = [people.one, people.two, people.far, None]
    persons = [build.resident(chance.choice(homes)) for _ in range(25)]
    volunteers = {person.id: build.volunteer(person, people.one) for person in persons[:6]}
    courses = {site.id: build.series(site) for site in sites}
    for _ in range(240):
        site = chance.choice(sites)
        day = date(2025, 1, 1) + timedelta(days=chance.randrange(670))
        held = build.event(
            site,
            clock.instant(day, chance.choice([0, 7, 9, 15, 23]), chance.choice([0, 30])),
            state=chance.choice([State.CLOSED_OUT] * 6 + [State.CANCELLED, State.PUBLISHED]),
            category=chance.choice(list(Category)),
            series_id=chance.choice([None, courses[site.id].id]),
        )
        _random_company(held, site, persons, volunteers, chance, people)
        for band in chance.sample(list(AgeBand), chance.choice([0, 0, 1, 2])):
            build.counted(held, chance.randint(1, 40), band)
    _random_merges(persons, chance, people)


def _random_merges(persons, chance: random.Random, people: cast.District) -> None:
    """Some are found to be one person; some of these turn out to be two after all."""
    kept = chance.sample(persons, 4)
    gone = chance.sample([person for person in persons if person not in kept], 6)
    for person in gone:
        made = merge(chance.choice(kept).id, person.id, by=people.chen.id, now=clock.now())
        if chance.random() < 0.3:
            undo_merge(made.id, by=people.chen.id, now=clock.now())


def _random_company(held, site, persons, volunteers, chance, people) -> None:
    for person in chance.sample(persons, chance.randint(0, 6)):
        part = chance.choice([Part.RESIDENT] * 4 + [Part.STAFF])
        if person.id in volunteers and chance.random() < 0.5:
            part = Part.VOLUNTEER
        lives = Lives.HERE if person.community_id else chance.choice([Lives.OUTSIDE, Lives.UNKNOWN])
        row = build.came(
            held,
            person,
            part=part,
            band=chance.choice(list(AgeBand)),
            channel=chance.choice(list(Channel)),
            lives=lives,
            undone=chance.random() < 0.1,
        )
        if part is Part.VOLUNTEER and held.state is State.CLOSED_OUT and not row.undone:
            _random_hours(row, held, site, volunteers[person.id], chance, people)


def _random_hours(row, held, site, who, chance, people) -> None:
    day, minutes = clock.day_of(held.starts_at), 30 * chance.randint(0, 4)
    line = build.line(who, site, minutes, day, attendance_id=row.id)
    if chance.random() < 0.2:
        build.line(who, site, -minutes, day, corrects_id=line.id)
    if chance.random() < 0.3:
        entry = build.manual(who, site, 60, day, people.lin.id, people.chen.id)
        if chance.random() < 0.3:
            build.line(who, site, -60, day, corrects_id=entry.id)


def _instant(at: datetime) -> object:
    at = at.astimezone(UTC)
    sqlite = db.engine.dialect.name == "sqlite"
    return at.strftime("%Y-%m-%d %H:%M:%S.%f") if sqlite else at


def _asked(site, month: Month) -> dict:
    """The bounds of a month, worked out by hand: Shanghai is eight hours ahead."""
    begin = datetime(month.year, month.month, 1, tzinfo=UTC)
    after = datetime(month.year + month.month // 12, month.month % 12 + 1, 1, tzinfo=UTC)
    eight = timedelta(hours=8)
    days = (begin.date(), (after - timedelta(days=1)).date())
    sqlite = db.engine.dialect.name == "sqlite"
    return {
        "begin": _instant(begin - eight),
        "end": _instant(after - eight),
        "year": _instant(datetime(month.year, 1, 1, tzinfo=UTC) - eight),
        "first": days[0].isoformat() if sqlite else days[0],
        "last": days[1].isoformat() if sqlite else days[1],
        "path": site.path + "%",
    }


def _dig(figure: dict, keys: tuple[str, ...]):
    for key in keys:
        figure = figure[key]
    return figure


@pytest.mark.both_databases
def test_every_figure_of_random_months_is_what_plain_sql_counts(app):
    people = cast.district(app)
    chance = random.Random(random.randrange(10**9))  # the run prints the seed this comes from
    with app.app_context():
        with transaction():
            _random_life(people, chance)
        sites = (people.center, people.office, people.one, people.far)
        wrong, compared, filled = [], 0, set()
        for month in MONTHS:
            for site in sites:
                body = figures(site, month)["figures"]
                for keys, sql in QUERIES.items():
                    counted = db.session.execute(text(VALID + sql), _asked(site, month)).scalar() or 0
                    compared += 1
                    filled |= {keys} if counted else set()
                    if _dig(body[keys[0]], keys[1:]) != counted:
                        wrong.append((str(month), site.code, keys, _dig(body[keys[0]], keys[1:]), counted))
        assert wrong == []
        assert compared == len(MONTHS) * len(sites) * len(QUERIES)
        assert filled == set(QUERIES), "some figure was never tried on anything but nothing"
