"""The spot check is what its rule and its seed say, and nobody was asked about their own work (domain.md §7)."""

from collections import defaultdict

from sqlalchemy import select

from stationapp.audit.rules import Check
from stationapp.db import db
from stationapp.scrutiny import hands
from stationapp.scrutiny.models import Dismissal, SpotCheck, SpotDraw
from stationapp.scrutiny.rules import to_draw
from stationapp.scrutiny.spots import NOTHING, Pool, drawn_from


def _by_draw() -> list[tuple[SpotDraw, Pool, list[int]]]:
    """Each draw with what there was to draw from, and the lines drawn."""
    lines, pools = defaultdict(list), drawn_from()
    for draw_id, entry_id in db.session.execute(
        select(SpotCheck.draw_id, SpotCheck.entry_id).order_by(SpotCheck.id)
    ):
        lines[draw_id].append(entry_id)
    draws = db.session.scalars(select(SpotDraw).order_by(SpotDraw.id))
    return [(draw, pools.get(draw.id, NOTHING), lines[draw.id]) for draw in draws]


def _not_as_many() -> list[str]:
    """A draw has as many lines as its rule says, and as many to draw from as it says itself."""
    return [
        f"spot draw {draw.id}"
        for draw, pool, lines in _by_draw()
        if len(lines) != to_draw(draw.manual) + to_draw(draw.one_hand)
        or (len(pool.manual), len(pool.one_hand)) != (draw.manual, draw.one_hand)
    ]


def _not_the_seed() -> list[str]:
    """The lines drawn are those the seed draws from the lines there were then."""
    return [
        f"spot draw {draw.id}"
        for draw, pool, lines in _by_draw()
        if sorted(pool.drawn(draw.seed)) != sorted(lines)
    ]


def _own_work() -> list[str]:
    """Nobody wrote down what a call found about a line they proposed, approved or ticked."""
    part = hands.parts()
    query = (
        select(SpotCheck.id)
        .distinct()
        .join(part, part.c.entry_id == SpotCheck.entry_id)
        .where(SpotCheck.checked_by == part.c.staff_id)
    )
    return [f"spot check {number}" for number in sorted(db.session.scalars(query))]


def _without_reason() -> list[str]:
    """Every flag put aside has a reason and somebody who said so."""
    query = select(Dismissal.id).where(~Dismissal.lifted, (Dismissal.reason == "") | Dismissal.by.is_(None))
    return [f"dismissal {number}" for number in db.session.scalars(query.order_by(Dismissal.id))]


CHECKS = (
    Check("H4 drawn", "抽查的条数符合规定", _not_as_many),
    Check("H4 seed", "抽中的正是种子抽出的那些", _not_the_seed),
    Check("H4 called", "没有人回访自己经手的时长", _own_work),
    Check("H4 dismissed", "放到看过的提醒都有原因和经手人", _without_reason),
)
