"""A volunteer's record sheet from the desk: lines of its own sites, the rest as a sum."""

from flask import Blueprint, render_template

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.certificates.sheets import record_sheet
from stationapp.sites.queries import list_where
from stationapp.volunteers.queries import get_known
from stationapp.web.pdf import pdf_answer, render

bp = Blueprint("records", __name__)


@bp.get("/volunteers/<code>/record")
def show(code: str):
    """As a page."""
    return render_template("desk/certificates/record.html", sheet=_sheet(code), code=code)


@bp.get("/volunteers/<code>/record.pdf")
def pdf(code: str):
    """On paper."""
    sheet = _sheet(code)
    return pdf_answer(render("certificates/record", sheet), sheet["title"])


def _sheet(code: str) -> dict:
    """All of it where the profile was taken in, which hands out the code to the whole ledger, too."""
    its = reached(guard.reach())
    volunteer, here = get_known(code, its), {site.id for site in list_where(its)}
    return record_sheet(volunteer, now=clock.now(), here=None if volunteer.site_id in here else here)
