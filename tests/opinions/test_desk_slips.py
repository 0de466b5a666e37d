"""Slips: printed to be cut apart, entered by number and face, corrected by typing them again."""

from datetime import timedelta

import pytest

from stationapp import clock
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.opinions.operations import enter_slips, print_slips
from stationapp.opinions.queries import scores_at
from stationapp.opinions.slip_rules import LineProblem, Slip, read_lines
from tests import cast
from tests.opinions.scene import answers, past, press
from tests.publicity.sheets import EDGE, Pdf


@pytest.fixture
def scene(app):
    return past(app, 8)


@pytest.fixture
def lin(app, scene):
    return cast.signed_in(app, scene.people.lin)


def printed(client, scene, slips: int = 16) -> str:
    """Print; the address of their page."""
    answer = client.submit(f"{scene.at}/slips", {"slips": str(slips)}, to="/slips")
    assert answer.status_code == 303
    return answer.location.removesuffix("/print")


def enter(client, paper: str, lines: str, *, keep: bool = True):
    shown = client.submit(paper, {"lines": lines}, to=paper)
    if not keep or shown.status_code != 200:
        return shown
    return client.submit(shown, to=f"{paper}/entry", follow_redirects=True)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("12 1", [Slip(12, 5)]),
        ("12 满意 老师讲得好", [Slip(12, 5, "老师讲得好")]),
        ("１２　２", [Slip(12, 3)]),
        ("3不满意", [Slip(3, 1)]),
        ("４号：２　人多，坐得挤！", [Slip(4, 3, "人多，坐得挤！")]),
        ("3 2 5点半才开始", [Slip(3, 3, "5点半才开始")]),
        ("1、4、7-9 1", [Slip(n, 5) for n in (1, 4, 7, 8, 9)]),
        ("5 收回", [Slip(5, None)]),
        ("5 0\n\n6 3", [Slip(5, None), Slip(6, 1)]),
    ],
)
def test_lines_are_read_as_people_type_them(typed, meant):
    assert [slip for line in read_lines(typed, last=16) for slip in line.slips] == meant


@pytest.mark.parametrize(
    ("typed", "problem"),
    [
        ("很好", LineProblem.UNREADABLE),
        ("17 1", LineProblem.NO_SUCH_SLIP),
        ("0 1", LineProblem.NO_SUCH_SLIP),
        ("99999999999999 1", LineProblem.NO_SUCH_SLIP),
        ("9-7 1", LineProblem.BACKWARDS),
        ("3", LineProblem.NO_FACE),
        ("3 4", LineProblem.NO_SUCH_FACE),
        ("3 很好", LineProblem.NO_SUCH_FACE),
        ("3 1\n3 2", LineProblem.TWICE),
        ("1-3 1 都说好", LineProblem.COMMENT_OF_MANY),
        ("3 1 " + "长" * 201, LineProblem.COMMENT_TOO_LONG),
    ],
)
def test_what_cannot_be_read_says_why(typed, problem):
    assert [line.problem for line in read_lines(typed, last=16) if line.problem] == [problem]


def test_slips_are_rehearsed_then_written_and_typed_again_they_are_corrected(app, lin, scene):
    paper = printed(lin, scene)
    shown = enter(lin, paper, "1、2 满意\n3 2 人太多\n4 1 我叫赵试人，19900060000", keep=False)
    assert "4 张，请对一遍" in shown.text
    assert "我叫（名字略），（号码略）" in shown.text
    assert answers(app) == []
    assert "录了 3 张" in enter(lin, paper, "1、2 满意\n3 2 人太多").text
    again = enter(lin, paper, "3 3", keep=False)
    assert "原来是“一般”，改成这样" in again.text
    assert "改了 1 张" in enter(lin, paper, "3 3\n1 1").text
    rows = answers(app)
    assert [(row.score, row.how.value, row.by) for row in rows] == [
        (score, "paper", scene.people.lin.id) for score in (5, 5, 3, 1)
    ]
    enter(lin, paper, "2 0")
    with app.app_context():
        its = scores_at([scene.event_id])[scene.event_id]
    assert (its.answers, its.good, its.by_how) == (2, 1, {"page": 0, "paper": 2, "call": 0})
    assert "没有可以收回的" in enter(lin, paper, "9 0", keep=False).text


