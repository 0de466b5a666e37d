"""The audit log is read by auditors, narrowed by the address, and taken away as a file."""

import csv
import re

import pytest

from stationapp import clock
from stationapp.accounts.rules import Role
from stationapp.audit.operations import record
from stationapp.audit.words import ACTS
from stationapp.db import transaction
from stationapp.events.rules import Step
from stationapp.importing.kinds import Kind
from tests import cast
from tests.harness.server import ROOT


@pytest.fixture
def log(app, client):
    people = cast.district(app)
    with app.app_context():
        auditor = cast.staff("审计甲", people.center, Role.AUDITOR)
        with transaction():
            record(
                "residents.reveal", "resident 17", by=people.lin.id, now=clock.now(), site_id=people.one.id,
                reason="=cmd|' /C calc'!A0",
            )  # fmt: skip
    cast.sign_in(client, auditor)
    return people


def rows(page) -> int:
    return page.text.count('<th scope="row">')


def test_the_log_shows_who_did_what_where_and_why(client, log):
    page = client.get("/desk/audit/")
    assert rows(page) == 7
    for said in ("林晓燕", "查看完整信息", "resident 17", "湖北路示例一社区", "系统", "授予角色"):
        assert said in page.text


def test_the_log_is_narrowed_by_the_address(client, log):
    today = clock.day_of(clock.now()).isoformat()
    for query, left in (
        (f"staff={log.lin.id}", 1),
        ("act=accounts.grant", 6),
        (f"staff={log.root.id}&act=accounts.grant", 4),
        (f"from={today}&to={today}", 7),
        ("to=2020-01-01", 0),
        ("from=yesterday&staff=x&act=&page=0", 7),
    ):
        page = client.get(f"/desk/audit/?{query}")
        assert (query, rows(page)) == (query, left)


def test_the_file_opens_in_a_spreadsheet_and_runs_nothing(client, log):
    answer = client.get(f"/desk/audit/lines.csv?staff={log.lin.id}")
    assert answer.data.startswith(b"\xef\xbb\xbf")
    text = answer.data.decode("utf-8-sig")
    assert len(text.splitlines()) == 2
    assert list(csv.reader(text.splitlines()))[1][6] == "'=cmd|' /C calc'!A0"


def test_only_auditors_read_it(app, client, log):
    for who in (log.lin, log.chen, log.zhao, log.root):
        cast.sign_in(client, who)
        assert client.get("/desk/audit/").status_code == 403
        assert client.get("/desk/audit/lines.csv").status_code == 403


def acts_of(text: str) -> set[str]:
    """The acts one file writes down: said whole, or as a verb that its `_record` puts behind the feature's name."""
    whole = set(re.findall(r'"([a-z]+\.[a-z_]+)"', text)) if "audit.operations import" in text else set()
    feature = re.search(r'\brecord\(f"([a-z]+)\.\{act\}"', text)
    verbs = re.findall(r'_record\(\s*"([a-z_]+)"', text) if feature else []
    return whole | {f"{feature[1]}.{verb}" for verb in verbs}


def test_every_act_that_is_written_down_has_its_words():
    """Acts are read from the sources; the others are made of a step, a kind of file or an office's choice."""
    written = set().union(*(acts_of(path.read_text("utf-8")) for path in (ROOT / "stationapp").rglob("*.py")))
    written |= {f"events.{step.value}" for step in Step} | {f"importing.{kind.value}" for kind in Kind}
    written |= {"sites.publish_directly", "sites.publish_approved"}
    written |= {"events.lay_out", "events.extend"}
    written |= {
        "attendance.check_in",
        "attendance.check_out",
    }  # lines of before scans had a chain of their own
    assert written ^ set(ACTS) == set()


def test_an_act_is_named_after_what_is_done_and_not_after_a_file_of_the_code():
    layers = {"operations", "queries", "models", "rules", "checks", "words", "forms", "desk", "views"}
    assert [act for act in ACTS if act.partition(".")[2] in layers] == []
