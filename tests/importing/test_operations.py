"""Files become facts once: the same file again changes nothing, a person's own change stays."""

from datetime import date, timedelta

import pytest
from sqlalchemy import delete, func, select

from stationapp.audit.models import AuditLine
from stationapp.calendar.models import Holiday
from stationapp.clock import local
from stationapp.db import db, transaction
from stationapp.events.models import Event, EventTheme, Series
from stationapp.events.operations import change
from stationapp.events.queries import fields_of
from stationapp.events.recurrence import dates
from stationapp.events.rules import Cadence, Pattern, State
from stationapp.events.series import extend
from stationapp.events.series_queries import rule_of
from stationapp.importing.kinds import PERSONAL, Kind
from stationapp.importing.models import Upload
from stationapp.importing.operations import drop_old_uploads, keep_upload
from stationapp.rooms.models import Room
from stationapp.sites.models import Population, Site
from stationapp.sites.rules import Level
from stationapp.tables import metadata
from tests import cast
from tests.importing.samples import FILES, NOW, take_in, take_in_everything

SITES = "代码,层级,名称,上级代码,地址,电话,法人单位,开放时间\n"
PLAN = "活动计划表 2026年11月\n承办单位,活动名称,活动类别,时间,地点,对象,人数,负责人及电话,备注\n"


def everything() -> dict[str, list]:
    """Every row of every table."""
    return {
        table.name: sorted(map(repr, db.session.execute(select(table)).all()))
        for table in metadata.sorted_tables
    }


def count(model) -> int:
    return db.session.scalar(select(func.count()).select_from(model))


@pytest.mark.both_databases
def test_the_sample_district_goes_in_and_its_files_again_change_nothing(app):
    with app.app_context():
        first = take_in_everything()
        before = everything()
        again = take_in_everything()
        assert {kind: loaded.added for kind, loaded in first.items()} == {
            Kind.SITES: 100, Kind.POPULATION: 527, Kind.ROOMS: 356, Kind.HOLIDAYS: 39, Kind.PLAN: 247,
        }  # fmt: skip
        assert {kind: (one.added, one.changed, one.same) for kind, one in again.items()} == {
            kind: (0, 0, one.added) for kind, one in first.items()
        }
        assert [problem.line for one in first.values() for problem in one.problems] == [
            problem.line for one in again.values() for problem in one.problems
        ]
        assert everything() == before
        assert [count(model) for model in (Site, Population, Room, Holiday)] == [100, 527, 356, 39]


def test_each_file_that_changed_something_leaves_one_line_in_the_audit_log(app):
    with app.app_context():
        take_in_everything()
        lines = db.session.execute(
            select(AuditLine.act, AuditLine.subject).where(AuditLine.act.startswith("importing."))
        )
        assert [tuple(line) for line in lines] == [
            ("importing.sites", "file +100 ~0"),
            ("importing.population", "file +527 ~0"),
            ("importing.rooms", "file +356 ~0"),
            ("importing.holidays", "file +39 ~0"),
            ("importing.plan", "file +247 ~0"),
        ]


@pytest.mark.both_databases
def test_a_changed_row_is_an_update_with_its_line_in_the_audit_log(app):
    people = cast.district(app)
    name = "湖北路示例一社区新时代文明实践站"
    line = f"{people.one.code},station,{name},{people.office.code},新地址8号,0379-00000002,,\n"
    with app.app_context():
        loaded = take_in(Kind.SITES, SITES + line)
        assert (loaded.added, loaded.changed, loaded.same, loaded.problems) == (0, 1, 0, ())
        site = db.session.get_one(Site, people.one.id)
        assert (site.address, site.phone, site.path) == ("新地址8号", "0379-00000002", people.one.path)
        last = db.session.scalars(select(AuditLine).order_by(AuditLine.number.desc()).limit(1)).one()
        assert (last.act, last.subject, last.site_id) == ("importing.sites", "file +0 ~1", people.center.id)


def test_a_station_that_moves_to_another_office_takes_its_path_along(app):
    people = cast.district(app)
    line = f"{people.one.code},station,示例一社区新时代文明实践站,{people.far_office.code},1号,,,\n"
    with app.app_context():
        take_in(Kind.SITES, SITES + line)
        site = db.session.get_one(Site, people.one.id)
        assert (site.parent_id, site.path) == (people.far_office.id, f"{people.far_office.path}{site.id}/")
        assert db.session.get_one(Site, people.two.id).path == people.two.path


