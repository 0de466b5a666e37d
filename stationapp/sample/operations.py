"""Settling the sample district: its files, its staff, and some months of life up to today.

Everything goes through the same operations as at the desk, with `now` set to the day it would have happened,
so that `audit` finds nothing.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select, true

from stationapp import clock
from stationapp.accounts.models import Staff
from stationapp.accounts.operations import add_staff, invite
from stationapp.accounts.rules import Role
from stationapp.calendar.queries import differs
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.importing.kinds import Kind
from stationapp.importing.operations import load
from stationapp.importing.queries import sites_where
from stationapp.reports.life_rules import Mark, closes_at
from stationapp.reports.operations import close_month
from stationapp.reports.reckoning import reckon
from stationapp.reports.signing import sign
from stationapp.reports.versions import find_latest
from stationapp.sample.coming import Coming
from stationapp.sample.handed_down import hand_down, hand_in, hold_together
from stationapp.sample.lent import lend
from stationapp.sample.life import Life
from stationapp.sample.regular import regular
from stationapp.sample.teams import gather
from stationapp.sites.models import Site
from stationapp.sites.queries import get_center, list_sites
from stationapp.sites.rules import Level

_FILES = Path(__file__).parent
_MONTHS = 2  # whole months of life before the present one
_FIRST = (
    (Kind.SITES, "jianxi/sites.csv"),
    (Kind.HOLIDAYS, "holidays.csv"),
    (Kind.POPULATION, "jianxi/population.csv"),
    (Kind.ROOMS, "jianxi/rooms.csv"),
)
_PLAN = "jianxi/plan-2026-11.xlsx"
_SIGNED_WITHIN = timedelta(hours=5)  # after a closing the crew has looked at it

ROLE_NAMES = {
    Role.MANAGER: "管理员",
    Role.HELPER: "协助员",
    Role.REVIEWER: "审核员",
    Role.VIEWER: "查阅员",
    Role.ADMINISTRATOR: "系统管理员",
    Role.AUDITOR: "审计员",
}

CREW = (
    ("何平（示例）", "410305000", Role.ADMINISTRATOR),
    ("高远（示例）", "410305000", Role.REVIEWER),
    ("赵宁（示例）", "410305000", Role.VIEWER),
    ("沈清（示例）", "410305000", Role.AUDITOR),
    ("陈明（示例）", "410305001", Role.REVIEWER),
    ("林岚（示例）", "410305001001", Role.MANAGER),
    ("马丽（示例）", "410305001002", Role.MANAGER),
    ("小周（示例）", "410305001001", Role.HELPER),
)
"""Sample members of staff: name, site code, role."""


@dataclass(frozen=True)
class Crew:
    """Who acts in the sample: the center's reviewer, and reviewers and managers by the id of their site."""

    center: int
    reviewers: dict[int, int]
    managers: dict[int, int]


def settle(
    progress: Callable[[int, int], None], *, stations: int | None = None, months: int = _MONTHS
) -> None:
    """Fill an empty instance: files, staff, and life up to now; `stations` limits how many are alive."""
    now = clock.now()
    first = Month.of(clock.day_of(now)).plus(-months)
    began = first.begins_at - timedelta(days=20)
    _take_in(_FIRST, began)
    with transaction():
        lend(list_sites(), began)
    crew = _hire(began)
    with transaction():
        here = {site.code: site for site in list_sites()}
        center, office = here["410305000"], here["410305001"]
        adapted = hand_down(center, office, by=crew.reviewers, now=began + timedelta(days=3))
    if first.first_day <= Month(2026, 11).first_day <= clock.day_of(now):
        _take_in(((Kind.PLAN, _PLAN),), Month(2026, 11).begins_at - timedelta(days=6))
    alive = list_sites(level=Level.STATION)[:stations]
    alive += [site for site in list_sites() if site.level is not Level.STATION and not stations]
    life = Life(alive, crew.managers, crew.reviewers, since=first, now=now)
    coming = Coming(
        here["410305001001"], here["410305001002"], office,
        managers=crew.managers, reviewers=crew.reviewers, now=now,
    )  # fmt: skip
    steps = life.steps() + regular(life, alive[0], office, since=first.first_day)
    steps.append((coming.drawn_at, coming.hold_draw))
    for done, step in enumerate(_with_closings(steps, crew, first, now), 1):
        step()
        progress(min(done, len(steps)), len(steps))
    with transaction():
        for site in alive[:2]:
            life.wish_for_a_taken_room(site)
    with transaction():
        one, two, far = (here[code] for code in ("410305001001", "410305001002", "410305002001"))
        by, reviewer = crew.managers[one.id], crew.reviewers[office.id]
        hold_together("便民集市：理发磨刀修伞", one, [two, far], ahead=6, by=by, reviewer=reviewer, now=now)
        hold_together(
            "周末环境清洁日", office, [one, two], ahead=9, by=reviewer, reviewer=crew.center, now=now
        )
        hand_in(adapted, [one, two], by=crew.managers, now=now)
        gather([one, two], by=crew.managers, now=now)
    coming.prepare()
    coming.tell()


