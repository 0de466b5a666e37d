"""Residents at the desk: find somebody, see their places, show name and phone in full with a reason."""

from collections.abc import Mapping
from types import MappingProxyType

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance.queries import known_at
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.phones import masked_phone
from stationapp.refusal import NotFound, Refused
from stationapp.residents import families, fields, homes, operations, queries
from stationapp.residents.models import Resident
from stationapp.residents.rules import REACH_LENGTH, CodeVia, Revealed, is_child, mask, may_guard
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
        "desk/residents/index.html", text=text, found=found, homes=queries.home_names(r for r, _m in found)
    )


@bp.get("/<int:resident_id>")
def show(resident_id: int):
    """One person, masked, with their places by whichever of their records."""
    resident = _its(resident_id)
    if resident.merged_into:
        return redirect(url_for(".show", resident_id=resident.merged_into), code=303)
    return _page(resident)


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


@bp.post("/<int:resident_id>/code")
def code(resident_id: int):
    """A code that opens the household's own page, shown once, to be read out to whoever calls and was checked."""
    resident, asked = _its(resident_id), request.form.get("home", "")
    home = next((one for one in queries.list_homes(resident.id) if str(one.id) == asked), None)
    if home is None or home.phone_index is None:
        raise NotFound
    with transaction():
        made = homes.make_code(home.id, CodeVia.DESK, by=guard.user().staff_id, now=clock.now())
    return _page(resident, code=made)


@bp.post("/<int:resident_id>/guardian")
def guardian(resident_id: int):
    """Who of the household is a child's guardian, and agreed when asked."""
    resident, asked = _its(resident_id), request.form.get("guardian", "")
    if not (asked.isascii() and asked.isdigit() and len(asked) < 10):
        return _page(resident, unfit=_("请选监护人。")), 422
    try:
        retried(lambda: _named(resident, int(asked)))
    except Refused as refused:
        return _page(resident, unfit=sentence(refused)), 422
    flash(_("监护人记下了。"), "good")
    return redirect(url_for(".show", resident_id=resident.id), code=303)


def _named(child: Resident, guardian_id: int) -> None:
    with transaction():
        given = {"by": guard.user().staff_id, "now": clock.now()}
        families.name_guardian(child.household_id, child.id, guardian_id, **given)


@bp.post("/<int:resident_id>/birth-month")
def birth_month(resident_id: int):
    """Put the month of birth right, with the reason."""
    resident = _its(resident_id)
    typed = {name: request.form.get(name, "").replace("\0", "") for name in ("birth_month", "why", "consent")}
    try:
        retried(lambda: _born(resident, typed))
    except Refused as refused:
        return _page(resident, born=typed | {"problem": sentence(refused)}), 422
    flash(_("出生年月更正了。"), "good")
    return redirect(url_for(".show", resident_id=resident.id), code=303)


def _born(resident: Resident, typed: dict[str, str]) -> None:
    month = fields.birth_month(typed["birth_month"]) or ""
    given = {"reason": typed["why"], "consent": bool(typed["consent"])}
    with transaction():
        operations.correct_birth_month(resident, month, **given, by=guard.user().staff_id, now=clock.now())


@bp.post("/<int:resident_id>/reach")
def reach(resident_id: int):
    """How somebody without a phone is reached."""
    resident = _its(resident_id)
    said = " ".join(request.form.get("reach", "").replace("\0", "").split())[:REACH_LENGTH]
    with transaction():
        families.set_reach(resident.household_id, said, by=guard.user().staff_id, now=clock.now())
    flash(_("记下了。"), "good")
    return redirect(url_for(".show", resident_id=resident.id), code=303)


def _page(
    resident: Resident,
    *,
    shown: Revealed | None = None,
    problem: str = "",
    unfit: str = "",
    code: str = "",
    born: Mapping[str, str] = MappingProxyType({}),
) -> str:
    places = [(signup, event, site) for signup, event in places_of(resident.id) if (site := _site(event))]
    today = clock.day_of(clock.now())
    child = is_child(resident.birth_month, today)
    merges = queries.list_merges(resident.id)
    others = queries.masked_each([gone for _merge, gone in merges])
    return render_template(
        "desk/residents/show.html",
        resident=resident,
        masked=queries.masked(resident),
        shown=shown,
        problem=problem,
        reasons=(_("联系本人核实到场"), _("通知活动变动"), _("通知候补递补"), _("本人要求核对")),
        child=child,
        minor=not may_guard(resident.birth_month, today),
        guardians=_guardians(resident) if child else [],
        unfit=unfit,
        born=born,
        home=queries.home_names([resident]).get(resident.community_id),
        homes=[
            (one, masked_phone(queries.phone_of_home(one) or ""), families.reach_of(one))
            for one in queries.list_homes(resident.id)
        ],
        merged=[(merge, others[gone.id]) for merge, gone in merges],
        code=code,
        places=places,
        may_reveal=bool(guard.reach(Action.REVEAL)),
    )


def _guardians(child: Resident) -> list[tuple[int, str]]:
    """Who of the household may be chosen: (id, masked name)."""
    adults = families.guardians_among(queries.list_members(child.household_id), child, now=clock.now())
    return [(one.id, mask(one.name, None).name) for one in adults]


def _site(event: Event) -> Site | None:
    """The organiser, if the user works there: what somebody does elsewhere is not this desk's business."""
    site = db.session.get(Site, event.site_id)
    return site if site and guard.can(Action.SIGN_UP, site.path) else None