@pytest.mark.both_databases
def test_a_station_is_merged_into_another_and_back_and_what_a_file_does_not_name_stays(app):
    people = cast.district(app)
    head, name = "代码,层级,名称,上级代码", "湖北路示例一社区新时代文明实践站"
    line = f"{people.one.code},station,{name},{people.office.code}"

    def now() -> tuple:
        db.session.expire_all()
        site = db.session.get_one(Site, people.one.id)
        return site.valid_to, site.successor_id, site.phone

    with app.app_context():
        phone = now()[2]
        merged = take_in(Kind.SITES, f"{head},最后在用日,并入代码\n{line},2026-10-31,{people.two.code}\n")
        assert (merged.changed, merged.lost) == (1, ())
        assert "合并以后的人口数" in merged.problems[0].message
        stands = (date(2026, 10, 31), people.two.id, phone)
        assert (now(), bool(phone)) == (stands, True)
        again = take_in(Kind.SITES, f"{head}\n{line}\n")
        assert (again.same, now()) == (1, stands)
        take_in(Kind.SITES, f"{head},启用日期,最后在用日\n{line},2026-02-01,\n")
        assert now() == (None, None, phone)
        assert db.session.get_one(Site, people.one.id).valid_from == date(2026, 2, 1)
        take_in(
            Kind.SITES,
            f"{head},最后在用日\n{people.one.code}9{line.removeprefix(people.one.code)},2025-06-30\n",
        )
        old = db.session.scalar(select(Site).where(Site.code == f"{people.one.code}9"))
        assert (old.valid_from, old.valid_to) == (date(2025, 1, 1), date(2025, 6, 30))


def test_a_population_row_with_another_day_stands_beside_the_older_one(app):
    people = cast.district(app)
    head = "代码,群体,人数,截至,来源\n"
    with app.app_context():
        same_day = take_in(Kind.POPULATION, f"{head}{people.one.code},all,5100,2025-12-31,改正\n")
        next_day = take_in(Kind.POPULATION, f"{head}{people.one.code},all,5200,2026-06-30,年中\n")
        assert [(one.added, one.changed) for one in (same_day, next_day)] == [(0, 1), (1, 0)]
        rows = select(Population.people, Population.as_of, Population.source).where(
            Population.site_id == people.one.id, Population.group == "all"
        )
        assert sorted(map(tuple, db.session.execute(rows))) == [
            (5100, date(2025, 12, 31), "改正"),
            (5200, date(2026, 6, 30), "年中"),
        ]


@pytest.mark.both_databases
def test_a_rehearsal_says_the_same_and_keeps_nothing(app):
    with app.app_context():
        for kind in (Kind.SITES, Kind.ROOMS):
            take_in(kind)
        before = everything()
        for kind in (Kind.POPULATION, Kind.HOLIDAYS, Kind.PLAN):
            rehearsed = take_in(kind, rehearse=True)
            assert everything() == before
            real = take_in(kind)
            assert (rehearsed.added, rehearsed.problems) == (real.added, real.problems)
            before = everything()


def test_a_line_of_the_plan_becomes_a_draft_with_its_room_and_its_place(app):
    with app.app_context():
        take_in_everything()
        assert set(db.session.scalars(select(Event.state))) == {State.DRAFT}
        event = db.session.scalars(
            select(Event).join(Site, Site.id == Event.site_id).where(Site.code == "410305003002",
                Event.title == "文明交通劝导").order_by(Event.starts_at).limit(1)
        ).one()  # fmt: skip
        assert str(local(event.starts_at)) == "2026-11-18 15:00:00+08:00"
        room = db.session.get_one(Room, event.room_id)
        assert (room.name, event.place, room.site_id) == ("图书阅览室", "图书阅览室", event.site_id)
        matched = db.session.execute(
            select(Room.site_id, Event.site_id, Room.name, Event.place).join(Room, Room.id == Event.room_id)
        ).all()
        assert matched and all(rs == es and name == place for rs, es, name, place in matched)
        unmatched = select(func.count()).select_from(Event).join(
            Room, (Room.site_id == Event.site_id) & (Room.name == Event.place)
        ).where(Event.room_id.is_(None))  # fmt: skip
        assert db.session.scalar(unmatched) == 0


