"""The door with a scanner: one field that understands whatever is typed into it, and the same by camera.

A scanner types the address or the code and Enter; the field has the focus again after each, and what came of
the last ones stands below. Works with scripts off; the camera page needs them and says so.
"""

from dataclasses import dataclass

from flask import Blueprint, make_response, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance import operations
from stationapp.attendance.desk_event import keep_refusal, may_work_at
from stationapp.attendance.queries import at_the_door
from stationapp.attendance.rules import AttendanceRefusal, How, Kind
from stationapp.attendance.sheet_rules import scanned_serial
from stationapp.cards.queries import find_scanned
from stationapp.cards.rules import SCAN_LENGTH, CardRefusal, scanned
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.events.queries import find_event
from stationapp.refusal import Refused
from stationapp.residents.queries import get_person, get_resident, masked
from stationapp.residents.rules import masked_name
from stationapp.signups.dates import place_at
from stationapp.signups.models import Signup
from stationapp.signups.queries import event_of, find_by_code
from stationapp.sites.models import Site
from stationapp.volunteers.doors import Door, Stands, doors_for, meant, open_doors
from stationapp.web.errors import sentence

bp = Blueprint("checkin", __name__)

LAST = 5
"""What came of that many scans stays on the page."""


@dataclass(frozen=True)
class Scanned:
    """Whom a scan means: the record it leads to, and of a sign-up code the event it is for."""

    resident_id: int
    event: Event | None


# --- pages ------------------------------------------------------------------------------------------------------


@bp.get("/checkin")
def index():
    """The field; with `?code=` the page of that code, which changes nothing either."""
    typed = scanned(request.args.get("code", ""))
    if typed:
        return redirect(url_for("attendance.personal", code=typed), code=303)
    return _page()


@bp.get("/checkin/camera")
def camera():
    """The same by camera; the only page that may ask for one."""
    return _page(camera=True)


def _page(*, camera: bool = False, choose: list[Door] = (), status: int = 200):
    opened, pinned = _opened(), _pinned()
    answer = make_response(
        render_template(
            "desk/checkin/camera.html" if camera else "desk/checkin/index.html",
            opened=opened,
            pinned=pinned if any(event.code == pinned for event, _site in opened) else "",
            leaving=_leaving() and request.form.get("back") != "code",
            last=_last(),
            choose=choose,
            who=masked(get_resident(choose[0].resident_id)).name if choose else "",
            typed=request.form.get("code", "").replace("\0", "")[:SCAN_LENGTH],
            Stands=Stands,
        ),
        status,
    )
    if camera:
        answer.headers["Permissions-Policy"] = "camera=(self)"
    return answer


def _leaving() -> bool:
    return request.values.get("act") == "out"


def _pinned() -> str:
    """The event chosen for one scan after another; what a button is for is no choice for the next."""
    chosen = request.method == "GET" or "keep" in request.form
    return request.values.get("event" if chosen else "pinned", "")


def _opened() -> list[tuple[Event, Site]]:
    return open_doors(reached(guard.reach()), now=clock.now())


# --- one scan ---------------------------------------------------------------------------------------------------


@bp.post("/checkin")
def scan():
    """Check in or out whom the code means; where several events could be meant, or nobody expected them, ask.

    The code of a printed sheet leads to the sheet.
    """
    if serial := scanned_serial(request.form.get("code", "")):
        return redirect(url_for("desk.signsheets.find", serial=serial), code=303)
    back, doors = request.form.get("back", ""), []
    try:
        found = _read(request.form.get("code", ""))
        doors = _doors(found)
        if _leaving():
            doors = _left_from(doors)
        if len(doors) > 1 or _must_be_asked(doors[0]):
            return _asked(doors, back)
        said = retried(lambda: _taken_down(doors[0]))
    except Refused as refused:
        _write_down(refused, doors)
        return _turned_away(refused, back)
    _keep(said, good=True)
    if back == "code":
        return redirect(url_for("attendance.personal", code=scanned(request.form["code"])), code=303)
    kept = {"event": _pinned() or None, "act": "out" if _leaving() else None}
    return redirect(url_for(".camera" if back == "camera" else ".index", **kept), code=303)


def _asked(doors: list[Door], back: str):
    """The page with a button for each door; that this scan wrote nothing stays on it when the next card comes."""
    answer = _page(camera=back == "camera", choose=doors, status=409)
    name = masked(get_resident(doors[0].resident_id)).name
    _keep(_("%(name)s 扫了一下，没有记：要先选定。", name=name), good=False)
    return answer


def _read(typed: str) -> Scanned:
    """Whom it stands for, whether it is a sign-up's code, a card's, or a card's serial."""
    code = scanned(typed.replace("\0", ""))
    signup = find_by_code(code)
    if signup is not None:
        return Scanned(signup.resident_id, _its_event(signup))
    card = find_scanned(code)
    if card is None:
        raise Refused(AttendanceRefusal.CODE_UNKNOWN_PLACE)
    if card.ended_why:
        raise Refused(CardRefusal.ENDED, why=card.ended_why.value)
    return Scanned(get_person(card.resident_id).id, None)


