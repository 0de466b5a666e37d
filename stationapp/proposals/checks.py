"""Proposals: what a taken one became."""

from sqlalchemy import or_, select

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.events.models import Batch
from stationapp.events.rules import BatchKind
from stationapp.proposals.models import Proposal


def _taken_proposals() -> list[str]:
    """A proposal that was taken over names the batch of its drafts, at its site; and such a batch has its proposal."""
    wrong = (
        select(Proposal.id)
        .join(Batch, Batch.id == Proposal.batch_id)
        .where(or_(Batch.kind != BatchKind.PROPOSAL, Batch.site_id != Proposal.site_id))
    )
    unnamed = select(Batch.id).where(
        Batch.kind == BatchKind.PROPOSAL,
        Batch.id.not_in(select(Proposal.batch_id).where(Proposal.batch_id.is_not(None))),
    )
    return [
        *(f"proposal {number}" for number in db.session.scalars(wrong.order_by(Proposal.id))),
        *(f"batch {number}" for number in db.session.scalars(unnamed.order_by(Batch.id))),
    ]


CHECKS = (Check("P6 proposal taken", "采用了的排期建议和它写成的一批草稿对得上", _taken_proposals),)
