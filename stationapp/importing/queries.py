"""What a loader may write to, and the file somebody is looking at."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, select

from stationapp.db import db
from stationapp.importing.models import Upload
from stationapp.refusal import NotFound
from stationapp.sites.models import Site

UPLOADS_KEPT = timedelta(days=1)
"""How long a file waits for its owner to look at the preview."""


def sites_where(condition: ColumnElement[bool]) -> list[Site]:
    """The sites a loader may write to, in code order."""
    return list(db.session.scalars(select(Site).where(condition).order_by(Site.code)))


def get_upload(number: int, staff_id: int, *, now: datetime, lock: bool = False) -> Upload:
    """Somebody's own upload of the last day; raises NotFound for another's and for one that is gone."""
    query = select(Upload).where(
        Upload.id == number, Upload.staff_id == staff_id, Upload.made_at > now - UPLOADS_KEPT
    )
    upload = db.session.scalar(query.with_for_update() if lock else query)
    if upload is None:
        raise NotFound
    return upload
