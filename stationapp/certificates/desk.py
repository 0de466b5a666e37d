"""Certificates at the desk: the register, issuing for one or many, paper, revoking."""

import secrets
from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import Row
from werkzeug.datastructures import MultiDict

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.certificates import operations, paper, queries
from stationapp.certificates.content import content_of, contents, read, standing
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
    """The register of the sites within reach; `first` and `last`: what was issued together."""
    return _register_page()


def _register_page(*, problem: str = "", status: int = 200):
    page = paged(_register(), BULK_MOST if _text("first") else 50, scalars=False)
    shown = [row.Certificate for row in page.rows]
    chosen = request.form.getlist("number")[:BULK_MOST] if request.method == "POST" else None
    said = contents(shown)
    now = standing(shown, said)
    return render_template(
        "desk/certificates/index.html",
        page=page,
        names={number: one and masked_name(one["name"]) for number, one in said.items()},
        less={one.id: now[one.id] for one in shown if now[one.id] < one.minutes},
        year=_text("year"),
        number=_text("number"),
        together=bool(_text("first")),
        chosen=chosen,
        elsewhere=_elsewhere(chosen or [], shown),
        kept={name: _text(name) for name in ("number", "year", "first", "last", "page") if _text(name)},
        reason=request.form.get("reason", "").replace("\0", "")[:200],
        problem=problem,
    ), status


def _elsewhere(chosen: list[str], shown: list[Certificate]) -> list[str]:
    """The chosen numbers that are not on this page of the register: others were issued meanwhile."""
    missing = set(chosen) - {one.number for one in shown}
    found = queries.list_among(missing, reached(guard.reach())) if missing else []
    return [row.Certificate.number for row in found]


@bp.get("/register.csv")
def export():
    """The same as a file, names masked."""
    rows = paged(_register(), 20_000, scalars=False).rows
    said = contents(row.Certificate for row in rows)
    now = standing([row.Certificate for row in rows], said)
    head = (
        _("编号"),
        _("姓名"),
        _("小时"),
        _("台账现在的小时"),
        _("从"),
        _("到"),
        _("出具单位"),
        _("出具时间"),
        _("状态"),
        _("撤销原因"),
    )
    lines = (_line(row, said[row.Certificate.id], now[row.Certificate.id]) for row in rows)
    return csv_answer(_("志愿服务证明登记簿"), head, lines)


def _line(row: Row, said: dict | None, now: int) -> tuple:
    """One of the file's lines. Of a certificate that was tampered with no figure is repeated."""
    one, _site, revocation = row
    state = _("已撤销") if revocation else _("有效") if said else _("与登记簿不符")
    told = (
        masked_name(said["name"]), hours(one.minutes), hours(min(now, one.minutes)), one.from_on, one.to_on,
        said["issuer"],
    ) if said else (None,) * 6  # fmt: skip
    return one.number, *told, stamp(one.issued_at), state, revocation.reason if revocation else None


def _register():
    year = _text("year")
    return queries.register(
        reached(guard.reach()),
        year=int(year) if year.isascii() and year.isdigit() and len(year) == 4 else None,
        number=_text("number"),
        between=(_text("first"), _text("last")),
    )


def _text(name: str) -> str:
    return _said(request.args, name)


def _said(wish: MultiDict[str, str], name: str) -> str:
    return wish.get(name, "").replace("\0", "").strip()[:40]


# --- issuing ----------------------------------------------------------------------------------------------------


@bp.route("/new", methods=["GET", "POST"])
def new():
    """Choose volunteers of a site and issue; `volunteer`: these alone are shown."""
    site = guard.chosen_site()
    if site is None:
        return guard.site_picker(_("出具志愿服务证明"), _("由哪个单位出具"))
    if request.method != "POST":
        return _new_page(site)
    chosen = queries.chosen_at(site, request.form.getlist("volunteer")[: BULK_MOST + 1])
    ids, reason = [one.id for one in chosen], request.form.get("reason", "").replace("\0", "")[:200]
    now = clock.now()
    try:
        given = retried(lambda: _issued(site, ids, reason, now))
    except Refused as refused:
        return _new_page(site, problem=sentence(refused), status=409)
    made = [one.number for one in given if one.issued_at == now]
    flash(_told(made, [one.number for one in given if one.issued_at != now]), "good")
    together = {"first": made[0], "last": made[-1]} if made else {"number": given[-1].number}
    return redirect(url_for(".index", **together), code=303)


def _told(made: list[str], there: list[str]) -> str:
    said = ""
    if len(made) == 1:
        said = _("已出具 1 份证明，编号 %(number)s。", number=made[0])
    elif made:
        said = _(
            "已出具 %(n)s 份证明，编号从 %(first)s 到 %(last)s。", n=len(made), first=made[0], last=made[-1]
        )
    if there:
        same = _("%(n)s 人以前出具的证明内容没有变，不再占新的编号，打印原来的就行。", n=len(there))
        said += same
    return said


