"""A poster's words and sizes: one set of data for the page and for the PDF (domain.md §10, look.md Paper)."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum

from flask_babel import gettext as _

from stationapp.events.listing import Shown
from stationapp.events.models import Event
from stationapp.events.rules import Residence, State, Theme
from stationapp.sites.models import Site
from stationapp.web.filters import moment, span
from stationapp.web.paper import PT, Box, Code, Sized, code, count_lines, fit, height, settable, width
from stationapp.web.words import word


class Layout(Enum):
    """The characters a poster may have."""

    PLAIN = "plain"
    FESTIVE = "festive"
    CHILD = "child"


@dataclass(frozen=True)
class Fact:
    """A label and what stands beside it."""

    name: str
    label: str
    said: Sized


@dataclass(frozen=True)
class Poster:
    """Everything a poster says; every text fits its box of `BOXES[layout]`."""

    layout: Layout
    banner: Sized
    title: Sized
    notice: Sized | None  # called off, in big letters, instead of the summary
    summary: Sized | None
    when: Sized
    facts: tuple[Fact, ...]
    scan: str
    call: str
    phone: Sized | None
    hosts: Sized
    qr: Code


_TITLES = (96, 88, 80, 72, 64, 56, 48, 42, 36, 32, 28, 24, 20)
_NOTICES = (48, 42, 36, 32, 28, 24, 20)
_SUMMARIES = (30, 26, 24, 22, 20, 18, 16)
_TIMES = (34, 32, 30, 28, 26, 24, 22, 20, 18, 16)
_FACTS = (24, 22, 20, 18, 16, 14, 13, 12)
_HOSTS = (14, 13, 12, 11, 10)
_PHONES = (54, 48, 44, 40)
"""A phone number is never smaller than 40 points."""

_GAP = 1.2  # millimetres between facts
_LABEL = 3.2  # type sizes the label and the space after it take in a list of facts
_TAG = 20.0  # millimetres it takes on a card
_FRAME = 12.0  # millimetres the frame of a notice takes

BOXES: dict[Layout, dict[str, Box]] = {
    Layout.PLAIN: {
        "banner": Box(16, 18, 178, 8),
        "title": Box(16, 31, 178, 64),
        "summary": Box(16, 97, 178, 22),
        "when": Box(16, 122, 178, 15),
        "facts": Box(16, 141, 178, 67),
        "qr": Box(136, 213, 58, 58),
        "scan": Box(16, 215, 119, 9),
        "call": Box(16, 228, 119, 8),
        "phone": Box(16, 239, 119, 30),
        "hosts": Box(16, 277, 178, 11),
    },
    Layout.FESTIVE: {
        "banner": Box(60, 20, 90, 8),
        "title": Box(25, 54, 160, 48),
        "summary": Box(25, 103, 160, 22),
        "when": Box(33, 128, 144, 13),
        "facts": Box(25, 144, 160, 59),
        "qr": Box(22, 210, 58, 58),
        "scan": Box(81, 212, 109, 9),
        "call": Box(81, 223, 109, 8),
        "phone": Box(81, 232, 109, 22),
        "hosts": Box(83, 255, 105, 15),
    },
    Layout.CHILD: {
        "banner": Box(70, 15, 70, 8),
        "title": Box(18, 48, 174, 40),
        "summary": Box(18, 89, 174, 20),
        "when": Box(22, 111, 166, 13),
        "place": Box(24, 128, 162, 22.4),
        "audience": Box(24, 154.4, 162, 17),
        "seats": Box(24, 175.4, 162, 9),
        "bring": Box(24, 188.4, 162, 17),
        "qr": Box(20, 218, 58, 58),
        "scan": Box(83, 219, 109, 9),
        "call": Box(83, 229, 109, 8),
        "phone": Box(83, 238, 109, 22),
        "hosts": Box(84, 266, 108, 12),
    },
}
"""Where each part of an A4 poster stands; `static/paper.css` says the same, and a test compares them."""


def layout_for(themes: Sequence[Theme]) -> Layout:
    """The layout that suits an event with these themes unless another is asked for."""
    if Theme.FESTIVALS in themes:
        return Layout.FESTIVE
    return Layout.CHILD if Theme.YOUNG in themes else Layout.PLAIN


def poster(shown: Shown, partners: Sequence[Site], layout: Layout, *, address: str, district: str) -> Poster:
    """The poster of a public event; `address` is the event's, absolute, as the code holds it."""
    event, site, boxes = shown.event, shown.site, BOXES[layout]
    notice, time = _notice(event.state), span(event.starts_at, event.ends_at)
    phone = _phone(shown.phone, boxes["phone"])
    return Poster(
        layout=layout,
        banner=fit(_("%(district)s新时代文明实践", district=district), boxes["banner"], (20, 18, 16, 14, 12)),
        title=fit(event.title, boxes["title"], _TITLES),
        notice=fit(notice, _narrower(boxes["summary"], _FRAME), _NOTICES) if notice else None,
        summary=fit(event.summary, boxes["summary"], _SUMMARIES) if event.summary else None,
        when=fit(_("原定 %(time)s", time=time) if notice else time, boxes["when"], _TIMES),
        facts=_fitted(layout, list(_facts(shown))),
        scan=_("微信扫一扫，看详情") if notice else _("微信扫一扫，报名、签到"),
        call=_("也可以打电话：") if phone else _("也可以到站点来问"),
        phone=phone,
        hosts=fit(_hosts(site, partners), boxes["hosts"], _HOSTS),
        qr=code(address),
    )


