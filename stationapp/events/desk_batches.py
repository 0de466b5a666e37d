"""What was written at once at the desk: the list, taking all of it back, bringing it back."""

from flask import Blueprint, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.db import retried, transaction
from stationapp.events import batches
from stationapp.events.lines import line_of
from stationapp.events.models import Batch
from stationapp.events.rules import PUBLIC, State
from stationapp.events.series_queries import get_batch_with_site, list_batch, list_series_in
from stationapp.sites.models import Site

bp = Blueprint("batches", __name__, url_prefix="/batches")


def _its(code: str) -> tuple[Batch, Site]:
    batch, site = get_batch_with_site(code)
    guard.require(site.path)
    for path in {where.path for _event, where in list_batch(batch)}:  # it may hold drafts of sites elsewhere
        guard.require(path)
    return batch, site


@bp.get("/<code>")
def show(code: str):
    """Everything that was written at once, and what became of it."""
    batch, site = _its(code)
    now = clock.now()
    lines = [line_of(event, where, now) for event, where in list_batch(batch)]
    return render_template(
        "desk/batches/show.html",
        batch=batch,
        site=site,
        lines=lines,
        series=list_series_in(batch),
        in_plan=sum(line.event.state not in PUBLIC | {State.DISCARDED} for line in lines),
        public=sum(line.event.state in PUBLIC for line in lines),
        discarded=sum(line.event.state is State.DISCARDED for line in lines),
        may_plan=guard.can(Action.PLAN, site.path),
    )


@bp.post("/<code>/undoing")
def undoing(code: str):
    """Take out of the plan what residents do not know of yet."""
    batch, _site = _its(code)

    def attempt() -> batches.Undone:
        with transaction():
            return batches.undo(batch, by=guard.user().staff_id, now=clock.now())

    undone = retried(attempt)
    if undone.kept:
        flash(
            _(
                "已撤销：%(n)s 场移出计划；%(kept)s 场居民已经看得到，仍然保留，要停办请一场一场取消。",
                n=undone.discarded,
                kept=len(undone.kept),
            )
        )
    else:
        flash(_("已撤销：%(n)s 场移出计划。点错了可以全部放回。", n=undone.discarded))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/<code>/restoring")
def restoring(code: str):
    """Bring back what the undoing took out."""
    batch, _site = _its(code)

    def attempt() -> int:
        with transaction():
            return batches.restore(batch, by=guard.user().staff_id, now=clock.now())

    back = retried(attempt)
    flash(_("已放回：%(n)s 场，都是草稿。", n=back))
    return redirect(url_for(".show", code=code), code=303)
