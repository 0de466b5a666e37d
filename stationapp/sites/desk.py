"""Settings of an office at the desk."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.db import transaction
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.sites.operations import keep_offers_for, let_publish
from stationapp.sites.queries import get_site, list_children, list_where
from stationapp.sites.rules import LONGEST_OFFER, Level
from stationapp.web.errors import sentence

bp = Blueprint("sites", __name__, url_prefix="/sites")


def _its_site(code: str) -> Site:
    site = get_site(code)
    guard.require(site.path)
    return site


@bp.get("/")
def index():
    """The offices whose settings the user may change, and the center where it is theirs, too."""
    its = reached(guard.reach())
    return render_template(
        "desk/sites/index.html",
        offices=list_where(its, level=Level.OFFICE),
        centers=list_where(its, level=Level.CENTER),
    )


@bp.get("/<code>")
def show(code: str):
    """A site, its stations, and an office's word on who publishes."""
    return _page(_its_site(code))


def _page(site: Site, problem: str = "", typed: str = "") -> str:
    return render_template(
        "desk/sites/show.html",
        site=site,
        beneath=list_children(site),
        Level=Level,
        longest=LONGEST_OFFER,
        problem=problem,
        typed=typed,
    )


@bp.post("/<code>/publishing")
def publishing(code: str):
    """Let the stations publish directly, or have them ask."""
    site = _its_site(code)
    directly = request.form.get("directly") == "yes"
    with transaction():
        let_publish(site, directly, by=guard.user().staff_id, now=clock.now())
    flash(_("已改为：各站直接发布。") if directly else _("已改为：各站的活动先由本所审核。"))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/<code>/offering")
def offering(code: str):
    """How long a freed place is kept for whoever is offered it; with `beneath=yes` at its stations, too."""
    site, typed = _its_site(code), request.form.get("hours", "").strip()[:9]
    sites = [site, *(list_children(site) if request.form.get("beneath") == "yes" else ())]
    hours = int(typed) if typed.isascii() and typed.isdigit() else 0
    try:
        with transaction():
            for one in sorted(sites, key=lambda one: one.id):
                keep_offers_for(one, hours, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return _page(site, sentence(refused), typed), 422
    flash(_("已改为：空出的名额为候补的人留 %(n)s 小时。", n=hours))
    return redirect(url_for(".show", code=code), code=303)
