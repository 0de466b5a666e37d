"""Reads of the site tree. Lists stand in code order: never a ranking."""

from datetime import date

from sqlalchemy import ColumnElement, or_, select

from stationapp.db import db
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.sites.rules import Level


def find_site(code: str) -> Site | None:
    """The site with that code."""
    return db.session.scalar(select(Site).where(Site.code == code))


def get_site(code: str) -> Site:
    """The site with that code; raises NotFound."""
    site = find_site(code)
    if site is None:
        raise NotFound
    return site


def find_successor(site: Site) -> Site | None:
    """The site it was merged into."""
    return db.session.get(Site, site.successor_id) if site.successor_id else None


def find_center() -> Site | None:
    """The district's center; None on an empty instance."""
    return db.session.scalar(select(Site).where(Site.level == Level.CENTER))


def get_center() -> Site:
    """The same; raises NotFound."""
    site = find_center()
    if site is None:
        raise NotFound
    return site


def beneath(path: str) -> ColumnElement[bool]:
    """The condition "this site or one beneath it", for a path such as "/1/4/"."""
    return Site.path.startswith(path, autoescape=True)


def active_on(day: date) -> ColumnElement[bool]:
    """The condition "in force on that day"."""
    return (Site.valid_from <= day) & or_(Site.valid_to.is_(None), Site.valid_to >= day)


def list_sites(path: str = "/", *, level: Level | None = None, on: date | None = None) -> list[Site]:
    """Sites at and beneath `path`, in code order; of one level, in force on a day, when given."""
    query = select(Site).where(beneath(path)).order_by(Site.code)
    if level:
        query = query.where(Site.level == level)
    if on:
        query = query.where(active_on(on))
    return list(db.session.scalars(query))


def list_children(site: Site) -> list[Site]:
    """The sites directly beneath."""
    return list(db.session.scalars(select(Site).where(Site.parent_id == site.id).order_by(Site.code)))


def list_where(
    condition: ColumnElement[bool], *, level: Level | None = None, most: int | None = None
) -> list[Site]:
    """Sites for which a condition on Site holds (`accounts.queries.reached`), in code order."""
    query = select(Site).where(condition).order_by(Site.code).limit(most)
    return list(db.session.scalars(query.where(Site.level == level) if level else query))