def _issued(site: Site, ids: list[int], reason: str, now: datetime) -> list[Certificate]:
    key = request.form.get("key", "")[:64]
    with transaction():
        return operations.issue(site, ids, key=key, reason=reason, by=guard.user().staff_id, now=now)


@bp.post("/candidates")
def candidates():
    """The same page after a search: what was typed is in no address (trust.md §4.27), and who is ticked stays.

    `pick`: all who are listed, none, or "more": those ticked, and a new search.
    """
    site = guard.chosen_site()
    if site is None:
        return redirect(url_for(".new"), code=303)
    return _new_page(site)


def _new_page(site: Site, *, problem: str = "", status: int = 200):
    """Who was chosen stands first, then who is found."""
    wish = request.args if request.method == "GET" else request.form
    least, fresh, pick = _said(wish, "least"), _said(wish, "all") != "1", _said(wish, "pick")
    text = "" if wish is request.args or pick == "more" else _said(wish, "q")
    chosen = [] if pick == "none" else wish.getlist("volunteer")[:BULK_MOST]
    kept = queries.list_candidates(site, codes=chosen, fresh=False) if chosen else []
    found = []
    if not (chosen and wish is request.args):
        at_least = int(least) if least.isascii() and least.isdigit() and len(least) < 6 else 0
        found = queries.list_candidates(site, text=text, least=at_least * 60, fresh=fresh)
    here = {volunteer.id for volunteer, *_ in kept}
    found = [row for row in found if row[0].id not in here]
    everybody = pick == "all" or (len(found) == 1 and not problem and pick != "none")
    return render_template(
        "desk/certificates/new.html",
        site=site,
        issuer=queries.find_issuer(site.id),
        kept=kept,
        found=found,
        everybody=everybody,
        q=text,
        least=least,
        fresh=fresh,
        most=BULK_MOST,
        reason=request.form.get("reason", "").replace("\0", "")[:200],
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


def _page(number: str, *, problem: str = "", at: str = "", reason: str = "", status: int = 200):
    """`at`: the form the problem belongs to."""
    found = _its(number)
    said = read(found.Certificate)
    return render_template(
        "desk/certificates/show.html",
        certificate=found.Certificate,
        site=found.Site,
        revocation=found.Revocation,
        said=said,
        now=standing([found.Certificate], {found.Certificate.id: said})[found.Certificate.id],
        name=said and masked_name(said["name"]),
        problem=problem,
        at=at,
        reason=reason,
    ), status


@bp.post("/<number>/revocation")
def revocation(number: str):
    """Take a certificate back, with a reason."""
    certificate = _its(number).Certificate
    reason = request.form.get("reason", "").replace("\0", "")[:200]
    try:
        retried(lambda: _revoked(certificate, reason))
    except Refused as refused:
        return _page(number, problem=sentence(refused), at="revocation", reason=reason, status=409)
    flash(_("已撤销。查验页面会写明原因；需要时可以重新出具一份。"))
    return redirect(url_for(".show", number=number), code=303)


def _revoked(certificate: Certificate, reason: str) -> None:
    with transaction():
        operations.revoke(certificate, reason=reason, by=guard.user().staff_id, now=clock.now())


# --- paper ------------------------------------------------------------------------------------------------------


@bp.post("/<number>/paper", endpoint="paper")
def on_paper(number: str):
    """The certificate to print, with the name in full: a showing, with its reason (trust.md A1)."""
    found = _its(number)
    try:
        return _printed([found])
    except Refused as refused:
        return _page(number, problem=sentence(refused), at="paper", status=422)


@bp.post("/papers")
def papers():
    """Those chosen in the register as one file, a page each; each is written down."""
    numbers = [one.replace("\0", "")[:40] for one in request.form.getlist("number")][: BULK_MOST + 1]
    try:
        return _printed(queries.list_among(numbers, reached(guard.reach())))
    except Refused as refused:
        return _register_page(problem=sentence(refused), status=422)


def _printed(found: list):
    """The PDF of these (Certificate, Site, Revocation or None); nothing is noted of one that was tampered with."""
    reason = request.form.get("reason", "").replace("\0", "")
    said = [content_of(row.Certificate) for row in found]
    with transaction():
        printed = [row.Certificate for row in found]
        operations.note_print(printed, reason=reason, by=guard.user().staff_id, now=clock.now())
    public = current_app.config["SETTINGS"].public_url
    sheets = [
        paper.certificate(its, revoked=row.Revocation is not None, public_url=public)
        for its, row in zip(said, found, strict=True)
    ]
    first, last = sheets[0]["number"], sheets[-1]["number"]
    name = f"{sheets[0]['title']}-{first}" + (f"_{last}" if last != first else "")
    return pdf_answer(render("certificates/certificate", paper.certificates(sheets)), name)
