"""Times as people write them."""

from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stationapp.clock import SHANGHAI, instant, local
from stationapp.importing.when import read_when
from stationapp.refusal import Unreadable

NOVEMBER = (2026, 11)


def read(value):
    """Days, "start-end" and whether the end was assumed."""
    when = read_when(value, month=NOVEMBER)
    clocks = {f"{local(slot.starts_at):%H:%M}-{local(slot.ends_at):%H:%M}" for slot in when.slots}
    assert len(clocks) == 1
    return [local(slot.starts_at).day for slot in when.slots], clocks.pop(), when.end_assumed


@pytest.mark.parametrize(
    ("written", "days", "clock", "assumed"),
    [
        ("11月3日上午9:00-10:30", [3], "09:00-10:30", False),
        ("2026/11/5 14:30-16:00", [5], "14:30-16:00", False),
        ("2026-11-05 09:00:00", [5], "09:00-10:00", True),
        ("２０２６年１１月５日　１４：３０～１６：００", [5], "14:30-16:00", False),
        ("11/5 14:30—16:00", [5], "14:30-16:00", False),
        ("11月19日 下午3点", [19], "15:00-16:00", True),
        ("11月19日下午3点半", [19], "15:30-16:30", True),
        ("11月19日下午3点一刻", [19], "15:15-16:15", True),
        ("11月9日晚上7:30-8:30", [9], "19:30-20:30", False),
        ("11月9日晚7点", [9], "19:00-20:00", True),
        ("11月9日下午6:30-9:00", [9], "18:30-21:00", False),
        ("11月9日上午10:00-12:00", [9], "10:00-12:00", False),
        ("11月9日上午10点至下午2点", [9], "10:00-14:00", False),
        ("11月9日中午11:30-1:30", [9], "11:30-13:30", False),
        ("11月9日下午两点到四点", [9], "14:00-16:00", False),
        ("11月9日14时30分-16时", [9], "14:30-16:00", False),
        ("11月9日上午9点（1.5小时）", [9], "09:00-10:30", False),
        ("11月9日上午9点开始", [9], "09:00-10:00", True),
        ("11月3日（周二）上午9点", [3], "09:00-10:00", True),
        ("每周二下午3点", [3, 10, 17, 24], "15:00-16:00", True),
        ("每星期日上午9点", [1, 8, 15, 22, 29], "09:00-10:00", True),
        ("每周二、四下午3点", [3, 5, 10, 12, 17, 19, 24, 26], "15:00-16:00", True),
        ("每周一至周三 8:00-9:00", [2, 3, 4, 9, 10, 11, 16, 17, 18, 23, 24, 25, 30], "08:00-09:00", False),
        ("每月3日上午9点", [3], "09:00-10:00", True),
        ("每月第一个周六上午九点半", [7], "09:30-10:30", True),
        ("11月3日、10日、17日下午3点", [3, 10, 17], "15:00-16:00", True),
        (datetime(2026, 11, 16, 9, 0, tzinfo=None), [16], "09:00-10:00", True),  # noqa: DTZ001
    ],
)
def test_what_people_write_is_read(written, days, clock, assumed):
    assert read(written) == (days, clock, assumed)


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("11月31日上午9点", "没有31日"),
        ("13月1日上午9点", "没有13月"),
        ("12月1日上午9点", "不在计划的月份（2026年11月）"),
        ("2025/11/5 14:30-16:00", "不在计划的月份"),
        ("11月3日（周三）上午9点", "是星期二，不是星期三"),
        ("11月3日下午5:00-4:00", "不晚于开始"),
        ("11月3日上午9:00-9:00", "不晚于开始"),
        ("11月3日3点", "上午还是下午"),
        ("11月3日 3:00-5:00", "上午还是下午"),
        ("11月3日上午14点", "自相矛盾"),
        ("11月3日 25:00", "没有“25:00”"),
        ("11月3日 9:75", "没有“9:75”"),
        ("11月3日", "没有写几点"),
        ("11月3日至5日上午9点", "读不成几点"),
        ("11月3日上午9:00-11:00、14:00-16:00", "读不懂"),
        ("11月3日晚上11点", "过半夜"),
        ("11月10日、3日上午9点", "先后"),
        ("下午3点", "哪一天"),
        ("待定", "哪几天"),
        ("双周周二下午3点", "哪几天"),
        ("每周末上午9点", "哪几天"),
        ("每周五至周一上午9点", "颠倒"),
        ("每月31日上午9点", "没有31日"),
        ("每月第五个周六上午9点", "没有第5个"),
        ("", "没有写时间"),
        (None, "没有写时间"),
        (45000.5, "没有日期"),
        (time(9, 0), "没有日期"),
        (date(2026, 11, 3), "没有写几点"),
        (datetime(2026, 11, 3, 0, 0), "没有写几点"),  # noqa: DTZ001
        (datetime(2026, 12, 3, 9, 0), "不在计划的月份"),  # noqa: DTZ001
    ],
)
def test_what_cannot_be_known_is_refused_with_a_sentence(written, sentence):
    with pytest.raises(Unreadable, match=sentence):
        read_when(written, month=NOVEMBER)


def test_without_a_month_only_full_dates_can_be_read():
    assert read_when("2026/11/5 14:30-16:00", month=None).slots[0].starts_at == instant(
        date(2026, 11, 5), 14, 30
    )
    for written in ("11月5日上午9点", "每周二下午3点", "每月3日上午9点"):
        with pytest.raises(Unreadable, match="哪年哪月"):
            read_when(written, month=None)


FULL = st.sampled_from(
    ["{y}/{m}/{d} {s}-{e}", "{y}年{m}月{d}日{s}-{e}", "{y}-{m:02}-{d:02} {s}～{e}", "{m}月{d}日 {s}至{e}"]
)


@given(
    st.dates(date(2026, 11, 1), date(2026, 11, 30)), st.integers(6 * 60, 23 * 60), st.integers(1, 59), FULL
)
def test_a_date_and_two_clock_times_round_trip(on, start, length, form):
    starts = datetime(on.year, on.month, on.day, *divmod(start, 60), tzinfo=SHANGHAI)
    ends = starts + timedelta(minutes=length)
    text = form.format(y=on.year, m=on.month, d=on.day, s=f"{starts:%H:%M}", e=f"{ends:%H:%M}")
    assert read_when(text, month=NOVEMBER).slots == ((starts, ends),)


@given(st.dates(date(2026, 11, 1), date(2026, 11, 30)), st.integers(7 * 60, 21 * 60 + 59))
def test_clock_words_round_trip(on, start):
    hour, minute = divmod(start, 60)
    word = "上午" if hour < 12 else "下午" if hour < 18 else "晚上"
    said = f"{on.month}月{on.day}日{word}{(hour - 1) % 12 + 1}点{minute}分"
    assert read(said) == ([on.day], f"{hour:02}:{minute:02}-{hour + 1:02}:{minute:02}", True)


@given(st.text(alphabet="每周月日点半上下午晚一二三四五六天0123456789:-/、（）至 第个双", max_size=25))
def test_no_text_does_more_than_be_refused(text):
    try:
        when = read_when(text, month=NOVEMBER)
    except Unreadable:
        return
    assert all(slot.starts_at < slot.ends_at and local(slot.starts_at).month == 11 for slot in when.slots)
