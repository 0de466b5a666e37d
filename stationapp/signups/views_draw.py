"""A draw before the public: what was announced, how it works, and after it how anybody can do it again."""

from flask import Blueprint, render_template

from stationapp import clock
from stationapp.events.listing import get_shown
from stationapp.refusal import NotFound
from stationapp.signups.draw_queries import count_waiting, find_draw, list_drawn

bp = Blueprint("draws", __name__)


@bp.get("/events/<code>/draw")
def show(code: str):
    """Its commitment and rules; after it the seed and the numbers in drawn order. Never a name."""
    shown = get_shown(code)
    event = shown.event
    draw = find_draw(event)
    if draw is None:
        raise NotFound
    return render_template(
        "draws/show.html",
        shown=shown,
        event=event,
        draw=draw,
        lots=list_drawn(event.id) if draw.drawn_at else [],
        waiting=0 if draw.drawn_at else count_waiting(event.id),
        due=clock.now() >= event.draw_at,
    )
