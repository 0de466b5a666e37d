"""Who organises records, and who records certifies; what is taken back later shows where a certificate is checked."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from stationapp import clock
from stationapp.audit.models import AuditLine
from stationapp.certificates import operations
from stationapp.certificates.checks import CHECKS
from stationapp.certificates.content import content_of
from stationapp.certificates.models import Certificate
from stationapp.certificates.queries import list_candidates
from stationapp.certificates.rules import CertificateRefusal
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.messages.certified import check_path
from stationapp.messages.models import Message
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.tidying import tidy_calls
from stationapp.refusal import Refused
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers.models import Volunteer
from tests import cast
from tests.certificates.acts import helper, issued, issuer
from tests.harness.inspect import Page
from tests.publicity.sheets import Pdf
from tests.volunteers.acts import close, reopen, serve, volunteer


@pytest.fixture
def people(app):
    return cast.district(app)


def more(site: Site, who: Volunteer, *, hours: int, ago: int = 3) -> Event:
    """The same volunteer helps once more, at that site."""
    began = clock.instant(clock.day_of(clock.now()) - timedelta(days=ago), 14)
    made = cast.event(site, starts_at=began, ends_at=began + timedelta(hours=hours))
    serve(made, who, began, began + timedelta(hours=hours))
    close(made)
    return db.session.get_one(Event, made.id, populate_existing=True)


def crowd_at(site: Site, many: int) -> list[Volunteer]:
    """So many volunteers with an hour each, of one event."""
    began = clock.instant(clock.day_of(clock.now()) - timedelta(days=2), 8)
    made = cast.event(site, starts_at=began, ends_at=began + timedelta(hours=1))
    crowd = [volunteer(site, f"王{chr(0x4E00 + 37 * n)}", f"19900{n:06}") for n in range(many)]
    for who in crowd:
        serve(made, who, began, began + timedelta(hours=1))
    close(made)
    return crowd


def desk(app, who):
    return cast.signed_in(app, who)


def call_of(one: Certificate) -> Message | None:
    return db.session.scalar(
        select(Message)
        .where(Message.subject == f"certificate {one.number}", Message.way == Way.CALL)
        .execution_options(populate_existing=True)
    )


@pytest.mark.both_databases
def test_an_issuer_certifies_what_it_and_those_beneath_recorded(app, people):
    with app.app_context():
        who = helper(people.one, hours=2)
        more(people.two, who, hours=4)
        one, two, office = (issuer(site) for site in (people.one, people.two, people.office))
        assert [row[2] for row in list_candidates(one)] == [120]
        by_one, by_two, by_office = (issued(site, who, key=site.code)[0] for site in (one, two, office))
        assert [c.minutes for c in (by_one, by_two, by_office)] == [120, 240, 360]
        assert content_of(by_one)["sites"] == [one.id] and content_of(by_office)["sites"] == [one.id, two.id]
        assert [row for check in CHECKS for row in check.find()] == []


@pytest.mark.both_databases
def test_hours_taken_back_later_show_at_the_check_page_at_the_desk_and_in_the_register(app, people, client):
    with app.app_context():
        who = helper(people.one, hours=2)
        later = more(people.one, who, hours=3).id
        (one,) = issued(issuer(people.office), who)
        link, number = check_path(one.number), one.number
        personal = vault().unseal(who.personal_sealed)
        assert one.minutes == 300
    assert "5.0" in client.get(link).text and "更正" not in client.get(link).text
    with app.app_context():
        reopen(db.session.get_one(Event, later))
        assert [
            row for check in CHECKS for row in check.find()
        ] == []  # what it said then is still true of then
    check = client.get(link).text
    assert "时长后来更正过" in check and "出具时记了 5.0 小时，现在是 2.0 小时" in check
    assert "出具以后时长更正过，现在记 2.0 小时" in client.get(f"/hours/{personal}/record").text
    chen = desk(app, people.chen)
    assert "台账有过更正" in chen.get(f"/desk/certificates/{number}").text
    assert "现在是 2.0 小时" in chen.get("/desk/certificates/").text
    row = chen.get("/desk/certificates/register.csv").data.decode("utf-8-sig").splitlines()[1]
    assert ",5.0,2.0," in row


def test_what_says_the_same_is_not_issued_twice_but_a_changed_name_gets_another(app, people):
    with app.app_context():
        who, office = helper(people.one), issuer(people.office)
        (first,) = issued(office, who, key="monday")
        (again,) = issued(office, who, key="tuesday")
        assert again.id == first.id
        with transaction():
            its = db.session.get_one(Resident, who.resident_id)
            db.session.execute(update(Resident).where(Resident.id == its.id).values(name="王建业"))
        (renamed,) = issued(office, who, key="wednesday")
        assert (renamed.serial, content_of(renamed)["name"]) == (2, "王建业")
        assert content_of(db.session.get_one(Certificate, first.id))["name"] == "王建国"
        more(people.one, who, hours=1)
        assert issued(office, who, key="thursday")[0].serial == 3
    chen = desk(app, people.chen)
    at = f"/desk/certificates/new?site={people.office.code}&all=1"
    page = chen.submit(at, {"reason": "再要一份"}, to="/new", follow_redirects=True)
    assert "不再占新的编号" in page.text and f"{people.office.code}-" in page.text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Certificate)) == 3


def issue_form(client, at: str, **values) -> dict:
    """What the form on that page would send."""
    form = next(one for one in Page(client.get(at).text).forms if one.values.get("key"))
    return form.values | {"reason": "学校要求", **values}


@pytest.mark.both_databases
def test_a_forms_key_stands_for_its_issuer_alone(app, people):
    with app.app_context():
        who = helper(people.one)
        code = who.code
        issuer(people.office), issuer(people.one)
    chen, lin = desk(app, people.chen), desk(app, people.lin)
    above, here = (f"/desk/certificates/new?site={site.code}" for site in (people.office, people.one))
    first = issue_form(chen, above, volunteer=code)
    assert "-00001" in chen.post(above, data=first, follow_redirects=True).text
    second = issue_form(lin, here, volunteer=code, key=first["key"])
    page = lin.post(here, data=second, follow_redirects=True).text
    assert f"编号 {people.one.code}-2026-00001" in page and "以前出具" not in page
    for client, at in ((chen, above), (lin, here)):
        empty = client.post(at, data=issue_form(client, f"{at}&all=1", volunteer=code, key=" "))
        assert empty.status_code == 409 and "什么也没有出具" in empty.text
        assert 'name="key" value=""' not in empty.text
    with app.app_context():
        assert sorted(db.session.scalars(select(Certificate.number))) == sorted(
            f"{site.code}-2026-00001" for site in (people.office, people.one)
        )


@pytest.mark.both_databases
def test_after_a_revocation_a_form_sent_once_more_gives_another(app, people):
    with app.app_context():
        office, who, other = (
            issuer(people.office),
            helper(people.one),
            helper(people.two, "李卫", "19900004444"),
        )
        gone, kept = issued(office, who, other, key="monday")
        with transaction():
            operations.revoke(gone, reason="写错了", by=None, now=clock.now())
        again = issued(office, who, other, key="monday")
        assert [one.serial for one in again] == [kept.serial, 3]
        assert issued(office, who, other, key="monday") == again
        with transaction():
            operations.revoke(again[1], reason="又错了", by=None, now=clock.now())
        assert [one.serial for one in issued(office, who, key="monday")] == [4]
        assert [row for check in CHECKS for row in check.find()] == []


def test_who_has_left_may_still_have_one_and_a_guest_of_another_office_is_not_listed(app, people):
    with app.app_context():
        office, who = issuer(people.office), helper(people.one)
        with transaction():
            left = update(Volunteer).where(Volunteer.id == who.id).values(ended_at=clock.now())
            db.session.execute(left)
        assert [row[0].id for row in list_candidates(office)] == [who.id]
        assert issued(office, who)[0].minutes == 120
        with pytest.raises(Refused) as refused:
            issued(issuer(people.two), who, key="elsewhere")  # nothing was recorded there
        assert refused.value.reason is CertificateRefusal.NO_HOURS


def test_whoever_cannot_be_written_to_is_called_by_name_until_it_is_revoked(app, people):
    with app.app_context():
        home = cast.resident(cast.person("李大娘", "0379-00001234", birth_month="1950-01", home=people.one))
        who, office = helper(people.one, "王建国", "0379-00001234"), issuer(people.office)
        assert home.household_id == db.session.get_one(Resident, who.resident_id).household_id
        (one,) = issued(office, who)
        call = call_of(one)
        assert call.state is Delivery.PENDING and tidy_calls(now=clock.now()) == 0
        message = call.id
    chen = desk(app, people.chen)
    page = chen.get("/desk/calls/?about=certificate")
    assert "王*国" in page.text and "志愿服务证明办好了" in page.text and "王建国" not in page.text
    assert "王*国" in chen.get("/desk/calls/list.csv").data.decode("utf-8-sig")
    forms = [form for form in Page(page.text).forms if f"/lines/{message}/answers" in form.action]
    answer = chen.post(
        forms[0].action, data={"csrf_token": forms[0].values["csrf_token"], "outcome": "reached"}
    )
    assert answer.status_code == 303
    with app.app_context():
        assert call_of(db.session.scalars(select(Certificate)).one()).state is Delivery.ANSWERED
        more(people.one, who, hours=1)
        (two,) = issued(office, who, key="again")
        assert call_of(two).state is Delivery.PENDING
        with transaction():
            operations.revoke(
                db.session.get_one(Certificate, two.id), reason="写错了", by=None, now=clock.now()
            )
        assert call_of(two).state is Delivery.VOID


def test_the_register_has_pages_and_years_and_whoever_prints_must_choose_and_say_why(app, people, client):
    with app.app_context():
        office = issuer(people.office)
        crowd = crowd_at(people.one, 51)
        numbers = [one.number for one in issued(office, *crowd)]
        personal = vault().unseal(crowd[0].personal_sealed)
    chen, at = desk(app, people.chen), "/desk/certificates/"
    first, second = chen.get(at), chen.get(f"{at}?page=2")
    assert numbers[-1] in first.text and numbers[0] not in first.text and "下一页" in first.text
    assert numbers[0] in second.text and numbers[-1] not in second.text
    assert (
        numbers[0] not in chen.get(f"{at}?year=2020").text
        and numbers[0] in chen.get(f"{at}?number={numbers[0]}").text
    )
    assert len(chen.get(f"{at}register.csv").data.decode("utf-8-sig").splitlines()) == 52
    together = chen.get(f"{at}?first={numbers[0]}&last={numbers[-1]}")
    assert (
        len(next(form for form in Page(together.text).forms if "papers" in form.action).values["number"])
        == 51
    )
    refused = chen.submit(together, {"reason": ""}, to="papers")
    assert refused.status_code == 422 and "请写明原因" in refused.text
    refused = chen.submit(first, {"reason": "交给本人"}, to="papers")
    assert refused.status_code == 422 and "请至少选一份证明" in refused.text
    assert len(Pdf(client.get(f"/hours/{personal}/certificates/{numbers[0]}.pdf").data)) == 1


@pytest.mark.both_databases
def test_a_desk_prints_none_of_another_desks_certificates(app, people):
    with app.app_context():
        who = helper(people.one)
        (above,), (own,) = (issued(issuer(site), who, key=site.code) for site in (people.office, people.one))
        foreign, mine = above.number, own.number
    chen, lin, at = desk(app, people.chen), desk(app, people.lin), "/desk/certificates/"
    form = next(one for one in Page(lin.get(at).text).forms if "papers" in one.action).values
    assert foreign not in lin.get(at).text

    def papers(*numbers):
        return lin.post(f"{at}papers", data=form | {"number": list(numbers), "reason": "要"})

    refused = papers(foreign)
    assert refused.status_code == 422 and "请至少选一份证明" in refused.text
    assert mine in Pdf(papers(mine, foreign).data).said() and len(Pdf(papers(foreign, mine).data)) == 1
    assert lin.post(f"{at}{foreign}/paper", data=form | {"reason": "要"}).status_code == 404
    with app.app_context():
        printed = select(AuditLine.subject).where(AuditLine.act == "certificates.print")
        assert set(db.session.scalars(printed)) == {f"certificate {mine}"}
    assert foreign in Pdf(chen.submit(f"{at}{foreign}", {"reason": "要"}, to="paper").data).said()


def test_a_refused_print_leaves_the_register_as_it_was(app, people):
    with app.app_context():
        office, crowd = issuer(people.office), crowd_at(people.one, 52)
        numbers = [one.number for one in issued(office, *crowd)]
    year = numbers[0].split("-")[1]
    chen, at = desk(app, people.chen), "/desk/certificates/"
    second = chen.submit(f"{at}?year={year}&page=2", {"number": numbers[:1]}, to="papers")
    assert second.status_code == 422 and numbers[-1] not in second.text
    assert f'value="{year}"' in second.text and f'href="{at}?year={year}&amp;page=1"' in second.text
    assert of_print(second)["number"] == [numbers[0]]
    assert chen.submit(second, {"reason": "交给本人"}, to="papers").status_code == 200

    together = f"{at}?first={numbers[0]}&last={numbers[1]}"
    refused = chen.submit(together, {"number": numbers[:1]}, to="papers")
    assert refused.status_code == 422 and numbers[1] in refused.text and numbers[2] not in refused.text
    assert of_print(refused)["number"] == [numbers[0]]
    assert "显示全部" in refused.text

    elsewhere = chen.submit(at, {"number": [*numbers[-2:], numbers[0], "x<"]}, to="papers")
    assert numbers[0] in elsewhere.text  # (chosen on another page, or the list went on meanwhile)
    assert sorted(of_print(elsewhere)["number"]) == [numbers[0], *numbers[-2:]]


def of_print(page) -> dict:
    return next(form for form in Page(page.text).forms if "papers" in form.action).values


def test_no_number_and_no_code_makes_the_check_page_stumble(client):
    for number in ("%00", "9" * 300, "%ED%A0%80", "王", "410305001-2026-00001'--", "%F0%9F%91%B5"):
        for code in ("", "%00", "%ED%A0%80", "9" * 5000, "王"):
            for address in (f"/certificates/{number}?c={code}", f"/certificates?number={number}&c={code}"):
                assert client.get(address).status_code in (200, 303, 400, 404, 429), address
