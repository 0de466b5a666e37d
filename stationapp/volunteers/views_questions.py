"""A volunteer asks about the own hours: about a line, an event, or in general."""

import secrets

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.db import db, retried, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.volunteers import lines, questions
from stationapp.volunteers.forms import QuestionForm
from stationapp.volunteers.guard import own_volunteer
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.question_queries import event_to_ask
from stationapp.volunteers.question_rules import LONGEST
from stationapp.web.errors import sentence
from stationapp.web.filters import day

bp = Blueprint("questions", __name__)


@bp.route("/hours/<code>/question", methods=["GET", "POST"])
def new(code: str):
    """A form of one field; sent twice it is one question."""
    volunteer, form = own_volunteer(code), QuestionForm()
    row, event = _about(volunteer)
    if request.method != "POST":
        return _page(volunteer, code, row, event, form)
    if not form.validate():
        return _page(volunteer, code, row, event, form), 422
    try:
        asked = retried(lambda: _asked(volunteer, form.said.data, row, event))
    except Refused as refused:
        form.said.errors = [sentence(refused)]
        return _page(volunteer, code, row, event, form), 422
    flash(_("已经送到站点，%(day)s前答复您。", day=day(asked.due_on)), "good")
    return redirect(
        url_for("volunteers.hours", code=codes.tidy(code), _anchor=f"question-{asked.id}"), code=303
    )


def _about(volunteer: Volunteer):
    """(the row of the line, the event) that `?line=` and `?event=` name; raises NotFound for what is not theirs."""
    number, event_code = request.args.get("line", ""), request.args.get("event", "")
    if number:
        known = number.isascii() and number.isdigit() and len(number) < 10
        row = lines.get_line(volunteer.id, int(number)) if known else None
        if row is None:
            raise NotFound
        return row, None
    event = event_to_ask(volunteer, event_code.replace("\0", "")[:20]) if event_code else None
    if event_code and event is None:
        raise NotFound
    return None, event


def _asked(volunteer: Volunteer, said: str, row, event):
    with transaction():
        return questions.ask(
            volunteer,
            said,
            key=request.form.get("key", "")[:64],
            line=row.HoursEntry if row else None,
            event=event,
            now=clock.now(),
        )


def _page(volunteer: Volunteer, code: str, row, event, form: QuestionForm):
    return render_template(
        "volunteers/question.html",
        code=codes.tidy(code),
        row=row,
        event=event,
        site=db.session.get_one(Site, volunteer.site_id),
        form=form,
        most=LONGEST,
        due_on=questions.due_on(clock.day_of(clock.now())),
        key=request.form.get("key", "")[:64] or secrets.token_urlsafe(16),
    )
