"""What a flag says, in a sentence: only what was seen. Used by the edges alone."""

from collections.abc import Callable

from flask_babel import gettext as _

from stationapp.scrutiny.rules import Flag, Raised
from stationapp.web.filters import hours, moment, stamp


def sentence(raised: Raised) -> str:
    """The facts of a flag in words."""
    return _SAYS[raised.flag](raised.facts)


def _two_places(facts: dict) -> str:
    if facts["records"] > 1:
        said = _("%(name)s 有两条像是同一个人的记录，同一时间在两场活动。", name=facts["name"])
    else:
        said = _("%(name)s 同一时间在两场活动。", name=facts["name"])
    return said + (_("其中一场不在您能看的阵地。") if facts["elsewhere"] else "")


def _split(facts: dict) -> str:
    given = {
        "name": facts["name"],
        "n": facts["lines"],
        "hours": hours(facts["minutes"]),
        "days": facts["days"],
    }
    if facts["days"] > 1:
        return _("%(name)s 一个月里有 %(days)s 天，每天补录 %(hours)s 小时以上。", **given)
    return _("%(name)s 同一天补录了 %(n)s 条，合起来 %(hours)s 小时。", **given)


def _gains(facts: dict) -> str:
    if facts["mutual"]:
        return _("%(staff)s 互相审批了对方的补录（按姓名比对，可能是同名）。", staff=facts["staff"])
    return _("提出或审批补录的 %(staff)s，同一场也有时长（按姓名比对，可能是同名）。", staff=facts["staff"])


_SAYS: dict[Flag, Callable[[dict], str]] = {
    Flag.TWO_PLACES: _two_places,
    Flag.SPLIT_SHIFTS: _split,
    Flag.APPROVER_GAINS: _gains,
    Flag.ONE_DEVICE: lambda f: _("一部手机给 %(n)s 个人签了到，他们不是一家人。", n=f["people"]),
    Flag.MOSTLY_MANUAL: lambda f: _(
        "%(lines)s 条时长里有 %(manual)s 条是补录。", lines=f["lines"], manual=f["manual"]
    ),
    Flag.ALL_AT_CAP: lambda f: _("%(n)s 个人这一天都正好记满上限 8 小时。", n=f["people"]),
    Flag.LONG_DAY: lambda f: _(
        "%(name)s 这一天从签到到签退一共 %(hours)s 小时。", name=f["name"], hours=hours(f["minutes"])
    ),
    Flag.MADE_LATE: lambda f: _(
        "%(began)s开始的活动，%(made)s才写好提交。", began=moment(f["began"]), made=moment(f["made"])
    ),
    Flag.CLOCK_FORWARD: lambda f: _(
        "“%(device)s”有 %(n)s 条签到的时间还没有到，最多快了 %(ahead)s 分钟。",
        device=f["device"],
        n=f["scans"],
        ahead=f["ahead"],
    ),
    Flag.ONE_HAND: lambda f: _(
        "%(n)s 位志愿者的签到和签退都是%(staff)s过后一个人记的。", n=f["people"], staff=f["staff"]
    ),
    Flag.LATE_SCANS: lambda f: _(
        "活动过了三天以后又记了 %(n)s 个人到场，最后一次在 %(at)s。", n=f["people"], at=stamp(f["arrived"])
    ),
}
