"""The verbs of templates: write, change, retire, bring back, and take over as drafts (domain.md §1, §5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from stationapp import codes
from stationapp.audit.operations import record
from stationapp.catalogue.models import Template, TemplateTheme
from stationapp.catalogue.queries import fields_of
from stationapp.catalogue.rules import (
    COLUMNS,
    MOST_AT_ONCE,
    OWNERS,
    Seats,
    TemplateFields,
    TemplateRefusal,
    event_fields,
    fitting_room,
    problem,
)
from stationapp.db import db
from stationapp.events import operations as events
from stationapp.events.batches import open_batch
from stationapp.events.models import Batch, Event
from stationapp.events.rules import BatchKind
from stationapp.refusal import Refused
from stationapp.rooms.hours import week_of
from stationapp.rooms.models import Room
from stationapp.rooms.queries import list_busy, list_shared
from stationapp.rooms.rules import RoomKind, is_open
from stationapp.sites.models import Site
from stationapp.sites.rules import contains


def write(
    owner: Site,
    fields: TemplateFields,
    *,
    by: int | None,
    now: datetime,
    based_on: Template | None = None,
    key: str = "",
) -> Template:
    """A new template of an office or the center; `based_on` is the one it was adapted from. Raises Refused.

    `key` is the code it is to have, where a form brought one: the same sent twice is the same template.
    """
    if owner.level not in OWNERS:
        raise Refused(TemplateRefusal.STATION_OWNS_NONE)
    _look_at(owner, fields)
    before = db.session.scalar(select(Template).where(Template.code == key))
    if before and (before.made_by, before.site_id, fields_of(before)) == (by, owner.id, fields):
        return before
    template = Template(
        code=codes.new_public() if before or not key else key,
        site_id=owner.id,
        based_on=based_on.id if based_on else None,
        made_at=now,
        made_by=by,
        **{name: getattr(fields, name) for name in COLUMNS},
    )
    db.session.add(template)
    db.session.flush()
    _write_themes(template, fields)
    _record("write", template, by, now)
    return template


def change(template: Template, fields: TemplateFields, *, by: int | None, now: datetime) -> Template:
    """Other values; events made from it stay as they are. Nothing happens when nothing differs. Raises Refused."""
    db.session.refresh(template, with_for_update=True)
    if fields == fields_of(template):
        return template
    _look_at(db.session.get_one(Site, template.site_id), fields)
    for name in COLUMNS:
        setattr(template, name, getattr(fields, name))
    db.session.execute(delete(TemplateTheme).where(TemplateTheme.template_id == template.id))
    _write_themes(template, fields)
    _record("change", template, by, now)
    return template


def retire(template: Template, *, by: int | None, now: datetime) -> None:
    """Offer it to nobody any more; harmless when done twice."""
    db.session.refresh(template, with_for_update=True)
    if template.retired_at is None:
        template.retired_at = now
        db.session.flush()
        _record("retire", template, by, now)


def bring_back(template: Template, *, by: int | None, now: datetime) -> None:
    """Offer it again; harmless when done twice."""
    db.session.refresh(template, with_for_update=True)
    if template.retired_at is not None:
        template.retired_at = None
        db.session.flush()
        _record("bring_back", template, by, now)


@dataclass(frozen=True)
class Wish:
    """At which site and from when a template is to be held."""

    site: Site
    starts_at: datetime


def take_over(
    template: Template,
    wishes: Sequence[Wish],
    *,
    by: int | None,
    now: datetime,
    at: Site | None = None,
    key: str = "",
    source: str | None = None,
    remark: str = "",
) -> tuple[list[Event], Batch | None]:
    """One draft for each wish, in the smallest room that is free, open and large enough, else at the site's address.

    `at` is the site whose batch the drafts become, so that they can be taken back at once; None: no batch. `key` is
    the code of that batch where a form brought one, `source` the fingerprint of a draft that is the only one.
    Raises Refused; then nothing is written.
    """
    owner = db.session.get_one(Site, template.site_id)
    _look_at_wishes(template, owner, wishes, now)
    fields, batch = (
        fields_of(template),
        open_batch(at, BatchKind.TEMPLATE, by=by, now=now, code=key) if at else None,
    )
    rooms = _rooms_for(wishes, fields)
    drafts = []
    for wish, room in zip(wishes, rooms, strict=True):
        values = event_fields(
            fields,
            starts_at=wish.starts_at,
            room_id=room and room.room_id,
            place=room.name if room else wish.site.address,
            remark=remark,
        )
        drafts.append(events.draft(wish.site, values, by=by, now=now, batch=batch, source=source))
    return drafts, batch


def take_over_once(
    template: Template, wish: Wish, *, key: str, by: int | None, now: datetime, remark: str = ""
) -> Event:
    """The draft of one wish, in no batch; the same wish sent twice by a form with this `key` is the same draft.

    Raises Refused.
    """
    source = f"template {key} {by} {wish.site.code} {wish.starts_at:%Y%m%dT%H%M}" if key else None
    before = db.session.scalar(select(Event).where(Event.source == source)) if source else None
    if before:
        return before
    (made,), _batch = take_over(template, [wish], by=by, now=now, source=source, remark=remark)
    return made


def _look_at_wishes(template: Template, owner: Site, wishes: Sequence[Wish], now: datetime) -> None:
    if template.retired_at is not None:
        raise Refused(TemplateRefusal.RETIRED)
    if not wishes:
        raise Refused(TemplateRefusal.NOBODY_CHOSEN)
    if len(wishes) > MOST_AT_ONCE:
        raise Refused(TemplateRefusal.TOO_MANY, limit=MOST_AT_ONCE)
    if not all(contains(owner.path, wish.site.path) for wish in wishes):
        raise Refused(TemplateRefusal.NOT_OFFERED)
    if any(wish.starts_at <= now for wish in wishes):
        raise Refused(TemplateRefusal.IN_PAST)


def _rooms_for(wishes: Sequence[Wish], fields: TemplateFields) -> list[Seats | None]:
    """A room for each wish, or None. Two queries for any number."""
    length = timedelta(minutes=fields.minutes)
    rows = db.session.scalars(
        select(Room)
        .where(Room.site_id.in_({wish.site.id for wish in wishes}), Room.kind == RoomKind.ROOM)
        .order_by(Room.id)
    ).all()
    busy = list_busy(
        [room.id for room in rows],
        min(wish.starts_at for wish in wishes),
        max(wish.starts_at for wish in wishes) + length,
    )
    found = []
    for wish in wishes:
        seats = [
            Seats(room.id, room.name, room.capacity)
            for room in rows
            if room.site_id == wish.site.id
            and is_open(week_of(room.hours or wish.site.hours), wish.starts_at, wish.starts_at + length)
        ]
        found.append(fitting_room(seats, busy, wish.starts_at, wish.starts_at + length, fields.capacity))
    return found


def _look_at(owner: Site, fields: TemplateFields) -> None:
    if reason := problem(fields):
        raise Refused(reason)
    if fields.shared_id and fields.shared_id not in {room.id for room in list_shared(owner)}:
        raise Refused(TemplateRefusal.SHARED_ELSEWHERE)


def _write_themes(template: Template, fields: TemplateFields) -> None:
    db.session.add_all(TemplateTheme(template_id=template.id, theme=theme) for theme in fields.themes)
    db.session.flush()


def _record(act: str, template: Template, by: int | None, now: datetime) -> None:
    record(f"templates.{act}", f"template {template.code}", by=by, now=now, site_id=template.site_id)
