"""Residents at the desk: find somebody, see their places, show name and phone in full with a reason."""

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance.queries import known_at
from stationapp.db import db, transaction
from stationapp.events.models import Event
from stationapp.refusal import NotFound, Refused
from stationapp.residents import operations, queries
from stationapp.residents.models import Resident
from stationapp.residents.rules import Revealed, is_child
from stationapp.signups.queries import places_of
from stationapp.sites.models import Site
from stationapp.web.errors import sentence

bp = Blueprint("residents", __name__, url_prefix="/residents")


def _its(resident_id: int) -> Resident:
    resident = db.session.scalar(
        select(Resident).where(Resident.id == resident_id, known_at(reached(guard.reach())))
    )
    if resident is None:
        raise NotFound
    return resident


@bp.route("/", methods=["GET", "POST"])
def index():
    """Find by the last four digits, a whole number, pinyin initials or a part of the name.

    What is searched for stands in no address, and so in no log and no history (trust.md §4.27).
    """
    text = request.form.get("q", "").strip().replace("\0", "")[:40]
    found = queries.search(text, among=known_at(reached(guard.reach()))) if text else []
    return render_template(
        "desk/residents/index.html", text=text, found=found, homes=_homes(r for r, _m in found)
    )


def _homes(residents) -> dict[int, str]:
    ids = {resident.community_id for resident in residents if resident.community_id}
    return dict(db.session.execute(select(Site.id, Site.short_name).where(Site.id.in_(ids))).all())


@bp.get("/<int:resident_id>")
def show(resident_id: int):
    """One person, masked, with their places."""
    return _page(_its(resident_id))


@bp.post("/<int:resident_id>/revelation")
def reveal(resident_id: int):
    """The same page with name and phone in full, once; never kept by a browser, never a GET."""
    resident = _its(resident_id)
    try:
        with transaction():
            shown = operations.reveal(
                resident,
                by=guard.user().staff_id,
                site_id=None,
                reason=request.form.get("reason", "").replace("\0", ""),
                now=clock.now(),
            )
    except Refused as refused:
        return _page(resident, problem=sentence(refused)), 422
    return _page(resident, shown=shown)


def _page(resident: Resident, *, shown: Revealed | None = None, problem: str = "") -> str:
    places = [(signup, event, site) for signup, event in places_of(resident.id) if (site := _site(event))]
    return render_template(
        "desk/residents/show.html",
        resident=resident,
        masked=queries.masked(resident),
        shown=shown,
        problem=problem,
        reasons=(_("联系本人核实到场"), _("通知活动变动"), _("通知候补递补"), _("本人要求核对")),
        child=is_child(resident.birth_month, clock.day_of(clock.now())),
        home=_homes([resident]).get(resident.community_id),
        places=places,
        may_reveal=bool(guard.reach(Action.REVEAL)),
    )


def _site(event: Event) -> Site | None:
    """The organiser, if the user works there: what somebody does elsewhere is not this desk's business."""
    site = db.session.get(Site, event.site_id)
    return site if site and guard.can(Action.SIGN_UP, site.path) else None
