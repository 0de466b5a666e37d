"""The invariants of the month (trust.md §2, R1–R4)."""

import json
from collections.abc import Iterable, Iterator
from itertools import groupby

from sqlalchemy import select

from stationapp import clock
from stationapp.audit.models import GENESIS, Chain
from stationapp.audit.operations import digest
from stationapp.audit.rules import Check
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.reports.behind import Period, scope_of
from stationapp.reports.lists import disagreements
from stationapp.reports.models import CoverageReport
from stationapp.reports.operations import CHAIN, link_content
from stationapp.reports.queries import figures, read
from stationapp.reports.rules import SPECS, Axis, Kind, Spec, Unit, canonical
from stationapp.reports.versions import facts_unchanged, remade
from stationapp.sites.models import Site
from stationapp.sites.rules import Level, contains


def _reports() -> list[CoverageReport]:
    return list(db.session.scalars(select(CoverageReport).order_by(CoverageReport.id)))


def changed_reports() -> list[str]:
    """Versions whose hash is not that of their content, or whose place in the chain is broken."""
    found, previous = [], GENESIS
    for number, report in enumerate(_reports(), start=1):
        content = link_content(
            report.site_id,
            Month.of(report.month_on),
            report.version,
            report.body,
            report.reason,
            report.closed_at,
            report.closed_by,
        )
        link = digest(report.previous_hash, {"number": report.id, **content})
        if (report.id, report.previous_hash, report.hash) != (number, previous, link):
            found.append(f"report {report.id}")
        previous = report.hash
    head = db.session.get(Chain, CHAIN)
    if ((head.length, head.hash) if head else (0, GENESIS)) != (len(_reports()), previous):
        found.append(f"chain {CHAIN}")
    return found


def unrepeatable_reports() -> list[str]:
    """Versions that the very facts they counted no longer give; facts changed since await a restatement."""
    wrong = [report.id for closing in _closings(_reports()) for report in _remade_otherwise(closing)]
    return [f"report {id}" for id in sorted(wrong)]


def _closings(reports: list[CoverageReport]) -> list[list[CoverageReport]]:
    """Versions made in one go from one reading of facts: they share their month and instant."""
    keyed = sorted(reports, key=lambda one: (one.month_on, one.closed_at))
    return [list(group) for _, group in groupby(keyed, key=lambda one: (one.month_on, one.closed_at))]


def _remade_otherwise(closing: list[CoverageReport]) -> Iterator[CoverageReport]:
    """Of one closing those that differ: the facts of the highest site are read, and hold those of all beneath."""
    from stationapp.reports.freezing import same_tree  # with numpy, as in `versions.remade`

    sites = {one.id: one for one in db.session.scalars(select(Site))}
    waiting = [report for report in closing if facts_unchanged(report)]
    waiting.sort(key=lambda report: sites[report.site_id].path)
    facts, top = None, ""
    for report in waiting:
        site = sites[report.site_id]
        if facts is None or not contains(top, site.path):
            facts = read(site, Month.of(report.month_on), closed_at=report.closed_at)
            top = site.path
        its = facts.of(site.id)
        if same_tree(its, json.loads(report.body)) and canonical(remade(report, its)) != report.body:
            yield report


def unbalanced_sums() -> list[str]:
    """Months in which own + children is not the whole, or a bridge does not balance."""
    found = [
        f"month {body['site']} {body['month']} {id}"
        for body in _recent()
        for id in [*wrong_sums(body), *wrong_bridges(body)]
    ]
    return found + [
        f"report {report.id} {id}"
        for report in _reports()
        for id in [*wrong_sums(json.loads(report.body)), *wrong_bridges(json.loads(report.body))]
    ]


def wrong_sums(body: dict) -> Iterator[str]:
    """Figures of a body that do not follow from its own part and the sites directly beneath (R3).

    By residence a site has no part of its own: an office's is the sum of its communities.
    """
    for id, spec in SPECS.items():
        beneath = spec.axis is Axis.RESIDENCE
        parts = [
            row["figures"][id] | {"minutes": row["minutes"]}
            for row in body["by_site"]
            if row["parent"] == body["site"] or (row["own"] and not beneath)
            if id in row["figures"]
        ]
        whole = body["figures"].get(id)
        if whole is None or (beneath and not parts):
            continue
        if spec.kind is Kind.DISTINCT:
            right = whole["value"] <= sum(part["value"] for part in parts)
        else:
            right = all(
                _added(part[name] for part in parts) == (whole[name] or 0) for name in _adding(id, spec)
            )
        if not right:
            yield id


def _adding(id: str, spec: Spec) -> tuple[str, ...]:
    """What of a figure adds up; hours are floored for show, it is the minutes that do."""
    if spec.sums:
        return (
            ("numerator",) if spec.axis is Axis.RESIDENCE and id != "I-17" else ("numerator", "denominator")
        )
    if spec.kind is Kind.ADDITIVE:
        return ("minutes",) if spec.unit is Unit.HOURS else ("value",)
    return ()


def _added(values: Iterable[int | None]) -> int:
    return sum(value or 0 for value in values)


def wrong_bridges(body: dict) -> Iterator[str]:
    """Distinct figures whose bridge does not lead to them, of the month or of the year."""
    beneath = [row for row in body["by_site"] if row["parent"] == body["site"]]
    for id, one in body["bridge"].items():
        summed = one["children"] == sum(row["figures"][id]["value"] for row in beneath)
        if not (summed and _leads_to(one, body["figures"][id])):
            yield id
    for id, one in body.get("year_bridge", {}).items():
        if not _leads_to(one, body["year"][id]):
            yield f"{id} year"


def _leads_to(bridge: dict, figure: dict) -> bool:
    total = bridge["children"] - bridge["repeated"] + bridge["own_new"]
    return total == bridge["total"] == figure["value"]


def rowless_figures() -> list[str]:
    """Figures of the center and the offices, of the month and of the year, whose rows do not come to what they say."""
    return [
        f"month {site.code} {month} {period.value} {which}"
        for site, month, body in _recent_months()
        for period in Period
        for which in disagreements(scope_of(site, month, None, period), body)
    ]


def _recent() -> list[dict]:
    return [body for _, _, body in _recent_months()]


def _recent_months() -> list[tuple[Site, Month, dict]]:
    """The center and the offices in this month and the last one."""
    this = Month.of(clock.day_of(clock.now()))
    uppers = list(db.session.scalars(select(Site).where(Site.level != Level.STATION).order_by(Site.code)))
    return [(site, month, figures(site, month)) for site in uppers for month in (this.plus(-1), this)]


CHECKS = (
    Check("R1", "已关账的报表一个字节也没有变", changed_reports),
    Check("R2", "已关账的报表等于按原始记录重算", unrepeatable_reports),
    Check("R3", "合计等于本级加下级，去重的账是平的", unbalanced_sums),
    Check("R4", "每个数字背后的行数与数字相同", rowless_figures),
)
