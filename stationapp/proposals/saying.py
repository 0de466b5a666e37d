"""What is proposed and why, in sentences a person would say; used by the edges alone."""

from datetime import date, datetime
from itertools import groupby

from flask_babel import gettext
from flask_babel import lazy_gettext as _

from stationapp import clock
from stationapp.calendar.festivals import Festival
from stationapp.calendar.rules import Month
from stationapp.events.rules import Category
from stationapp.proposals.rules import Obstacle, Why
from stationapp.sites.rules import Group
from stationapp.web.words import word

_PEOPLE = {
    Group.ALL: _("居民"),
    Group.UNDER_14: _("14岁以下的孩子"),
    Group.UNDER_18: _("18岁以下的孩子"),
    Group.OVER_60: _("60岁以上的老人"),
    Group.OVER_65: _("65岁以上的老人"),
    Group.OVER_80: _("80岁以上的老人"),
}

OBSTACLES = {
    Obstacle.NO_IDEA: _("没有给这些人的活动模板，最近一年附近也没办过。请上级写一个模板，或者自己新建一场。"),
    Obstacle.NO_DAY_LEFT: _("这个月剩下的日子太近了，来不及审核和通知。"),
    Obstacle.HOLIDAY: _("剩下的日子都是节假日。"),
    Obstacle.NO_ROOM: _("没有坐得下人的功能室。"),
    Obstacle.CLOSED: _("合适的钟点，功能室都不开放。"),
    Obstacle.ROOM_TAKEN: _("功能室开放的时间都已经有人用了。"),
    Obstacle.SITE_BUSY: _("合适的时间，站里都在办别的活动。"),
    Obstacle.TOO_FEW_VOLUNTEERS: _("需要的志愿者比站里能来的多。请先招志愿者。"),
    Obstacle.SHARED_TAKEN: _("需要的共享资源已经被约走了。"),
    Obstacle.SHARED_GIVEN: _("需要的共享资源空着的时间，都排给了别的站。"),
    Obstacle.LIMIT: _("这个站已经排满您定的场数，再多请把场数调高。"),
    Obstacle.NOT_FOUND: _("时间到了还没有试到。请缩小范围再排一次。"),
}

_FIRST = (
    (Why.GAP, False),
    (Why.WAIT, False),
    (Why.UNPLANNED, False),
    (Why.DAY, False),
    (Why.GAP, True),
    (Why.UNPLANNED, True),
    (Why.CATEGORY, False),
    (Why.MINIMUM, False),
)
"""Which of an event's reasons is told: what it is made for before what anything would do (True: for everybody)."""

_WEEKDAYS = "一二三四五六日"


def reason(name: str, one: dict) -> str:
    """One reason of the body of a proposal, for the site of that name."""
    why = Why(one["why"])
    if why is Why.GAP:
        return gettext(
            "%(site)s的%(people)s，%(month)s月以来一场也没轮上。",
            site=name, people=_PEOPLE[Group(one["group"])], month=Month.parse(one["since"]).month,
        )  # fmt: skip
    if why is Why.UNPLANNED:
        return gettext(
            "%(site)s的%(people)s，这个月还没有给他们的安排。", site=name, people=_PEOPLE[Group(one["group"])]
        )
    if why is Why.WAIT:
        return gettext(
            "%(site)s最近三个月有 %(n)s 人候补“%(title)s”没排上。",
            site=name,
            n=one["people"],
            title=one["title"],
        )
    if why is Why.DAY:
        on = date.fromisoformat(one["on"])
        what = word(Festival(one["festival"])) if one["festival"] else gettext("邻里日")
        return gettext("%(month)s月%(day)s日是%(what)s。", month=on.month, day=on.day, what=what)
    if why is Why.CATEGORY:
        return gettext(
            "%(site)s三个月没办过%(category)s类的活动。", site=name, category=word(Category(one["category"]))
        )
    return gettext("%(site)s这个月还缺活动，没到最低场次。", site=name)


def _rank(one: dict) -> int:
    return _FIRST.index((Why(one["why"]), one.get("group") == Group.ALL.value))


def why(event: dict) -> str:
    """The one sentence that says why an event is proposed, and that its place is free."""
    reasons = sorted(event["why"], key=_rank)
    said = reason(event["name"], reasons[0]) if reasons else gettext("换个样，让这个月的活动不重复。")
    if event["room_id"] is None:
        return said
    at = clock.local(datetime.fromisoformat(event["starts_at"]))
    free = gettext(
        "；%(room)s周%(weekday)s%(part)s空着。",
        room=event["place"],
        weekday=_WEEKDAYS[at.weekday()],
        part=gettext("上午") if at.hour < 12 else gettext("下午") if at.hour < 18 else gettext("晚上"),
    )
    return said.rstrip("。") + free


def origin(event: dict) -> str:
    """Where the idea comes from; "" when it needs no saying."""
    if event["origin"] == "template":
        return gettext("来自模板")
    if event["held_on"]:
        on = date.fromisoformat(event["held_on"])
        where = event["held_at"] or gettext("附近的站")
        return gettext(
            "%(site)s %(month)s月%(day)s日办过，来了 %(n)s 人",
            site=where, month=on.month, day=on.day, n=event["people"],
        )  # fmt: skip
    return ""


def remark(event: dict) -> str:
    """What the desk reads in the draft."""
    said = [why(event), origin(event)]
    if event["volunteers"]:
        said.append(gettext("需要 %(n)s 名志愿者。", n=event["volunteers"]))
    return "".join(one if one.endswith("。") else f"{one}。" for one in said if one)


def summary(body: dict) -> str:
    """“11 个所、88 个站，排了 96 场；补上 140 个空白；还有 23 个补不上，原因如下。”"""
    said = [
        gettext(
            "%(offices)s 个所、%(stations)s 个站，排了 %(n)s 场",
            offices=body["offices"], stations=body["stations"], n=len(body["events"]),
        ) if body["offices"] else
        gettext("%(stations)s 个站，排了 %(n)s 场", stations=body["stations"], n=len(body["events"]))
    ]  # fmt: skip
    if body["missing"]:
        said.append(gettext("让 %(met)s 个没到最低场次的阵地达标", met=body["met"]))
    said.append(gettext("补上 %(n)s 个空白", n=body["filled"]))
    if left := len(body["left"]):
        said.append(gettext("还有 %(n)s 处补不上，原因写在下面", n=left))
    return "；".join(said) + "。"


def left(body: dict) -> list[tuple[str, str, str]]:
    """(site, what stays open there, why), the groups of a site with one obstacle in one row; in code order."""
    rows = sorted(
        body["left"], key=lambda one: (one["site"], list(Obstacle).index(Obstacle(one["obstacle"])))
    )
    found = []
    for (_code, name, obstacle), some in groupby(
        rows, key=lambda one: (one["site"], one["name"], one["obstacle"])
    ):
        found.append((name, "、".join(_open(one) for one in some), str(OBSTACLES[Obstacle(obstacle)])))
    return found


def _open(one: dict) -> str:
    if Why(one["why"]) is Why.MINIMUM:
        return gettext("没到最低场次")
    people = str(_PEOPLE[Group(one["group"])])
    return gettext("%(people)s（%(n)s 人）", people=people, n=one["people"]) if one["people"] else people
