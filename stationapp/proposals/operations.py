"""The verbs of proposals: keep one, take it over as drafts, make one draft of a suggestion."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import ColumnElement, select

from stationapp import codes
from stationapp.audit.operations import record
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.batches import open_batch
from stationapp.events.models import Batch, Event
from stationapp.events.operations import draft
from stationapp.events.rules import BatchKind, EventFields
from stationapp.proposals.models import Proposal
from stationapp.proposals.proposing import as_fields
from stationapp.proposals.rules import ProposalRefusal
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.sites.queries import beneath


def keep(site: Site, month: Month, body: dict, *, by: int | None, now: datetime) -> Proposal:
    """Keep a proposed month; nothing is booked or written by it."""
    proposal = Proposal(
        code=codes.new_public(),
        site_id=site.id,
        month_on=month.first_day,
        body=json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")),
        made_at=now,
        made_by=by,
    )
    db.session.add(proposal)
    db.session.flush()
    record("proposals.keep", f"proposal {proposal.code}", by=by, now=now, site_id=site.id)
    return proposal


def take_over(
    proposal: Proposal,
    chosen: Collection[int],
    remarks: Mapping[int, str],
    *,
    by: int | None,
    now: datetime,
) -> Batch:
    """Write the chosen entries (their numbers in the body) as drafts; once: later it is the same batch again.

    What would have begun by now is left out. Raises Refused.
    """
    db.session.refresh(proposal, with_for_update=True)
    if proposal.batch_id is not None:
        return db.session.get_one(Batch, proposal.batch_id)
    site = db.session.get_one(Site, proposal.site_id)
    entries = json.loads(proposal.body)["events"]
    wanted = [
        as_fields(entry, remark=remarks.get(number, ""))
        for number, entry in enumerate(entries)
        if number in set(chosen)
    ]
    if not wanted:
        raise Refused(ProposalRefusal.NOTHING_CHOSEN)
    ahead = [one for one in wanted if one.fields.starts_at > now]
    if not ahead:
        raise Refused(ProposalRefusal.NOTHING_LEFT)
    sites = {one.code: one for one in db.session.scalars(select(Site).where(beneath(site.path)))}
    batch = open_batch(site, BatchKind.PROPOSAL, by=by, now=now)
    for one in ahead:
        draft(sites[one.site], one.fields, by=by, now=now, batch=batch)
    proposal.batch_id = batch.id
    db.session.flush()
    record("proposals.take_over", f"proposal {proposal.code}", by=by, now=now, site_id=site.id)
    return batch


def take_up(site: Site, fields: EventFields, fingerprint: str, *, by: int | None, now: datetime) -> Event:
    """The draft of a suggestion; asked for again, the one that was made. `fingerprint` is what Event.source holds."""
    made = find_taken_up(fingerprint)
    return made or draft(site, fields, by=by, now=now, source=fingerprint)


def find_taken_up(fingerprint: str) -> Event | None:
    """The draft that was made of a suggestion."""
    return db.session.scalar(select(Event).where(Event.source == fingerprint))


def get_proposal(code: str) -> tuple[Proposal, Site]:
    """The proposal with that code and the site it is for; raises NotFound."""
    found = db.session.execute(
        select(Proposal, Site).join(Site, Site.id == Proposal.site_id).where(Proposal.code == code)
    ).one_or_none()
    if found is None:
        raise NotFound
    proposal, site = found
    return proposal, site


def list_proposals(here: ColumnElement[bool], *, most: int = 20) -> list[tuple[Proposal, Site]]:
    """Proposals for sites for which `here` holds, latest first."""
    rows = db.session.execute(
        select(Proposal, Site)
        .join(Site, Site.id == Proposal.site_id)
        .where(here)
        .order_by(Proposal.id.desc())
        .limit(most)
    )
    return [(proposal, site) for proposal, site in rows]
