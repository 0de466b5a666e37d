"""Ticking notices off."""

from flask import Blueprint, flash, redirect, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.db import db, transaction
from stationapp.notices.models import Notice
from stationapp.notices.operations import done
from stationapp.refusal import NotFound
from stationapp.sites.models import Site

bp = Blueprint("notices", __name__, url_prefix="/notices")


@bp.post("/<int:notice_id>/completion")
def completion(notice_id: int):
    """Tick a notice off, and those shown with it (`with`, their ids): what came after the page stays open."""
    with transaction():
        done(*_its_notices(notice_id), by=guard.user().staff_id, now=clock.now())
    flash(_("记下了：这一件已经办完。"), "good")
    return redirect(url_for("desk.today.index"), code=303)


def _its_notices(notice_id: int) -> list[Notice]:
    notice = db.session.get(Notice, notice_id)
    if notice is None:
        raise NotFound
    guard.require(db.session.get_one(Site, notice.site_id).path)
    wanted = {notice_id, *_sent_along()}
    alike = Notice.id.in_(wanted), Notice.site_id == notice.site_id, Notice.occasion == notice.occasion
    found = list(db.session.scalars(select(Notice).where(*alike).order_by(Notice.id)))
    if len(found) != len(wanted):
        raise NotFound
    return found


def _sent_along() -> list[int]:
    numbers = request.form.get("with", "").split(",")
    if numbers == [""]:
        return []
    if not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        raise NotFound
    return [int(number) for number in numbers]
