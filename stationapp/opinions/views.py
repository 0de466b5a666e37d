"""After an event: three faces and a sentence, for whoever came, on their place's page and their household's own.

Nothing here shows what was said before: whoever has a code, or stands beside, must not read it.
"""

import secrets

from flask import Blueprint, redirect, render_template, request, url_for

from stationapp import clock, codes
from stationapp.db import retried, transaction
from stationapp.opinions import operations
from stationapp.opinions.guard import is_known_to_staff, is_staff_of
from stationapp.opinions.queries import Presence, presences_at, presences_of
from stationapp.opinions.rules import COMMENT_LENGTH, OpinionRefusal, score_of
from stationapp.refusal import NotFound, Refused
from stationapp.residents.guard import login_here
from stationapp.residents.homes import was_read_out
from stationapp.residents.queries import get_resident
from stationapp.residents.rules import masked_name
from stationapp.signups.dates import held_by
from stationapp.signups.views import place_by
from stationapp.web.errors import sentence

bp = Blueprint("opinions", __name__)


@bp.app_template_global()
def opinion_key() -> str:
    """What a form is known by when it is sent twice."""
    return secrets.token_urlsafe(12)


@bp.post("/signups/<code>/opinion")
def answer(code: str):
    """How one of the dates of a place was (`event`); again, and it is changed."""
    now, signup = clock.now(), place_by(code)
    if is_known_to_staff(signup):
        raise Refused(OpinionRefusal.CODE_KNOWN)
    held = {event.id for _place, event in held_by(signup, now=now).places}
    its = presences_of(signup.resident_id, now=now, event_ids=held)
    asked = request.form.get("event", "")
    presence = next((one for one in its if asked in ("", one.event.code)), None)
    if presence is None:
        raise Refused(OpinionRefusal.NOT_THERE)
    back = url_for("signups.show", code=codes.tidy(code))
    return _answered(presence, url_for(".answer", code=codes.tidy(code)), back)


@bp.get("/mine/home/opinions/<int:attendance_id>")
def mine(attendance_id: int):
    """The faces for one of the household, who came with or without a sign-up."""
    return _form(_its(attendance_id), request.path)


@bp.post("/mine/home/opinions/<int:attendance_id>")
def say(attendance_id: int):
    """How it was."""
    return _answered(_its(attendance_id), request.path, url_for("mine_home.index"))


def _its(attendance_id: int) -> Presence:
    login = login_here()
    its = presences_at(login.household_id, now=clock.now()) if login else []
    presence = next((one for one in its if one.attendance_id == attendance_id), None)
    if presence is None:
        raise NotFound
    if was_read_out(login):
        raise Refused(OpinionRefusal.CODE_KNOWN)
    return presence


def _form(presence: Presence, action: str, problem: str = "", status: int = 200):
    return render_template(
        "opinions/ask.html",
        presence=presence,
        name=masked_name(get_resident(presence.person_id).name),
        action=action,
        problem=problem,
        typed=request.form.get("comment", "").replace("\0", "")[: 10 * COMMENT_LENGTH],
        chosen=score_of(request.form.get("face", "")),
    ), status


def _answered(presence: Presence, action: str, back: str):
    score, comment = score_of(request.form.get("face", "")), request.form.get("comment", "")
    comment = " ".join(comment.replace("\0", "").split())
    key = request.form.get("key", "")[:64] or secrets.token_urlsafe(12)
    if is_staff_of(presence.event.site_id):
        raise Refused(OpinionRefusal.STAFF_HERE)
    if score is None:
        return _form(presence, action, sentence(Refused(OpinionRefusal.FACE_MISSING)), 422)
    if len(comment) > COMMENT_LENGTH:
        problem = Refused(OpinionRefusal.COMMENT_TOO_LONG, most=COMMENT_LENGTH)
        return _form(presence, action, sentence(problem), 422)
    try:
        retried(lambda: _said(presence, score, comment, key))
    except Refused as refused:
        return _form(presence, action, sentence(refused), 409)
    return redirect(url_for(".thanks", back=back), code=303)


def _said(presence: Presence, score: int, comment: str, key: str) -> None:
    with transaction():
        operations.say(presence.attendance_id, score=score, comment=comment, key=key, now=clock.now())


@bp.get("/opinions/thanks")
def thanks():
    """After answering; it says nothing of what was said."""
    return render_template("opinions/thanks.html")
