"""我家的资料: all that is on record of a household, for itself to see and to put right (domain.md §11)."""

from collections.abc import Callable
from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.db import db, retried, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents import families, guard, homes
from stationapp.residents.forms import ContactForm, MemberForm
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import home_names, list_members, phone_of_home
from stationapp.volunteers.on_record import on_record
from stationapp.web.errors import sentence

bp = Blueprint("mine_about", __name__, url_prefix="/mine/about")


@bp.before_request
def _behind_its_code():
    return None if guard.household_here() is not None else redirect(url_for("mine.index"), code=303)


@bp.get("")
def index():
    """Everything kept of the household, in plain words; how it is told; where its page is open."""
    return _page(None)


def _page(contact: ContactForm | None):
    login, now = guard.require_home(), clock.now()
    home, people = db.session.get_one(Household, login.household_id), list_members(login.household_id)
    email = families.email_of(home)
    return render_template(
        "mine/about.html",
        people=people,
        names={one.id: one.name for one in people},
        kept=on_record([one.id for one in people]),
        homes=home_names(people),
        phone=phone_of_home(home),
        since=home.made_at,
        contact=contact or ContactForm(formdata=None, email=email, texts=home.no_texts_at is None),
        logins=homes.list_open(home.id, now=now),
        present=login.id,
    )


@bp.post("/contact")
def contact():
    """Where the household is written to, and whether at all."""
    form, household_id = ContactForm(), guard.require_home().household_id
    if not form.validate():
        return _page(form), 422
    try:
        with transaction():
            families.set_contact(household_id, email=form.email.data, texts=form.texts.data, now=clock.now())
    except Refused as refused:
        form.email.errors = [sentence(refused)]
        return _page(form), 422
    flash(_("记下了。"), "good")
    return redirect(url_for(".index"), code=303)


# --- people ------------------------------------------------------------------------------------------------------


@bp.get("/people/new")
def new():
    """The form for one more of the household."""
    return _person(_form(None, blank=True), None)


@bp.post("/people/new")
def add():
    """One more of the household; a child with a guardian's consent."""
    form, household_id = _form(None), guard.require_home().household_id

    def act(now: datetime) -> None:
        families.add_person(household_id, form.person(), guardian_id=form.guardian.data, by=None, now=now)

    return _written(form, None, act, _("添好了。"))


@bp.get("/people/<int:resident_id>")
def edit(resident_id: int):
    """What is on record of one of them, to be put right."""
    person = _its(resident_id)
    return _person(_form(person, blank=True), person)


@bp.post("/people/<int:resident_id>")
def correct(resident_id: int):
    """Put it right."""
    person, household_id = _its(resident_id), guard.require_home().household_id
    form = _form(person)

    def act(now: datetime) -> None:
        families.correct(
            household_id, resident_id, form.person(), guardian_id=form.guardian.data, by=None, now=now
        )

    return _written(form, person, act, _("改好了。"))


def _its(resident_id: int) -> Resident:
    return families.get_member(guard.require_home().household_id, resident_id)


def _form(person: Resident | None, *, blank: bool = False) -> MemberForm:
    """The form as it was sent, or `blank`: as it stands on record."""
    now = clock.now()
    form = MemberForm.of(person) if blank else MemberForm()
    people = list_members(guard.require_home().household_id)
    adults = families.guardians_among(people, person, now=now)
    form.guardian.offer([(one.id, one.name) for one in adults], empty=_("请选择"))
    form.community.offer(now)
    return form


def _person(form: MemberForm, person: Resident | None, problem: str = ""):
    return render_template("mine/person.html", form=form, person=person, problem=problem)


def _written(form: MemberForm, person: Resident | None, act: Callable[[datetime], None], said: str):
    if not form.validate():
        return _person(form, person), 422

    def attempt() -> None:
        with transaction():
            act(clock.now())

    try:
        retried(attempt)  # a sign-up may take somebody of that name in at the same moment
    except Refused as refused:
        return _person(form, person, sentence(refused)), 422
    flash(said, "good")
    return redirect(url_for(".index"), code=303)


# --- where the page is open ----------------------------------------------------------------------------------------


@bp.post("/logins/<int:login_id>/ending")
def end(login_id: int):
    """Close the page in one browser."""
    with transaction():
        ended = homes.end(login_id, household_id=guard.require_home().household_id, now=clock.now())
    if not ended:
        raise NotFound
    flash(_("那一处已经退出。"), "good")
    return redirect(url_for(".index"), code=303)


@bp.post("/logins/others/ending")
def end_others():
    """Close it everywhere but here."""
    login = guard.require_home()
    with transaction():
        homes.end_others(login.household_id, but=login.id, now=clock.now())
    flash(_("其他地方都已退出。"), "good")
    return redirect(url_for(".index"), code=303)
