"""Who gets a certificate is found without a name or a phone in any address, and chosen over several searches."""

import re

import pytest
from sqlalchemy import select

from stationapp.certificates.models import Certificate
from stationapp.db import db
from tests import cast
from tests.certificates.acts import helper, issuer
from tests.harness.inspect import Page


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def three(app, people):
    """The desk codes of three volunteers whose certificates the office issues: Wang, Li and Zhao."""
    named = ("王建国", "19900003333"), ("李卫", "19900004444"), ("赵敏", "19900005555")
    with app.app_context():
        issuer(people.office)
        return [helper(people.one, *one).code for one in named]


def form_of(page, to: str) -> dict:
    return next(form for form in Page(page.text).forms if to in form.action).values


def ticked(page) -> set[str]:
    return set(form_of(page, "/new").get("volunteer", ()))


def test_a_search_for_somebody_is_no_address_and_keeps_who_was_chosen(app, people, three):
    wang, li, zhao = three
    chen, at = cast.signed_in(app, people.chen), f"/desk/certificates/new?site={people.office.code}"
    page = chen.get(at)
    assert all(code in page.text for code in three) and not any(
        form.method == "get" for form in searches(page)
    )
    for typed in ("王", "19900003333", "3333", wang):
        found = chen.submit(page, {"q": typed}, to="candidates")
        assert found.status_code == 200 and li not in found.text and ticked(found) == {wang}
        addresses = re.findall(r'(?:href|action|formaction)="([^"]*)"', found.text)
        assert not any(text in address for address in addresses for text in (typed, "%E7%8E%8B"))
    more = chen.submit(found, {"reason": " "}, to="/new")
    assert (
        more.status_code == 409
        and "请写明原因" in more.text
        and ticked(more) == {wang}
        and li not in more.text
    )
    data = form_of(found, "/new") | {"pick": "more", "reason": "学校要求"}
    more = chen.post(f"/desk/certificates/candidates?site={people.office.code}", data=data)
    assert ticked(more) == {wang} and li in more.text and 'value="学校要求"' in more.text
    assert more.text.count(f'value="{wang}"') == 2  # listed, and goes on searching
    both = chen.submit(more, {"q": "赵"}, to="candidates")
    assert ticked(both) == {wang, zhao} and li not in both.text and 'value="学校要求"' in both.text
    nobody = chen.submit(both, {"q": "没有这人"}, to="candidates")
    assert "没有符合条件的志愿者" in nobody.text and ticked(nobody) == {wang}
    done = chen.submit(both, {}, to="/new", follow_redirects=True)
    assert "已出具 2 份证明" in done.text
    with app.app_context():
        assert len(list(db.session.scalars(select(Certificate)))) == 2


def searches(page) -> list:
    return [form for form in Page(page.text).forms if "q" in form.fields]


def test_all_or_nobody_found_is_chosen_at_once(app, people, three):
    chen, at = cast.signed_in(app, people.chen), f"/desk/certificates/new?site={people.office.code}"
    page = chen.get(at)
    assert ticked(page) == set()
    to = f"/desk/certificates/candidates?site={people.office.code}"
    everybody = chen.post(to, data=form_of(page, "/new") | {"pick": "all"})
    assert ticked(everybody) == set(three) and "都不选" in everybody.text
    assert ticked(chen.post(to, data=form_of(everybody, "/new") | {"pick": "none"})) == set()
    refused = chen.submit(everybody, {"reason": " "}, to="/new")
    assert refused.status_code == 409 and ticked(refused) == set(three)
    assert "已出具 3 份证明" in chen.submit(refused, {"reason": "要"}, to="/new", follow_redirects=True).text
    fewer = chen.submit(at, {"least": "99", "all": "1"}, to="candidates")
    assert "没有符合条件的志愿者" in fewer.text and 'value="99"' in fewer.text
    assert three[0] in chen.submit(fewer, {"least": "1"}, to="candidates").text


def test_from_a_volunteers_page_it_is_them_alone_even_without_new_hours(app, people, three):
    wang, li, _zhao = three
    lin = cast.signed_in(app, people.lin)
    with app.app_context():
        issuer(people.one)
    link = re.search(r'href="(/desk/certificates/new[^"]*)"', lin.get(f"/desk/volunteers/{wang}").text)[1]
    for _ in range(2):
        page = lin.get(link)
        assert ticked(page) == {wang} and li not in page.text
        lin.submit(page, {"reason": "要"}, to="/new")
    with app.app_context():
        assert len(list(db.session.scalars(select(Certificate)))) == 1