def _its_event(signup: Signup) -> Event:
    """The event a sign-up code is shown for: the one chosen on the page, or the date of its course held now.

    Raises Refused(AttendanceRefusal).
    """
    chosen = request.form.get("event", "")
    event = at_the_door(signup, now=clock.now())[1]
    if chosen in ("", event.code):
        return event
    event, _site = _chosen(chosen)
    if place_at(signup, event) is None:
        raise Refused(AttendanceRefusal.OTHER_EVENT, title=event_of(signup)[0].title)
    return event


def _doors(found: Scanned) -> list[Door]:
    """The doors a scan can mean, one at least. Raises Refused(AttendanceRefusal)."""
    if found.event:
        return doors_for(found.resident_id, [(found.event, _its_site(found.event))])
    chosen = request.form.get("event", "")
    opened = [_chosen(chosen)] if chosen else _opened()
    if not opened:
        raise Refused(AttendanceRefusal.NOTHING_ON)
    return meant(doors_for(found.resident_id, opened))


def _chosen(code: str) -> tuple[Event, Site]:
    """The event somebody chose, which stands for no other: raises Refused(NOTHING_ON) once its doors are shut."""
    found = next((pair for pair in _opened() if pair[0].code == code), None)
    if found is None:
        shut = _known(code)
        raise Refused(AttendanceRefusal.NOTHING_ON, title=shut[0].title if shut else "")
    return found


def _known(code: str) -> tuple[Event, Site] | None:
    """An event of this desk's, its doors open or not."""
    event = find_event(code.replace("\0", "")[:20])
    site = event and db.session.get_one(Site, event.site_id)
    return (event, site) if site and guard.can(Action.CHECK_IN, site.path) else None


def _left_from(doors: list[Door]) -> list[Door]:
    """Where somebody who leaves can be leaving from: where they are. Raises Refused(NOT_CHECKED_IN)."""
    there = [door for door in doors if door.there]
    if not there:
        raise Refused(AttendanceRefusal.NOT_CHECKED_IN)
    return there


def _its_site(event: Event) -> Site:
    """The event's organiser, if this desk may check in there; a helper works on today's events alone."""
    site = db.session.get_one(Site, event.site_id)
    if not may_work_at(event, site):
        raise Refused(AttendanceRefusal.CODE_UNKNOWN_PLACE)
    return site


def _must_be_asked(door: Door) -> bool:
    """Somebody nobody expected is taken in by a button, never by the scan alone."""
    return door.stands is Stands.STRANGER and door.there is None and not request.form.get("walk")


def _taken_down(door: Door) -> str:
    """Write it down; what the page says of it."""
    with transaction():
        event, resident = door.event, get_resident(door.resident_id)
        given = {"by": guard.user().staff_id, "now": clock.now()}
        name = masked_name(resident.name)
        if _leaving():
            operations.check_out(event, resident, how=How.STAFF_SCAN, **given)
            return _("%(name)s 离开了：%(title)s", name=name, title=event.title)
        if door.there:
            return _("%(name)s 已经到了。", name=name)
        if door.stands is Stands.STRANGER:
            operations.walk_in_if_room(event, resident, how=How.WALK_IN, **given)
        else:
            operations.check_in(event, resident, how=How.STAFF_SCAN, part=door.part, **given)
        return _("%(name)s 到了：%(title)s", name=name, title=event.title)


def _write_down(refused: Refused, doors: list[Door]) -> None:
    """Keep that somebody was refused, where it is known at which site: never what was typed.

    Whom a code means is kept only once it led to a door of this desk's.
    """
    event, site = _where(doors)
    if site is None:
        return
    keep_refusal(
        refused,
        site.id,
        event,
        resident_id=doors[0].resident_id if doors else None,
        kind=Kind.OUT if _leaving() else Kind.IN,
        how=How.STAFF_SCAN,
        by=guard.user().staff_id,
    )


def _where(doors: list[Door]) -> tuple[Event | None, Site | None]:
    """The only door it was refused at; else the event chosen, or what the only open one, or the only site, must be."""
    opened = [(door.event, door.site) for door in doors]
    if not doors:
        chosen = request.form.get("event", "")
        opened = [pair for pair in [_known(chosen)] if pair] if chosen else _opened()
    if len(opened) == 1:
        return opened[0]
    sites = {site.id: site for _event, site in opened}
    return None, next(iter(sites.values())) if len(sites) == 1 else None


def _turned_away(refused: Refused, back: str):
    """The page again with the reason at the head of the last ones; the field is empty for the next scan."""
    said = sentence(refused)
    if refused.reason is AttendanceRefusal.CODE_UNKNOWN_PLACE:
        said = _("没有找到这个码。请再扫一次，或者按姓名在签到名单上找。")
    _keep(said, good=False)
    return _page(camera=back == "camera", status=409)


def _keep(said: str, *, good: bool) -> None:
    """Put a result at the head of the last ones, which this browser keeps for this sign-in; names are masked."""
    line = [clock.local(clock.now()).strftime("%H:%M:%S"), good, said[:120]]
    session["scans"] = [guard.login_id(), [line, *_last()][:LAST]]


def _last() -> list[list]:
    """What came of the last scans of this sign-in; another's, on a shared computer, are nobody's to see."""
    whose, lines = session.get("scans", (None, []))
    return lines if whose == guard.login_id() else []
