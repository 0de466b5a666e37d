"""A normal month of six stations, as it is lived: everybody honest, nobody perfect. Drawn from a seed."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from stationapp.attendance import operations as attendance
from stationapp.attendance.rules import How, Part
from stationapp.attendance.sheets import print_sheet
from stationapp.calendar.rules import Month
from stationapp.db import transaction
from stationapp.events import operations as events
from stationapp.residents.queries import get_resident
from stationapp.signups.rules import Channel
from stationapp.sites.rules import Level
from tests import cast
from tests.scrutiny.acts import World, at, close, ticked

MONTH = Month(2026, 9)
STATIONS, EVENTS, VOLUNTEERS, RESIDENTS = 6, 30, 8, 6

SELF = (How.VENUE, How.PIN)
STAFF = (How.STAFF_SCAN, How.ROSTER)


@dataclass
class Lived:
    """What the month was: its events, the volunteers of each station, how many forgot to sign out."""

    world: World
    random: Random
    stations: list = field(default_factory=list)
    staff: dict[int, int] = field(default_factory=dict)
    pool: dict[int, list] = field(default_factory=dict)
    events: list = field(default_factory=list)
    forgotten: int = 0
    manual: int = 0
    by_phone_of_another: int = 0


def live(world: World, seed: int) -> Lived:
    """The month, through the operations, each at the time it would have happened."""
    lived = Lived(world, Random(seed))
    people = world.people
    lived.stations = [people.one, people.two, people.far]
    offices = [people.office, people.far_office]
    for n in range(STATIONS - 3):
        office = offices[n % 2]
        lived.stations.append(
            cast.site(f"{office.code}{n + 50:03d}", Level.STATION, f"示例第{n + 5}社区", office)
        )
    for station in lived.stations:
        lived.staff[station.id] = cast.staff(world.name()[0], station, cast.Role.MANAGER).id
        lived.pool[station.id] = [world.volunteer(station) for _ in range(VOLUNTEERS)]
    for n in range(EVENTS):
        _event(lived, n)
    return lived


def _event(lived: Lived, n: int) -> None:
    random, station = lived.random, lived.stations[n % STATIONS]
    day, starts = date(2026, 9, 1 + n * 28 // EVENTS), random.choice((8, 9, 14, 15, 18))
    lasts, by = random.choice((1, 2, 2, 3)), lived.staff[station.id]
    begins, ends = at(starts, day=day), at(starts + lasts, day=day)
    made = cast.event(station, starts_at=begins, ends_at=ends, by=by, title=f"第{n + 1}场活动", publish=False)
    with transaction():
        events.submit(made, by=by, now=begins - timedelta(days=3))
        late = n == 7  # the office approved ten minutes after it had begun
        events.publish(
            made, by=None, now=begins + timedelta(minutes=10) if late else begins - timedelta(days=2)
        )
    helpers = random.sample(lived.pool[station.id], random.randint(2, 5))
    if n == 11:
        _on_paper(lived, made, helpers, by)
    else:
        for who in helpers:
            _helps(lived, made, who, by, late)
    _residents(lived, made, by, late)
    close(made, now=ends + random.choice((timedelta(minutes=20), timedelta(hours=15))), by=by)
    if n % 8 == 5:  # somebody served away from the site, or the phone was flat: by hand, with an approval
        idle = next(who for who in lived.pool[station.id] if who not in helpers)
        office = next(one for one in (lived.world.people.office, lived.world.people.far_office)
                      if station.path.startswith(one.path))  # fmt: skip
        manual = lived.world.manual(
            idle, min(random.choice((60, 120)), 60 * lasts), by=_Staff(by), on=day, where=station,
            event=made if n % 16 == 5 else None, now=at(20, day=day),
        )  # fmt: skip
        lived.world.approve(manual, seen_from=office, now=at(9, day=day + timedelta(days=2)))
        lived.manual += 1
    lived.events.append(made)


@dataclass(frozen=True)
class _Staff:
    id: int


def _helps(lived: Lived, made, who, by: int, late: bool) -> None:
    random = lived.random
    came = made.starts_at + timedelta(minutes=random.randint(12 if late else -30, 20))
    left = made.ends_at + timedelta(minutes=random.randint(-10, 30))
    how, out = random.choice(STAFF + SELF), random.choice(STAFF)
    if how in STAFF and random.random() < 0.3:
        out = How.VENUE
    if random.random() < 1 / 8:  # forgot to sign out; decided at the close-out
        lived.forgotten += 1
        ticked(made, who, came, None, by=by, how=How.ROSTER)
        with transaction():
            resident = get_resident(who.resident_id)
            attendance.check_out(
                made,
                resident,
                how=How.ROSTER,
                by=by,
                at=made.ends_at,
                now=made.ends_at + timedelta(minutes=10),
            )
        return
    ticked(made, who, came, left, by=by, how=how, out=out)


def _on_paper(lived: Lived, made, helpers: list, by: int) -> None:
    """The tablet is away: a printed sheet with everybody's row, typed in the same evening by one person."""
    residents = [who.resident_id for who in helpers]
    with transaction():
        print_sheet(made, residents, empty=5, by=by, now=made.starts_at - timedelta(hours=2))
    typed = made.ends_at + timedelta(hours=4)
    for number in residents:
        given = {"how": How.PAPER, "by": by, "now": typed}
        with transaction():
            attendance.check_in(made, get_resident(number), part=Part.VOLUNTEER, at=made.starts_at, **given)
            attendance.check_out(made, get_resident(number), at=made.ends_at, **given)


def _residents(lived: Lived, made, by: int, late: bool) -> None:
    """Some signed up and come by the venue's code, a family by one phone; some walk in."""
    random, home = lived.random, lived.stations[0]
    begins = made.starts_at + timedelta(minutes=12 if late else -5)
    signed = [lived.world.person(home) for _ in range(RESIDENTS - 2)]
    phone, family = lived.world.name()[1], None
    if random.random() < 0.4:  # grandparents, mother and child: four people, one phone
        family = [cast.person(f"{'王李赵孙'[n]}家{lived.world.name()[0][0]}", phone, birth_month="1970-01", home=home)
                  for n in range(4)]  # fmt: skip
        signed += family
        lived.by_phone_of_another += 3
    for one in signed:
        cast.sign_up(made, one, now=made.starts_at - timedelta(days=1))
    for one in signed:
        asker = phone.encode() if family and one in family else one.phone.encode()
        how = random.choice(SELF + STAFF)
        own = how in SELF
        with transaction():
            attendance.check_in(
                made, cast.resident(one), how=how, part=Part.RESIDENT, by=None if own else by, now=begins,
                asker=asker if own else None,
            )  # fmt: skip
    for _ in range(2):
        person = cast.resident(lived.world.person(home))
        with transaction():
            attendance.check_in(
                made, person, how=How.WALK_IN, part=Part.RESIDENT, channel=Channel.WALK_IN, by=by,
                now=made.starts_at + timedelta(minutes=15),
            )  # fmt: skip
