"""Where gateways report what became of a message (trust.md §4.30): known by a key in the address, and told nothing."""

import hmac
import json

from flask import Blueprint, abort, request

from stationapp import clock
from stationapp.db import retried, transaction
from stationapp.messages.receipts import Report, take_in
from stationapp.messages.reports import Garbled, reports_of
from stationapp.refusal import NotFound
from stationapp.vault import vault

bp = Blueprint("callbacks", __name__, url_prefix="/callbacks")

LONGEST = 256 * 1024
"""Bytes of one callback."""


def key() -> str:
    """What stands in the address of this place's callbacks."""
    return vault().token("callback", "sms", 32)


@bp.post("/sms/<given>")
def sms(given: str):
    """Take reports in; what is of no message we know is counted in the answer and otherwise ignored."""
    if not hmac.compare_digest(given.encode(), key().encode()):
        raise NotFound
    if (request.content_length or 0) > LONGEST:
        abort(413)
    try:
        reports = reports_of(json.loads(request.stream.read(LONGEST + 1)))
    except (Garbled, ValueError, RecursionError):
        abort(400)
    unknown = retried(lambda: _take_in(reports))
    return {
        "code": 0,
        "msg": "OK",
        "result": 0,
        "errmsg": "OK",
        "unknown": unknown,
    }  # Aliyun's and Tencent's words


def _take_in(reports: list[Report]) -> int:
    with transaction():
        return take_in(reports, now=clock.now())
