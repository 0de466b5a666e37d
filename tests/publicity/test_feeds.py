"""Calendars to subscribe to, read back by two readers that know nothing of each other or of the writer."""

from datetime import timedelta

import pytest
import vobject
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ical.calendar_stream import IcsCalendarStream

from stationapp import clock
from stationapp.db import transaction
from stationapp.events import appointment, operations
from stationapp.events.appointment import Appointment, Revision
from stationapp.events.queries import fields_of, get_event
from stationapp.events.rules import Category, State
from tests import cast

NOW = clock.instant(clock.day_of(clock.now()) + timedelta(days=1), 10)
HOSTILE = (
    "春节,元宵;清明\\端午\n" + "👨‍👩‍👧‍👦😀书" * 20 + "，“引号”\"':=BEGIN:VEVENT\r\nEND:VCALENDAR\u2028尾"
)


@pytest.fixture
def people(app, monkeypatch):
    """The district, tomorrow at ten."""
    made = cast.district(app)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return made


def make(app, where, title, days=1, **changes):
    """A published event so many days from now; its code."""
    with app.app_context():
        return cast.event(where, title=title, starts_at=NOW + timedelta(days=days), **changes).code


def feed(client, path):
    """What two readers make of a feed: {uid: (title, start, end, place, description, status)}, and that they agree."""
    answer = client.get(path)
    assert answer.status_code == 200 and answer.content_type == "text/calendar; charset=utf-8"
    return agreed(answer.data)


def agreed(data):
    """The same of the file itself; no line of it is longer than 75 octets, none ends within a character."""
    lines = data.split(b"\r\n")
    assert max(map(len, lines)) <= 75 and all(line.decode() is not None for line in lines)
    one, other = _by_ical(data.decode()), _by_vobject(data.decode())
    assert one == other
    return one


def _by_ical(text):
    return {
        e.uid: (
            e.summary, e.dtstart, e.dtend, e.location, e.description, str(e.status.value), e.sequence, e.last_modified
        )
        for e in IcsCalendarStream.calendar_from_ics(text).events
    }  # fmt: skip


def _by_vobject(text):
    read = vobject.readOne(text)
    return {
        e.uid.value: (
            e.summary.value, e.dtstart.value, e.dtend.value, e.location.value, e.description.value, e.status.value,
            int(e.sequence.value), e.last_modified.value,
        )
        for e in read.contents.get("vevent", [])
    }  # fmt: skip


def titles(found):
    """The titles, sorted."""
    return sorted(entry[0] for entry in found.values())


@pytest.mark.both_databases
def test_two_readers_find_the_same_event_with_the_same_words(app, client, people):
    code = make(app, people.one, "书法课", contact="孙桂芳", contact_phone="19900007777")
    found = feed(client, f"/sites/{people.one.code}/calendar.ics")
    title, starts_at, ends_at, place, says, status, sequence, changed_at = found[f"{code}@stationapp"]
    assert (title, status, sequence) == ("书法课", "CONFIRMED", 2)
    assert (starts_at, ends_at) == (NOW + timedelta(days=1), NOW + timedelta(days=1, hours=2))
    assert starts_at.utcoffset() == timedelta(hours=8) and changed_at <= NOW
    assert place == f"一楼多功能厅，{people.one.address}"
    assert says.splitlines() == [
        "手把手教您用手机挂号、缴费、防诈骗", "对象：60岁以上居民", "电话：19900007777",
        f"详情：http://127.0.0.1:8000/events/{code}",
    ]  # fmt: skip


@pytest.mark.both_databases
def test_a_site_announces_what_is_beneath_it_and_what_it_holds_with_others(app, client, people):
    make(app, people.one, "甲")
    make(app, people.two, "乙", partners=frozenset({people.far.id}), category=Category.A05)
    make(app, people.far, "丙", category=Category.A05)
    for site, expected in (
        (people.one, ["甲"]), (people.office, ["乙", "甲"]), (people.far, ["丙", "乙"]),
        (people.far_office, ["丙", "乙"]), (people.center, ["丙", "乙", "甲"]),
    ):  # fmt: skip
        assert titles(feed(client, f"/sites/{site.code}/calendar.ics")) == sorted(expected)
    assert titles(feed(client, f"/sites/{people.office.code}/calendar.ics?category=A05")) == ["乙"]
    assert titles(feed(client, "/events/calendar.ics?category=A05")) == sorted(["乙", "丙"])
    assert len(feed(client, "/events/calendar.ics")) == 3


@pytest.mark.both_databases
def test_only_public_events_from_a_month_ago_to_a_year_ahead(app, client, people):
    make(app, people.one, "草稿", publish=False)
    for days in (-33, -20, 20, 399, 403):
        make(app, people.one, str(days), days)
    assert titles(feed(client, f"/sites/{people.one.code}/calendar.ics")) == sorted(["-20", "20", "399"])


