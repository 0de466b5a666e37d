"""The close-out, held in one hand: what was seen at the door stands there already, and the rest is said in a minute."""

from flask import Blueprint, redirect, render_template, request, url_for
from sqlalchemy import func, or_, select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.attendance import operations, photos, queries
from stationapp.attendance.aside import count_waiting_of
from stationapp.attendance.desk_event import its, pending
from stationapp.attendance.forms import COMMON_BANDS, CloseOut, read_close_out
from stationapp.attendance.models import Attendance
from stationapp.attendance.photo_rules import LARGEST, MOST, PhotoRefusal, window_problem
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import How, Part, opens_at, state_problem
from stationapp.calendar.rules import AgeBand
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.events.queries import list_steps
from stationapp.events.rules import State, Step
from stationapp.refusal import Refused
from stationapp.residents.queries import get_resident
from stationapp.signups.rules import Place
from stationapp.sites.models import Site
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.minors import unfit_at
from stationapp.volunteers.models import HoursEntry
from stationapp.volunteers.queries import helpers_at
from stationapp.web.errors import sentence

bp = Blueprint("closeout", __name__)

_STATUS = {PhotoRefusal.TOO_LARGE: 413, PhotoRefusal.BUSY: 503}
_NOT_NOW = {PhotoRefusal.FULL, PhotoRefusal.NOT_ON, PhotoRefusal.TOO_EARLY, PhotoRefusal.TOO_LATE}


@bp.get("/events/<code>/closeout")
def show(code: str):
    """Who came, who did not, whom nobody signed out; what to add; after it, what was frozen."""
    event, site = its(code)
    heads = {f"heads_{band.value}": str(n) for band, n in queries.heads_of(event.id).items()}
    return _page(event, site, CloseOut(typed=heads, note=_note(event)))


def _page(
    event: Event, site: Site, filled: CloseOut, *, problem: str = "", trouble: str = "", status: int = 200
):
    """`problem` with the close-out, or `trouble` with a picture, said where it happened; what was typed stays."""
    now, closed = clock.now(), event.state is State.CLOSED_OUT
    lines = queries.roster(event, helpers_at(event.id))
    shut = None if closed else state_problem(event.state)
    window = window_problem(event.state, event.starts_at, event.ends_at, now)
    return render_template(
        "desk/closeout/show.html",
        event=event,
        site=site,
        filled=filled,
        problem=problem,
        trouble=trouble,
        common=COMMON_BANDS,
        counted=[band.value for band in AgeBand if filled.typed.get(f"heads_{band.value}")],
        rare=[band for band in AgeBand if band not in COMMON_BANDS],
        came={part: sum(line.there is not None and line.part is part for line in lines) for part in Part},
        absent=_absent(lines),
        pending=pending(lines),
        unfit=_unfit(event, lines),
        waiting=0 if closed else count_waiting_of(event.id),
        over=now >= event.ends_at,
        closed=closed,
        heads=queries.heads_of(event.id),
        note=_note(event) if closed else "",
        minutes=_minutes(event) if closed else 0,
        blocked=sentence(Refused(shut)) if shut else "",
        photos=photos.list_photos(event.id),
        full=MOST,
        window=sentence(Refused(window, opens_at=opens_at(event.starts_at))) if window else "",
        Part=Part,
    ), status


def _unfit(event: Event, lines: list[Line]) -> list[tuple[Line, str]]:
    """Minors who were there as volunteers and should not have helped, each with why, by `VolunteerRefusal`."""
    found = unfit_at(event)
    there = [line for line in lines if line.there and line.there.resident_id in found]
    return [(line, found[line.there.resident_id].value) for line in there]


def _absent(lines: list[Line]) -> list[Line]:
    return [line for line in lines if line.there is None and line.place is Place.CONFIRMED]


def _note(event: Event) -> str:
    """What was written at the last close-out."""
    said = [step.reason for step, _who in list_steps(event.id) if step.step is Step.CLOSE_OUT]
    return said[-1] if said else ""


def _minutes(event: Event) -> int:
    """What the ledger holds for this event, corrections taken off."""
    here = select(Attendance.id).where(Attendance.event_id == event.id)
    its_lines = select(HoursEntry.id).where(HoursEntry.attendance_id.in_(here))
    total = select(func.coalesce(func.sum(HoursEntry.minutes), 0))
    return db.session.scalar(
        total.where(or_(HoursEntry.attendance_id.in_(here), HoursEntry.corrects_id.in_(its_lines)))
    )


@bp.post("/events/<code>/closeout")
def close(code: str):
    """Heads, sign-outs, the close-out and the hours, all or nothing; a picture still in the form is kept first."""
    event, site = its(code)
    filled = _filled(event)
    trouble = _keep_picture(event) if _chosen() else None
    if trouble:
        return _page(event, site, filled, trouble=sentence(trouble), status=_status(trouble))
    if filled.problems:
        return _page(event, site, filled, status=422)
    try:
        retried(lambda: _closed(event, filled))
    except Refused as refused:
        return _page(event, site, filled, problem=sentence(refused), status=409)
    return redirect(url_for(".show", code=code), code=303)


def _closed(event: Event, filled: CloseOut) -> None:
    by, now = guard.user().staff_id, clock.now()
    with transaction():
        operations.count_heads(event, filled.heads, by=by, now=now)
        for resident_id, at in sorted(filled.left.items()):
            operations.check_out(event, get_resident(resident_id), how=How.ROSTER, by=by, now=now, at=at)
        operations.close_out(event, note=filled.note, by=by, now=now)
        volunteers.post_hours(event, by=by, now=now)


def _filled(event: Event) -> CloseOut:
    waiting = {line.resident_id: line.there.came_at for line in pending(queries.roster(event))}
    return read_close_out(request.form, event, waiting)


# --- pictures ---------------------------------------------------------------------------------------------------


@bp.post("/events/<code>/closeout/photos")
def add_photo(code: str):
    """Keep a picture at once; what else was typed comes back as it was, for nothing of it is kept yet."""
    event, site = its(code)
    trouble = _keep_picture(event)
    if trouble:
        return _page(event, site, _filled(event), trouble=sentence(trouble), status=_status(trouble))
    return _back(event, site)


@bp.post("/events/<code>/closeout/photos/removal")
def remove_photo(code: str):
    """Take the picture with the digest `remove` away, for good."""
    event, site = its(code)
    with transaction():
        digest = request.form.get("remove", "")
        photos.remove_photo(event, digest, by=guard.user().staff_id, now=clock.now())
    return _back(event, site)


def _back(event: Event, site: Site):
    """The page anew; with something typed on it, at once, because an address cannot carry that."""
    filled = _filled(event)
    if filled.note or any(filled.typed.values()):
        return _page(event, site, filled)
    return redirect(url_for(".show", code=event.code, _anchor="photos"), code=303)


def _chosen() -> bool:
    file = request.files.get("photo")
    return file is not None and bool(file.filename)


def _keep_picture(event: Event) -> Refused | None:
    """Encode it before any row is held, then keep it; why not, else None."""
    file = request.files.get("photo")
    try:
        jpeg = photos.encode(file.read(LARGEST + 1) if file else b"")
        with transaction():
            photos.add_photo(event, jpeg, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return refused
    return None


def _status(refused: Refused) -> int:
    return _STATUS.get(refused.reason, 409 if refused.reason in _NOT_NOW else 422)
