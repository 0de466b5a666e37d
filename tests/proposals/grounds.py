"""Grounds for planning made by hand and by hypothesis: a small district whose every value is invented."""

from datetime import time

from hypothesis import strategies as st

from stationapp.calendar.rules import Month
from stationapp.catalogue.rules import TemplateFields
from stationapp.events.rules import Category, Task, Theme
from stationapp.proposals.festive import festive_ideas, occasions
from stationapp.proposals.ground import DAY, Gap, Ground, Hall, Idea, Origin, Place, Planned, Shared, Wait
from stationapp.sites.rules import Group, Level

MONTH, SINCE = Month(2026, 12), Month(2026, 9)
HALF_DAYS = {day: ((time(8, 30), time(12)), (time(14, 30), time(20))) for day in range(7)}
STATIONS = {11: "/1/2/11/", 12: "/1/2/12/", 21: "/1/3/21/"}


def station(number: int, *, week=HALF_DAYS) -> Place:
    """One of three stations under two offices."""
    path = STATIONS[number]
    parent = int(path.strip("/").split("/")[1])
    return Place(
        number,
        f"41030500{number}",
        f"示例{number}社区",
        Level.STATION,
        path,
        parent,
        f"{number}号院",
        "",
        week,
    )


def hall(
    number: int, site: int, *, seats: int | None = 30, week=HALF_DAYS, step_free: bool | None = True
) -> Hall:
    """A room."""
    return Hall(number, site, f"活动室{number}", seats, step_free, week)


def fields(title: str = "八段锦晨练", **changes) -> TemplateFields:
    """What a template holds; for old people unless told."""
    values = {
        "title": title,
        "summary": "跟着教练学八段锦",
        "category": Category.A05,
        "task": Task.T4,
        "audience": "60岁以上老人",
        "starts": time(9),
        "minutes": 90,
        "min_age": 60,
        "capacity": 20,
        "themes": frozenset({Theme.OLD}),
    }
    return TemplateFields(**values | changes)


def idea(title: str = "八段锦晨练", *, path: str = "/1/", **changes) -> Idea:
    """A template's idea, for every site unless told."""
    return Idea(f"template-{title}", Origin.TEMPLATE, fields(title, **changes), path)


CHILDREN = {"min_age": 6, "max_age": 12, "themes": frozenset({Theme.YOUNG}), "audience": "6-12岁儿童"}


def gap(
    site: int,
    group: Group = Group.OVER_60,
    *,
    people: int | None = 1000,
    since: Month | None = SINCE,
) -> Gap:
    """A group of a community that was left out."""
    return Gap(site, group, people, since)


def ground(**changes) -> Ground:
    """Three stations with a room each, nothing planned, nothing lacking."""
    values = {
        "month": MONTH,
        "places": {number: station(number) for number in STATIONS},
        "differs": {},
        "free_from": 0,
        "halls": {number: [hall(number * 10, number)] for number in STATIONS},
        "volunteers": dict.fromkeys(STATIONS, 5),
    }
    return Ground(**values | changes)


_SPANS = st.builds(
    lambda day, start, length: (day * DAY + start, day * DAY + start + length),
    st.integers(0, 30),
    st.sampled_from((510, 540, 600, 900, 960, 1080)),
    st.sampled_from((30, 90, 240, 2000)),
)
_WEEKS = st.sampled_from(
    (HALF_DAYS, {}, {day: HALF_DAYS[day] for day in range(5)}, {5: ((time(9), time(11)),)})
)
_SITES = st.sampled_from(sorted(STATIONS))


@st.composite
def grounds(draw) -> Ground:
    """Any ground of these three stations, senseless ones among them."""
    halls = {
        site: [
            hall(site * 10 + number, site, seats=draw(st.sampled_from((None, 4, 16, 40))), week=draw(_WEEKS))
            for number in range(draw(st.integers(0, 2)))
        ]
        for site in STATIONS
    }
    things = {90: Shared(90, "讲师团", "/1/", draw(_WEEKS)), 91: Shared(91, "大巴", "/1/2/", {})}
    rooms = [one.id for some in halls.values() for one in some]
    days = occasions(MONTH)
    return ground(
        places={number: station(number, week=draw(_WEEKS)) for number in STATIONS},
        halls=halls,
        shared=things,
        differs=draw(st.dictionaries(st.dates(MONTH.first_day, MONTH.last_day), st.booleans(), max_size=8)),
        free_from=draw(st.sampled_from((0, 3 * DAY, 20 * DAY, 30 * DAY, 31 * DAY))),
        busy={one: draw(st.lists(_SPANS, max_size=6)) for one in (*rooms, *things)},
        planned=draw(st.lists(st.builds(_planned, _SITES, _SPANS), max_size=5)),
        gaps=draw(_gaps()),
        waits=draw(st.lists(st.builds(Wait, _SITES, _TITLES, st.integers(1, 30)), max_size=3)),
        missing=draw(st.dictionaries(_SITES, st.integers(0, 1))),
        volunteers=draw(st.dictionaries(_SITES, st.integers(0, 3))),
        duties=draw(st.lists(st.tuples(_SITES, st.integers(1, 3), _SPANS), max_size=4)),
        ideas=[
            *draw(st.lists(_ideas(), max_size=5, unique_by=lambda one: one.fields.title)),
            *festive_ideas(days, "/"),
        ],
        occasions=days,
    )


def _planned(site: int, span: tuple[int, int]) -> Planned:
    return Planned((site,), span, frozenset({Group.ALL}), Category.A03, "读书会", "", "")


@st.composite
def _gaps(draw) -> list[Gap]:
    keys = draw(st.lists(st.tuples(_SITES, st.sampled_from(Group)), unique=True, max_size=8))
    people = st.sampled_from((None, 40, 900, 6000))
    return [gap(*key, people=draw(people), since=draw(st.sampled_from((None, SINCE)))) for key in keys]


_TITLES = st.sampled_from(("八段锦晨练", "少儿书法班", "手机课堂", "听讲座", "看电影"))


@st.composite
def _ideas(draw) -> Idea:
    ages = draw(st.sampled_from(({}, CHILDREN, {"min_age": None, "themes": frozenset()})))
    return idea(
        draw(_TITLES),
        path=draw(st.sampled_from(("/1/", "/1/2/"))),
        starts=draw(st.sampled_from((time(8), time(9), time(15), time(20)))),
        minutes=draw(st.sampled_from((60, 90, 300, 900))),
        capacity=draw(st.sampled_from((None, 12, 60))),
        volunteers=draw(st.integers(0, 3)),
        shared_id=draw(st.sampled_from((None, None, 90, 91))),
        category=draw(st.sampled_from(list(Category))),
        **ages,
    )
