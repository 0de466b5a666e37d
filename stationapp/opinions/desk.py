"""How people liked what a station held: by event from five answers on, and what they wrote, never who.

What is said today is shown tomorrow: see `queries.last_answer`.
"""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.forms import asked_month
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.opinions.queries import (
    Scores,
    comments_of,
    held_events,
    last_answer,
    scores_at,
    scores_of,
    served_at,
    spoken_at,
)
from stationapp.opinions.rules import ENOUGH, Face, Via, heard
from stationapp.refusal import NotFound
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.web.filters import percent, span, stamp
from stationapp.web.paging import Page, page_number, paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("opinions", __name__)

MOST_EXPORTED = 5_000
COMMENTS = 100
"""Comments on a page."""


@dataclass(frozen=True)
class Asked:
    """The month and the site the address asks for."""

    month: Month
    site: Site | None
    sites: list[Site]
    where: ColumnElement[bool]

    @property
    def link(self) -> dict:
        """The same for another address."""
        return {"month": self.month, "site": self.site.code if self.site else None}


def _asked() -> Asked:
    """The site chosen with all beneath it, else everything within reach."""
    here = reached(guard.reach())
    sites = list_where(here)
    month = asked_month(Month.of(clock.day_of(clock.now())))
    site = next((one for one in sites if one.code == request.args.get("site")), None)
    where = and_(here, Site.path.startswith(site.path, autoescape=True)) if site else here
    return Asked(month, site, sites, where)


def _events(asked: Asked):
    month = asked.month
    return held_events(asked.where, month.begins_at, month.ends_at, now=clock.now())


def _closed_out(asked: Asked) -> list[int]:
    ids = _events(asked).with_only_columns(Event.id).where(Event.state == State.CLOSED_OUT)
    return list(db.session.scalars(ids))


def _cut() -> int:
    return last_answer(clock.day_of(clock.now()))


def _shown(month: Month) -> dict[int, Scores]:
    return scores_of(month.begins_at, month.ends_at, cut=_cut())


def _together(scores: Collection[Scores]) -> Scores:
    total = Scores(by_how={via.value: 0 for via in Via}, by_face={face.value: 0 for face in Face})
    for one in scores:
        total = replace(
            total,
            answers=total.answers + one.answers,
            good=total.good + one.good,
            by_how={how: n + one.by_how[how] for how, n in total.by_how.items()},
            by_face={face: n + one.by_face[face] for face, n in total.by_face.items()},
        )
    return total


@bp.app_template_global()
def satisfied(scores: Scores, event: Event | None = None, told: Collection[int] = ()) -> str:
    """The share of those who were satisfied, or why it is not said; `event`: which of a month's it is of."""
    if scores.answers < ENOUGH:
        return _("样本不足")
    if event and event.state is not State.CLOSED_OUT:
        return _("归档后再看")
    if event and event.id not in told:
        return _("并入全月")
    return percent(scores.good, scores.answers)


@bp.get("/opinions/")
def index():
    """The events of a month, each with how many answered and, from five on, how many were satisfied."""
    asked = _asked()
    month, page = asked.month, paged(_events(asked), scalars=False)
    scores = _shown(month)
    counted = set(_closed_out(asked))
    total = _together([its for event_id, its in scores.items() if event_id in counted])
    return render_template(
        "desk/opinions/index.html",
        asked=asked,
        page=page,
        scores=scores,
        served=served_at([event.id for event, _site in page.rows]),
        told=_told(scores),
        total=total,
        came=sum(served_at(counted).values()),
        enough=ENOUGH,
        may_read=lambda site: guard.can(Action.SEE_ROWS, site.path),
        reads=desk_reads(),
    )


def _told(scores: Mapping[int, Scores]) -> set[int]:
    return spoken_at({event_id: its.answers for event_id, its in scores.items()})


def desk_reads() -> bool:
    """Whether the user may read comments anywhere."""
    return bool(guard.reach(Action.SEE_ROWS))


@bp.get("/opinions/list.csv")
def export():
    """The same as a file, without pages."""
    asked = _asked()
    rows = db.session.execute(_events(asked).limit(MOST_EXPORTED)).all()
    scores = _shown(asked.month)
    served, told = served_at([row[0].id for row in rows]), _told(scores)
    head = (_("时间"), _("活动"), _("阵地"), _("来了"), _("评价"), _("满意"), *(word(via) for via in Via))
    return csv_answer(
        _("满意度-%(month)s", month=asked.month),
        head,
        (_line(event, site, scores.get(event.id), served, told) for event, site in rows),
    )


def _line(event: Event, site: Site, its: Scores | None, served: dict[int, int], told: set[int]) -> tuple:
    its = its or Scores()
    return (
        stamp(event.starts_at), event.title, site.short_name, served.get(event.id, 0), its.answers,
        satisfied(its, event, told),
        *(its.by_how.get(via.value, 0) for via in Via),
    )  # fmt: skip


@bp.get("/opinions/comments")
def comments():
    """What was written in a month, once there are five answers; nobody sees when, or at which event."""
    asked, number = _asked(), page_number()
    said = _comments(asked)
    first, last = (number - 1) * COMMENTS, number * COMMENTS
    return render_template(
        "desk/opinions/comments.html",
        asked=asked,
        page=Page(said[first:last], number, len(said) > last),
        said=len(said),
    )


def _comments(asked: Asked) -> list[str]:
    its = _events(asked).with_only_columns(Event.id, Site.path).where(Event.state == State.CLOSED_OUT)
    paths, scores = dict(db.session.execute(its).all()), _shown(asked.month)
    answers: Counter[str] = Counter()
    for event_id, path in paths.items():
        answers[path] += scores.get(event_id, Scores()).answers
    above = asked.site.path if asked.site else ""
    told = heard(answers, [site.path for site in asked.sites if site.path.startswith(above)])
    return comments_of([event_id for event_id, path in paths.items() if path in told], cut=_cut())


@bp.get("/opinions/comments.csv")
def comments_file():
    """The same as a file."""
    asked = _asked()
    rows = ((text,) for text in _comments(asked))
    return csv_answer(_("大家说的话-%(month)s", month=asked.month), (_("说的话"),), rows)


@bp.get("/events/<code>/opinions")
def event(code: str):
    """One event: how many answered, from five on the faces and what was written; the ways to ask."""
    held, site = event_here(code)
    if held.state not in (State.PUBLISHED, State.CLOSED_OUT):
        raise NotFound
    month = Month.of(clock.day_of(held.starts_at))
    scores, now = _shown(month), scores_at([held.id]).get(held.id, Scores())
    its = scores.get(held.id, Scores())
    return render_template(
        "desk/opinions/event.html",
        event=held,
        site=site,
        when=span(held.starts_at, held.ends_at),
        over=held.ends_at <= clock.now(),
        scores=its,
        more=max(0, now.answers - its.answers),
        told=_told(scores),
        served=served_at([held.id]).get(held.id, 0),
        comments=comments_of([held.id], cut=_cut()),
        enough=ENOUGH,
        Face=Face,
        back=url_for(".index", month=month),
        may_ask=guard.can(Action.ASK, site.path),
    )
