"""Texts for group chats and articles: short enough for any event, ready to take away, harmless when pasted."""

import re
import struct
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stationapp import clock
from stationapp.db import transaction
from stationapp.events import operations
from stationapp.events.queries import get_event
from stationapp.events.rules import State
from stationapp.publicity import texts
from stationapp.publicity.queries import Announced
from tests import cast

NOW = clock.instant(clock.day_of(clock.now()) + timedelta(days=1), 10)
LINE = Announced(
    1, "ABCD2345", State.PUBLISHED, "智能手机课堂", "手把手教您", "60岁以上居民", None, "一楼多功能厅", NOW,
    NOW + timedelta(hours=1, minutes=30), None, None, None, 0, 0, 0, 0, None, None, NOW, "0379-00000001",
    "示例一社区", "示例一社区1号",
)  # fmt: skip
PAGE = "https://wenming.example.cn/events/ABCD2345"
KEPT = {"section", "p", "strong", "img", "span"}


@pytest.fixture
def people(app, monkeypatch):
    """The district, tomorrow at ten."""
    made = cast.district(app)
    monkeypatch.setattr(clock, "now", lambda: NOW)
    return made


@pytest.fixture(scope="module")
def speaking(tmp_path_factory):
    """The words of the pages, for many examples."""
    from stationapp.app import create_app
    from stationapp.config import Settings

    place = tmp_path_factory.mktemp("texts")
    made = create_app(Settings(instance=place, database_url=f"sqlite:///{place / 'none.db'}"))
    with made.test_request_context():
        yield


def make(app, where, title, days=1, **changes):
    """A published event so many days from now; its code."""
    with app.app_context():
        return cast.event(where, title=title, starts_at=NOW + timedelta(days=days), **changes).code


def desk(app, who):
    """A browser at the desk."""
    return cast.signed_in(app, who)


def field(answer, name):
    """What stands in a field to copy from."""
    return re.search(rf'<textarea id="{name}"[^>]*>\n?(.*?)</textarea>', answer.text, re.DOTALL)[1]


def test_a_chat_says_what_when_where_for_whom_and_whom_to_call(speaking):
    local = clock.local(NOW)
    said = texts.chat(LINE, PAGE)
    assert said == (
        f"【智能手机课堂】{local.month}月{local.day}日 星期{'一二三四五六日'[local.weekday()]} 上午10点—11点半，"
        f"一楼多功能厅，60岁以上居民。报名：{PAGE} 电话：0379-00000001"
    )


def test_what_is_called_off_says_so_first(speaking):
    said = texts.chat(LINE._replace(state=State.CANCELLED), PAGE)
    assert said.startswith("【已取消】智能手机课堂，原定") and f"详情：{PAGE}" in said and "报名" not in said
    assert texts.chat(LINE._replace(state=State.POSTPONED), PAGE).startswith("【已延期】")


def test_for_whom_is_left_out_before_the_place_and_the_place_before_the_title(speaking):
    long = texts.chat(LINE._replace(title="题目很长" * 8, place="地点" * 5, audience="对象" * 30), PAGE)
    assert "题目很长" * 4 in long and "地点" * 5 in long and "对象" not in long
    assert PAGE in long and "0379-00000001" in long


@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    title=st.text(min_size=1, max_size=200),
    place=st.text(max_size=200),
    audience=st.text(max_size=200),
    phone=st.sampled_from(["", "0379-00000001", "1" * 40]),
    state=st.sampled_from([State.PUBLISHED, State.CANCELLED, State.POSTPONED]),
    hours=st.integers(1, 24 * 90),
    page=st.sampled_from(["https://a.cn", PAGE, "https://" + "x" * 70, "https://" + "{y}" * 60]),
)
def test_no_event_makes_a_longer_text(speaking, title, place, audience, phone, state, hours, page):
    line = LINE._replace(
        title=title,
        place=place,
        audience=audience,
        phone=phone,
        state=state,
        ends_at=NOW + timedelta(hours=hours),
    )
    said = texts.chat(line, page)
    assert len(said) <= texts.LONGEST and said.count("\n") == 0
    first = " ".join(title.split())
    assert first[: texts._LEAST - 1] in said
    assert page in said or len(page) > 70
    if len(first) + len(place) + len(audience) < 15 and page == PAGE and hours < 8 and len(phone) < 20:
        assert all(" ".join(text.split()) in said for text in (title, place, audience))


def test_the_desk_offers_a_text_with_its_length_and_an_article(app, people):
    code = make(app, people.one, "书法<课>&{}")
    page = desk(app, people.lin).get(f"/desk/publicity/events/{code}")
    said = field(page, "chat")
    assert said.startswith("【书法&lt;课&gt;&amp;{}】") and f"/events/{code}" in said
    assert "个字，最多 120 个" in page.text and f"/events/{code}/poster" in page.text
    assert "readonly" in page.text and "copy.js" in page.text


def test_an_article_holds_only_what_survives_being_pasted(app, people):
    for number in range(2):
        make(app, people.one, f"书法<script>{number}", number + 1)
    client = desk(app, people.lin)
    answer = client.get(f"/desk/publicity/sites/{people.one.code}/article.html")
    assert "style-src 'unsafe-inline'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]
    block = answer.text[answer.text.index("<section") : answer.text.rindex("</section>")]
    found = Tags(block)
    assert found.tags == KEPT and found.attributes <= {"style", "src", "alt", "width"}
    assert "书法&lt;script&gt;0" in block and "书法&lt;script&gt;1" in block
    assert all(address.startswith("http://127.0.0.1:8000/sites/") for address in found.pictures)
    source = client.get(f"/desk/publicity/sites/{people.one.code}")
    assert "&lt;section style=" in field(source, "source")


