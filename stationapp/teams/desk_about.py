"""A volunteer at the desk besides hours: what they can do and when, their teams, trainings and commendations.

The pages are part of `desk/volunteers/show.html`; what is written here leads back to it.
"""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.db import db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents.queries import get_resident, masked
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.teams import operations, queries
from stationapp.teams.forms import RecordForm, ticked
from stationapp.teams.models import ServiceRecord
from stationapp.teams.rules import Skill
from stationapp.teams.words import WEEKDAYS
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.queries import get_known
from stationapp.volunteers.rest import long_days
from stationapp.web.errors import sentence
from stationapp.web.words import word

bp = Blueprint("about", __name__, url_prefix="/volunteers/<code>")


@bp.app_context_processor
def _for_volunteers() -> dict:
    """What `desk/teams/_volunteer.html` and the tick boxes need; they stand in pages that know nothing of teams."""
    return {"besides_hours": _besides_hours, "weekdays": lambda: WEEKDAYS}


def _besides_hours(volunteer: Volunteer, form: RecordForm | None = None) -> dict:
    """A volunteer's skills, free times, and of teams and records what belongs to the sites of this desk.

    `form` is a record that could not be written down as it came in.
    """
    sites = list_where(reached(guard.reach()))
    here = {site.id for site in sites}
    return {
        "about": queries.about(volunteer.id),
        "teams": [row for row in queries.teams_of(volunteer.id) if row.Site.id in here],
        "records": [row for row in queries.records_of(volunteer.id) if row.Site.id in here],
        "long_days": long_days(volunteer.id, since=clock.day_of(clock.now())),
        "form": form or _offering(RecordForm(formdata=None, site=_home(volunteer, sites).id), sites),
    }


def _offering(form: RecordForm, sites: list[Site]) -> RecordForm:
    form.site.offer(((site.id, site.short_name) for site in sites), empty=_("请选择"))
    return form


def _home(volunteer: Volunteer, sites: list[Site]) -> Site:
    """In whose name something about the volunteer is done: where they registered, or the first site of this desk."""
    return next((site for site in sites if site.id == volunteer.site_id), sites[0])


def _its(code: str) -> Volunteer:
    return get_known(code, reached(guard.reach()))


def _back(code: str, place: str):
    return redirect(url_for("desk.volunteers.show", code=code, _anchor=place), code=303)


def _by_now() -> dict:
    return {"by": guard.user().staff_id, "now": clock.now()}


@bp.post("/about")
def say(code: str):
    """Write down what the volunteer says they can do, and when they have time."""
    volunteer = _its(code)
    said = ticked(request.form.getlist("skill"), request.form.getlist("free"))
    with transaction():
        lost = operations.say_about(volunteer, **said, **_by_now())
    flash(_("已记下。"))
    if lost:
        names = "、".join(str(word(skill)) for skill in lost)
        flash(_("去掉了确认过的：%(names)s。再写上，要重新确认。", names=names), "warn")
    return _back(code, "about")


@bp.post("/skills")
def confirm(code: str):
    """Confirm a skill, or take the confirmation back."""
    volunteer = _its(code)
    asked = request.form.get("skill", "")
    skill = next((one for one in Skill if one.value == asked.removeprefix("-")), None)
    if skill is None:
        raise NotFound
    act = operations.doubt_skill if asked.startswith("-") else operations.confirm_skill
    try:
        with transaction():
            act(volunteer, skill, site=_home(volunteer, list_where(reached(guard.reach()))), **_by_now())
    except Refused as refused:
        return _page(volunteer, problem=sentence(refused), status=409)
    flash(_("已收回确认。") if asked.startswith("-") else _("已确认。"))
    return _back(code, "about")


def _page(
    volunteer: Volunteer, *, record_form: RecordForm | None = None, problem: str = "", status: int = 422
):
    return render_template(
        "desk/teams/about.html",
        volunteer=volunteer,
        person=masked(get_resident(volunteer.resident_id)),
        record_form=record_form,
        problem=problem,
    ), status


@bp.post("/records")
def add(code: str):
    """Write a training or a commendation down."""
    volunteer = _its(code)
    sites = list_where(reached(guard.reach()))
    form = _offering(RecordForm(), sites)
    if not form.validate():
        return _page(volunteer, record_form=form)
    site = next(site for site in sites if site.id == form.site.data)
    facts = {"kind": form.kind.data, "title": form.title.data, "on": form.on.data}
    try:
        with transaction():
            operations.add_record(volunteer, site=site, **facts, **_by_now())
    except Refused as refused:
        form.form_errors.append(sentence(refused))
        return _page(volunteer, record_form=form, status=409)
    flash(_("已记下。"))
    return _back(code, "records")


@bp.post("/records/<int:record_id>/ending")
def end(code: str, record_id: int):
    """Take a record that was a mistake off, or put it back."""
    volunteer = _its(code)
    one = db.session.get(ServiceRecord, record_id)
    if one is None or one.volunteer_id != volunteer.id:
        raise NotFound
    guard.require(db.session.get_one(Site, one.site_id).path)
    with transaction():
        operations.end_record(one, request.form.get("ended") == "1", **_by_now())
    return _back(code, "records")
