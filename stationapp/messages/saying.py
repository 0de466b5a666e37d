"""What a message says, as facts for the wordings: made when it is sent, so that it is true then (trust.md M4).

A message whose places are gone, whose event is over, whose offer was answered, or of which a later notice says
something else, has no facts any more: it is void.
"""

from collections.abc import Callable, Sequence
from datetime import datetime

from stationapp import clock
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.events.stages import left_for_callers
from stationapp.messages.ground import Ground, lay
from stationapp.messages.models import Message
from stationapp.messages.rules import Way
from stationapp.notices.rules import Occasion
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place
from stationapp.vault import vault
from stationapp.web.filters import groups, moment, span, time

Facts = dict[str, str]


def facts_of(messages: Sequence[Message], *, now: datetime) -> dict[int, Facts | None]:
    """The facts of each message by its id (phrases.KNOWN says which); None: void. In a fixed number of questions."""
    return say(messages, lay(messages, now=now), now=now)


def say(messages: Sequence[Message], ground: Ground, *, now: datetime) -> dict[int, Facts | None]:
    """The same from what was read already."""
    return {message.id: _MAKERS[message.occasion](message, ground, now) for message in messages}


def _of_event(message: Message, ground: Ground, now: datetime, *states: State) -> Facts | None:
    """Title, time and place of the event, whom to ask; None when it is over or not in one of these states."""
    event, site = ground.event(message), ground.site(message)
    if (
        event is None
        or event.state not in states
        or (event.state is not State.POSTPONED and event.ends_at <= now)
    ):
        return None
    put_off = event.state is State.POSTPONED
    return {
        "title": event.title,
        "when": "时间另行通知" if put_off else span(event.starts_at, event.ends_at),
        "where": event.place,
        "site": site.short_name,
        "phone": event.contact_phone or site.phone,
    }


def _with_place(facts: Facts | None, message: Message, ground: Ground, *states: Place) -> Facts | None:
    """The same with a code and a page of each party it is about; None when none is in one of these states.

    The page shows everybody of a party; of another request of the same phone it knows nothing.
    """
    its: dict[int, Signup] = {}
    for place in ground.places(message):
        if place.state in (states or Place):
            its.setdefault(place.party_id, place)
    if facts is None or not its:
        return None
    codes = [vault().unseal(place.code_sealed) for place in its.values()]
    return facts | {
        "code": "、".join(groups(code) for code in codes),
        "link": " ".join(ground.link(f"/signups/{code}") for code in codes).strip(),
    }


def _confirmed(message: Message, ground: Ground, now: datetime) -> Facts | None:
    return _with_place(_of_event(message, ground, now, State.PUBLISHED), message, ground, Place.CONFIRMED)


def _waitlisted(message: Message, ground: Ground, now: datetime) -> Facts | None:
    facts = _with_place(_of_event(message, ground, now, State.PUBLISHED), message, ground, Place.WAITLISTED)
    return facts and facts | {"rank": str(ground.rank(message) or "")} | _what_is_full(
        ground.event(message), now
    )


def _what_is_full(event: Event, now: datetime) -> Facts:
    """What the event's own page says of it: all places, or those of the web while some are kept for callers."""
    kept = left_for_callers(event, now)
    if not kept:
        return {"full": "报满了", "kept": ""}
    until = moment(event.phone_until_at)
    return {"full": "网上的名额报满了", "kept": f"另有{kept}个名额留给电话报名，{until}前打电话"}


def _draw_awaited(message: Message, ground: Ground, now: datetime) -> Facts | None:
    """Void once the lots are drawn: what came of it is told then."""
    facts = _with_place(_of_event(message, ground, now, State.PUBLISHED), message, ground, Place.WAITLISTED)
    if facts is None or ground.event(message).draw_at is None or ground.party(message).drawn is not None:
        return None
    at, number = ground.event(message).draw_at, ground.party(message).queue_number
    return facts | {"draw": moment(at), "number": str(number)}


def _not_drawn(message: Message, ground: Ground, now: datetime) -> Facts | None:
    facts = _of_event(message, ground, now, State.PUBLISHED, State.POSTPONED)
    facts = _with_place(facts, message, ground, Place.WAITLISTED)
    return facts and facts | {
        "number": str(ground.party(message).queue_number),
        "rank": str(ground.rank(message) or ""),
    }


def _promoted(message: Message, ground: Ground, now: datetime) -> Facts | None:
    facts = _of_event(message, ground, now, State.PUBLISHED, State.POSTPONED)
    return _with_place(facts, message, ground, Place.CONFIRMED)


