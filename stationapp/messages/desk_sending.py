"""Whether sending works: what is switched on, what stands where, what is stopped and why."""

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import true

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.db import transaction
from stationapp.messages import sent, stops
from stationapp.messages.gateways.kinds import ways_on
from stationapp.messages.rules import Delivery, StopWhy
from stationapp.messages.views import key
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import find_center
from stationapp.web.errors import sentence

bp = Blueprint("sending", __name__, url_prefix="/sending")


def may_set_up() -> bool:
    """Whether the user may stop and lift, and see where gateways report to."""
    center = find_center()
    return center is not None and guard.can(Action.SET_UP, center.path)


def _center() -> Site:
    center = find_center()
    if center is None:
        raise NotFound
    guard.require(center.path)
    return center


@bp.get("/")
def index():
    """Counts of the whole district, without anybody's name; stops, and the buttons for them at the center."""
    return _page()


def _page(*, problem: str = "", at: str = ""):
    settings = current_app.config["SETTINGS"]
    return render_template(
        "desk/sending/index.html",
        settings=settings,
        on=ways_on(settings),
        ways=sent.SENT,
        states=Delivery,
        counts=sent.counts(true()),
        live={one.way: one for one in stops.live_stops()},
        past=stops.past_stops(),
        person=StopWhy.PERSON,
        may_set_up=may_set_up(),
        callback=f"{settings.public_url}/callbacks/sms/{key()}" if settings.sms and may_set_up() else "",
        problem=problem,
        at=at,
    )


def _reason() -> str:
    return request.form.get("reason", "").replace("\0", "").strip()[:200]


@bp.post("/stops")
def stop():
    """Pull the plug of a way."""
    center = _center()
    way = next((way for way in sent.SENT if way.value == request.form.get("way")), None)
    if way is None:
        raise NotFound
    given = {"by": guard.user().staff_id, "site_id": center.id, "reason": _reason(), "now": clock.now()}
    try:
        with transaction():
            stops.stop(way, **given)
    except Refused as refused:
        return _page(problem=sentence(refused), at=way.value), 422
    flash(_("停了。要等有人在这里恢复，才会再发。"), "warn")
    return redirect(url_for(".index"), code=303)


@bp.post("/liftings")
def lift():
    """Let messages go out again."""
    center = _center()
    number = request.form.get("stop", "")
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise NotFound
    given = {"by": guard.user().staff_id, "site_id": center.id, "reason": _reason(), "now": clock.now()}
    try:
        with transaction():
            stops.lift(int(number), **given)
    except Refused as refused:
        return _page(problem=sentence(refused), at=request.form.get("way", "")), 422
    flash(_("恢复了，等着发的会接着发出去。"), "good")
    return redirect(url_for(".index"), code=303)
