"""What the sample's sites offer in the coming days, and who asked for a seat: each way of getting one, once."""

from dataclasses import dataclass

from stationapp.events.rules import Category, Task
from stationapp.signups.rules import Channel


@dataclass(frozen=True)
class Ask:
    """A household's request: its first one's name, the channel, and which of its people come."""

    home: str
    channel: Channel
    people: tuple[int, ...] = (0,)


@dataclass(frozen=True)
class Offer:
    """An event `ahead` days from today, published and asked for `published_ago` days before today.

    `rooms` names the programme whose rooms it takes (`lent`); `where` is the station, the neighbour or the office.
    """

    title: str
    summary: str
    category: Category
    task: Task
    ahead: int
    hour: int
    capacity: int
    published_ago: int
    where: str = "station"
    audience: str = "全体居民"
    audience_only: bool = False
    home_limit: int | None = None
    phone_seats: int = 0
    opens_tomorrow: bool = False
    rooms: str = ""
    asks: tuple[Ask, ...] = ()


_WEB, _FAMILY, _PHONE, _DESK = Channel.WEB, Channel.FAMILY, Channel.PHONE, Channel.DESK
_PAIR = (0, 1)

FULL = Offer(
    "亲子烘焙：一起做饼干", "大人孩子一起揉面、压模、烤饼干，材料现场有", Category.A03, Task.T4,
    ahead=5, hour=15, capacity=8, published_ago=5, audience="未成年人及家长", home_limit=3, rooms="四点半课堂",
    asks=(
        Ask("王桂兰", _WEB, (0, 2)), Ask("张雨涵", _WEB, _PAIR), Ask("朱嘉宁", _WEB, _PAIR), Ask("郑思远", _WEB),
        Ask("冯淑珍", _DESK), Ask("李凤英", _PHONE), Ask("吴秀英", _WEB, _PAIR), Ask("杨春生", _FAMILY),
    ),
)  # fmt: skip
"""Full, with people who wait; a seat that came free is offered to the first of them."""

CALLERS_FIRST = Offer(
    "中医讲冬天怎么吃", "社区医院的大夫讲冬天的饮食，现场答疑", Category.A07, Task.T4,
    ahead=6, hour=15, capacity=20, published_ago=5, phone_seats=8, rooms="理论宣讲：身边的变化",
    asks=(
        Ask("陈玉梅", _WEB, _PAIR), Ask("刘福生", _WEB), Ask("孙爱华", _PHONE), Ask("赵淑珍", _DESK),
        Ask("何秀英2", _PHONE), Ask("曹国强", _WEB),
    ),
)  # fmt: skip
"""Seats are kept back for those who call."""

OPENS_TOMORROW = Offer(
    "手工中国结", "从最简单的双联结学起，绳子现场有", Category.A03, Task.T4,
    ahead=8, hour=10, capacity=16, published_ago=2, opens_tomorrow=True, rooms="阅读分享会",
)  # fmt: skip
"""Sign-up opens tomorrow morning; its page counts down."""

DRAW_TO_COME = Offer(
    "牡丹瓷彩绘体验", "每人画一只牡丹瓷杯，烧好以后来领", Category.A03, Task.T4,
    ahead=7, hour=15, capacity=6, published_ago=5, where="neighbour", rooms="少儿书法班",
    asks=(
        Ask("陈玉梅", _WEB, _PAIR), Ask("郑思远", _WEB), Ask("杨春生", _FAMILY), Ask("韩德福", _PHONE),
        Ask("张雨涵", _WEB, _PAIR), Ask("何建国", _DESK), Ask("孙爱华", _PHONE),
    ),
)  # fmt: skip
"""More people than places; lots are drawn the day after tomorrow."""

FOR_SOME = Offer(
    "退役军人座谈会", "聊聊就业、优待证和身边的难处，街道退役军人服务站的同志在场", Category.A07, Task.T2,
    ahead=10, hour=9, capacity=30, published_ago=4, where="office", audience="退役军人", audience_only=True,
    asks=(Ask("何建国", _WEB), Ask("杨春生", _PHONE)),
)  # fmt: skip
"""For these people alone: who signs up says to be one of them."""

OFFERS = (FULL, CALLERS_FIRST, OPENS_TOMORROW, DRAW_TO_COME, FOR_SOME)

DRAWN = Offer(
    "家常水席小课堂", "学做连汤肉片和焦炸丸，做完一起吃", Category.A03, Task.T4,
    ahead=4, hour=10, capacity=6, published_ago=12, rooms="四点半课堂",
    asks=(
        Ask("冯淑珍", _WEB), Ask("刘福生", _FAMILY), Ask("王桂兰", _WEB, _PAIR), Ask("李凤英", _PHONE),
        Ask("吴秀英", _WEB, _PAIR), Ask("朱嘉宁", _WEB), Ask("韩德福", _PHONE), Ask("何秀英", _DESK),
    ),
)  # fmt: skip
"""Lots were drawn last week."""

MOVED = Offer(
    "老照片故事会", "带一张老照片，讲讲照片里的人和事", Category.A03, Task.T4,
    ahead=8, hour=15, capacity=20, published_ago=6, rooms="阅读分享会",
    asks=(Ask("孙爱华", _PHONE), Ask("吴秀英", _WEB, _PAIR), Ask("赵淑珍", _DESK), Ask("刘福生", _WEB)),
)  # fmt: skip
"""It is held a day later than people were told."""

TOMORROW = Offer(
    "防跌倒健身操", "康复师教一套坐着也能练的操", Category.A05, Task.T4,
    ahead=1, hour=9, capacity=20, published_ago=4, rooms="豫剧戏迷票友会",
    asks=(
        Ask("韩德福", _PHONE), Ask("孙爱华", _PHONE), Ask("何秀英", _DESK), Ask("曹国强2", _PHONE),
        Ask("王桂兰", _WEB, _PAIR),
    ),
)  # fmt: skip
"""Callers are to be reminded of it today."""
