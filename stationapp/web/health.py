"""Whether the process answers, and whether it can do its work."""

from flask import Blueprint
from sqlalchemy import text

from stationapp.db import db
from stationapp.migrate import pending

bp = Blueprint("health", __name__)


@bp.get("/healthz")
def alive():
    """200 as long as the process answers."""
    return {"status": "ok"}


@bp.get("/readyz")
def ready():
    """200 when the database answers and its schema is the code's; 503 otherwise."""
    try:
        db.session.execute(text("SELECT 1"))
        behind = pending(db.engine)
    except Exception:
        return {"status": "no database"}, 503
    return ({"status": "not migrated"}, 503) if behind else {"status": "ok"}