def _narrower(box: Box, by: float) -> Box:
    return replace(box, w=box.w - by)


def _notice(state: State) -> str:
    return {
        State.CANCELLED: _("活动取消了"),
        State.POSTPONED: _("活动延期了，新时间另行通知"),
    }.get(state, "")


def _facts(shown: Shown):
    event, site = shown.event, shown.site
    place = settable(event.place) or (shown.room.name if shown.room else "") or site.short_name
    address = "" if site.address in place else site.address
    name = "" if site.short_name in place or site.short_name in address else site.short_name
    yield "place", _("地点"), "，".join(part for part in (place, name, address) if part)
    yield "audience", _("对象"), "；".join(_audience(event))
    yield "seats", _("名额"), _seats(event)
    if event.bring:
        yield "bring", _("请带"), event.bring


def _audience(event: Event):
    yield event.audience or _("人人都可以来")
    if event.min_age is not None and event.max_age is not None:
        yield _("%(low)s 到 %(high)s 岁", low=event.min_age, high=event.max_age)
    elif event.min_age is not None:
        yield _("年满 %(low)s 岁", low=event.min_age)
    elif event.max_age is not None:
        yield _("%(high)s 岁以下（含）", high=event.max_age)
    if event.residence is not Residence.ANYONE:
        yield word(event.residence)


def _seats(event: Event) -> str:
    """Paper cannot say how many are left, only how many there are."""
    if event.capacity is None:
        return _("不限人数，报了就能来")
    if event.draw_at is not None:
        return _("一共 %(n)s 个，%(at)s抽签", n=event.capacity, at=moment(event.draw_at))
    return _("一共 %(n)s 个，先报先得，报满可以候补", n=event.capacity)


def _hosts(site: Site, partners: Sequence[Site]) -> str:
    """Who holds it; many co-organisers go by the names people say."""
    said = _("主办：%(name)s", name=site.name)
    few = len(partners) <= 2
    names = "、".join(partner.name if few else partner.short_name for partner in partners)
    return f"{said} {_('联合举办：%(names)s', names=names)}" if names else said


def _phone(text: str, box: Box) -> Sized | None:
    """The number on one line; it is never broken where one line holds it."""
    text = settable(text)
    if not text:
        return None
    pt = next((pt for pt in _PHONES if width(text) * pt * PT <= box.w), None)
    return Sized(text, pt) if pt else fit(text, box, _PHONES[-1:])


def _fitted(layout: Layout, facts: list[tuple[str, str, str]]) -> tuple[Fact, ...]:
    """Each fact on its own card, or all below one another at one size in the box `facts`."""
    boxes = BOXES[layout]
    if "facts" not in boxes:
        return tuple(
            Fact(name, label, fit(said, _narrower(boxes[name], _TAG), _FACTS)) for name, label, said in facts
        )
    said = _listed([said for _name, _label, said in facts], boxes["facts"])
    return tuple(Fact(name, label, text) for (name, label, _said), text in zip(facts, said, strict=True))


def _listed(texts: list[str], box: Box) -> list[Sized]:
    """Texts below one another at one size; where even the smallest is too large, the longest are shortened."""
    texts = [settable(text) for text in texts]
    room = box.h - _GAP * (len(texts) - 1)
    for pt in _FACTS:
        lines = [count_lines(text, box.w / (pt * PT) - _LABEL) for text in texts]
        if height(sum(lines), pt) <= room:
            return [Sized(text, pt) for text in texts]
    while height(sum(lines), pt) > room:
        lines[lines.index(max(lines))] -= 1
    row = _narrower(box, _LABEL * pt * PT)
    return [
        fit(text, replace(row, h=height(most, pt) + 0.01), (pt,))
        for text, most in zip(texts, lines, strict=True)
    ]


def as_data(sheet: Poster) -> dict:
    """The poster for the typesetter, with its boxes."""
    boxes = {name: asdict(box) for name, box in BOXES[sheet.layout].items()}
    return asdict(sheet) | {"layout": sheet.layout.value, "boxes": boxes}
