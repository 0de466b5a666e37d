"""Each figure of domain.md §9 in one function of its own, over what one site's period is reckoned from."""

from collections.abc import Callable

import numpy as np

from stationapp.calendar.rules import AgeBand
from stationapp.events.rules import Cadence, Category, Task
from stationapp.opinions.rules import ENOUGH
from stationapp.reports.rules import GROUPS, Figure, Ratio, half_up, hours
from stationapp.reports.tally import Scope, distinct, of_bands, tallied
from stationapp.residents.rules import Lives
from stationapp.signups.rules import Channel
from stationapp.sites.rules import Group, Level

SILENT = 3
"""Months in a row without anybody after which a community is called silent (I-11)."""


def held(s: Scope) -> Figure:
    """I-01 有效场次: closed-out events with ≥ 1 attendance or headcount; by category, task, cadence."""
    return Figure(
        "I-01",
        len(s.events.id),
        parts={
            "by_category": tallied(s.events.category, Category),
            "by_task": tallied(s.events.task, Task),
            "by_cadence": tallied(s.events.cadence, Cadence),
        },
    )


def activities(s: Scope) -> Figure:
    """I-02 活动项数: distinct series / single events of I-01."""
    return Figure("I-02", len(np.unique(s.events.activity)))


def meeting(s: Scope) -> Figure:
    """I-03 达标站数: stations with I-01 ≥ minimum / stations in force on the last day; a year is a sum of months."""
    levels = {}
    for level in Level:
        due = [
            (place, month)
            for month in s.months
            for place in s.places
            if place.level is level and s.book.grounds[month].places[place.id].active
        ]
        if due:
            levels[level.value] = {"met": sum(s.book.meets(*one) for one in due), "active": len(due)}
    stations = levels.get(Level.STATION.value)
    ratio = Ratio(stations["met"], stations["active"]) if stations else Ratio(0, None)
    return Figure.of("I-03", ratio, levels=levels)


def attendances(s: Scope) -> Figure:
    """I-04 服务人次: resident rows + headcount, named and anonymous apart."""
    named, anonymous = len(s.rows.person), int(s.heads.people.sum())
    bands = np.concatenate([s.rows.band, s.heads.band])
    weights = np.concatenate([np.ones(named, dtype=np.int64), s.heads.people])
    return Figure(
        "I-04",
        named + anonymous,
        parts={"named": named, "anonymous": anonymous, "by_band": tallied(bands, AgeBand, weights)},
    )


def persons(s: Scope) -> Figure:
    """I-05 服务人数: distinct residents; by what the latest row of the period says of their home."""
    latest = np.full(int(s.rows.person.max(initial=0)) + 1, -1, dtype=np.int64)
    np.maximum.at(latest, s.rows.person, s.rows.event * np.int64(len(Lives)) + s.rows.lives)
    homes = tallied(np.where(latest < 0, -1, latest % len(Lives)), Lives)
    return Figure(
        "I-05",
        distinct(s.rows.person),
        parts={"by_home": {one.value: homes.get(one.value, 0) for one in Lives}},
    )


def times(s: Scope) -> Figure:
    """I-06 人均参与: resident rows / I-05."""
    named, people = len(s.rows.person), distinct(s.rows.person)
    return Figure("I-06", half_up(named, people, digits=2), named, people)


def covered(s: Scope) -> Figure:
    """I-07 社区覆盖率: distinct residents of the communities served by anyone in the district / population."""
    return Figure.of(
        "I-07",
        Ratio(distinct(s.lived.person), s.ground.people(s.communities)),
        missing=_missing(s, Group.ALL),
    )


def covered_groups(s: Scope) -> Figure:
    """I-08 群体覆盖率: the same by group; there is no single value."""
    groups = {}
    for group in GROUPS:
        people = distinct(s.lived.person[of_bands(s.lived.band, group)])
        share = Ratio(people, s.ground.people(s.communities, group)).as_dict()
        groups[group.value] = share | {"missing": _missing(s, group)}
    return Figure("I-08", None, parts={"groups": groups})


