"""The public check page of a certificate: anybody with its number and the code of its QR (trust.md §4.20)."""

import hmac
import unicodedata

from flask import Blueprint, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts.logins import count_miss
from stationapp.certificates.content import read, standing
from stationapp.certificates.paper import long_day
from stationapp.certificates.queries import find_certificate
from stationapp.db import transaction
from stationapp.messages.certified import check_code
from stationapp.residents.rules import masked_name

bp = Blueprint("certificates", __name__)

_DASHES = "‐‑‒–—―−ー"


@bp.get("/certificates")
def find():
    """Number and code as they stand on the paper, for whoever cannot scan."""
    number, code = _plain(_asked("number")), _asked("c")
    if number:
        return redirect(url_for(".show", number=number, c=code or None), code=303)
    return render_template("certificates/ask.html", number="", typed=code, problem="")


@bp.get("/certificates/<number>")
def show(number: str):
    """What the certificate says, and whether it stands. Without its code every number gets the same answer."""
    number, typed = _plain(number), _asked("c")
    if not typed:
        return _ask(number, typed, "", 200)
    right = hmac.compare_digest(check_code(number).encode(), codes.tidy(typed).encode())
    found = find_certificate(number)
    if not right or found is None:
        with transaction():
            patient = count_miss(request.remote_addr or "", now=clock.now())
        if not patient:
            return _ask(number, typed, _("试得太频繁了，请过几分钟再试。"), 429)
        return _ask(number, typed, _("没有与这个编号和校验码相符的证明。请对照证明再看一遍。"), 404)
    said = read(found.Certificate)
    return render_template(
        "certificates/show.html",
        said=said,
        name=said and masked_name(said["name"]),
        certificate=found.Certificate,
        site=found.Site,
        now=standing([found.Certificate], {found.Certificate.id: said})[found.Certificate.id],
        revocation=found.Revocation,
        issued_on=clock.day_of(found.Certificate.issued_at),
        revoked_on=found.Revocation and clock.day_of(found.Revocation.at),
        long_day=long_day,
    )


def _asked(name: str) -> str:
    return request.args.get(name, "").replace("\0", "").strip()[:40]


def _plain(number: str) -> str:
    """A number as it is written, of one typed full-width, with blanks or another dash."""
    typed = unicodedata.normalize("NFKC", number.replace("\0", "")[:40])
    return "".join("-" if c in _DASHES else c for c in typed if not c.isspace())


def _ask(number: str, typed: str, problem: str, status: int):
    return render_template("certificates/ask.html", number=number, typed=typed, problem=problem), status
