"""The cast of every test, made by plain functions with defaults (architecture.md, Tests).

Lin manages the station 示例一, Chen reviews at the office above it, Zhao views for the district, Ma manages
示例二 and may do nothing at 示例一; Granny Wu and Xiao Li (a child) share one phone. All need a pushed
application context, except `district` and `sign_in`, which bring their own.

    people = cast.district(app)
    cast.sign_in(client, people.lin)
    with app.app_context():
        event = cast.event(people.one, capacity=30)
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from flask import Flask

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.logins import begin_login
from stationapp.accounts.models import Staff
from stationapp.accounts.operations import add_staff
from stationapp.accounts.rules import Role
from stationapp.db import db, transaction
from stationapp.sites.models import Population, Site
from stationapp.sites.rules import Group, Level

PHONE = "19900001111"
"""The one phone of Granny Wu and Xiao Li."""

GRANNY_WU = "吴秀英"
XIAO_LI = "李小满"

PEOPLE = {Group.ALL: 5000, Group.UNDER_14: 800, Group.UNDER_18: 1100, Group.OVER_60: 1000, Group.OVER_65: 700,
          Group.OVER_80: 150}  # fmt: skip


@dataclass(frozen=True)
class District:
    """A small district: the center, two offices, three stations, and who works there."""

    center: Site
    office: Site  # 湖北路
    one: Site  # 湖北路示例一社区: Lin's
    two: Site  # 湖北路示例二社区: Ma's
    far_office: Site  # 天津路
    far: Site  # 天津路示例一社区
    lin: Staff  # manager of `one`
    chen: Staff  # reviewer at `office`
    zhao: Staff  # viewer at `center`
    ma: Staff  # manager of `two`
    root: Staff  # administrator at `center`


def district(app: Flask) -> District:
    """Make the district; call it once per test."""
    with app.app_context(), _writing():
        now = clock.now()
        center = site("410305000", Level.CENTER, "涧西区")
        office = site("410305001", Level.OFFICE, "湖北路", center)
        one = site("410305001001", Level.STATION, "湖北路示例一社区", office)
        two = site("410305001002", Level.STATION, "湖北路示例二社区", office)
        far_office = site("410305002", Level.OFFICE, "天津路", center)
        far = site("410305002001", Level.STATION, "天津路示例一社区", far_office)
        for station in (one, two, far):
            population(station)
        root = add_staff("管理甲", site=center, role=Role.ADMINISTRATOR, by=None, now=now)
        made = [
            add_staff(name, site=where, role=role, by=root.id, now=now)
            for name, where, role in (
                ("林晓燕", one, Role.MANAGER),
                ("陈立新", office, Role.REVIEWER),
                ("赵国庆", center, Role.VIEWER),
                ("马俊杰", two, Role.MANAGER),
            )
        ]
        return District(center, office, one, two, far_office, far, *made, root)


def site(code: str, level: Level, short: str, parent: Site | None = None, **changes) -> Site:
    """A site of the tree."""
    kind = {Level.CENTER: "中心", Level.OFFICE: "所", Level.STATION: "站"}[level]
    values = {
        "name": f"{short}新时代文明实践{kind}",
        "address": f"{short}1号",
        "phone": "0379-00000001",
        "valid_from": date(2020, 1, 1),
    }
    made = Site(
        code=code, level=level, short_name=short, parent_id=parent and parent.id, path="", **values | changes
    )
    with _writing():
        db.session.add(made)
        db.session.flush()
        made.path = f"{parent.path if parent else '/'}{made.id}/"
        db.session.flush()
    return made


def population(
    station: Site, people: dict[Group, int] | None = None, *, as_of: date = date(2025, 12, 31)
) -> None:
    """The denominators of a community."""
    with _writing():
        for group, number in (people or PEOPLE).items():
            db.session.add(Population(site_id=station.id, group=group, people=number, as_of=as_of, source="示例数据",
                                      loaded_at=clock.now()))  # fmt: skip
        db.session.flush()


def staff(name: str, where: Site, role: Role) -> Staff:
    """A further member of staff, granted from the command line."""
    with _writing():
        return add_staff(name, site=where, role=role, by=None, now=clock.now())


def sign_in(client, who: Staff) -> None:
    """Open a sign-in for `who` and give the client its cookie; no password is involved."""
    with client.application.app_context(), _writing():
        token = begin_login(who.id, device="test", now=clock.now())
    client.set_cookie(guard.COOKIE, token)


def signed_in(app: Flask, who: Staff):
    """A client of its own in which `who` is signed in."""
    client = app.test_client()
    sign_in(client, who)
    return client


def event(where: Site, *, by: int | None = None, publish: bool = True, **changes):
    """An event at `where`, the day after tomorrow unless told; published a week before it starts, or now.

    `changes` are fields of `events.rules.EventFields`.
    """
    from stationapp.events import operations
    from stationapp.events.rules import Category, EventFields, Task

    starts_at = changes.pop("starts_at", None) or _in_two_days()
    values = {
        "title": "智能手机课堂",
        "summary": "手把手教您用手机挂号、缴费、防诈骗",
        "category": Category.A02,
        "task": Task.T4,
        "audience": "60岁以上居民",
        "place": "一楼多功能厅",
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=2),
    }
    now = min(clock.now(), starts_at - timedelta(days=7))
    with _writing():
        made = operations.draft(where, EventFields(**values | changes), by=by, now=now)
        if publish:
            operations.submit(made, by=by, now=now)
            operations.publish(made, by=by, now=now)
    return made


def person(name: str, phone: str | None = PHONE, *, birth_month: str | None = None, home: Site | None = None,
           guardian_consent: bool = False):  # fmt: skip
    """Somebody as a form would give them; `home` is their community."""
    from stationapp.residents.rules import Lives, PersonIn

    lives = Lives.HERE if home else Lives.UNKNOWN
    return PersonIn(name, phone, birth_month, lives, home and home.id, guardian_consent)


def granny_wu(home: Site):
    """Granny Wu, as a form would give her."""
    return person(GRANNY_WU, birth_month="1950-03", home=home)


def xiao_li(home: Site):
    """Xiao Li, eight years old or so, with the guardian's consent."""
    return person(XIAO_LI, birth_month="2018-06", home=home, guardian_consent=True)


def resident(given):
    """Take a `person` in."""
    from stationapp.residents.operations import take_in

    with _writing():
        return take_in(given, now=clock.now())


def sign_up(made, *people, key: str = "", now: datetime | None = None):
    """Sign a party up through the web; the key is made from the names unless given."""
    from stationapp.signups import operations
    from stationapp.signups.rules import Channel

    key = key or f"{made.code}-{'-'.join(one.name for one in people)}"
    with _writing():
        return operations.sign_up(
            made, people, key=key, channel=Channel.WEB, by=None, consent="web-1", now=now or clock.now()
        )


def _in_two_days() -> datetime:
    return clock.instant(clock.day_of(clock.now()) + timedelta(days=2), 9)


@contextmanager
def _writing() -> Iterator[None]:
    """A transaction, or the one that is open already: factories call each other."""
    if db.session.info.get("writing"):
        yield
        return
    with transaction():
        yield
