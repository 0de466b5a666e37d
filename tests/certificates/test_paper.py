"""Certificates and record sheets on paper: one page whatever stands on them, heads repeated, nothing cut."""

from collections import namedtuple
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from stationapp import clock
from stationapp.certificates import paper
from stationapp.residents.rules import Masked
from stationapp.web.pdf import render
from tests.publicity.sheets import Pdf

Row = namedtuple("Row", "HoursEntry Site Event ManualHours undone")

LONG = {
    "name": "欧阳买买提·吐尔逊江·阿卜杜热合曼·伊敏",
    "issuer": "洛阳市涧西区湖北路街道办事处湖北路示例一社区居民委员会志愿服务联合会",
    "contact": "0379-00000002，涧西区湖北路146号三楼志愿服务工作室，周一至周五上班时间",
    "phone": "199****0002",
    "stars": 5,
}
SHORT = {"name": "李", "issuer": "街道办", "contact": "0379-00000002", "phone": "", "stars": 0}


def certificate(kinds: int, given: dict) -> dict:
    return paper.certificate(
        {
            "number": "410305001-2026-00012", "volunteer": "PPCH9QB9", "minutes": 120_030, "from": "2026-01-05",
            "to": "2026-11-20", "kinds": [["科技与科普", 1234, 13_000]] * kinds, "in_charge": "阿卜杜热合曼·伊敏",
            "handler": "孙晓雯", "on": "2026-11-23", "sites": [], **given,
        },
        revoked=True,
        public_url="https://wenming.jianxi.example.cn",
    )  # fmt: skip


@pytest.mark.parametrize("given", [LONG, SHORT], ids=["long", "short"])
def test_a_certificate_is_one_page_however_much_stands_on_it(app, given):
    with app.test_request_context():
        sheets = [certificate(kinds, given) for kinds in range(1, 11)]
        file = Pdf(render("certificates/certificate", paper.certificates(sheets)))
    assert len(file) == 10 and file.size() == (210, 297)
    for n in range(10):
        said = file.said(n)
        assert file.outside(n) == [] and all(one.embedded for one in file.texts(n))
        assert (
            "2000.5" in said and "（公章）" in said and "2026年11月23日" in said and given["issuer"] in said
        )
        assert "志愿者编号PPCH9QB9" in said and "获得" not in said


def line(n: int, *, undone: bool = False, corrects: int | None = None) -> Row:
    entry = SimpleNamespace(
        id=n,
        served_on=date(2024, 1, 3) + timedelta(days=n),
        minutes=-90 if corrects else 90,
        corrects_id=corrects,
    )
    event = (
        None
        if corrects
        else SimpleNamespace(title="“我们的节日·重阳”敬老饺子宴暨志愿者表彰交流联欢活动，带小板凳")
    )
    return Row(entry, SimpleNamespace(short_name="湖北路示例一社区"), event, None, undone)


def test_a_long_record_repeats_its_heads_counts_its_pages_and_strikes_out_what_was_taken_back(app):
    lines = [line(n) for n in range(1, 120)] + [line(120, undone=True), line(121, corrects=120)]
    with app.test_request_context():
        sheet = paper.record(
            Masked("欧*·阿卜杜热合曼", "199****0002"), list(reversed(lines)), 119 * 90, 0, volunteer_code="PPCH9QB9",
            site_name="湖北路示例一社区", phone="0379-00000101", now=clock.now(),
        )  # fmt: skip
        file = Pdf(render("certificates/record", sheet))
    pages = len(file)
    assert pages > 2
    for n in range(pages):
        said = file.said(n)
        assert file.outside(n) == [] and "志愿者编号PPCH9QB9" in said
        assert f"第{n + 1}页，共{pages}页" in said and ("做了什么" in said or n == pages - 1)
    assert "合计10710分钟178.5小时" in file.said(pages - 1)
    assert "已达到申请一星级" in file.said() and "更正第120行" in file.said() and "已冲销" in file.said()
