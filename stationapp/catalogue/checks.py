"""Templates: who owns one, and that it does not contradict itself."""

from sqlalchemy import and_, func, or_, select

from stationapp.audit.rules import Check
from stationapp.catalogue.models import Template, TemplateTheme
from stationapp.catalogue.rules import OLD_FROM, OWNERS, YOUNG_TO
from stationapp.db import db
from stationapp.events.rules import SUMMARY_LENGTH, Theme
from stationapp.rooms.models import Room
from stationapp.rooms.rules import RoomKind
from stationapp.sites.models import Site


def _templates(*conditions) -> list[str]:
    query = select(Template.id).join(Site, Site.id == Template.site_id).where(*conditions)
    return [f"template {number}" for number in db.session.scalars(query.order_by(Template.id))]


def _owned_by_a_station() -> list[str]:
    return _templates(Site.level.not_in(OWNERS))


def _contradictory() -> list[str]:
    """As `rules.problem` says of what comes in."""

    def about(theme: Theme):
        return Template.id.in_(select(TemplateTheme.template_id).where(TemplateTheme.theme == theme))

    return _templates(
        or_(
            Template.title == "",
            Template.summary == "",
            Template.audience == "",
            Template.minutes <= 0,
            func.length(Template.summary) > SUMMARY_LENGTH,
            Template.min_age > Template.max_age,
            and_(about(Theme.OLD), Template.max_age < OLD_FROM),
            and_(about(Theme.YOUNG), Template.min_age > YOUNG_TO),
        )
    )


def _shared_out_of_reach() -> list[str]:
    """What it cannot do without belongs to its owner or a site above."""
    holder = Site.__table__.alias("holder")
    reachable = (
        select(Room.id)
        .join(holder, holder.c.id == Room.site_id)
        .where(
            Room.id == Template.shared_id,
            Room.kind == RoomKind.SHARED,
            Site.path.startswith(holder.c.path),
        )
        .correlate(Template, Site)
        .exists()
    )
    return _templates(Template.shared_id.is_not(None), ~reachable)


CHECKS = (
    Check("P5 template owner", "活动模板归中心或所管", _owned_by_a_station),
    Check("P5 template sane", "活动模板写得全，年龄和主题对得上", _contradictory),
    Check("P5 template shared", "模板要用的流动资源归它的主人或上级管", _shared_out_of_reach),
)
