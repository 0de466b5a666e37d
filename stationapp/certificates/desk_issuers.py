"""Who may issue certificates, and what stands on them."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.certificates.forms import IssuerForm
from stationapp.certificates.models import Issuer
from stationapp.certificates.operations import fill_issuer
from stationapp.certificates.queries import find_issuer
from stationapp.db import db, retried, transaction
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site
from stationapp.web.errors import sentence

bp = Blueprint("issuers", __name__, url_prefix="/issuers")


@bp.get("/")
def index():
    """The sites within reach: which are legal persons, and whose profile is complete."""
    rows = db.session.execute(
        select(Site, Issuer)
        .outerjoin(Issuer, Issuer.site_id == Site.id)
        .where(reached(guard.reach()))
        .order_by(Site.code)
    )
    return render_template("desk/certificates/issuers.html", rows=list(rows))


@bp.route("/<code>", methods=["GET", "POST"])
def show(code: str):
    """Fill in or change an issuer's profile."""
    site = get_site(code)
    guard.require(site.path)
    issuer, problem, status = find_issuer(site.id), "", 200
    form = IssuerForm(obj=issuer) if issuer else IssuerForm(legal_name=site.legal_body, contact=site.phone)
    if request.method == "POST":
        status = 422
        if form.validate():
            try:
                retried(lambda: _filled(site, form))
            except Refused as refused:
                problem, status = sentence(refused), 409
            else:
                flash(_("已保存。以前出具的证明不变。"))
                return redirect(url_for(".index"), code=303)
    return render_template("desk/certificates/issuer.html", site=site, form=form, problem=problem), status


def _filled(site: Site, form: IssuerForm) -> None:
    with transaction():
        fill_issuer(site, form.fields(), by=guard.user().staff_id, now=clock.now())