@pytest.mark.both_databases
def test_an_entry_that_moves_keeps_its_name_and_its_number_grows(app, client, people):
    code, path = make(app, people.one, "会动的"), f"/sites/{people.one.code}/calendar.ics"
    seen = [feed(client, path)[f"{code}@stationapp"]]

    def then(act, hours):
        with app.app_context(), transaction():
            act(get_event(code), NOW + timedelta(hours=hours))
        seen.append(feed(client, path)[f"{code}@stationapp"])

    def later(event, now):
        fields = fields_of(event)
        fields = fields.__class__(
            **vars(fields)
            | {
                "starts_at": fields.starts_at + timedelta(days=1),
                "ends_at": fields.ends_at + timedelta(days=1),
            }
        )
        operations.change(event, fields, by=None, now=now)

    then(later, 1)
    then(lambda event, now: operations.postpone(event, by=None, now=now, reason="下雨"), 2)
    then(lambda event, now: operations.cancel(event, by=None, now=now, reason="没有人"), 3)
    assert [entry[0] for entry in seen] == ["会动的", "会动的", "【已延期】会动的", "【已取消】会动的"]
    assert [entry[5] for entry in seen] == ["CONFIRMED", "CONFIRMED", "TENTATIVE", "CANCELLED"]
    assert [entry[6] for entry in seen] == [2, 3, 4, 5]
    assert [entry[7] for entry in seen[1:]] == [NOW + timedelta(hours=n) for n in (1, 2, 3)]
    assert seen[1][1] - seen[0][1] == timedelta(days=1)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(
    texts=st.lists(st.text(min_size=1, max_size=200) | st.just(HOSTILE), min_size=3, max_size=3),
    minutes=st.integers(0, 60 * 24 * 700),
    state=st.sampled_from([State.PUBLISHED, State.CANCELLED, State.POSTPONED]),
)
def test_whatever_people_type_is_read_back_by_both(texts, minutes, state):
    title, where, says = (f"头{text}尾" for text in texts)
    starts_at = NOW + timedelta(minutes=minutes)
    entry = Appointment(
        code="ABCD2345", state=state, title=title, starts_at=starts_at, ends_at=starts_at + timedelta(minutes=90),
        where=where, says=says, address="https://wenming.example.cn/events/ABCD2345", made_at=NOW,
        revision=Revision(3, NOW), category="健身体育",
    )  # fmt: skip
    for data in (
        appointment.many([entry], name=title),
        appointment.one(entry, remind=timedelta(hours=2)),
    ):
        read = agreed(data)["ABCD2345@stationapp"]
        assert [_plain(text) for text in (read[0], read[3], read[4])] == [
            _plain(t) for t in (title, where, says)
        ]
        assert read[1] == starts_at and read[2] - read[1] == timedelta(minutes=90)


def _plain(text):
    """As it was typed, line ends in one form and without what has no shape."""
    return "\n".join(
        "".join(c for c in line if c >= " " and not "\x7f" <= c <= "\x9f") for line in text.splitlines()
    )


@pytest.mark.both_databases
def test_who_has_this_state_already_is_sent_nothing(app, client, people):
    path = f"/sites/{people.one.code}/calendar.ics"
    make(app, people.one, "甲")
    first = client.get(path)
    asked = {"If-None-Match": first.headers["ETag"]}
    again = client.get(path, headers=asked)
    assert (again.status_code, again.data, again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    assert client.get(path, headers={"If-None-Match": '"older"'}).status_code == 200
    make(app, people.one, "乙")
    assert client.get(path, headers=asked).status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/sites/410305999/calendar.ics", "/sites/%00/calendar.ics", "/events/calendar.ics?category=A08",
        "/events/calendar.ics?category=a%00",
    ],
)  # fmt: skip
def test_a_calendar_that_does_not_exist_is_not_found(client, people, path):
    assert client.get(path).status_code == 404


def test_a_calendar_says_what_it_is_called_and_how_often_to_look(app, client, people):
    text = client.get(f"/sites/{people.one.code}/calendar.ics?category=A05").text.replace("\r\n ", "")
    assert f"X-WR-CALNAME:{people.one.short_name}的活动 · 健身体育\r\n" in text
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n" in text and "TZID:Asia/Shanghai\r\n" in text


def test_where_people_look_for_events_they_are_told_how_to_subscribe(client, people):
    site = f"//127.0.0.1:8000/sites/{people.one.code}/calendar.ics"
    assert f'href="webcal:{site}"' in client.get(f"/sites/{people.one.code}").text
    sports = client.get("/events?category=A05").text
    assert 'href="webcal://127.0.0.1:8000/events/calendar.ics?category=A05"' in sports
    one = client.get(f"/events?category=A05&site={people.one.code}").text
    assert f'href="webcal:{site}?category=A05"' in one
    assert "webcal" not in client.get("/events?category=A08").text