def _offered(message: Message, ground: Ground, now: datetime) -> Facts | None:
    until = ground.offer_until(message)
    if until is None or until < now:
        return None
    facts = _with_place(_of_event(message, ground, now, State.PUBLISHED), message, ground, Place.OFFERED)
    return facts and facts | {"until": moment(until)}


def _offer_lapsed(message: Message, ground: Ground, now: datetime) -> Facts | None:
    """Void once somebody of them signed up anew."""
    facts, event = _of_event(message, ground, now, State.PUBLISHED), ground.event(message)
    if facts is None or ground.signed_up_again(message):
        return None
    return facts | {"link": ground.link(f"/events/{event.code}")}


def _moved(message: Message, ground: Ground, now: datetime) -> Facts | None:
    if ground.is_superseded(message):
        return None
    facts = _with_place(_of_event(message, ground, now, State.PUBLISHED), message, ground)
    return facts and facts | {"before": _before(ground.event(message), message, ground)}


def _before(event: Event, message: Message, ground: Ground) -> str:
    """What was otherwise when they last heard of it; empty when nothing was."""
    was = ground.before(message)
    if was is None:
        return ""
    parts = []
    if (was.starts_at, was.ends_at) != (event.starts_at, event.ends_at):
        parts.append(span(was.starts_at, was.ends_at))
    if was.place != event.place:
        parts.append(was.place)
    return "，".join(parts)


def _postponed(message: Message, ground: Ground, now: datetime) -> Facts | None:
    if ground.is_superseded(message):
        return None
    event, facts = ground.event(message), _of_event(message, ground, now, State.POSTPONED)
    facts = _with_place(facts, message, ground)
    return facts and facts | {
        "before": span(event.starts_at, event.ends_at),
        "reason": ground.reason(message),
    }


def _cancelled(message: Message, ground: Ground, now: datetime) -> Facts | None:
    facts = _with_place(_of_event(message, ground, now, State.CANCELLED), message, ground)
    return facts and facts | {"reason": ground.reason(message)}


def _reminder(message: Message, ground: Ground, now: datetime) -> Facts | None:
    """Everything the household goes to on that day and that has not begun, the day said once.

    On the phone what is held at the site that calls: the rest is not its business (trust.md §4.14).
    """
    its = [
        one for one in ground.of_day(message) if message.way is not Way.CALL or one[1].id == message.site_id
    ]
    if not its:
        return None
    (first, site, code), lines = its[0], []
    for event, _site, _code in its:
        at = moment(event.starts_at) if not lines else time(event.starts_at)
        lines.append(f"{at}{event.title}，{event.place}")
    return {
        "events": "；".join(lines),
        "site": site.short_name,
        "phone": first.contact_phone or site.phone,
        "link": ground.link(f"/signups/{vault().unseal(code)}"),
    }


def _home_code(message: Message, ground: Ground, now: datetime) -> Facts | None:
    """Void once it was used, is too old, or a newer one was asked for."""
    code, site = ground.code(message), ground.site(message)
    if code is None or code.code_sealed is None or code.used_at is not None or code.until_at <= now:
        return None
    until = clock.local(code.until_at).strftime("%H:%M")
    return {
        "code": vault().unseal(code.code_sealed),
        "until": until,
        "site": site.short_name,
        "phone": site.phone,
    }


def _further(message: Message, ground: Ground, now: datetime) -> Facts | None:
    """What another feature knows of it; on the phone without a link, which may open more than who calls may see."""
    known, site = ground.further.get(message.id), ground.site(message)
    if known is None or known.facts is None:
        return None
    link = "" if message.way is Way.CALL else ground.link(known.path)
    return {"site": site.short_name, "phone": site.phone, "link": link} | known.facts


def _nothing(_message: Message, _ground: Ground, _now: datetime) -> None:
    """An occasion residents are not told of."""


_MAKERS: dict[Occasion, Callable[[Message, Ground, datetime], Facts | None]] = dict.fromkeys(
    Occasion, _nothing
) | {
    Occasion.CONFIRMED: _confirmed,
    Occasion.WAITLISTED: _waitlisted,
    Occasion.DRAW_AWAITED: _draw_awaited,
    Occasion.NOT_DRAWN: _not_drawn,
    Occasion.PROMOTED: _promoted,
    Occasion.OFFERED: _offered,
    Occasion.OFFER_LAPSED: _offer_lapsed,
    Occasion.MOVED: _moved,
    Occasion.POSTPONED: _postponed,
    Occasion.CANCELLED: _cancelled,
    Occasion.REMINDER: _reminder,
    Occasion.HOME_CODE: _home_code,
    Occasion.CERTIFICATE: _further,
    Occasion.HOURS: _further,
    Occasion.HOURS_BACK: _further,
    Occasion.ANSWERED: _further,
    Occasion.SHIFT: _further,
}