def test_a_weekly_line_becomes_that_months_dates_in_one_series(app):
    people = cast.district(app)
    line = "湖北路示例一社区,少儿书法班,教育服务,每周二下午3点,书画室,7-13岁,20人,周老师19900000001,\n"
    with app.app_context():
        loaded = take_in(Kind.PLAN, PLAN + line)
        assert [problem.line for problem in loaded.problems] == []
        events = list(db.session.scalars(select(Event).order_by(Event.starts_at)))
        assert [str(local(event.starts_at))[:16] for event in events] == [
            f"2026-11-{day:02d} 15:00" for day in (3, 10, 17, 24)
        ]
        series = db.session.scalars(select(Series)).one()
        assert (series.title, series.cadence, series.site_id) == ("少儿书法班", Cadence.STAGED, people.one.id)
        assert {event.series_id for event in events} == {series.id}
        assert {(event.min_age, event.max_age, event.capacity) for event in events} == {(7, 13, 20)}
        assert {"结束时间" in event.remark for event in events} == {True}


@pytest.mark.parametrize(
    ("when", "weekdays", "first", "last"),
    [
        ("每周二下午3点", "1", 3, 24),
        ("每周一、周四上午9:00-10:00", "03", 2, 30),
        ("每天上午8:00-9:00", "0123456", 1, 30),
    ],
)
def test_a_weekly_line_leaves_its_rule_by_which_the_series_goes_on(app, when, weekdays, first, last):
    cast.district(app)
    line = f"湖北路示例一社区,书法班,教育服务,{when},书画室,7-13岁,20人,周老师19900000001,\n"
    with app.app_context():
        take_in(Kind.PLAN, PLAN + line)
        series = db.session.scalars(select(Series)).one()
        assert (series.pattern, series.weekdays, series.every) == (Pattern.WEEKLY, weekdays, 1)
        assert (series.first_on, series.last_on) == (date(2026, 11, first), date(2026, 11, last))
        held = sorted(local(at).date() for at in db.session.scalars(select(Event.starts_at)))
        assert [one.day for one in dates(rule_of(series), {})] == held
        until = date(2026, 12, 31)
        with transaction(rehearse=True):
            laid = extend(series, until=until, by=None, now=NOW)
            goes_on = [local(event.starts_at).date() for event in laid.events]
        december = [date(2026, 12, day) for day in range(1, 32)]
        assert goes_on == [day for day in december if str(day.weekday()) in weekdays]


@pytest.mark.both_databases
def test_the_same_weekly_line_again_leaves_the_rule_and_a_series_that_went_on(app):
    cast.district(app)
    line = "湖北路示例一社区,书法班,教育服务,每周二下午3点,书画室,7-13岁,20人,周老师19900000001,\n"
    with app.app_context():
        take_in(Kind.PLAN, PLAN + line)
        before = everything()
        again = take_in(Kind.PLAN, PLAN + line)
        assert (again.added, again.changed, again.same) == (0, 0, 4)
        assert everything() == before
        with transaction():
            extend(db.session.scalars(select(Series)).one(), times=2, by=None, now=NOW)
        before = everything()
        take_in(Kind.PLAN, PLAN + line)
        assert everything() == before
        assert db.session.scalars(select(Series.last_on)).one() == date(2026, 12, 8)


@pytest.mark.parametrize("when", ["11月3日、10日下午3点", "每月15日上午9点", "每月第二个周三上午9点"])
def test_dates_that_are_no_month_of_weekdays_leave_no_rule(app, when):
    cast.district(app)
    line = f'湖北路示例一社区,书法班,教育服务,"{when}",书画室,7-13岁,20人,周老师19900000001,\n'
    with app.app_context():
        take_in(Kind.PLAN, PLAN + line)
        series = db.session.scalars(select(Series)).one()
        assert (series.pattern, series.weekdays, series.first_on, series.last_on) == (None, "", None, None)


def test_a_single_line_has_no_series(app):
    cast.district(app)
    with app.app_context():
        take_in(Kind.PLAN, PLAN + "湖北路示例一社区,讲座,理论宣讲,2026/11/5 14:30-16:00,广场,居民,不限,,\n")
        assert db.session.scalars(select(Event.series_id)).all() == [None]
        assert count(Series) == 0


