"""H7: certificates say what the ledger said up to their line; registers have no gap; contents are as issued."""

from collections import defaultdict
from collections.abc import Collection

from sqlalchemy import func, or_, select

from stationapp.audit.rules import Check
from stationapp.certificates import rules
from stationapp.certificates.content import read
from stationapp.certificates.models import Certificate, Register
from stationapp.db import db
from stationapp.sites.models import Site
from stationapp.volunteers.models import HoursEntry


def _gaps() -> list[str]:
    """A register whose certificates are not numbered 1, 2, … to its last, or certificates in no register."""
    given = (
        select(
            Certificate.site_id,
            Certificate.year,
            func.count().label("many"),
            func.min(Certificate.serial).label("first"),
            func.max(Certificate.serial).label("last"),
        )
        .group_by(Certificate.site_id, Certificate.year)
        .subquery()
    )
    same = (given.c.site_id == Register.site_id) & (given.c.year == Register.year)
    kept = (
        select(Register.site_id, Register.year)
        .outerjoin(given, same)
        .where(
            or_(
                func.coalesce(given.c.many, 0) != Register.last,
                func.coalesce(given.c.last, 0) != Register.last,
                given.c.first != 1,
            )
        )
    )
    lost = select(given.c.site_id, given.c.year).outerjoin(Register, same).where(Register.site_id.is_(None))
    rows = {tuple(row) for query in (kept, lost) for row in db.session.execute(query)}
    return [f"register {site_id} {year}" for site_id, year in sorted(rows)]


def _other_minutes() -> list[str]:
    """A certificate that is not the sum of its sites' lines up to its own, or whose line is somebody else's."""
    line = select(HoursEntry.volunteer_id).where(HoursEntry.id == Certificate.up_to_id).scalar_subquery()
    counted: dict[int, dict[int, int]] = defaultdict(dict)
    for number, site_id, minutes in db.session.execute(
        select(Certificate.id, HoursEntry.site_id, func.sum(HoursEntry.minutes))
        .join(HoursEntry, HoursEntry.volunteer_id == Certificate.volunteer_id)
        .where(HoursEntry.id <= Certificate.up_to_id)
        .group_by(Certificate.id, HoursEntry.site_id)
    ):
        counted[number][site_id] = int(minutes)
    wrong = []
    for one, whose in db.session.execute(select(Certificate, line).order_by(Certificate.id)):
        sites = _sites(one)
        lines = counted[one.id].items()
        total = sum(minutes for site_id, minutes in lines if sites is None or site_id in sites)
        if whose != one.volunteer_id or total != one.minutes:
            wrong.append(f"certificate {one.number}")
    return wrong


def _sites(one: Certificate) -> Collection[int] | None:
    """The sites whose lines it counts; None when what it says cannot be read."""
    said = read(one)
    return said and said["sites"]


def _other_content() -> list[str]:
    """A certificate whose sealed content was changed, or does not say what its row says."""
    rows = db.session.execute(
        select(Certificate, Site.code).join(Site, Site.id == Certificate.site_id).order_by(Certificate.id)
    )
    return [f"certificate {one.number}" for one, code in rows if not _says_its_row(one, code)]


def _says_its_row(one: Certificate, site_code: str) -> bool:
    said = read(one)
    return (
        said is not None
        and one.number == rules.number(site_code, one.year, one.serial)
        and one.minutes == sum(minutes for _kind, _times, minutes in said["kinds"])
    )


CHECKS = (
    Check("H7 register", "证明登记簿的编号没有断号", _gaps),
    Check("H7 certificate", "证明的时长等于台账到那一行为止的合计", _other_minutes),
    Check("H7 content", "证明的内容与出具时一样", _other_content),
)
