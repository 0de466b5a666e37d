"""Other people's accounts: add, invite, grant and end roles, end accounts (domain.md §4, trust.md A4)."""

from base64 import b64decode, b64encode

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.forms import RoleForm, StaffForm
from stationapp.accounts.models import Grant, Staff
from stationapp.accounts.operations import add_staff, end_account, end_role, grant_role
from stationapp.accounts.operations import invite as make_invitation
from stationapp.accounts.queries import list_roles, reached, works_within
from stationapp.accounts.rules import AccountRefusal, Role
from stationapp.db import db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site
from stationapp.vault import vault
from stationapp.web.errors import sentence
from stationapp.web.paging import paged

bp = Blueprint("staff", __name__, url_prefix="/staff")


@bp.get("/")
def index():
    """Everybody who works within the user's reach, with their roles."""
    page = paged(
        select(Staff).where(works_within(guard.reach())).order_by(Staff.ended_at.is_not(None), Staff.id)
    )
    roles = list_roles([staff.id for staff in page.rows])
    return render_template("desk/staff/index.html", page=page, roles=roles)


@bp.get("/new")
def new():
    """The form for a new member of staff."""
    return render_template("desk/staff/new.html", form=StaffForm(_sites(), formdata=None))


@bp.post("/new")
def add():
    """Add somebody with a first role; their page shows the one-time link once."""
    form, now, by = StaffForm(_sites()), clock.now(), guard.user().staff_id
    if form.validate():
        try:
            with transaction():
                site = _its_site(form.site.data)
                staff = add_staff(form.name.data, site=site, role=Role(form.role.data), by=by, now=now)
                token = make_invitation(staff, by=by, now=now)
            _keep(staff.id, token)
            return redirect(url_for("desk.staff.show", staff_id=staff.id), code=303)
        except Refused as refused:
            where = form.name if refused.reason is AccountRefusal.NAME_MISSING else form.role
            where.errors = [sentence(refused)]
    return render_template("desk/staff/new.html", form=form), 422


@bp.get("/<int:staff_id>")
def show(staff_id: int):
    """One person's roles, what can be done, and right after an invitation its link, once."""
    return _show(_its_staff(staff_id), RoleForm(_sites(), formdata=None))


def _show(staff: Staff, form: RoleForm):
    link = _kept(staff.id)
    return render_template(
        "desk/staff/show.html", staff=staff, roles=list_roles([staff.id]), form=form, link=link
    )


@bp.post("/<int:staff_id>/roles")
def grant(staff_id: int):
    """Give a further role."""
    form, staff = RoleForm(_sites()), _its_staff(staff_id)
    if form.validate():
        try:
            with transaction():
                site = _its_site(form.site.data)
                by = guard.user().staff_id
                grant_role(_active(staff), site=site, role=Role(form.role.data), by=by, now=clock.now())
            flash(_("角色已经加上，马上生效。"), "good")
            return redirect(url_for("desk.staff.show", staff_id=staff_id), code=303)
        except Refused as refused:
            form.role.errors = [sentence(refused)]
    return _show(staff, form), 422


@bp.post("/<int:staff_id>/grants/<int:grant_id>/ending")
def end_grant(staff_id: int, grant_id: int):
    """Take a role back."""
    with transaction():
        role = db.session.get(Grant, grant_id)
        if role is None or role.staff_id != staff_id:
            raise NotFound
        guard.require(db.session.get_one(Site, role.site_id).path)
        end_role(role, by=guard.user().staff_id, now=clock.now())
    flash(_("角色已经收回，马上生效。"), "good")
    return redirect(url_for("desk.staff.show", staff_id=staff_id), code=303)


@bp.post("/<int:staff_id>/ending")
def end(staff_id: int):
    """End the account, with everything it is signed in to."""
    with transaction():
        end_account(_its_staff(staff_id), by=guard.user().staff_id, now=clock.now())
    flash(_("账号已经停用，所有登录都已退出。"), "good")
    return redirect(url_for("desk.staff.show", staff_id=staff_id), code=303)


@bp.post("/<int:staff_id>/invitations")
def invite(staff_id: int):
    """A new one-time link, also for somebody who forgot the password."""
    with transaction():
        staff = _active(_its_staff(staff_id))
        token = make_invitation(staff, by=guard.user().staff_id, now=clock.now())
    _keep(staff_id, token)
    return redirect(url_for("desk.staff.show", staff_id=staff_id), code=303)


def _its_staff(staff_id: int) -> Staff:
    staff = db.session.scalar(select(Staff).where(Staff.id == staff_id, works_within(guard.reach())))
    if staff is None:
        raise NotFound
    return staff


def _active(staff: Staff) -> Staff:
    if staff.ended_at:
        raise NotFound
    return staff


def _its_site(code: str) -> Site:
    site = get_site(code)
    guard.require(site.path)
    return site


def _sites() -> list[Site]:
    return list(db.session.scalars(select(Site).where(reached(guard.reach())).order_by(Site.code)))


# Between the POST that makes a link and the page that shows it once, the link rests sealed in the browser's own
# cookie: the database keeps only its hash.


def _keep(staff_id: int, token: str) -> None:
    session["invitation"] = b64encode(vault().seal(f"{staff_id} {token}")).decode()


def _kept(staff_id: int) -> str | None:
    sealed = session.get("invitation")
    if sealed is None:
        return None
    whose, token = vault().unseal(b64decode(sealed)).split()
    if whose != str(staff_id):
        return None
    session.pop("invitation")
    public_url = current_app.config["SETTINGS"].public_url
    return public_url + url_for("desk.accounts.invitation", token=token)