@pytest.mark.both_databases
def test_a_draft_that_staff_edited_is_left_as_it_is(app):
    people = cast.district(app)
    line = "湖北路示例一社区,健康讲座,惠民便民,11月5日上午9:00-10:30,广场,60岁以上老人,30,周老师19900000001,带水杯\n"
    with app.app_context():
        take_in(Kind.PLAN, PLAN + line)
        with transaction():
            event = db.session.scalars(select(Event)).one()
            fields = fields_of(event)
            wish = type(fields)(
                **{**vars(fields), "title": "健康讲座（二楼）", "capacity": 45, "themes": frozenset()}
            )
            change(event, wish, by=people.lin.id, now=NOW)
        again = take_in(Kind.PLAN, PLAN + line)
        assert (again.added, again.changed, again.same) == (0, 0, 1)
        event = db.session.scalars(select(Event)).one()
        assert (event.title, event.capacity, count(EventTheme)) == ("健康讲座（二楼）", 45, 0)


def test_a_line_whose_series_grew_joins_the_series_it_made_before(app):
    cast.district(app)
    line = "湖北路示例一社区,书法班,教育服务,{},书画室,7-13岁,20人,周老师19900000001,\n"
    with app.app_context():
        take_in(Kind.PLAN, PLAN + line.format("每周二下午3点"))
        with transaction():
            last = db.session.scalars(select(Event).order_by(Event.starts_at.desc()).limit(1)).one()
            db.session.execute(delete(EventTheme).where(EventTheme.event_id == last.id))
            db.session.delete(last)
        again = take_in(Kind.PLAN, PLAN + line.format("每周二下午3点"))
        assert (again.added, again.same, count(Series)) == (1, 3, 1)
        assert len(set(db.session.scalars(select(Event.series_id)))) == 1


def test_a_loader_cannot_name_a_site_out_of_reach(app):
    people = cast.district(app)
    lines = (
        "湖北路示例一社区,讲座,理论宣讲,11月5日上午9点,广场,居民,30,周老师19900000001,\n"
        "天津路示例一社区,讲座,理论宣讲,11月5日上午9点,广场,居民,30,周老师19900000001,\n"
    )
    with app.app_context():
        loaded = take_in(Kind.PLAN, PLAN + lines, within=[people.office, people.one, people.two])
        assert (loaded.added, [problem.row for problem in loaded.lost]) == (1, [4])
        assert db.session.scalars(select(Event.site_id)).all() == [people.one.id]


def test_rows_for_sites_nobody_knows_stay_out_with_their_numbers(app):
    with app.app_context():
        loaded = take_in(Kind.POPULATION)
        assert (loaded.added, len(loaded.lost)) == (0, 527)
        assert count(AuditLine) == 0


def test_a_tree_loaded_into_nothing_descends_from_its_center(app):
    with app.app_context():
        take_in(Kind.SITES)
        sites = {site.id: site for site in db.session.scalars(select(Site))}
        for site in sites.values():
            upper = sites.get(site.parent_id)
            assert site.path == f"{upper.path if upper else '/'}{site.id}/"
        levels = [site.level for site in sites.values()]
        assert [levels.count(level) for level in Level] == [1, 11, 88]


@pytest.mark.both_databases
def test_an_upload_is_kept_for_a_day_and_one_a_person(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            keep_upload(Kind.PLAN, b"first", "a.csv", None, by=people.chen.id, now=NOW)
            keep_upload(Kind.PLAN, b"second", "b.csv", None, by=people.chen.id, now=NOW)
            keep_upload(Kind.ROOMS, b"other", "c.csv", None, by=people.root.id, now=NOW + timedelta(hours=1))
        assert sorted(db.session.scalars(select(Upload.filename))) == ["b.csv", "c.csv"]
        with transaction():
            assert drop_old_uploads(now=NOW + timedelta(hours=24)) == 1
        assert db.session.scalars(select(Upload.filename)).all() == ["c.csv"]


def test_the_files_of_the_sample_are_all_there():
    assert list(FILES) == [kind for kind in Kind if kind not in PERSONAL]
