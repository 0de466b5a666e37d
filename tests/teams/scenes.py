"""What the tests of teams begin with: a team at station one, its leader and a member, and an event that needs help."""

import re
from dataclasses import dataclass
from datetime import timedelta

from stationapp import clock
from stationapp.db import transaction
from stationapp.teams import operations
from stationapp.teams.models import Team
from stationapp.teams.rules import Skill, TeamKind
from stationapp.vault import vault
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.models import Shift, Volunteer
from stationapp.volunteers.rules import Risk
from tests import cast

LEADER, MEMBER = "王建国", "李秀兰"


@dataclass(frozen=True)
class Scene:
    """The district, the team, its two, and a shift for two at an event in two days."""

    people: cast.District
    team: Team
    leader: Volunteer
    member: Volunteer
    shift: Shift
    leaders_page: str  # behind the leader's personal code


def scene(app) -> Scene:
    """Make it; call it once per test."""
    people = cast.district(app)
    with app.app_context():
        leader = volunteer(people.one, LEADER, "19900003333")
        member = volunteer(people.one, MEMBER, "19900004444")
        with transaction():
            given = {"by": people.lin.id, "now": clock.now()}
            team = operations.make_team(people.one, name="银龄宣讲队", kind=TeamKind.POLICY, **given)
            operations.join(team, leader, leads=True, **given)
            operations.join(team, member, **given)
            operations.say_about(member, skills=[Skill.HAIRCUT], free=[], **given)
            operations.say_about(leader, skills=[Skill.LECTURING], free=[], **given)
        made = shift(people.one, needed=2)
        page = f"/hours/{personal(leader)}/teams/{team.code}"
        return Scene(people, team, leader, member, made, page)


def volunteer(home, name, phone, birth_month="1970-05", consent=False) -> Volunteer:
    """A registered volunteer."""
    person = cast.person(name, phone, birth_month=birth_month, home=home, guardian_consent=consent)
    resident = cast.resident(person)
    with transaction():
        return volunteers.register(resident, site=home, by=None, now=clock.now())


def personal(who: Volunteer) -> str:
    """The code that opens somebody's own pages."""
    return vault().unseal(who.personal_sealed)


def shift(site, *, starts_at=None, hours=2, needed=1, risk=Risk.ORDINARY, title="理发", **changes) -> Shift:
    """A shift at a published event of the site, in two days at nine unless told."""
    starts_at = starts_at or in_two_days(9)
    made = cast.event(
        site, title=title, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours), **changes
    )
    insurance = "保单 1" if risk is Risk.ELEVATED else ""
    with transaction():
        return volunteers.add_shift(
            made, title="引导", needed=needed, risk=risk, risk_note="久站", insurance=insurance, by=None,
            now=clock.now(),
        )  # fmt: skip


def in_two_days(hour: int):
    """The day after tomorrow at that hour."""
    return clock.instant(clock.day_of(clock.now()) + timedelta(days=2), hour)


def send(client, page: str, address: str, **values):
    """Send to an address what a button of the page would have sent, with the page's token."""
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get(page).text)[1]
    return client.post(address, data={"csrf_token": token, **values}, follow_redirects=True)
