"""A version, a mark or a link that was taken away, changed or put in behind the log's back is named."""

from datetime import timedelta
from hashlib import sha256

import pytest
import time_machine
from sqlalchemy import text

from stationapp.commands import all_checks
from stationapp.db import db, transaction
from stationapp.reports import links, signing
from stationapp.reports.life_rules import Audience, Mark
from stationapp.reports.models import ReportFile, ReportLink
from stationapp.reports.operations import close_month
from stationapp.reports.prepared import Made, keep
from tests import cast
from tests.attendance.test_tampering import unguard
from tests.reports.build import AFTER, MONTH

pytestmark = pytest.mark.both_databases


@pytest.fixture
def told(app):
    """Two stations' months, an objection to the first, a file of it, and a link to it that was taken back."""
    with time_machine.travel(AFTER, tick=False):
        people = cast.district(app)
        with app.app_context():
            with transaction():
                report = close_month(people.one, MONTH, by=people.chen.id, now=AFTER)
            with transaction():
                close_month(people.two, MONTH, by=people.chen.id, now=AFTER)
            said = {"role": "管理员", "mark": Mark.OBJECTED, "sentence": "少了一场"}
            with transaction():
                signing.sign(report, people.one, by=people.lin.id, now=AFTER, **said)
            with transaction():
                keep([Made(report.id, "pdf", Audience.OUTSIDE, b"paper")], now=AFTER)
            with transaction():
                link = links.share(report, by=people.lin.id, now=AFTER)[0].id
            with transaction():
                end = AFTER + timedelta(hours=1)
                links.end_link(db.session.get_one(ReportLink, link), by=people.lin.id, now=end)
            yield people


def _found() -> set[str]:
    return {line for check in all_checks() if check.name in ("R1", "R1 log") for line in check.find()}


_LAST = "(SELECT max(id) FROM coverage_reports)"
_CUT_BACK = (
    "UPDATE chains SET length = length - 1, "
    f"hash = (SELECT previous_hash FROM coverage_reports WHERE id = {_LAST}) WHERE name = 'reports'"
)


@pytest.mark.parametrize(
    ("found", "statements"),
    [
        ("audit line", (_CUT_BACK, f"DELETE FROM coverage_reports WHERE id = {_LAST}")),
        ("chain reports", ("DELETE FROM chains WHERE name = 'reports'",)),
        ("mark 1", ("UPDATE sign_offs SET mark = 'agreed', sentence = ''",)),
        ("audit line", ("DELETE FROM sign_offs",)),
        ("file 1", ("UPDATE report_files SET digest = 'of another paper'",)),
        ("audit line", ("DELETE FROM report_files",)),
        ("link 1 wide", ("UPDATE report_links SET audience = 'inside'",)),
        ("link 1", ("UPDATE report_links SET report_id = 2",)),
        ("audit line", ("UPDATE report_links SET ended_at = NULL, ended_by = NULL",)),
        ("audit line", ("DELETE FROM report_links",)),
    ],
    ids=lambda one: one if isinstance(one, str) else one[-1],
)
def test_what_the_log_does_not_tell_is_named(told, found, statements):
    assert _found() == set()
    with transaction() as session:
        unguard()
        for statement in statements:
            session.execute(text(statement))
    assert any(line == found or (found == "audit line" and line.startswith(found)) for line in _found())


def test_a_file_from_before_files_were_logged_is_no_violation(told):
    def put(format, made_at):
        its = {"content": b"paper", "digest": sha256(b"paper").hexdigest(), "audience": Audience.OUTSIDE}
        with transaction() as session:
            session.add(ReportFile(report_id=2, format=format, made_at=made_at, **its))

    put("pdf", AFTER - timedelta(days=1))
    assert _found() == set()
    put("docx", AFTER + timedelta(hours=2))
    assert _found() == {"file 3"}
