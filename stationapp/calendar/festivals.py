"""Festivals of the lunar year (我们的节日) and the days that matter here, computed (domain.md §12)."""

from datetime import date, timedelta
from enum import Enum

from lunardate import LunarDate


class Festival(Enum):
    """A day people look forward to."""

    NEW_YEARS_EVE = "new_years_eve"  # 除夕
    SPRING = "spring"  # 春节
    LANTERN = "lantern"  # 元宵
    QINGMING = "qingming"  # 清明
    DRAGON_BOAT = "dragon_boat"  # 端午
    QIXI = "qixi"  # 七夕
    MID_AUTUMN = "mid_autumn"  # 中秋
    DOUBLE_NINTH = "double_ninth"  # 重阳
    LEI_FENG = "lei_feng"  # 学雷锋日 5 March
    VOLUNTEERS = "volunteers"  # 国际志愿者日 5 December


_LUNAR = {
    Festival.SPRING: (1, 1),
    Festival.LANTERN: (1, 15),
    Festival.DRAGON_BOAT: (5, 5),
    Festival.QIXI: (7, 7),
    Festival.MID_AUTUMN: (8, 15),
    Festival.DOUBLE_NINTH: (9, 9),
}


def festivals(year: int) -> dict[date, Festival]:
    """The festivals of a solar year, 2000–2099, by day in order; where two meet, the lunar one is named."""
    found = {
        date(year, 3, 5): Festival.LEI_FENG,
        date(year, 12, 5): Festival.VOLUNTEERS,
        date(year, 4, _qingming(year)): Festival.QINGMING,
    }
    found |= {
        LunarDate(year, month, day).to_solar_date(): festival for festival, (month, day) in _LUNAR.items()
    }
    spring = LunarDate(year, 1, 1).to_solar_date()
    found[spring - timedelta(days=1)] = Festival.NEW_YEARS_EVE
    return dict(sorted(found.items()))


def _qingming(year: int) -> int:
    """The day in April on which the sun stands at 15°: the common rule of thumb for this century."""
    return int((year - 2000) * 0.2422 + 4.81) - (year - 2000) // 4
