"""What the pages of one event's presence share: whose event it is, who is missing a sign-out, why something is shut."""

from collections.abc import Collection
from enum import Enum

from sqlalchemy import func, select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance.intake import turned_away
from stationapp.attendance.queries import Line
from stationapp.attendance.rules import How, Kind, Part, opens_at
from stationapp.db import db, transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.rules import touches
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import Resident
from stationapp.sites.models import Site
from stationapp.volunteers.doors import roles_at
from stationapp.web.errors import sentence


def its(code: str) -> tuple[Event, Site]:
    """The event and its site, if this request's action is allowed there; a helper sees today's alone."""
    event, site = event_here(code)
    if not _on_its_days(event, site):
        raise NotFound
    return event, site


def may_work_at(event: Event, site: Site) -> bool:
    """Whether this desk works at that event's door; a helper on its days alone."""
    return guard.can(Action.CHECK_IN, site.path) and _on_its_days(event, site)


def _on_its_days(event: Event, site: Site) -> bool:
    return touches(event, clock.day_of(clock.now())) or guard.can(Action.PLAN, site.path)


def pending(lines: list[Line]) -> list[Line]:
    """Volunteers who came and were not signed out."""
    return [line for line in lines if line.part is Part.VOLUNTEER and line.there and not line.there.left_at]


def why_shut(problem: Enum | None, event: Event) -> str:
    """Why nothing can be taken down now, in words; empty while it can."""
    return sentence(Refused(problem, opens_at=opens_at(event.starts_at))) if problem else ""


def keep_refusal(
    refused: Refused,
    site_id: int,
    event: Event | None,
    *,
    resident_id: int | None,
    kind: Kind,
    how: How,
    by: int | None,
) -> None:
    """Keep that somebody was refused here, in a transaction of its own: the refused one is undone by now."""
    now = clock.now()
    with transaction():
        turned_away(
            refused.reason,
            site_id=site_id,
            event_id=event.id if event else None,
            resident_id=resident_id,
            kind=kind,
            how=how,
            by=by,
            at=now,
            now=now,
        )


def standing(event: Event, residents: Collection[int]) -> dict[int, tuple[int, Part]]:
    """By which record of the person, and in what role, each of these records (ids) is taken down at an event."""
    as_whom = func.coalesce(Resident.merged_into, Resident.id)
    counts = dict(db.session.execute(select(Resident.id, as_whom).where(Resident.id.in_(residents))).all())
    roles = roles_at({(event.id, person) for person in counts.values()})
    return {record: roles[event.id, person] for record, person in counts.items()}
