"""签审: what people of a site say to a version of its month. Marks beside the truth, never a hurdle to it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from stationapp.accounts.models import Staff
from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.notices.models import Notice
from stationapp.notices.operations import done
from stationapp.notices.rules import Occasion
from stationapp.refusal import Refused
from stationapp.reports.life_rules import LifeRefusal, Mark
from stationapp.reports.models import CoverageReport, SignOff
from stationapp.reports.shelf import latest_version
from stationapp.sites.models import Site


@dataclass(frozen=True)
class Signed:
    """Somebody's last word to a version."""

    name: str
    role: str
    mark: Mark
    sentence: str
    at: datetime
    staff_id: int


@dataclass(frozen=True)
class Beneath:
    """What the sites beneath said to the versions that hold of their months, in the order of their codes."""

    sites: int  # whose month is closed
    signed: int
    objections: list[tuple[Site, Signed]]


def sign(
    report: CoverageReport, site: Site, *, by: int, role: str, mark: Mark, sentence: str, now: datetime
) -> SignOff:
    """Say something to the version that holds; what was said before stays readable, and the last word is shown.

    `role`: theirs at this site, in words. Raises Refused (SENTENCE_MISSING, NOT_THE_LATEST).
    """
    sentence = sentence.strip()
    if mark is Mark.OBJECTED and not sentence:
        raise Refused(LifeRefusal.SENTENCE_MISSING)
    latest = latest_version(report)
    if latest != report.version:
        raise Refused(LifeRefusal.NOT_THE_LATEST, version=latest)
    said = SignOff(report_id=report.id, staff_id=by, role=role, mark=mark, sentence=sentence, at=now)
    db.session.add(said)
    subject = f"month {site.code} {Month.of(report.month_on)}"
    waiting = select(Notice).where(Notice.occasion == Occasion.MONTH_TO_SIGN, Notice.subject == subject)
    done(*db.session.scalars(waiting.where(Notice.done_at.is_(None))), by=by, now=now)
    record("reports.sign", f"{subject} v{report.version} {mark.value}", by=by, now=now, site_id=site.id)
    return said


def signed(report_ids: Collection[int]) -> dict[int, list[Signed]]:
    """The last word of each person to each version, in the order of their names."""
    last = (
        select(func.max(SignOff.id))
        .where(SignOff.report_id.in_(report_ids))
        .group_by(SignOff.report_id, SignOff.staff_id)
    )
    rows = db.session.execute(
        select(SignOff, Staff.name)
        .join(Staff, Staff.id == SignOff.staff_id)
        .where(SignOff.id.in_(last))
        .order_by(Staff.name, Staff.id)
    )
    found: dict[int, list[Signed]] = {id: [] for id in report_ids}
    for said, name in rows:
        found[said.report_id].append(
            Signed(name, said.role, said.mark, said.sentence, said.at, said.staff_id)
        )
    return found


def beneath(site: Site, month: Month) -> Beneath:
    """Whoever is above reads here what was objected to, without opening each site's month."""
    newest = (
        select(func.max(CoverageReport.id))
        .join(Site, Site.id == CoverageReport.site_id)
        .where(
            Site.path.startswith(site.path, autoescape=True),
            Site.id != site.id,
            CoverageReport.month_on == month.first_day,
        )
        .group_by(CoverageReport.site_id)
    )
    held = db.session.execute(
        select(CoverageReport.id, Site)
        .join(Site, Site.id == CoverageReport.site_id)
        .where(CoverageReport.id.in_(newest))
        .order_by(Site.code)
    ).all()
    said = signed([id for id, _site in held])
    objections = [(where, one) for id, where in held for one in said[id] if one.mark is Mark.OBJECTED]
    return Beneath(len(held), sum(bool(said[id]) for id, _site in held), objections)