def covered_categories(s: Scope) -> Figure:
    """I-09 类别覆盖率: the same by category, over everybody."""
    everybody = s.ground.people(s.communities)
    categories = {
        category.value: Ratio(distinct(s.lived.person[s.lived.category == number]), everybody).as_dict()
        for number, category in enumerate(Category)
    }
    return Figure("I-09", None, parts={"categories": categories})


def _missing(s: Scope, group: Group) -> list[str]:
    return [one.code for one in s.communities if (one.id, group) not in s.ground.populations]


def busy(s: Scope) -> Figure:
    """I-10 阵地活跃率: sites in force with ≥ 1 valid event of their own / sites in force."""
    held_by = set(s.events.site.tolist())
    count = sum(s.book.facts.at[place.id] in held_by for place in s.active)
    return Figure.of("I-10", Ratio(count, len(s.active) or None))


def gaps(s: Scope) -> Figure:
    """I-11 空白清单: community × group with nobody, who live there; communities with nobody; silent for 3 months."""
    nobody = {group: [one for one in s.communities if is_gap(s, one.id, group)] for group in Group}
    silent = [one for one in s.communities if s.book.silent[s.book.facts.at[one.id]] >= SILENT]
    return Figure(
        "I-11",
        sum(len(nobody[group]) for group in GROUPS),
        parts={"communities": len(nobody[Group.ALL]), "silent": len(silent)},
    )


def is_gap(s: Scope, community: int, group: Group) -> bool:
    """Whether nobody of a group came anywhere, and the group is not known to be empty."""
    return (
        not s.reached[group][s.book.facts.at[community]] and s.ground.populations.get((community, group)) != 0
    )


def volunteers(s: Scope) -> Figure:
    """I-12 参与志愿者: distinct volunteers who served: seen at a valid event, or with minutes left at a site."""
    return Figure("I-12", distinct(s.served[1]))


def served_hours(s: Scope) -> Figure:
    """I-13 志愿服务时长: ledger minutes / 60 by date of service."""
    minutes = int(s.lines.minutes.sum())
    return Figure("I-13", hours(minutes), parts={"minutes": minutes})


