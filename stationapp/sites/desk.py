"""Settings of an office at the desk."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.db import transaction
from stationapp.sites.models import Site
from stationapp.sites.operations import let_publish
from stationapp.sites.queries import get_site, list_children, list_where
from stationapp.sites.rules import Level

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
    site = _its_site(code)
    return render_template("desk/sites/show.html", site=site, beneath=list_children(site), Level=Level)


@bp.post("/<code>/publishing")
def publishing(code: str):
    """Let the stations publish directly, or have them ask."""
    site = _its_site(code)
    directly = request.form.get("directly") == "yes"
    with transaction():
        let_publish(site, directly, by=guard.user().staff_id, now=clock.now())
    flash(_("已改为：各站直接发布。") if directly else _("已改为：各站的活动先由本所审核。"))
    return redirect(url_for(".show", code=code), code=303)
