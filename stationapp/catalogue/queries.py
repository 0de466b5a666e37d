"""Reads of templates: which ones a site may take over, and what stands in them."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import ColumnElement, Select, literal, or_, select

from stationapp.catalogue.models import Template, TemplateTheme
from stationapp.catalogue.rules import COLUMNS, TemplateFields
from stationapp.db import db
from stationapp.events.rules import Category, Theme
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.sites.queries import active_on, beneath
from stationapp.sites.rules import contains


def get_template(code: str) -> tuple[Template, Site]:
    """The template with that code and its owner; raises NotFound."""
    found = db.session.execute(
        select(Template, Site).join(Site, Site.id == Template.site_id).where(Template.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound
    template, owner = found
    return template, owner


def get_offered(code: str, paths: Collection[str]) -> tuple[Template, Site]:
    """The same, if sites at one of `paths` may take it over, own it, or stand above its owner; raises NotFound."""
    template, owner = get_template(code)
    if not any(contains(owner.path, path) or contains(path, owner.path) for path in paths):
        raise NotFound
    return template, owner


def takers(owner: Site, where: ColumnElement[bool], on: date) -> list[Site]:
    """The sites that may take a template of `owner` over, in force on a day, in code order."""
    query = select(Site).where(where, beneath(owner.path), active_on(on)).order_by(Site.code)
    return list(db.session.scalars(query))


def themes_of(template_ids: Collection[int]) -> dict[int, frozenset[Theme]]:
    """The themes of these templates, by their ids."""
    themes: dict[int, set[Theme]] = {number: set() for number in template_ids}
    rows = select(TemplateTheme.template_id, TemplateTheme.theme).where(
        TemplateTheme.template_id.in_(template_ids)
    )
    for number, theme in db.session.execute(rows):
        themes[number].add(theme)
    return {number: frozenset(found) for number, found in themes.items()}


def fields_of(template: Template) -> TemplateFields:
    """What stands in a template now, ready to be changed with `dataclasses.replace`."""
    values = {name: getattr(template, name) for name in COLUMNS}
    return TemplateFields(**values, themes=themes_of([template.id])[template.id])


def offered(paths: Iterable[str]) -> ColumnElement[bool]:
    """The condition on Site "owns what sites at these paths may take over": themselves, above and beneath them."""
    return or_(
        *(condition for path in paths for condition in (beneath(path), literal(path).startswith(Site.path)))
    )


@dataclass(frozen=True)
class Wanted:
    """What the list is narrowed to; None or "": not at all. `retired`: those nobody takes over any more."""

    owner: Site | None = None
    category: Category | None = None
    theme: Theme | None = None
    text: str = ""
    retired: bool = False


def list_templates(where: ColumnElement[bool], wanted: Wanted) -> Select:
    """(Template, Site) for `paged`: the center's first, then the offices' in code order; never by use."""
    query = select(Template, Site).join(Site, Site.id == Template.site_id).where(where)
    query = query.where(Template.retired_at.is_not(None) if wanted.retired else Template.retired_at.is_(None))
    if wanted.owner:
        query = query.where(Template.site_id == wanted.owner.id)
    if wanted.category:
        query = query.where(Template.category == wanted.category)
    if wanted.theme:
        about = select(TemplateTheme.template_id).where(TemplateTheme.theme == wanted.theme)
        query = query.where(Template.id.in_(about))
    if wanted.text:
        columns = (Template.title, Template.summary, Template.audience)
        query = query.where(or_(*(column.contains(wanted.text, autoescape=True) for column in columns)))
    return query.order_by(Site.code, Template.category, Template.title, Template.id)


def owners(where: ColumnElement[bool]) -> list[Site]:
    """The sites that own a template and for which `where` holds, in code order."""
    query = select(Site).where(where, Site.id.in_(select(Template.site_id))).order_by(Site.code)
    return list(db.session.scalars(query))


def adapted_from(template: Template) -> tuple[Template, Site] | None:
    """The template it was adapted from, with its owner."""
    if template.based_on is None:
        return None
    return db.session.execute(
        select(Template, Site).join(Site, Site.id == Template.site_id).where(Template.id == template.based_on)
    ).one()
