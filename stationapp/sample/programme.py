"""What the sample district's stations hold: invented programmes in ordinary words."""

from dataclasses import dataclass

from stationapp.events.rules import Category, Task, Theme


@dataclass(frozen=True)
class Idea:
    """A programme that a station may hold. Ages in full years; `hour` is Shanghai time; `people` come on average."""

    title: str
    summary: str
    category: Category
    task: Task
    audience: str
    themes: frozenset[Theme] = frozenset()
    min_age: int | None = None
    max_age: int | None = None
    hour: int = 9
    minutes: int = 90
    capacity: int | None = 20
    people: int = 8
    volunteers: int = 0
    heads: int = 0


_OLD, _YOUNG, _FRAUD = Theme.OLD, Theme.YOUNG, Theme.FRAUD

IDEAS = {
    idea.title: idea
    for idea in (
        Idea("阅读分享会", "带上一本喜欢的书，一起读、一起聊", Category.A03, Task.T3, "全体居民", hour=15),
        Idea("亲子趣味运动会", "拔河、跳绳、袋鼠跳，大人孩子一起来", Category.A05, Task.T4, "未成年人及家长",
             frozenset({_YOUNG}), capacity=30, people=12, volunteers=2),
        Idea("小小科学家：水火箭", "自己动手做水火箭，比一比谁飞得高", Category.A04, Task.T3, "6-12岁儿童",
             frozenset({_YOUNG}), min_age=6, max_age=12, hour=15, capacity=16, people=8, volunteers=1),
        Idea("豫剧戏迷票友会", "戏迷聚一聚，唱几段拿手的豫剧", Category.A03, Task.T4, "60岁以上老人",
             frozenset({_OLD}), min_age=60, hour=15, capacity=40, people=12, heads=9),
        Idea("八段锦晨练", "跟着教练学八段锦，活动筋骨", Category.A05, Task.T4, "60岁以上老人",
             frozenset({_OLD}), min_age=60, hour=8, minutes=60, capacity=30, people=11, heads=5),
        Idea("理论宣讲：身边的变化", "听老邻居讲这些年身边的变化", Category.A01, Task.T1, "全体居民",
             capacity=40, people=10),
        Idea("智能手机课堂：微信挂号与健康码", "手把手教您用手机挂号、缴费、防诈骗", Category.A02, Task.T4,
             "60岁以上老人", frozenset({_OLD, _FRAUD}), min_age=60, capacity=12, people=10, volunteers=2),
        Idea("少儿书法班", "从握笔开始学写毛笔字", Category.A03, Task.T3, "6-12岁儿童", frozenset({_YOUNG}),
             min_age=6, max_age=12, hour=15, capacity=15, people=9, volunteers=1),
        Idea("反诈宣传进社区", "民警讲讲最近常见的骗局和防骗办法", Category.A04, Task.T2, "全体居民",
             frozenset({_FRAUD}), capacity=None, people=9, heads=14),
        Idea("文明交通劝导", "在路口劝导文明出行，先培训再上岗", Category.A06, Task.T3, "全体居民",
             frozenset({Theme.TRAFFIC}), hour=17, minutes=60, people=4, volunteers=3),
        Idea("义诊：量血压测血糖", "医生免费量血压、测血糖、答疑", Category.A07, Task.T4, "老年人",
             frozenset({_OLD}), min_age=60, capacity=40, people=14, volunteers=1, heads=6),
        Idea("周末环境清洁日", "一起动手清楼道、捡垃圾，工具现场领", Category.A06, Task.T5, "全体居民",
             frozenset({Theme.WASTE}), people=6, volunteers=3),
        Idea("法律咨询日", "律师坐班，家里的法律事当面问", Category.A07, Task.T2, "全体居民",
             frozenset({Theme.LAW}), hour=15, people=5),
        Idea("四点半课堂", "放学后有人看护，先写作业再做手工", Category.A02, Task.T4, "6-12岁儿童",
             frozenset({_YOUNG}), min_age=6, max_age=12, hour=16, capacity=15, people=10, volunteers=2),
        Idea("便民集市：理发磨刀修伞", "理发、磨刀、修伞、配钥匙，都不要钱", Category.A07, Task.T4, "全体居民",
             capacity=None, people=12, volunteers=2, heads=18),
        Idea("政策宣讲：城乡居民养老保险怎么领", "怎么交、怎么领、领多少，当面讲明白", Category.A01, Task.T2,
             "全体居民", frozenset({_OLD}), capacity=40, people=9),
    )
}  # fmt: skip