def _take_in(files, now: datetime) -> None:
    for kind, name in files:
        path = _FILES / name
        with transaction():
            load(
                kind, path.read_bytes(), path.name,
                within=sites_where(true()), by=None, now=now, today=clock.day_of(now),
            )  # fmt: skip


def _hire(now: datetime) -> Crew:
    with transaction():
        sites = {site.code: site for site in sites_where(true())}
        made = {}
        for name, code, role in CREW:
            made[code, role] = add_staff(name, site=sites[code], role=role, by=None, now=now).id
        managers, reviewers = {}, {}
        for site in sites.values():
            if site.level is Level.STATION:
                managers[site.id] = made.get((site.code, Role.MANAGER)) or _one(site, Role.MANAGER, now)
            elif site.level is Level.OFFICE:
                reviewers[site.id] = made.get((site.code, Role.REVIEWER)) or _one(site, Role.REVIEWER, now)
            else:
                reviewers[site.id] = made[site.code, Role.REVIEWER]
        return Crew(made["410305000", Role.REVIEWER], reviewers, managers)


def _one(site: Site, role: Role, now: datetime) -> int:
    return add_staff(f"{site.short_name}{ROLE_NAMES[role]}", site=site, role=role, by=None, now=now).id


def _with_closings(
    steps: list[tuple[datetime, Callable[[], None]]], crew: Crew, first: Month, now: datetime
) -> Iterator[Callable[[], None]]:
    """The steps in order of time, each past month closed on its fifth working day after."""
    closings = []
    month = first
    while (at := _closing_day(month)) <= now:
        closings.append((at, lambda month=month, at=at: _close(month, crew.center, at)))
        if at + _SIGNED_WITHIN <= now:
            closings.append((at + _SIGNED_WITHIN, lambda month=month, at=at: _sign(month, crew, at)))
        month = month.plus(1)
    for _, step in sorted([*steps, *closings], key=lambda pair: pair[0]):
        yield step


def _closing_day(month: Month) -> datetime:
    after = month.plus(1)
    return closes_at(month, differs(after.first_day, after.last_day))


def _close(month: Month, by: int, now: datetime) -> None:
    center = get_center()
    reckoned = reckon(center, month, now=now)
    with transaction():
        close_month(center, month, by=by, now=now, reckoned=reckoned)


SIGNERS = (
    ("410305000", Role.REVIEWER, Mark.AGREED, ""),
    ("410305001", Role.REVIEWER, Mark.SEEN, ""),
    ("410305001001", Role.MANAGER, Mark.AGREED, ""),
    ("410305001002", Role.MANAGER, Mark.OBJECTED, "有一场活动归档晚了，没有算进来，请在下一版补上。"),
)
"""Who of the crew said what to the last closed month: site, role, mark, sentence."""


def _sign(month: Month, crew: Crew, now: datetime) -> None:
    sites = {site.code: site for site in list_sites()}
    with transaction():
        for hours, (code, role, mark, sentence) in enumerate(SIGNERS, 1):
            site = sites[code]
            by = (crew.managers if role is Role.MANAGER else crew.reviewers)[site.id]
            if report := find_latest(site, month):
                said = {"mark": mark, "sentence": sentence, "now": now + timedelta(hours=hours)}
                sign(report, site, by=by, role=ROLE_NAMES[role], **said)


def links() -> list[tuple[str, str, str]]:
    """(name, role, one-time token) of each sample member of staff who has not chosen a password yet."""
    names = {name: role for name, _, role in CREW}
    now = clock.now()
    with transaction():
        waiting = db.session.scalars(
            select(Staff).where(Staff.name.in_(names), Staff.password_hash.is_(None)).order_by(Staff.id)
        ).all()
        return [
            (person.name, ROLE_NAMES[names[person.name]], invite(person, by=None, now=now))
            for person in waiting
        ]
