"""The page of a device at the door (/door): taken up once by its link, it works on without network.

The page itself holds nothing of anybody; `list` gives its script today's list, sealed (devices/sealing.py), and
views_scans.py takes in what the device has seen. The browser's half is static/door*.js.
"""

import hashlib
import json
from base64 import b64encode
from datetime import date

from flask import (
    Blueprint,
    Response,
    current_app,
    jsonify,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from flask_babel import gettext as _
from sqlalchemy import func, select

from stationapp import clock
from stationapp.attendance.models import RefusedScan, Scan
from stationapp.db import db, transaction
from stationapp.devices import guard, operations, sealing
from stationapp.devices.models import Device
from stationapp.devices.queries import find_by_link
from stationapp.devices.rules import DeviceRefusal
from stationapp.events.models import Event
from stationapp.refusal import Refused
from stationapp.sites.models import Site
from stationapp.vault import vault
from stationapp.volunteers.expected import Expected, events_on, expected_at
from stationapp.web.errors import sentence

bp = Blueprint("door", __name__, url_prefix="/door")


@bp.get("")
def index():
    """The page. It says the same to every device, and is what the browser keeps for when there is no network."""
    problem = guard.problem_here()
    if problem in (None, DeviceRefusal.NOT_TODAY):  # what it still has to send goes first; its script asks on
        answer = make_response(render_template("devices/door.html"))
        answer.headers["Permissions-Policy"] = "camera=(self)"
        return answer
    ended = problem is DeviceRefusal.REVOKED
    stopped = render_template("devices/stopped.html", said=sentence(Refused(problem)), ended=ended)
    return guard.forgotten(make_response(stopped, guard.status_of(problem)), problem)


@bp.get("/worker.js")
def worker():
    """The page's service worker."""
    answer = send_from_directory(current_app.static_folder, "door-worker.js", max_age=0)
    answer.headers["Cache-Control"] = "no-cache"
    answer.headers["Service-Worker-Allowed"] = "/door"
    return answer


@bp.get("/enrolments/<link>")
def enrolment(link: str):
    """Shows one button; opening the address, as previews do, takes nothing up."""
    now = clock.now()
    device = find_by_link(link[:100], now=now)
    if device is None:
        return _no_such_link()
    site = db.session.get_one(Site, device.site_id)
    return render_template("devices/enrolment.html", device=device, site=site, link=link)


@bp.post("/enrolments/<link>")
def take_up(link: str):
    """Make this browser the device."""
    try:
        with transaction():
            token = operations.take_up(link[:100], before=guard.device_here(), now=clock.now())
    except Refused:
        return _no_such_link()
    return guard.keep_token(redirect(url_for(".index"), code=303), token)


def _no_such_link():
    if guard.problem_here() in (None, DeviceRefusal.NOT_TODAY):
        return render_template("devices/link_over.html"), 410
    said = sentence(Refused(DeviceRefusal.LINK_INVALID))
    return render_template("errors/error.html", title=_("链接不能用了"), text=said), 410


@bp.get("/key")
def key():
    """The key to the list of names, for a device that may search by name; its script keeps it where none reads it."""
    if problem := guard.problem_here():
        return guard.turned_away(problem)
    if not guard.device_here().names_shown:
        return jsonify(key=None)
    return _unkept(jsonify(key=b64encode(sealing.own_key(guard.token_here())).decode()))


def _unkept(answer: Response) -> Response:
    """No browser's own memory holds it: the script keeps what it needs where it can wipe it."""
    answer.headers["Cache-Control"] = "no-store"
    return answer


@bp.get("/list")
def todays():
    """Today's list of the device's site; to who has it already (`?have=` its tag) only the time of day."""
    if problem := guard.problem_here():
        return guard.turned_away(problem)
    guard.heard()
    device, now = guard.device_here(), clock.now()
    day = clock.day_of(now)
    events = events_on(device.site_id, day)
    people = expected_at(events)
    shown = [_row(person, device.site_id, day) for person in people]
    tag = _tag(device, day, events, people, shown)
    head = {"now": clock.now().isoformat(), "tag": tag, "last": _last_sequence(device)}
    if request.args.get("have") == tag:
        return _unkept(jsonify(head))
    salt = sealing.salt_of(device.site_id, day)
    rows = {code: row for person, row in zip(people, shown, strict=True) for code in person.codes}
    return _unkept(
        jsonify(
            head
            | {
                "day": day.isoformat(),
                "until": device.until_on.isoformat(),
                "name": device.name,
                "site": db.session.get_one(Site, device.site_id).short_name,
                "events": [_event(event) for event in events],
                "salt": b64encode(salt).decode(),
                "rounds": sealing.ROUNDS,
                "rows": sealing.seal_rows(rows, salt),
                "names": _names(device, people, shown),
                "box": sealing.public_key(device.id),
            }
        )
    )


def _event(event: Event) -> dict:
    return {
        "code": event.code,
        "title": event.title,
        "place": event.place,
        "starts": event.starts_at.isoformat(),
        "ends": event.ends_at.isoformat(),
    }


def _row(person: Expected, site_id: int, day: date) -> dict:
    """What a code opens: the masked name, how the person stands to which event, and by what the device knows them
    again that day, whichever of their codes was scanned."""
    return {
        "name": person.name,
        "stands": {code: stands.value for code, stands in person.stands.items()},
        "id": vault().token("door-who", f"{site_id} {day} {person.resident_id}", 8),
    }


def _names(device: Device, people: list[Expected], shown: list[dict]) -> str | None:
    """The list to search by name, for this device's own key alone."""
    if not device.names_shown:
        return None
    rows = [
        row
        | {
            "initials": person.initials,
            "tail": person.tail,
            "mark": sealing.person_mark(device.id, person.resident_id),
        }
        for person, row in zip(people, shown, strict=True)
    ]
    return sealing.seal(sealing.own_key(guard.token_here()), json.dumps(rows, ensure_ascii=False).encode())


def _tag(device: Device, day: date, events: list[Event], people: list[Expected], shown: list[dict]) -> str:
    """What changes when the list does; a keyed hash, for it is made of codes."""
    said = [
        device.id,
        device.names_shown,
        day.isoformat(),
        sealing.ROUNDS,
        [_event(event) for event in events],
    ]
    said += [
        [sorted(person.codes), person.initials, person.tail, row]
        for person, row in zip(people, shown, strict=True)
    ]
    digest = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    return vault().index("door-tag", digest).hex()


def _last_sequence(device: Device) -> int:
    """The highest number this device has sent: one whose memory was cleared goes on behind it."""
    said = (
        select(func.max(table.sequence)).where(table.device_id == device.id) for table in (Scan, RefusedScan)
    )
    return max(db.session.scalar(statement) or 0 for statement in said)
