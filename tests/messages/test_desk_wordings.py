"""The words residents are told in: changed at the center, previewed, checked, and taken back."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.logins import begin_login
from stationapp.db import db, transaction
from stationapp.messages.builtin import TEXTS
from stationapp.messages.models import Wording
from stationapp.messages.phrases import KNOWN, NEEDED, WAYS, fill, parts, places
from stationapp.messages.rules import Way
from stationapp.messages.wordings import text
from stationapp.notices.rules import Occasion
from tests import cast

MOVED = "/desk/wordings/text?occasion=moved&way=sms"


@pytest.fixture
def root(app, client):
    cast.sign_in(client, cast.district(app).root)
    return client


def press(browser, given: dict[str, str]):
    """Press one of the form's buttons ("do") with what is in it otherwise."""
    token = browser.get(MOVED).text.split('csrf_token" value="')[1].split('"')[0]
    return browser.post(
        "/desk/wordings/text", data={"csrf_token": token, "occasion": "moved", "way": "sms"} | given
    )


def test_every_built_in_text_holds_what_it_must_and_nothing_unknown():
    assert set(TEXTS) == {(occasion, way) for occasion, ways in WAYS.items() for way in ways}
    for (occasion, _way), words in TEXTS.items():
        its = set(places(str(words)))
        assert set(NEEDED[occasion]) <= its <= KNOWN[occasion]


def test_an_optional_stretch_is_left_out_when_a_place_in_it_is_empty():
    words = "{title}取消了〔，因为{reason}〕〔，原来{when}在{where}〕。"
    assert fill(words, {"title": "书法课", "when": "上午9点"}) == "书法课取消了。"
    assert fill(words, {"title": "书法课", "reason": "下雨"}) == "书法课取消了，因为下雨。"


@pytest.mark.parametrize(("length", "count"), [(0, 1), (70, 1), (71, 2), (134, 2), (135, 3)])
def test_a_text_message_has_seventy_characters_and_a_longer_one_parts_of_sixty_seven(length, count):
    assert parts("字" * length) == count
    assert parts("😀" * 35) == 1 and parts("😀" * 36) == 2


@pytest.mark.both_databases
def test_a_text_is_changed_previewed_and_taken_back(app, root):
    shown = press(root, {"text": "{title}改到{when}了", "do": "preview"})
    assert "智能手机课堂改到11月25日" in shown.text and "还没有保存" in shown.text
    with app.app_context():
        assert db.session.scalars(select(Wording)).all() == []
    press(root, {"text": "{title}改到{when}了", "gateway_code": "SMS_123", "do": "save"})
    with app.app_context():
        own = db.session.scalars(select(Wording)).one()
        assert (own.text, own.gateway_code) == ("{title}改到{when}了", "SMS_123")
        assert text(Occasion.MOVED, Way.SMS, {"title": "书法课", "when": "9点"}) == "书法课改到9点了"
    press(root, {"do": "builtin"})
    with app.app_context():
        assert db.session.scalars(select(Wording)).all() == []
        assert "书法课" in text(Occasion.MOVED, Way.SMS, {"title": "书法课"})


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("", "文字是空的"),
        ("字" * 501, "最多 500 个字"),
        ("{title}{when}{nobody}", "填不了：nobody"),
        ("{title}{when}{code}", "填不了：code"),
        ("{title}改了", "还缺：when"),
        ("{title}{when}{", "没有成对"),
        ("{title}〔{when}", "没有成对"),
        ("{title}{when}〔〔{before}〕〕", "没有成对"),
    ],
)
def test_a_text_that_would_not_say_what_happened_is_refused_in_place(root, words, says):
    answer = press(root, {"text": words, "do": "save"})
    assert answer.status_code == 422
    assert says in answer.text and "{title}"[: len(words)] in answer.text


def test_the_preview_shows_the_signature_and_counts_it(app, root):
    app.config["SETTINGS"] = replace(app.config["SETTINGS"], sms_sign="涧西文明")
    page = press(root, {"text": "{title}" + "{when}" + "字" * 60, "do": "preview"}).text
    assert "【涧西文明】智能手机课堂" in page and 'id="parts">2<' in page


def test_who_does_not_set_up_the_center_reads_the_texts_and_changes_none(app, client):
    people = cast.district(app)
    app.config["WTF_CSRF_ENABLED"] = False
    cast.sign_in(client, people.chen)
    assert "<textarea" not in client.get(MOVED).text
    given = {"occasion": "moved", "way": "sms", "text": "{title}{when}", "do": "save"}
    assert client.post("/desk/wordings/text", data=given).status_code == 404


def test_the_preview_follows_what_is_typed(app, page, live_server):
    people = cast.district(app)
    with app.app_context(), transaction():
        token = begin_login(people.root.id, device="test", now=clock.now())
    page.context.add_cookies([{"name": guard.COOKIE, "value": token, "url": live_server}])
    page.goto(MOVED)
    page.fill("#text", "{title}改到{when}了〔，{nothing}〕" + "字" * 60)
    assert page.inner_text("#reads").startswith("智能手机课堂改到11月25日")
    assert "，" not in page.inner_text("#reads")
    assert page.inner_text("#parts") == "2"
