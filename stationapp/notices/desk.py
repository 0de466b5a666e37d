"""Ticking notices off."""

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _

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
    """Tick a notice off."""
    with transaction():
        done(_its_notice(notice_id), by=guard.user().staff_id, now=clock.now())
    flash(_("记下了：这一件已经办完。"), "good")
    return redirect(url_for("desk.today.index"), code=303)


def _its_notice(notice_id: int) -> Notice:
    notice = db.session.get(Notice, notice_id)
    if notice is None:
        raise NotFound
    guard.require(db.session.get_one(Site, notice.site_id).path)
    return notice