def hours_each(s: Scope) -> Figure:
    """I-14 人均时长: I-13 / I-12, floored like hours."""
    minutes, people = int(s.lines.minutes.sum()), distinct(s.served[1])
    return Figure("I-14", hours(minutes // people) if people else None, minutes, people)


def by_hand(s: Scope) -> Figure:
    """I-15 补录占比: manual minutes / minutes; a correction of a manual line is manual."""
    manual = int(s.lines.minutes[s.lines.manual].sum())
    return Figure.of("I-15", Ratio(manual, int(s.lines.minutes.sum()) or None))


def registered(s: Scope) -> Figure:
    """I-16 注册志愿者占比: active profiles living in scope / population."""
    return Figure.of("I-16", Ratio(_register(s, "registered"), s.ground.people(s.communities)))


def active_volunteers(s: Scope) -> Figure:
    """I-17 志愿者活跃率: of the registered, those who served in the last 12 months / registered."""
    return Figure.of("I-17", Ratio(_register(s, "active"), _register(s, "registered") or None))


def taking_part(s: Scope) -> Figure:
    """I-18 志愿服务参与率: distinct volunteers in 12 months living in scope / population."""
    return Figure.of("I-18", Ratio(_register(s, "served"), s.ground.people(s.communities)))


def _register(s: Scope, name: str) -> int:
    known = s.book.facts.volunteers
    return sum(getattr(known[one.id], name) for one in s.communities if one.id in known)


def turned_up(s: Scope) -> Figure:
    """I-19 到场率: confirmed who came / confirmed, walk-ins and cancellations out."""
    return Figure.of("I-19", Ratio(int(s.events.came.sum()), int(s.events.confirmed.sum()) or None))


def filled(s: Scope) -> Figure:
    """I-20 名额使用率: came / capacity, where there is a capacity."""
    limited = s.events.capacity > 0
    came = int((s.events.named + s.events.anonymous)[limited].sum())
    return Figure.of("I-20", Ratio(came, int(s.events.capacity[limited].sum()) or None))


def walked_in(s: Scope) -> Figure:
    """I-21 现场到场占比: walk-in rows / resident rows."""
    count = tallied(s.rows.channel, Channel).get(Channel.WALK_IN.value, 0)
    return Figure.of("I-21", Ratio(count, len(s.rows.person) or None))


def helped_in(s: Scope) -> Figure:
    """I-22 渠道构成: rows by channel; phone + desk share among 60+."""
    old = tallied(s.rows.channel[of_bands(s.rows.band, Group.OVER_60)], Channel)
    helped = old.get(Channel.PHONE.value, 0) + old.get(Channel.DESK.value, 0)
    return Figure.of(
        "I-22", Ratio(helped, sum(old.values()) or None), by_channel=tallied(s.rows.channel, Channel)
    )


def satisfied(s: Scope) -> Figure:
    """I-23 满意度: scores ≥ 4 / answers; n and response rate printed; n < 5 → 样本不足."""
    total = {name: int(column.sum()) for name, column in s.answers.items()}
    answers, good = total.pop("answers"), total.pop("good")
    asked = int((s.events.named + s.events.anonymous).sum())
    ratio = Ratio(good, answers or None)
    return Figure(
        "I-23",
        ratio.as_dict()["value"] if answers >= ENOUGH else None,
        good,
        answers or None,
        {
            "few": answers < ENOUGH,
            "asked": asked,
            "rate": Ratio(answers, asked or None).as_dict(),
            "by_how": {name: count for name, count in total.items() if count},
        },
    )


def needs(_s: Scope) -> Figure:
    """I-24 点单办结率: needs closed within their clock; nobody can hand one in yet."""
    return Figure("I-24", None, parts={"missing": "needs"})


def called_off(s: Scope) -> Figure:
    """I-25 取消率: cancelled / (valid + cancelled), by the month they were to begin in."""
    return Figure.of("I-25", Ratio(s.cancelled, s.cancelled + len(s.events.id) or None))


def rooms_used(s: Scope) -> Figure:
    """I-26 功能室使用率: booked minutes in opening hours / opening minutes; and person-hours."""
    uses = [s.rooms[place.id] for place in s.places if place.id in s.rooms]
    total = {
        name: sum(use[name] for use in uses)
        for name in ("used", "open", "person_minutes", "rooms", "without_hours")
    }
    return Figure.of(
        "I-26",
        Ratio(total["used"], total["open"] or None),
        rooms=total["rooms"],
        without_hours=total["without_hours"],
        person_hours=hours(total["person_minutes"]),
        person_minutes=total["person_minutes"],
    )


def old_and_young(s: Scope) -> Figure:
    """I-27 一老一小占比: events themed old or young / I-01; persons 60+ or < 14 / I-05."""
    either = s.events.old | s.events.young
    events = len(s.events.id) or None
    ages = of_bands(s.rows.band, Group.OVER_60) | of_bands(s.rows.band, Group.UNDER_14)
    people = Ratio(distinct(s.rows.person[ages]), distinct(s.rows.person) or None)
    return Figure(
        "I-27",
        None,
        parts={
            "events": Ratio(int(either.sum()), events).as_dict(),
            "old": Ratio(int(s.events.old.sum()), events).as_dict(),
            "young": Ratio(int(s.events.young.sum()), events).as_dict(),
            "persons": people.as_dict(),
        },
    )


def unmet(s: Scope) -> Figure:
    """I-28 未满足需求: waitlisted never offered a place + needs rejected or expired."""
    waiting = int(s.events.waiting.sum())
    return Figure("I-28", waiting, parts={"waiting": waiting, "needs": None})


FIGURES: dict[str, Callable[[Scope], Figure]] = {
    "I-01": held,
    "I-02": activities,
    "I-03": meeting,
    "I-04": attendances,
    "I-05": persons,
    "I-06": times,
    "I-07": covered,
    "I-08": covered_groups,
    "I-09": covered_categories,
    "I-10": busy,
    "I-11": gaps,
    "I-12": volunteers,
    "I-13": served_hours,
    "I-14": hours_each,
    "I-15": by_hand,
    "I-16": registered,
    "I-17": active_volunteers,
    "I-18": taking_part,
    "I-19": turned_up,
    "I-20": filled,
    "I-21": walked_in,
    "I-22": helped_in,
    "I-23": satisfied,
    "I-24": needs,
    "I-25": called_off,
    "I-26": rooms_used,
    "I-27": old_and_young,
    "I-28": unmet,
}
