"""What a loader may write to, and the file somebody is looking at."""

from sqlalchemy import ColumnElement, select

from stationapp.db import db
from stationapp.importing.models import Upload
from stationapp.refusal import NotFound
from stationapp.sites.models import Site


def sites_where(condition: ColumnElement[bool]) -> list[Site]:
    """The sites a loader may write to, in code order."""
    return list(db.session.scalars(select(Site).where(condition).order_by(Site.code)))


def get_upload(number: int, staff_id: int) -> Upload:
    """Somebody's own upload; raises NotFound for another's."""
    upload = db.session.get(Upload, number)
    if upload is None or upload.staff_id != staff_id:
        raise NotFound
    return upload
