"""The invariant of the site tree."""

from sqlalchemy import String, cast, or_, select
from sqlalchemy.orm import aliased

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.sites.models import Site
from stationapp.sites.rules import BENEATH, Level


def _not_descending() -> list[str]:
    # A path that is the parent's path and the own id cannot run in a circle, so this covers cycles too.
    upper = aliased(Site)
    own = cast(Site.id, String)
    wrong_top = (Site.parent_id.is_(None)) & ((Site.level != Level.CENTER) | (Site.path != "/" + own + "/"))
    fits = or_(*((upper.level == high) & (Site.level == low) for high, low in BENEATH.items()))
    wrong_below = Site.parent_id.is_not(None) & (
        upper.id.is_(None) | ~fits | (Site.path != upper.path + own + "/")
    )
    query = select(Site.id).outerjoin(upper, upper.id == Site.parent_id).where(or_(wrong_top, wrong_below))
    return [f"site {number}" for number in db.session.scalars(query.order_by(Site.id))]


CHECKS = (Check("A5", "阵地逐级隶属于中心，没有循环", _not_descending),)