class Tags(HTMLParser):
    """Which tags, attributes and pictures stand in a text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.pictures = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        """Note them."""
        self.tags.add(tag)
        self.attributes |= {name for name, _value in attrs}
        self.pictures += [value for name, value in attrs if name == "src"]


@pytest.mark.both_databases
def test_a_sites_coming_days_and_months_are_one_text_each(app, people):
    month = clock.local(NOW)
    make(app, people.one, "明天的")
    make(app, people.two, "别站的", 2)
    far = make(app, people.one, "很久以后的", 40)
    off = make(app, people.one, "不办了", 3)
    with app.app_context(), transaction():
        operations.cancel(get_event(off), by=None, now=NOW, reason="下雨")
        starts_at = clock.local(get_event(far).starts_at)
    client, path = desk(app, people.chen), f"/desk/publicity/sites/{people.office.code}"
    week = field(client.get(path), "chat").splitlines()
    assert week[0] == "湖北路未来七天的活动" and len(week) == 4
    assert "明天的（湖北路示例一社区 一楼多功能厅）" in week[1] and "别站的" in week[2]
    assert week[3].startswith("详情和报名：http://127.0.0.1:8000/sites/") and people.office.phone in week[3]
    then = client.get(f"{path}?month={starts_at:%Y-%m}")
    assert "很久以后的" in field(then, "chat") and f"{starts_at.month}月的活动" in then.text
    assert "明天的" not in client.get(f"{path}?month=2020-01").text
    assert client.get(f"{path}?month={month:%Y-%m}").status_code == 200


@pytest.mark.parametrize("query", ["?month=2026-13", "?month=a%00", "?month=", "?month=99999-1"])
def test_a_month_that_does_not_exist_means_the_coming_days(app, people, query):
    make(app, people.one, "明天的")
    answer = desk(app, people.lin).get(f"/desk/publicity/sites/{people.one.code}{query}")
    assert answer.status_code == 200 and "未来七天的活动" in field(answer, "chat")


def test_what_is_not_public_or_over_has_no_text(app, people):
    with app.app_context():
        draft = cast.event(people.one, publish=False).code
    over = make(app, people.one, "开过了", -2)
    client = desk(app, people.lin)
    assert "活动发布以后" in client.get(f"/desk/publicity/events/{draft}").text
    assert client.get(f"/desk/publicity/events/{draft}/article.html").status_code == 404
    assert "已经结束" in client.get(f"/desk/publicity/events/{over}").text


def test_each_sees_the_publicity_of_their_own_sites(app, people):
    code = make(app, people.one, "一场")
    lin, ma = desk(app, people.lin), desk(app, people.ma)
    assert lin.get("/desk/publicity/").location.endswith(people.one.code)
    assert people.one.short_name in desk(app, people.chen).get("/desk/publicity/").text
    for path in (f"events/{code}", f"events/{code}/article.html", f"sites/{people.one.code}"):
        assert lin.get(f"/desk/publicity/{path}").status_code == 200
        assert ma.get(f"/desk/publicity/{path}").status_code == 404


def test_the_codes_for_articles_are_pictures_of_public_pages_alone(app, client, people):
    with app.app_context():
        draft = cast.event(people.one, publish=False).code
    code = make(app, people.one, "一场")
    for path in (f"/events/{code}/qr.png", f"/sites/{people.one.code}/qr.png"):
        assert client.get(path).data.startswith(b"\x89PNG")
    for path in (f"/events/{draft}/qr.png", "/events/%00/qr.png", "/sites/410305999/qr.png"):
        assert client.get(path).status_code == 404


@pytest.mark.parametrize("of", ["/events/{event}", "/sites/{site}"])
def test_a_shared_page_brings_its_title_a_sentence_and_a_picture(app, client, people, of):
    path = of.format(event=make(app, people.one, "书法课"), site=people.one.code)
    page = client.get(path).text
    told = dict(re.findall(r'<meta property="og:(\w+)"[^>]* content="([^"]*)"', page))
    assert told["image"] == f"http://127.0.0.1:8000{path}/share.png"
    assert told["title"] in ("书法课", people.one.short_name) and told["description"]
    picture = client.get(f"{path}/share.png")
    assert picture.mimetype == "image/png" and struct.unpack(">II", picture.data[16:24]) == (600, 600)


def test_what_is_called_off_is_shared_as_called_off(app, client, people):
    code = make(app, people.one, "书法课")
    before = client.get(f"/events/{code}/share.png").data
    with app.app_context(), transaction():
        operations.cancel(get_event(code), by=None, now=NOW, reason="下雨")
    assert 'content="已取消：手把手' in client.get(f"/events/{code}").text
    assert client.get(f"/events/{code}/share.png").data != before


@pytest.mark.parametrize(
    "path", ["/events/AAAAAAAA/share.png", "/events/%00/share.png", "/sites/410305999/share.png"]
)
def test_there_is_no_picture_of_what_nobody_may_see(client, people, path):
    assert client.get(path).status_code == 404
