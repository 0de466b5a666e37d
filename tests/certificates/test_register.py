"""Numbers have no gap and no double, whoever issues at once; each invariant fires on a row made wrong on purpose."""

import threading

import pytest
from sqlalchemy import select, text

from stationapp import clock
from stationapp.certificates import operations
from stationapp.certificates.checks import CHECKS
from stationapp.certificates.models import Certificate
from stationapp.certificates.rules import CertificateRefusal
from stationapp.db import db, transaction, writing
from stationapp.refusal import Refused
from stationapp.volunteers.ledger import total_minutes
from tests import cast
from tests.certificates.acts import helper, issued, issuer
from tests.volunteers.acts import volunteer

pytestmark = pytest.mark.both_databases


@pytest.fixture
def office(app):
    """An issuing office and three volunteers with hours."""
    people = cast.district(app)
    with app.app_context():
        helpers = [helper(people.one, f"王建{c}", f"1990000333{n}") for n, c in enumerate("甲乙丙")]
        yield issuer(people.office), helpers


def serials() -> list[int]:
    db.session.rollback()
    return list(db.session.scalars(select(Certificate.serial).order_by(Certificate.serial)))


def test_a_number_rolled_back_is_given_again(office):
    site, (one, two, three) = office
    issued(site, one, key="first")
    with pytest.raises(RuntimeError), transaction():
        operations.issue(site, [two.id], key="lost", reason="要", by=None, now=clock.now())
        raise RuntimeError
    made = issued(site, two, three, key="bulk")
    assert [certificate.minutes for certificate in made] == [total_minutes(two.id)] * 2 == [120, 120]
    assert [certificate.id for certificate in issued(site, three, two, key="bulk")] == [
        one.id for one in made
    ]
    assert serials() == [1, 2, 3] and findings() == {}


def test_two_issuers_at_once_give_the_same_certificates_and_numbers_without_gap(app, office):
    site, helpers = office
    site_id, ids, problems = site.id, [one.id for one in helpers], []
    ready = threading.Barrier(4)

    def one_issuer(n):
        with app.app_context():
            from stationapp.sites.models import Site

            here = db.session.get(Site, site_id)
            ready.wait()
            try:
                with transaction():
                    operations.issue(here, ids, key=f"k{n // 2}", reason="要", by=None, now=clock.now())
            except Exception as problem:
                problems.append(problem)

    threads = [threading.Thread(target=one_issuer, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == [] and serials() == [1, 2, 3] and findings() == {}


def test_nobody_without_hours_gets_one(app, office):
    site, helpers = office
    idle = volunteer(site, "李闲", "19900004444")
    with pytest.raises(Refused) as refused:
        issued(site, idle)
    assert refused.value.reason is CertificateRefusal.NO_HOURS
    assert len(issued(site, idle, helpers[0], key="both")) == 1


def findings() -> dict[str, list[str]]:
    db.session.rollback()
    db.session.expire_all()
    return {check.name: rows for check in CHECKS if (rows := check.find())}


def corrupt(*statements: str) -> None:
    """Change what the triggers protect, as somebody with a shell could."""
    db.session.rollback()
    with db.engine.connect().execution_options(**writing(db.engine)) as connection, connection.begin():
        for table in ("certificates", "hours_entries"):
            if db.engine.dialect.name == "sqlite":
                for verb in ("update", "delete"):
                    connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_{verb}"))
            else:
                connection.execute(text(f"DROP TRIGGER IF EXISTS {table}_no_change ON {table}"))
        for statement in statements:
            connection.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "fires"),
    [
        ("DELETE FROM certificates WHERE serial = 2", "H7 register"),
        ("UPDATE registers SET last = 9", "H7 register"),
        ("DELETE FROM registers", "H7 register"),
        ("UPDATE certificates SET minutes = 600 WHERE serial = 1", "H7 certificate"),
        ("UPDATE certificates SET up_to_id = 3 WHERE serial = 1", "H7 certificate"),
        ("UPDATE hours_entries SET minutes = 480 WHERE id = 1", "H7 certificate"),
        ("UPDATE certificates SET hash = 'x' WHERE serial = 1", "H7 content"),
        ("UPDATE certificates SET from_on = '2020-01-01' WHERE serial = 1", "H7 content"),
        ("UPDATE certificates SET number = 'x' WHERE serial = 1", "H7 content"),
    ],
)
def test_what_was_changed_behind_a_certificate_is_found(office, statement, fires):
    site, helpers = office
    issued(site, *helpers)
    assert findings() == {}
    corrupt(statement)
    assert fires in findings()
