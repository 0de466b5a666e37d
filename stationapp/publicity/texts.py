"""What a station says about its events elsewhere: a text for a group chat, of one event or of many.

Everything is said in the words residents read on the pages; used by the edges alone.
"""

from collections.abc import Iterator, Sequence

from flask_babel import gettext as _

from stationapp.publicity.queries import Announced
from stationapp.sites.models import Site
from stationapp.web.filters import day, moment, span
from stationapp.web.words import word

LONGEST = 120
"""Characters of a text for a group chat (domain.md §10): a phone shows them without unfolding."""

_LEAST = 12
"""So many characters are left for the title at least; rather than that, something else is left out."""

_PLACE = 14
"""So many characters of the place are worth more than the end of a long title."""


def chat(line: Announced, address: str) -> str:
    """One event in at most `LONGEST` characters: what, when, where, for whom, the page's address, whom to call.

    What does not fit is shortened: first for whom, then where, then the title; the address stays whole or is left out.
    """
    for frame in _frames(line, address):
        room = LONGEST - len(frame.format(title="", place="", audience=""))
        if room >= _LEAST:
            break
    title, place, audience = (_one_line(text) for text in (line.title, line.where, line.audience))
    title = _cut(title, max(room - min(len(place) + 1, _PLACE), _LEAST))
    place = _before(_("，"), _cut(place, room - len(title) - 1))
    audience = _before(_("，"), _cut(audience, room - len(title) - len(place) - 1, least=len(audience)))
    return frame.format(title=title, place=place, audience=audience)


def round_up(lines: Sequence[Announced], site: Site, heading: str, address: str) -> str:
    """Many events of a site and those beneath it in one text, a line each, its address and telephone at the end."""
    said = [
        _(
            "%(when)s %(title)s（%(place)s）",
            when=moment(line.starts_at),
            title=_one_line(line.title),
            place=_one_line(_whose(line, site) + line.where),
        )
        for line in lines
    ]
    end = _("详情和报名：%(address)s", address=address)
    return "\n".join([heading, *said, f"{end} {_call(site.phone)}".strip()])


def _whose(line: Announced, site: Site) -> str:
    return "" if line.site == site.short_name or line.site in line.where else f"{line.site} "


def _frames(line: Announced, address: str) -> Iterator[str]:
    """From the whole to the least; texts of people stand in them with their braces doubled."""
    whole, short = span(line.starts_at, line.ends_at), moment(line.starts_at)
    phone, page = _call(line.phone), _("报名：%(address)s", address=address)
    if line.is_called_off:
        whole = short = _("原定%(day)s", day=day(line.starts_at))
        page = _("详情：%(address)s", address=address)
    for when, ends in (
        (whole, (page, phone)),
        (short, (page, phone)),
        (short, (page,)),
        (short, (phone,)),
        (short, ()),
    ):
        end = _escaped(" ".join(part for part in ends if part))
        yield f"{_opening(line)}{when}{{place}}{{audience}}{_('。')}{end}".strip()


def _opening(line: Announced) -> str:
    return f"【{word(line.state)}】{{title}}{_('，')}" if line.is_called_off else "【{title}】"


def _call(phone: str) -> str:
    return _("电话：%(phone)s", phone=_one_line(phone)) if phone else ""


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _escaped(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")


def _before(mark: str, text: str) -> str:
    return mark + text if text else ""


def _cut(text: str, room: int, *, least: int = 4) -> str:
    """At most `room` characters of `text`, with … for the rest; nothing when fewer than `least` would be left."""
    if len(text) <= room:
        return text
    return text[: room - 1] + "…" if room > least else ""
