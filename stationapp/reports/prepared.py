"""The files of a closed month, made once and kept: what was handed up can be had again, to the byte."""

import hashlib
import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.refusal import Refused
from stationapp.reports import files
from stationapp.reports.life_rules import Audience
from stationapp.reports.models import CoverageReport, ReportFile
from stationapp.sites.models import Site
from stationapp.sites.rules import Level

FORMATS = ("xlsx", "docx", "pdf")
"""What is handed up; CSV and JSON are for programs and made on demand."""

_ALL = len(FORMATS) * len(Audience)


class NotMade(Exception):
    """No file could be made of a version; `problem` names it."""

    def __init__(self, report: CoverageReport, site: Site, cause: Exception) -> None:
        why = str(cause) if isinstance(cause, Refused) else type(cause).__name__
        self.problem = f"{why} {site.code} {Month.of(report.month_on)} v{report.version}"
        super().__init__(self.problem)


@dataclass(frozen=True)
class Made:
    """One file, not kept yet."""

    report_id: int
    format: str
    audience: Audience
    content: bytes


def make_due(*, template: Path | None = None) -> list[Made]:
    """The files of one version of the center or an office that holds and lacks some, the latest month first.

    It only reads, and takes seconds: an edge does it before its transaction, and `keep` within. A version of which no
    file can be made keeps no other one waiting; raises NotMade when nothing else is left, and at once where the
    district's own form (`template`) cannot be filled in: what was kept in another form would stay so for good.
    """
    failed: NotMade | None = None
    for report, site in _lacking():
        try:
            return _files(report, template)
        except Refused as refused:  # of the form, which no other version fills in better
            raise NotMade(report, site, refused) from refused
        except Exception as error:
            failed = failed or NotMade(report, site, error)
    if failed:
        raise failed
    return []


def _lacking() -> list[Row]:
    newest = select(func.max(CoverageReport.id)).group_by(CoverageReport.site_id, CoverageReport.month_on)
    kept = select(ReportFile.report_id).group_by(ReportFile.report_id).having(func.count() >= _ALL)
    return list(
        db.session.execute(
            select(CoverageReport, Site)
            .join(Site, Site.id == CoverageReport.site_id)
            .where(Site.level != Level.STATION, CoverageReport.id.in_(newest), CoverageReport.id.not_in(kept))
            .order_by(CoverageReport.month_on.desc(), Site.code)
        )
    )


def _files(report: CoverageReport, template: Path | None) -> list[Made]:
    frozen = json.loads(report.body)
    return [
        Made(report.id, format, audience, files.render(body, format, audience, template=template))
        for audience in Audience
        for body in [files.for_audience(frozen, audience)]  # once: looking for small cells takes longest
        for format in FORMATS
    ]


def keep(made: Collection[Made], *, now: datetime) -> int:
    """Keep them; what was kept meanwhile stays as it is. How many are new."""
    insert = insert_sqlite if db.session.get_bind().dialect.name == "sqlite" else insert_postgresql
    kept = 0
    for one in made:
        row = {
            "report_id": one.report_id,
            "format": one.format,
            "audience": one.audience,
            "content": one.content,
            "digest": hashlib.sha256(one.content).hexdigest(),
            "made_at": now,
        }
        put = insert(ReportFile).values(**row).on_conflict_do_nothing().returning(ReportFile.id)
        if db.session.execute(put).one_or_none() is not None:
            _noted(one, row["digest"], now)
            kept += 1
    return kept


def _noted(one: Made, digest: str, now: datetime) -> None:
    """The digest stands in the log, too: a file changed together with its own row is found by it."""
    report = db.session.get_one(CoverageReport, one.report_id)
    site = db.session.get_one(Site, report.site_id)
    subject = f"month {site.code} {Month.of(report.month_on)} v{report.version}"
    said = f"{subject} {one.format} {one.audience.value} {digest}"
    record("reports.keep", said, by=None, now=now, site_id=site.id)


def find_file(report: CoverageReport, format: str, audience: Audience) -> bytes | None:
    """The kept bytes."""
    return db.session.scalar(
        select(ReportFile.content).where(
            ReportFile.report_id == report.id,
            ReportFile.format == format,
            ReportFile.audience == audience,
        )
    )


def file_of(
    report: CoverageReport, format: str, audience: Audience, *, template: Path | None = None
) -> bytes:
    """The kept file, or the same made now: a station's, and one that the job has not come to yet.

    Raises Refused(OfficialRefusal) like `files.render`, never of a kept one.
    """
    kept = find_file(report, format, audience)
    if kept is not None:
        return kept
    return files.render(json.loads(report.body), format, audience, template=template)


def list_kept(report_id: int) -> list[Row]:
    """(format, audience, digest, made at, bytes) of a version's kept files."""
    return list(
        db.session.execute(
            select(
                ReportFile.format,
                ReportFile.audience,
                ReportFile.digest,
                ReportFile.made_at,
                func.length(ReportFile.content).label("size"),
            )
            .where(ReportFile.report_id == report_id)
            .order_by(ReportFile.id)
        )
    )
