"""A volunteer's own record sheet and certificates, behind the personal code."""

from flask import Blueprint, current_app, render_template

from stationapp import clock
from stationapp.certificates import paper, queries
from stationapp.certificates.content import content_of, contents, standing
from stationapp.certificates.sheets import record_sheet
from stationapp.refusal import NotFound
from stationapp.volunteers.guard import own_volunteer
from stationapp.web.pdf import pdf_answer, render

bp = Blueprint("records", __name__)


@bp.get("/hours/<code>/record")
def show(code: str):
    """Every line of the ledger, its total, and the certificates issued from it."""
    volunteer = own_volunteer(code)
    rows = queries.list_of(volunteer.id)
    issued = [row.Certificate for row in rows]
    said = contents(issued)
    now = standing(issued, said)
    return render_template(
        "certificates/record.html",
        sheet=record_sheet(volunteer, now=clock.now()),
        certificates=rows,
        less={one.id: now[one.id] for one in issued if now[one.id] < one.minutes},
        tampered={number for number, its in said.items() if its is None},
        code=code,
    )


@bp.get("/hours/<code>/record.pdf")
def pdf(code: str):
    """The same on paper."""
    sheet = record_sheet(own_volunteer(code), now=clock.now())
    return pdf_answer(render("certificates/record", sheet), sheet["title"])


@bp.get("/hours/<code>/certificates/<number>.pdf")
def certificate(code: str, number: str):
    """One of the own certificates on paper, as it was issued."""
    volunteer, found = own_volunteer(code), queries.get_certificate(number.replace("\0", "")[:40])
    if found.Certificate.volunteer_id != volunteer.id:
        raise NotFound
    sheet = paper.certificate(
        content_of(found.Certificate),
        revoked=found.Revocation is not None,
        public_url=current_app.config["SETTINGS"].public_url,
    )
    file = render("certificates/certificate", paper.certificates([sheet]))
    return pdf_answer(file, f"{sheet['title']}-{sheet['number']}")
