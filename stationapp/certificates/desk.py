"""Certificates at the desk: the register, issuing for one or many, paper, revoking."""

import secrets

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.audit.operations import record
from stationapp.certificates import operations, paper, queries
from stationapp.certificates.content import content_of, contents
from stationapp.certificates.models import Certificate
from stationapp.certificates.rules import BULK_MOST
from stationapp.db import retried, transaction
from stationapp.refusal import Refused
from stationapp.residents.rules import masked_name
from stationapp.sites.models import Site
from stationapp.web.errors import sentence
from stationapp.web.filters import hours, stamp
from stationapp.web.paging import paged
from stationapp.web.pdf import pdf_answer, render
from stationapp.web.sheets import csv_answer

bp = Blueprint("certificates", __name__, url_prefix="/certificates")


@bp.get("/")
def index():
    """The register of the sites within reach."""
    page = paged(_register(), scalars=False)
    said = contents(row.Certificate for row in page.rows)
    return render_template(
        "desk/certificates/index.html",
        page=page,
        names={number: masked_name(one["name"]) for number, one in said.items()},
        year=_text("year"),
        number=_text("number"),
    )


@bp.get("/register.csv")
def export():
    """The same as a file, names masked."""
    rows = paged(_register(), 20_000, scalars=False).rows
    said = contents(row.Certificate for row in rows)
    head = (
        _("编号"),
        _("姓名"),
        _("小时"),
        _("从"),
        _("到"),
        _("出具单位"),
        _("出具时间"),
        _("状态"),
        _("撤销原因"),
    )
    lines = (
        (
            one.number,
            masked_name(said[one.id]["name"]),
            hours(one.minutes),
            one.from_on,
            one.to_on,
            said[one.id]["issuer"],
            stamp(one.issued_at),
            _("已撤销") if revocation else _("有效"),
            revocation.reason if revocation else None,
        )
        for one, _site, revocation in rows
    )
    return csv_answer(_("志愿服务证明登记簿"), head, lines)


def _register():
    year = _text("year")
    return queries.register(
        reached(guard.reach()),
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
        number=_text("number"),
    )


def _text(name: str) -> str:
    return request.args.get(name, "").replace("\0", "").strip()[:40]


# --- issuing ----------------------------------------------------------------------------------------------------


@bp.route("/new", methods=["GET", "POST"])
def new():
    """Choose volunteers of a site and issue."""
    site = guard.chosen_site()
    if site is None:
        return guard.site_picker(_("出具志愿服务证明"), _("由哪个单位出具"))
    if request.method != "POST":
        return _new_page(site)
    chosen = queries.chosen_at(site, request.form.getlist("volunteer")[: BULK_MOST + 1])
    ids, reason = [one.id for one in chosen], request.form.get("reason", "").replace("\0", "")[:200]
    try:
        made = retried(lambda: _issued(site, ids, reason))
    except Refused as refused:
        return _new_page(site, problem=sentence(refused), status=409)
    flash(
        _(
            "已出具 %(n)s 份证明，编号从 %(first)s 到 %(last)s。",
            n=len(made),
            first=made[0].number,
            last=made[-1].number,
        )
    )
    return redirect(url_for(".index"), code=303)


def _issued(site: Site, ids: list[int], reason: str) -> list[Certificate]:
    key = request.form.get("key", "")[:64]
    with transaction():
        return operations.issue(site, ids, key=key, reason=reason, by=guard.user().staff_id, now=clock.now())


def _new_page(site: Site, *, problem: str = "", status: int = 200):
    least, text = _text("least"), _text("q")
    fresh = _text("all") != "1"
    at_least = int(least) if least.isascii() and least.isdigit() and len(least) < 6 else 0
    return render_template(
        "desk/certificates/new.html",
        site=site,
        issuer=queries.find_issuer(site.id),
        rows=queries.list_candidates(site, text=text, least=at_least * 60, fresh=fresh),
        q=text,
        least=least,
        fresh=fresh,
        most=BULK_MOST,
        chosen=frozenset(request.form.getlist("volunteer")),
        reason=request.form.get("reason", "")[:200],
        key=request.form.get("key", "")[:64] or secrets.token_urlsafe(16),
        problem=problem,
    ), status


# --- one --------------------------------------------------------------------------------------------------------


@bp.get("/<number>")
def show(number: str):
    """One certificate, the name masked."""
    return _page(number)


def _its(number: str):
    found = queries.get_certificate(number.replace("\0", "")[:40])
    guard.require(found.Site.path)
    return found


def _page(number: str, *, problem: str = "", reason: str = "", status: int = 200):
    found = _its(number)
    said = content_of(found.Certificate)
    return render_template(
        "desk/certificates/show.html",
        certificate=found.Certificate,
        site=found.Site,
        revocation=found.Revocation,
        said=said,
        name=masked_name(said["name"]),
        problem=problem,
        reason=reason,
    ), status


@bp.post("/<number>/paper", endpoint="paper")
def on_paper(number: str):
    """The certificate to print, with the name in full: written down as a showing (trust.md A1)."""
    found = _its(number)
    with transaction():
        record(
            "certificates.print",
            f"certificate {found.Certificate.number}",
            by=guard.user().staff_id,
            now=clock.now(),
            site_id=found.Site.id,
        )
    sheet = paper.certificate(
        content_of(found.Certificate),
        revoked=found.Revocation is not None,
        public_url=current_app.config["SETTINGS"].public_url,
    )
    return pdf_answer(render("certificates/certificate", sheet), f"{sheet['title']}-{sheet['number']}")


@bp.post("/<number>/revocation")
def revocation(number: str):
    """Take a certificate back, with a reason."""
    certificate = _its(number).Certificate
    reason = request.form.get("reason", "").replace("\0", "")[:200]
    try:
        retried(lambda: _revoked(certificate, reason))
    except Refused as refused:
        return _page(number, problem=sentence(refused), reason=reason, status=409)
    flash(_("已撤销。查验页面会写明原因；需要时可以重新出具一份。"))
    return redirect(url_for(".show", number=number), code=303)


def _revoked(certificate: Certificate, reason: str) -> None:
    with transaction():
        operations.revoke(certificate, reason=reason, by=guard.user().staff_id, now=clock.now())