def test_an_error_has_its_sentence_a_line_and_nothing_is_written(app, lin, scene):
    paper = printed(lin, scene)
    shown = enter(lin, paper, "1 1\n40 1\n2 好\n1 3")
    assert shown.status_code == 422
    assert "第 2 行“40 1”：没有 40 号" in shown.text
    assert "第 3 行“2 好”：“好”不是脸" in shown.text
    assert "第 4 行“1 3”：1 号上面已经有了" in shown.text
    assert "1 1\n40 1" in shown.text.replace("\r\n", "\n")  # what was typed is still there
    assert answers(app) == []
    assert "还没有录" in enter(lin, paper, " \n ").text


def test_no_more_slips_than_people(app, lin, scene):
    paper = printed(lin, scene)
    press(app.test_client(), scene.codes[0])
    refused = enter(lin, paper, "1-8 1")
    assert (refused.status_code, "来了 8 人" in refused.text) == (409, True)
    assert len(answers(app)) == 1
    assert "录了 7 张" in enter(lin, paper, "1-7 1").text


def test_what_is_taken_back_makes_room_in_the_same_go(app, lin, scene):
    paper = printed(lin, scene)
    enter(lin, paper, "1-8 1")
    assert enter(lin, paper, "9 1\n1 0").status_code == 200
    with app.app_context():
        assert scores_at([scene.event_id])[scene.event_id].answers == 8


def test_the_serial_finds_the_slips_and_mistakes_are_said(app, lin, scene):
    paper = printed(lin, scene)
    serial = paper.rpartition("/")[2]
    assert lin.get(f"/desk/slips?serial={serial}").location == paper
    slip = f"{serial[:-1]}{(int(serial[-1]) + 1) % 10}"
    assert "抄错了" in lin.get(f"/desk/slips?serial={slip}").text
    assert "没有找到这个条号" in lin.get("/desk/slips?serial=00000000").text
    ma = cast.signed_in(app, scene.people.ma)
    assert "没有找到这个条号" in ma.get(f"/desk/slips?serial={serial}").text
    assert ma.get(paper).status_code == 404


def test_before_the_end_and_long_after_nothing_is_entered(app):
    scene = past(app, 2, closed=False, ago=-timedelta(hours=2))
    lin = cast.signed_in(app, scene.people.lin)
    paper = printed(lin, scene)
    page = lin.get(paper)
    assert "活动还没有结束" in page.text
    with app.app_context(), pytest.raises(Exception, match="NOT_OVER"), transaction():
        sheet = print_slips(db.session.get(Event, scene.event_id), 8, by=None, now=clock.now())
        enter_slips(sheet.id, [Slip(1, 5)], by=scene.people.lin.id, now=clock.now())


def test_the_paper_names_nobody_and_stays_on_the_sheet(lin, scene):
    paper = printed(lin, scene, 24)
    sheet = lin.get(f"{paper}/print")
    assert sheet.text.count('<li class="slip">') == 24
    answer = lin.get(f"{paper}/slips.pdf")
    pdf = Pdf(answer.data)
    assert (len(pdf), pdf.size()) == (3, (210, 297))
    serial = paper.rpartition("/")[2]
    for page in range(3):
        said = pdf.said(page)
        assert said.count(f"{serial[:4]}{serial[4:]}") == 8
        assert said.count("不满意") == 8
        assert "试人" not in said
        for text in pdf.texts(page):
            left, bottom, right, top = text.box
            assert left >= EDGE and bottom >= EDGE and right <= 595 - EDGE and top <= 842 - EDGE
            assert text.embedded and text.pt >= 9
