"""Questions about hours at the desk: what waits for an answer, one with its facts, one written down for a caller."""

import secrets
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.db import retried, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents.queries import get_resident, masked
from stationapp.sites.queries import list_where
from stationapp.vault import vault
from stationapp.volunteers import lines, queries, question_queries, questions
from stationapp.volunteers.forms import AnswerForm, QuestionForm
from stationapp.volunteers.models import HourQuestion, Volunteer
from stationapp.volunteers.question_queries import ANSWERED, LATE, OPEN
from stationapp.volunteers.question_rules import LONGEST
from stationapp.volunteers.rules import QuestionOutcome
from stationapp.web.errors import sentence
from stationapp.web.filters import day
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("questions", __name__, url_prefix="/questions")

MOST_EXPORTED = 5_000


@bp.get("/")
def index():
    """Open ones first, by the day an answer is due."""
    sites = list_where(reached(guard.reach()))
    return render_template(
        "desk/questions/index.html",
        page=paged(_listed(), scalars=False),
        sites=sites,
        wanted=_wanted(),
        states=((OPEN, _("等答复的")), (LATE, _("超期的")), (ANSWERED, _("答复过的"))),
        masked_name=lambda person: masked(person).name,
        today=_today(),
    )


@bp.get("/list.csv")
def export():
    """The same as a file, names masked, without what was said."""
    rows = paged(_listed(), MOST_EXPORTED, scalars=False).rows
    head = (_("到期"), _("提出"), _("谁问的"), _("问的什么"), _("由谁答复"), _("状态"), _("答复"))
    said = (
        (
            row.HourQuestion.due_on,
            clock.day_of(row.HourQuestion.asked_at),
            masked(row.Resident).name,
            _about(row),
            row.Site.short_name,
            word(row.HourQuestion.outcome) if row.HourQuestion.outcome else _waits(row.HourQuestion),
            row.HourQuestion.answer,
        )
        for row in rows
    )
    return csv_answer(_("时长的疑问-%(day)s", day=_today()), head, said)


def _waits(question: HourQuestion) -> str:
    return _("超期") if question.is_overdue(_today()) else _("等答复")


def _about(row) -> str:
    if row.Event:
        return row.Event.title
    return _("%(day)s那一条", day=day(row.HoursEntry.served_on)) if row.HoursEntry else _("全部时长")


def _listed():
    wanted, here = _wanted(), reached(guard.reach())
    site = next((one for one in list_where(here) if one.code == wanted["site"]), None)
    return question_queries.listed(here, _today(), site_id=site.id if site else None, state=wanted["state"])


def _wanted() -> dict[str, str]:
    return {name: request.args.get(name, "").replace("\0", "")[:20] for name in ("site", "state")}


def _today() -> date:
    return clock.day_of(clock.now())


# --- one --------------------------------------------------------------------------------------------------------


def _its(question_id: int):
    found = question_queries.get_asked(question_id)
    guard.require(found.Site.path)
    return found


@bp.get("/<int:question_id>")
def show(question_id: int):
    """The question, and beside it everything that is known of what it is about."""
    return _page(_its(question_id))


def _page(found, form: AnswerForm | None = None, *, problem: str = ""):
    question, volunteer, site, event, answered_by = found
    return render_template(
        "desk/questions/show.html",
        question=question,
        said=vault().unseal(question.said_sealed),
        volunteer=volunteer,
        person=masked(get_resident(volunteer.resident_id)),
        site=site,
        event=event,
        answered_by=answered_by,
        facts=question_queries.facts_of(question, volunteer, event),
        outcomes=list(QuestionOutcome),
        form=form or AnswerForm(formdata=None),
        most=LONGEST,
        problem=problem,
        today=_today(),
    )


@bp.post("/<int:question_id>/answer")
def answer(question_id: int):
    """Answer it; a refusal keeps what was typed."""
    found, form = _its(question_id), AnswerForm()
    if not form.validate():
        return _page(found, form, problem=_problem(form)), 422
    try:
        retried(lambda: _answered(found.HourQuestion, form.outcome.data, form.answer.data))
    except Refused as refused:
        return _page(_its(question_id), form, problem=sentence(refused)), 409
    flash(_("已答复，本人会看到，也会收到消息或电话。"), "good")
    return redirect(url_for(".index"), code=303)


def _problem(form: AnswerForm) -> str:
    return "；".join(str(one) for one in (*form.outcome.errors, *form.answer.errors))


def _answered(question: HourQuestion, outcome: QuestionOutcome | None, text: str) -> None:
    with transaction():
        questions.answer(question, outcome, text, by=guard.user().staff_id, now=clock.now())


# --- for a caller -----------------------------------------------------------------------------------------------


@bp.route("/new/<code>", methods=["GET", "POST"])
def new(code: str):
    """Write down what a volunteer asks on the telephone or at the desk."""
    here = reached(guard.reach())
    volunteer, form = queries.get_known(code, here), QuestionForm()
    row = _line(volunteer, here)
    if request.method != "POST":
        return _new_page(volunteer, row, form)
    if not form.validate():
        return _new_page(volunteer, row, form), 422
    try:
        asked = retried(lambda: _asked(volunteer, form.said.data, row))
    except Refused as refused:
        form.said.errors = [sentence(refused)]
        return _new_page(volunteer, row, form), 409
    flash(_("已记下，%(day)s前要答复。", day=day(asked.due_on)), "good")
    return redirect(url_for("desk.volunteers.show", code=code), code=303)


def _line(volunteer: Volunteer, here):
    number = request.args.get("line", "")
    if not number:
        return None
    known = number.isascii() and number.isdigit() and len(number) < 10
    row = lines.get_line(volunteer.id, int(number), here) if known else None
    if row is None:
        raise NotFound
    return row


def _asked(volunteer: Volunteer, said: str, row) -> HourQuestion:
    with transaction():
        return questions.ask(
            volunteer,
            said,
            key=request.form.get("key", "")[:64],
            line=row.HoursEntry if row else None,
            by=guard.user().staff_id,
            now=clock.now(),
        )


def _new_page(volunteer: Volunteer, row, form: QuestionForm):
    return render_template(
        "desk/questions/new.html",
        volunteer=volunteer,
        person=masked(get_resident(volunteer.resident_id)),
        row=row,
        form=form,
        most=LONGEST,
        due_on=questions.due_on(_today()),
        key=request.form.get("key", "")[:64] or secrets.token_urlsafe(16),
    )
