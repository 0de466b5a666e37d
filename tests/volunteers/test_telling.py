"""Who earned hours is thanked and told how many, once, and only while it is true."""

import pytest

from stationapp import clock
from stationapp.attendance import operations as attendance
from stationapp.db import db, transaction
from stationapp.messages import switches
from stationapp.messages.gateways.base import Answer
from stationapp.messages.models import Message
from stationapp.messages.rewording import reword
from stationapp.messages.rules import AttemptEnd, Way
from stationapp.messages.saying import facts_of
from stationapp.messages.sending import drain
from stationapp.messages.wordings import text
from stationapp.notices.rules import Occasion
from stationapp.residents.queries import get_resident
from stationapp.vault import vault
from stationapp.volunteers import operations, questions
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.rules import ManualReason, QuestionOutcome
from tests import cast
from tests.messages.outbox import Playing
from tests.volunteers.acts import DAY, at, close, event, reopen, serve, volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def people(app):
    switches.use(sms=True, email=False, public_url="https://station.example")
    made = cast.district(app)
    with app.app_context():
        yield made


def told(way=Way.SMS) -> list[Message]:
    its = db.session.query(Message).filter_by(occasion=Occasion.HOURS, way=way)
    return its.order_by(Message.id).populate_existing().all()


def said(message) -> str | None:
    facts = facts_of([message], now=clock.now())[message.id]
    return facts and text(message.occasion, message.way, facts)


def test_a_close_out_thanks_once_and_again_only_for_other_minutes(people):
    who, made = volunteer(people.one), event(people.one, at(9), at(11), title="清洁家园")
    serve(made, who, at(9), at(10, 30))
    close(made)
    [first] = told()
    assert (
        "谢谢王*国！11月4日 星期三“清洁家园”的志愿服务记了1.5小时。不对请点https://station.example/hours/"
        in said(first)
    )
    assert [one.way for one in told(Way.PAGE)] == [Way.PAGE] and told(Way.CALL) == []
    reopen(made)
    assert said(first) is None  # nothing stands while it is open
    close(made)
    assert [one.id for one in told()] == [first.id]
    reopen(made)
    serve(made, who, at(9), at(11, 30), now=at(12))
    close(made, now=at(13))
    [before, after] = told()
    assert (before.id, said(before)) == (first.id, None)
    assert "记了2.0小时" in said(after)


def test_manual_hours_approved_are_told_as_such(people):
    who = volunteer(people.one)
    with transaction():
        manual = operations.propose_manual(
            who, site=people.one, from_site=people.one, served_on=DAY, minutes=90,
            reason=ManualReason.OUTSIDE, note="上门", by=people.lin.id, now=at(18),
        )  # fmt: skip
    assert told() == []
    with transaction():
        line = operations.decide_manual(
            manual, approved=True, from_site=people.office, by=people.chen.id, now=at(19)
        )
    [message] = told()
    assert "“在站点以外服务”的志愿服务记了1.5小时（补录）" in said(message)
    with transaction():
        operations.correct_line(line, reason="记错了", by=people.chen.id, now=at(20))
    assert said(message) is None
    assert "更正：王*国11月4日 星期三“在站点以外服务”的志愿时长核对后收回了" in back()[0]


def test_who_is_no_volunteer_any_more_is_told_nothing(people):
    who, made = volunteer(people.one), event(people.one, at(9), at(11))
    serve(made, who, at(9), at(11))
    close(made)
    [message] = told()
    with transaction():
        db.session.get_one(Volunteer, who.id).ended_at = clock.now()
    assert said(message) is None
    with transaction():
        gone = db.session.get_one(Volunteer, who.id)
        gone.ended_at = None
        other = cast.resident(cast.person("王建国二", "19900008888", home=people.one))
        get_resident(gone.resident_id).merged_into = other.id
    assert said(message) is None


@pytest.mark.parametrize("occasion", [Occasion.HOURS, Occasion.ANSWERED])
def test_the_way_to_the_whole_ledger_is_sent_and_shown_to_no_desk(app, people, occasion):
    """Somebody of station one helps at station two, whose manager reads what was sent; trust.md §4.14."""
    who, made = volunteer(people.one), event(people.two, at(9), at(11), title="清洁家园")
    serve(made, who, at(9), at(11))
    close(made)
    if occasion is Occasion.ANSWERED:
        with transaction():
            asked = questions.ask(who, "少记了", key="k", event=made, now=at(12))
            questions.answer(asked, QuestionOutcome.AS_IT_STANDS, "查过了", by=people.ma.id, now=at(12))
    opens = f"/hours/{vault().unseal(who.personal_sealed)}"
    gateway = Playing({"*": Answer(AttemptEnd.BUSY, "later")})
    drain({Way.SMS: gateway}, now_of=lambda: at(13), most=10)
    gateway.answers = {}
    drain({Way.SMS: gateway}, now_of=lambda: at(15), most=10)
    sent = [one.text for one in gateway.got if ("谢谢王*国" in one.text) is (occasion is Occasion.HOURS)]
    assert len(sent) == 2 and all(opens in text for text in sent)
    [message] = db.session.query(Message).filter_by(occasion=occasion, way=Way.SMS).all()
    at_desk = f"/desk/messages/{message.id}"
    ma = cast.signed_in(app, people.ma)
    shown = ma.submit(at_desk, {"reason": "本人说没收到"}, to="/text")
    assert "清洁家园" in shown.text and "••••••" in shown.text and "/hours/" not in shown.text


def test_nobody_who_calls_reads_the_way_to_a_ledger_whatever_the_words(people):
    who, made = volunteer(people.one), event(people.two, at(9), at(11))
    serve(made, who, at(9), at(11))
    close(made)
    with transaction():
        reword(
            Occasion.ANSWERED, Way.CALL, "{title}〔，看{link}〕", "", by=people.lin.id, site_id=people.one.id,
            now=at(12),
        )  # fmt: skip
        asked = questions.ask(who, "少记了", key="k", event=made, now=at(12))
        switches.use(sms=False, email=False, public_url="https://station.example")
        questions.answer(asked, QuestionOutcome.AS_IT_STANDS, "查过了", by=people.ma.id, now=at(12))
    [message] = db.session.query(Message).filter_by(occasion=Occasion.ANSWERED, way=Way.CALL).all()
    assert "看" not in said(message)


def back() -> list[str | None]:
    its = db.session.query(Message).filter_by(occasion=Occasion.HOURS_BACK, way=Way.SMS).order_by(Message.id)
    return [said(one) for one in its.populate_existing()]


def test_hours_that_were_told_and_fall_to_nothing_are_told_too(people):
    who, made = volunteer(people.one), event(people.one, at(9), at(11), title="清洁家园")
    serve(made, who, at(9), at(11))
    close(made)
    assert "谢谢王*国！" in said(told()[0]) and back() == []
    reopen(made)
    assert back() == []
    with transaction():
        attendance.undo(made, get_resident(who.resident_id), by=None, now=at(12))
    close(made, now=at(13))
    assert "更正：王*国11月4日 星期三“清洁家园”的志愿时长核对后收回了。不对请点https://" in back()[0]
    assert said(told()[0]) is None
    reopen(made, now=at(14))
    close(made, now=at(15))
    assert len(back()) == 1
    reopen(made, now=at(16))
    with transaction():
        attendance.put_back(made, get_resident(who.resident_id), by=None, now=at(16))
    close(made, now=at(17))
    assert "记了2.0小时" in said(told()[-1]) and len(told()) == 2 and back() == [None]
