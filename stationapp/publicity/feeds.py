"""Calendars to subscribe to: what is announced, from a month ago to a year ahead, as iCalendar."""

from datetime import datetime, timedelta

from flask_babel import gettext as _

from stationapp import clock
from stationapp.events.appointment import Appointment, Revision, revisions
from stationapp.publicity.queries import Announced, Scope, get_announced, list_between
from stationapp.web.words import word

BACK = timedelta(days=31)
AHEAD = timedelta(days=400)

MOST = 1000
"""More entries no phone's calendar takes in gladly; a district subscribes by category or by site."""


def name_of(scope: Scope) -> str:
    """What the calendar is called in the subscriber's list."""
    whose = _("%(site)s的活动", site=scope.site.short_name) if scope.site else _("全区的活动")
    return f"{whose} · {word(scope.category)}" if scope.category else whose


def announced(scope: Scope, *, now: datetime) -> list[tuple[Announced, Revision]]:
    """The entries of a feed with their revisions, in three questions."""
    today = clock.day_of(now)
    return _revised(list_between(scope, today - BACK, today + AHEAD, now=now, most=MOST))


def one_announced(code: str) -> tuple[Announced, Revision]:
    """The same of one event; raises NotFound."""
    return _revised([get_announced(code)])[0]


def _revised(lines: list[Announced]) -> list[tuple[Announced, Revision]]:
    known = revisions([line.event_id for line in lines])
    return [(line, known[line.event_id]) for line in lines]


def entry(line: Announced, revision: Revision, address: str) -> Appointment:
    """The event as a calendar's entry; `address` is its page's, in full."""
    where = [line.where, *([line.site_address] if line.site_address not in line.where else [])]
    says = [
        line.summary,
        _("对象：%(who)s", who=line.audience) if line.audience else "",
        _("电话：%(phone)s", phone=line.phone) if line.phone else "",
        _("详情：%(address)s", address=address),
    ]
    return Appointment(
        code=line.code,
        state=line.state,
        title=_title(line),
        starts_at=line.starts_at,
        ends_at=line.ends_at,
        where="，".join(where),
        says="\n".join(said for said in says if said),
        address=address,
        made_at=line.made_at,
        revision=revision,
        category=word(line.category) if line.category else "",
    )


def _title(line: Announced) -> str:
    """Many calendars do not show an entry's state: what was called off says so itself."""
    return f"【{word(line.state)}】{line.title}" if line.is_called_off else line.title
