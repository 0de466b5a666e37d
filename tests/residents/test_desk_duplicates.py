"""The desk: records that look like one person, a code read out, a guardian, how to reach somebody without a phone."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import event as listening
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.db import db, transaction
from stationapp.residents import families, homes, merging
from stationapp.residents.merging import merge
from stationapp.residents.models import KeptApart, Merge, Resident
from stationapp.residents.rules import Lives
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.rules import ManualReason
from tests import cast

MOBILE, LANDLINE = "19900003333", "0379-00000303"


@pytest.fixture
def people(app, client):
    made = cast.district(app)
    cast.sign_in(client, made.lin)
    with app.app_context():
        yield made


@pytest.fixture
def wu(people):
    """Granny Wu twice, known at Lin's station by both records."""
    return [
        cast.resident(cast.person(cast.GRANNY_WU, phone, birth_month="1950-03", home=people.one)).id
        for phone in (MOBILE, LANDLINE)
    ]


def fresh() -> None:
    db.session.rollback()
    db.session.expire_all()


def pair(wu) -> str:
    return f"/desk/duplicates/{wu[0]}/{wu[1]}"


def test_a_pair_is_listed_masked_and_opened(client, wu):
    page = client.get("/desk/duplicates/").text
    assert "吴*英" in page and "都相同" in page and pair(wu) in page
    shown = client.get(pair(wu)).text
    assert "199****3333" in shown and "0379-****0303" in shown
    assert MOBILE not in page + shown and cast.GRANNY_WU not in page + shown


def test_a_list_of_pairs_asks_as_much_for_three_as_for_one(client, people, wu):
    def questions() -> int:
        asked = []
        listening.listen(db.engine, "before_cursor_execute", count := lambda *given: asked.append(given[2]))
        assert "吴*英" in client.get("/desk/duplicates/").text
        listening.remove(db.engine, "before_cursor_execute", count)
        return len(asked)

    one = questions()
    for month in ("1951-03", "1952-03"):
        for phone in (f"199{month[:4]}0001", f"199{month[:4]}0002"):
            cast.resident(cast.person("郑" + cast.GRANNY_WU[1:], phone, birth_month=month, home=people.one))
    assert client.get("/desk/duplicates/").text.count("郑*英") >= 4
    assert questions() == one


def test_merging_keeps_the_record_chosen_and_leads_to_the_person(client, wu):
    answer = client.submit(pair(wu), {"keep": str(wu[1])}, to="/merging", follow_redirects=True)
    assert "合并好了" in answer.text
    assert "199****3333" in answer.text and "0379-****0303" in answer.text
    assert client.get(f"/desk/residents/{wu[0]}").location == f"/desk/residents/{wu[1]}"
    assert client.get("/desk/duplicates/").text.count(pair(wu)) == 0
    undone = client.submit(answer, to="/undoing", follow_redirects=True)
    assert "又是两条记录" in undone.text and "没有恢复" not in undone.text
    fresh()
    assert db.session.get(Resident, wu[0]).merged_into is None


def test_a_place_held_twice_is_given_back_and_said(client, people, wu):
    event = cast.event(people.one)
    for phone in (MOBILE, LANDLINE):
        cast.sign_up(event, cast.person(cast.GRANNY_WU, phone), key=phone)
    answer = client.submit(pair(wu), to="/merging", follow_redirects=True)
    assert "多出来的 1 个名额已经退回" in answer.text
    assert "没有恢复" in client.submit(answer, to="/undoing", follow_redirects=True).text


def test_what_neither_record_says_is_told_from_what_one_leaves_out(client, people):
    event, phones = cast.event(people.one), ("19900001111", "19900002222")
    for phone in phones:
        cast.sign_up(event, cast.person("郑小满", phone), key=phone)
    both = [cast.resident(cast.person("郑小满", phone)).id for phone in phones]
    page = client.get(pair(both)).text
    assert page.count("都没填") == 2 and "有一条没填" not in page
    with transaction():
        db.session.get(Resident, both[0]).birth_month = "1970-05"
    page = client.get(pair(both)).text
    assert page.count("都没填") == 1 and page.count("有一条没填") == 1


def test_who_lives_outside_does_not_live_in_the_community(client, people, wu):
    cast.sign_up(cast.event(people.one), cast.person(cast.GRANNY_WU, LANDLINE))
    with transaction():
        person = db.session.get(Resident, wu[1])
        person.lives, person.community_id = Lives.OUTSIDE, None
    page = client.get(pair(wu)).text
    assert page.count("不同</") == 1 and "没填" not in page


def test_full_width_is_what_a_search_means(client, wu):
    for typed in ("３３３３", "ｗ", "１９９００００３３３３"):
        found = client.submit("/desk/residents/", {"q": typed}, to="/desk/residents").text
        assert f"/desk/residents/{wu[0]}" in found, typed


def test_two_who_are_two_are_not_suggested_again(client, wu):
    answer = client.submit(pair(wu), to="/parting", follow_redirects=True)
    assert "不是同一人" in answer.text and pair(wu) not in answer.text
    fresh()
    assert db.session.scalars(select(KeptApart)).one()


def test_a_refused_merge_says_why_and_leaves_both(app, client, people, wu):
    with transaction():
        for one in wu:
            given = {"by": people.lin.id, "now": clock.now()}
            volunteer = volunteers.register(db.session.get(Resident, one), site=people.one, **given)
            day = clock.day_of(clock.now() - timedelta(days=1))
            entry = {"minutes": 60, "reason": ManualReason.OTHER, "note": "送药", **given}
            volunteers.propose_manual(
                volunteer, site=people.one, from_site=people.one, served_on=day, **entry
            )
    answer = client.submit(pair(wu), to="/merging")
    assert answer.status_code == 409 and "时长" in answer.text
    fresh()
    assert db.session.scalars(select(Merge)).all() == []


