"""An event's pictures, for the staff who may see the event and for nobody else."""

from flask import Blueprint, make_response, request

from stationapp.attendance.desk_event import its
from stationapp.attendance.photos import get_jpeg

bp = Blueprint("photos", __name__)


@bp.get("/events/<code>/photos/<digest>.jpg")
def show(code: str, digest: str):
    """One picture. A browser may keep it and must ask again each time, so that a right withdrawn is withdrawn."""
    event, _site = its(code)
    answer = make_response(get_jpeg(event.id, digest))
    answer.mimetype = "image/jpeg"
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["Content-Disposition"] = "inline"
    answer.set_etag(digest)
    return answer.make_conditional(request)
