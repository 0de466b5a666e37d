"""The edge's view of a device: which one this browser is, and whether it may read and send."""

from contextlib import suppress

from flask import Response, current_app, g, jsonify, request
from sqlalchemy.exc import OperationalError

from stationapp import clock
from stationapp.db import Busy, transaction
from stationapp.devices.models import Device
from stationapp.devices.operations import touch
from stationapp.devices.queries import find_by_token
from stationapp.devices.rules import LONGEST_DAYS, DeviceRefusal, use_problem
from stationapp.refusal import Refused
from stationapp.web.errors import sentence

COOKIE = "door"
_KEPT = (LONGEST_DAYS + 14) * 24 * 3600  # two weeks more than a device is good for: it may still have to send


def token_here() -> str:
    """The token this browser bears, if any."""
    return request.cookies.get(COOKIE, "")[:100]


def device_here() -> Device | None:
    """The device this browser is, revoked ones included."""
    if "door_device" not in g:
        token = token_here()
        g.door_device = find_by_token(token) if token else None
    return g.door_device


def problem_here() -> DeviceRefusal | None:
    """Why this browser may not read a list today, or None."""
    return use_problem(device_here(), clock.day_of(clock.now()))


def heard() -> None:
    """Note that the device was heard from; while nothing can be written it works on."""
    with suppress(Busy, OperationalError), transaction():
        touch(device_here().id, now=clock.now())


def turned_away(problem: DeviceRefusal) -> tuple[Response, int]:
    """The answer to a device's script: why, and whether all that it keeps must go.

    A browser that lost its token keeps what it has not sent, for when it is enrolled anew.
    """
    device, facts = device_here(), {}
    if problem is DeviceRefusal.NOT_TODAY and clock.day_of(clock.now()) < device.from_on:
        facts = {"from_on": device.from_on}
    wipe = problem is not DeviceRefusal.NOT_ENROLLED and not facts
    answer = jsonify(reason=problem.value, said=sentence(Refused(problem, **facts)), wipe=wipe)
    return forgotten(answer, problem), status_of(problem)


def status_of(problem: DeviceRefusal) -> int:
    """401 for who is no device, 403 for one that may not."""
    return 401 if problem is DeviceRefusal.NOT_ENROLLED else 403


def keep_token(answer: Response, token: str) -> Response:
    """Give the browser its token; no script reads it."""
    secure = current_app.config["SETTINGS"].secure
    answer.set_cookie(
        COOKIE, token, max_age=_KEPT, httponly=True, samesite="Lax", secure=secure, path="/door"
    )
    return answer


def forgotten(answer: Response, problem: DeviceRefusal) -> Response:
    """Take a token that will never be good again away from the browser."""
    if problem is not DeviceRefusal.NOT_TODAY:
        answer.delete_cookie(COOKIE, path="/door")
    return answer