def test_the_volunteers_record_is_the_one_to_keep(client, people, wu):
    with transaction():
        volunteers.register(
            db.session.get(Resident, wu[1]), site=people.one, by=people.lin.id, now=clock.now()
        )
    assert "留下志愿者那一条" in client.submit(pair(wu), {"keep": str(wu[0])}, to="/merging").text
    assert client.submit(pair(wu), {"keep": str(wu[1])}, to="/merging").status_code == 303


def test_who_is_known_elsewhere_alone_is_neither_suggested_nor_found(app, client, people, wu):
    theirs = cast.resident(
        cast.person(cast.GRANNY_WU, "19900004444", birth_month="1950-03", home=people.far)
    ).id
    assert client.get(f"/desk/duplicates/{wu[0]}/{theirs}").status_code == 404
    ma = cast.signed_in(app, people.ma)
    assert "吴*英" not in ma.get("/desk/duplicates/").text
    assert ma.get(pair(wu)).status_code == 404


def test_another_record_is_looked_for_by_hand(client, people, wu):
    other = cast.resident(cast.person("吴秀瑛", "19900005555", home=people.one)).id
    page = client.get(f"/desk/duplicates/?person={wu[0]}")
    found = client.submit(page, {"q": "5555"}, to="/desk/duplicates")
    assert f"/desk/duplicates/{wu[0]}/{other}" in found.text and "5555" not in found.request.path


def test_a_station_that_knows_only_the_record_gone_sees_the_person(app, client, people, wu):
    theirs = cast.resident(cast.person(cast.GRANNY_WU, "19900004444", home=people.two)).id
    with transaction():
        merge(wu[0], theirs, by=people.chen.id, now=clock.now())
    ma = cast.signed_in(app, people.ma)
    found = ma.submit("/desk/residents/", {"q": "4444"}, to="/desk/residents").text
    assert f"/desk/residents/{wu[0]}" in found
    assert ma.get(f"/desk/residents/{wu[0]}").status_code == 200


# --- on a person's page --------------------------------------------------------------------------------------------


def test_a_code_is_read_out_once_and_opens_the_page(app, client, people, wu):
    page = client.submit(f"/desk/residents/{wu[0]}", to="/code")
    code = "".join(re.search(r'class="code">(\d{3}) (\d{3})<', page.text).groups())
    assert "姓名和出生年月" in page.text
    assert code[:3] + " " + code[3:] not in client.get(f"/desk/residents/{wu[0]}").text
    fresh()
    line = db.session.scalars(select(AuditLine).where(AuditLine.act == "residents.home_code")).one()
    assert code not in line.subject + line.reason
    with transaction():
        assert homes.open_home(MOBILE, code, device="", shared=False, now=clock.now())


def test_a_code_is_made_only_for_a_phone_of_the_person(app, client, people, wu):
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    other = db.session.get(Resident, wu[1]).household_id
    for home in ("", "x", str(other), "999"):
        assert client.post(f"/desk/residents/{wu[0]}/code", data={"home": home}).status_code == 404


@pytest.mark.parametrize(
    ("module", "verb"), [(merging, "undo_merge"), (merging, "keep_apart"), (families, "name_guardian")]
)
def test_who_is_sent_back_because_two_waited_for_each_other_is_let_in_again(
    client, people, wu, monkeypatch, module, verb
):
    """PostgreSQL breaks a ring of waiting by sending one back: where people are held, the edge tries once more."""
    with transaction():
        made = merge(*wu, by=people.lin.id, now=clock.now()) if verb == "undo_merge" else None
    li = cast.resident(cast.person("李小宝", MOBILE, birth_month="2018-01", home=people.one)).id
    really, tries = getattr(module, verb), []

    def sent_back(*given, **more):
        tries.append(verb)
        if len(tries) == 1:
            lost = Exception()
            lost.sqlstate = "40P01"
            raise OperationalError("", {}, lost)
        return really(*given, **more)

    monkeypatch.setattr(module, verb, sent_back)
    if made:
        answer = client.submit(f"/desk/residents/{wu[0]}", to=f"/desk/duplicates/merges/{made.id}/undoing")
    elif verb == "keep_apart":
        answer = client.submit(pair(wu), to="/parting")
    else:
        answer = client.submit(f"/desk/residents/{li}", {"guardian": str(wu[0])}, to="/guardian")
    assert (answer.status_code, tries) == (303, [verb] * 2)


def test_a_guardian_is_named_on_the_childs_page(client, people):
    wu = cast.resident(cast.granny_wu(people.one)).id
    li = cast.resident(cast.xiao_li(people.one)).id
    assert client.submit(f"/desk/residents/{li}", {"guardian": ""}, to="/guardian").status_code == 422
    client.submit(f"/desk/residents/{li}", {"guardian": str(wu)}, to="/guardian")
    fresh()
    assert db.session.get(Resident, li).guardian_id == wu
    assert "吴*英" in client.get(f"/desk/residents/{li}").text


def test_how_to_reach_somebody_without_a_phone_is_kept_sealed_and_shown(client, people):
    who = cast.resident(cast.person("郑有福", None, home=people.one))
    client.submit(f"/desk/residents/{who.id}", {"reach": "托楼下小卖部带话"}, to="/reach")
    assert "托楼下小卖部带话" in client.get(f"/desk/residents/{who.id}").text
    fresh()
    sealed = db.session.scalar(
        select(homes.Household.reach_sealed).where(homes.Household.id == who.household_id)
    )
    assert "小卖部".encode() not in bytes(sealed)
