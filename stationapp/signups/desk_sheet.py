"""The empty sign-up sheet for the printer, kept beside the telephone; filled in, `desk.sheets` takes it in."""

from flask import Blueprint, render_template

from stationapp import clock
from stationapp.events.guard import event_here
from stationapp.events.rules import State
from stationapp.refusal import NotFound
from stationapp.signups.queries import asks_age, get_terms

bp = Blueprint("signup_sheet", __name__)

ROWS = 16
"""Households on one sheet of A4, with room for a long title and what is said below."""


@bp.get("/events/<code>/signups/sheet")
def show(code: str):
    """Title, when and where, the serial, numbered rows, and the consent to be read out."""
    event, site = event_here(code)
    if event.state is not State.PUBLISHED:
        raise NotFound
    ages = asks_age(get_terms(event_id=event.id), clock.now())
    return render_template("desk/signups/sheet.html", event=event, site=site, ages=ages, rows=ROWS)
