"""An event as a line at the desk, on the page and in the file; used by the edges alone."""

from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _

from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.events.stages import Stage, Standing, stage, window
from stationapp.sites.models import Site
from stationapp.web.filters import stamp
from stationapp.web.words import word


@dataclass(frozen=True)
class Line:
    """Where the event stands, in words and as a badge's tone."""

    event: Event
    site: Site
    says: str
    tone: str


_TONES = {
    State.SUBMITTED: "warn",
    State.RETURNED: "bad",
    State.POSTPONED: "warn",
    State.CANCELLED: "bad",
}


def line_of(event: Event, site: Site, now: datetime) -> Line:
    """The event as it stands at `now`."""
    if event.state is not State.PUBLISHED:
        return Line(event, site, word(event.state), _TONES.get(event.state, "plain"))
    at_present = stage(event.state, window(event), event.capacity, event.taken, now)
    if at_present is Stage.ENDED:
        return Line(event, site, word(Standing.NOT_CLOSED_OUT), "warn")
    return Line(event, site, word(at_present), "good")


def csv_head() -> tuple[str, ...]:
    """The column heads of the file."""
    return (
        _("编号"), _("开始"), _("结束"), _("标题"), _("类别"), _("站点"), _("地点"), _("名额"), _("已报"), _("候补"),
        _("状态"),
    )  # fmt: skip


def csv_row(line: Line) -> tuple:
    """The cells under them."""
    e = line.event
    return (
        e.code, stamp(e.starts_at), stamp(e.ends_at), e.title, word(e.category), line.site.short_name, e.place,
        e.capacity, e.taken, e.waiting, line.says,
    )  # fmt: skip
