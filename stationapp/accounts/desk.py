"""Taking up an invitation, signing in and out, one's own account. Other people's accounts: `staff.py`."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.forms import InvitationForm, PasswordForm, SignInForm
from stationapp.accounts.logins import (
    begin_login,
    change_password,
    count_try,
    end_all_logins,
    end_login,
    forget_tries,
)
from stationapp.accounts.models import Staff
from stationapp.accounts.operations import take_up
from stationapp.accounts.passwords import hash_password, verify_password
from stationapp.accounts.queries import (
    LONGEST,
    find_by_login,
    find_invited,
    free_login,
    get_staff,
    list_logins,
    list_roles,
)
from stationapp.accounts.rules import (
    AccountRefusal,
    device_word,
    login_problem,
    password_problem,
    tidy_login,
)
from stationapp.db import db, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.web.errors import sentence
from stationapp.web.view import local_path

bp = Blueprint("accounts", __name__)


@bp.get("/signin")
def sign_in():
    """The sign-in form; straight on for those who are signed in."""
    there = _inside(request.args.get("next", ""))
    if guard.current_user():
        return redirect(there, code=303)
    return render_template("desk/accounts/sign_in.html", form=SignInForm(formdata=None, next=there))


@bp.post("/signin")
def begin():
    """Sign in: the try is counted first, the password looked at outside any transaction."""
    form = SignInForm()
    if not form.validate():
        return render_template("desk/accounts/sign_in.html", form=form), 422
    login, now = tidy_login(form.login.data), clock.now()
    with transaction():
        allowed = count_try(login, request.remote_addr or "", now=now)
    if not allowed:
        return _again(form, AccountRefusal.TOO_MANY_TRIES, 429)
    staff = find_by_login(login)
    if not verify_password(staff and staff.password_hash, form.password.data) or staff is None:
        return _again(form, AccountRefusal.BAD_SIGN_IN, 422)
    with transaction():
        forget_tries(login)
    return _signed_in(staff, _inside(form.next.data))


def _again(form: SignInForm, reason: AccountRefusal, status: int):
    form.form_errors.append(sentence(Refused(reason)))
    return render_template("desk/accounts/sign_in.html", form=form), status


def _signed_in(staff: Staff, there: str):
    with transaction():
        token = begin_login(staff.id, device=device_word(request.user_agent.string), now=clock.now())
    answer = redirect(there, code=303)
    answer.set_cookie(
        guard.COOKIE,
        token,
        max_age=int(LONGEST.total_seconds()),
        httponly=True,
        samesite="Lax",
        secure=current_app.config["SETTINGS"].secure,
    )
    return answer


def _inside(there: str | None) -> str:
    there = local_path(there or "/")
    return there if there.startswith("/desk") else url_for("desk.today.index")


@bp.get("/invitations/<token>")
def invitation(token: str):
    """Who is invited, and the form; changes nothing, so that a link preview may fetch it."""
    found = find_invited(token, now=clock.now())
    if found is None:
        raise Refused(AccountRefusal.LINK_INVALID)
    staff = found[1]
    form = InvitationForm(formdata=None, login=staff.login or free_login(staff.name))
    return render_template("desk/accounts/invitation.html", form=form, name=staff.name)


@bp.post("/invitations/<token>")
def take_up_invitation(token: str):
    """Set login name and password, and sign in."""
    now = clock.now()
    found = find_invited(token, now=now)
    if found is None:
        raise Refused(AccountRefusal.LINK_INVALID)
    name, form = found[1].name, InvitationForm()
    login = tidy_login(form.login.data or "")
    if form.validate() and _acceptable(form, login):
        hashed = hash_password(form.password.data)
        try:
            with transaction():
                staff = take_up(token, login=login, password_hash=hashed, now=now)
            return _signed_in(staff, url_for("desk.today.index"))
        except Refused as refused:
            if refused.reason is not AccountRefusal.LOGIN_TAKEN:
                raise
            form.login.errors = [sentence(refused)]
    return render_template("desk/accounts/invitation.html", form=form, name=name), 422


def _acceptable(form: InvitationForm, login: str) -> bool:
    if problem := login_problem(login):
        form.login.errors = [sentence(Refused(problem))]
    return _good_password(form, login) and not problem


def _good_password(form: InvitationForm | PasswordForm, login: str) -> bool:
    problem = password_problem(form.password.data, login)
    if problem:
        form.password.errors = [sentence(Refused(problem))]
    return problem is None


_OF_A_SIGN_IN = ("scans", "moved", "invitation")
"""What the next one at this computer has no business with: last scans, the board's last move, a link just made."""


@bp.post("/signout")
def sign_out():
    """End this sign-in; what the desk kept of it in the browser's session goes with it."""
    with transaction():
        end_login(guard.login_id(), staff_id=guard.user().staff_id, now=clock.now())
    for kept in _OF_A_SIGN_IN:
        session.pop(kept, None)
    answer = redirect(url_for("desk.accounts.sign_in"), code=303)
    answer.delete_cookie(guard.COOKIE)
    return answer


@bp.get("/account")
def account():
    """One's roles, sign-ins and password."""
    return _account(PasswordForm(formdata=None))


def _account(form: PasswordForm):
    who = guard.user()
    return render_template(
        "desk/accounts/account.html",
        form=form,
        staff=get_staff(who.staff_id),
        roles=list_roles([who.staff_id]),
        logins=list_logins(who.staff_id, now=clock.now()),
        present=guard.login_id(),
    )


@bp.post("/account/password")
def password():
    """Choose another password; tries with a wrong present one are counted like sign-ins."""
    form, now = PasswordForm(), clock.now()
    staff, login_id = get_staff(guard.user().staff_id), guard.login_id()
    if not form.validate() or not _good_password(form, staff.login or ""):
        return _account(form), 422
    with transaction():
        allowed = count_try(f"#{staff.id}", request.remote_addr or "", now=now)
    if not allowed:
        form.present.errors = [sentence(Refused(AccountRefusal.TOO_MANY_TRIES))]
        return _account(form), 429
    if not verify_password(staff.password_hash, form.present.data):
        form.present.errors = [sentence(Refused(AccountRefusal.PASSWORD_WRONG))]
        return _account(form), 422
    hashed = hash_password(form.password.data)
    with transaction():
        db.session.refresh(staff)
        change_password(staff, hashed, keep=login_id, now=now)
    flash(_("密码已经换好，其他地方的登录都已退出。"), "good")
    return redirect(url_for("desk.accounts.account"), code=303)


@bp.post("/account/signins/<int:number>/ending")
def end_sign_in(number: int):
    """End one of one's own sign-ins."""
    with transaction():
        ended = end_login(number, staff_id=guard.user().staff_id, now=clock.now())
    if not ended:
        raise NotFound
    flash(_("那一处登录已经退出。"), "good")
    return redirect(url_for("desk.accounts.account"), code=303)


@bp.post("/account/signins/others/ending")
def end_other_sign_ins():
    """End every sign-in of one's own but this one."""
    with transaction():
        end_all_logins(guard.user().staff_id, now=clock.now(), but=guard.login_id())
    flash(_("其他地方的登录都已退出。"), "good")
    return redirect(url_for("desk.accounts.account"), code=303)
