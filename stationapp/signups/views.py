"""A resident's way to a place: sign up, the ticket, take it back. A GET changes nothing."""

from collections.abc import Callable
from datetime import datetime, timedelta

from flask import (
    Blueprint,
    Response,
    abort,
    current_app,
    redirect,
    render_template,
    request,
    session,
    url_for,
)

from stationapp import clock, codes
from stationapp.accounts.logins import count_miss
from stationapp.attendance.queries import came_to
from stationapp.db import retried, transaction
from stationapp.events.announced import get_series, moved_since, news_of, stage_of, why
from stationapp.events.appointment import one
from stationapp.events.listing import get_shown
from stationapp.events.models import Event, EventMove
from stationapp.events.rules import PUBLIC
from stationapp.opinions.guard import asked_here
from stationapp.opinions.queries import presences_of
from stationapp.publicity import feeds
from stationapp.refusal import NotFound, Refused
from stationapp.residents.rules import mask
from stationapp.signups import offers, operations, queries, weighing
from stationapp.signups.alternatives import ELSEWHERE, Who, elsewhere
from stationapp.signups.dates import Places, held_by
from stationapp.signups.draw_queries import find_draw, is_awaited, lots_until
from stationapp.signups.forms import SignupForm, asks_of
from stationapp.signups.models import Party, Signup
from stationapp.signups.rules import (
    CALLERS,
    PARTY_LIMIT,
    WEB_CONSENT,
    Answer,
    Channel,
    Place,
    SignupRefusal,
    Terms,
    free_seats,
)
from stationapp.signups.story import find_offer, stories
from stationapp.signups.views_form import form_here, keep_seats, who_of
from stationapp.web.errors import sentence
from stationapp.web.qr import png

bp = Blueprint("signups", __name__)

REMEMBERED = 20
"""How many places a browser keeps in mind."""

REMINDED = timedelta(hours=2)
"""How long before an event the phone's calendar reminds its owner."""


@bp.post("/events/<code>/signups")
def create(code: str):
    """A place for a party, or the same page with what stands against it."""
    now = clock.now()
    terms = queries.get_terms(code=code)
    if terms.state not in PUBLIC:
        raise NotFound

    def again(form: SignupForm, who: Who | None = None, **said) -> str:
        shown = get_shown(code)
        news = news_of(shown)
        others = elsewhere(shown.event, shown.site, now=now, who=who) if who else ()
        return render_template(
            "events/show.html", shown=shown, news=news, stage_of=stage_of, form=form, elsewhere=others, **said
        )

    return _take(terms, again, now)


@bp.post("/series/<code>/signups")
def enrol(code: str):
    """The same for a whole course, from its own page: through the next date that takes sign-ups."""
    now, shown = clock.now(), get_series(code)
    if not shown.is_course:
        raise NotFound

    def again(form: SignupForm, who: Who | None = None, **said) -> str:
        others = elsewhere(shown.next(now), shown.site, now=now, who=who) if who else ()
        return render_template(
            "series/show.html", shown=shown, stage_of=stage_of, form=form, elsewhere=others, **said
        )

    return _take(queries.get_terms(event_id=shown.next(now).id), again, now)


def _take(terms: Terms, again: Callable[..., str], now: datetime):
    """A place, or the page `again` with the form as it was filled in, the sentence of a refusal and what else there is.

    Seats are kept for a form that comes back, so that nobody loses them to a slip of the finger.
    """
    form = form_here(asks_of(terms, now), now)
    if "more" in request.form:
        size = min(form.size() + 1, PARTY_LIMIT)
        form.one_more()
        return again(form.renew(now), kept=keep_seats(form, terms.event_id, size, now))
    if not form.validate():
        return again(form.renew(now), kept=keep_seats(form, terms.event_id, form.size(), now)), 422
    try:
        answer = retried(lambda: _book(terms, form, now))
    except Refused as refused:
        status = 409 if isinstance(refused.reason, SignupRefusal) else 422
        return again(form.renew(now), **_no(refused, terms, form, now)), status
    remember(answer.codes[0])
    return redirect(f"/signups/{answer.codes[0]}", code=303)


def _no(refused: Refused, terms: Terms, form: SignupForm, now: datetime) -> dict[str, object]:
    """The sentence of a refusal, who looks for something else, and the seats that are still kept for them."""
    return {
        "refusal": sentence(refused),
        "who": who_of(form) if refused.reason in ELSEWHERE else None,
        "kept": keep_seats(form, terms.event_id, form.size(), now) if form.hold_sent() else None,
    }


def _book(terms: Terms, form: SignupForm, now: datetime) -> Answer:
    """Repeats and refusals are answered by plain reads; only a wish that may be seated asks for the lock."""
    seen = weighing.weigh(
        terms,
        form.people(),
        key=form.request_key(),
        channel=Channel.WEB,
        by=None,
        now=now,
        hold=form.hold_sent(),
        declared=form.is_declared(),
    )
    if isinstance(seen, Answer):
        return seen
    with transaction():
        return operations.seat(seen, consent=WEB_CONSENT, now=now)


def remember(code: str) -> None:
    """Keep a place's code in this browser's signed cookie; nothing else about the person."""
    known = [kept for kept in session.get("places", ()) if kept != code]
    session["places"] = [code, *known][:REMEMBERED]
    session.permanent = True


def place_by(code: str) -> Signup:
    """The place with that code; an unknown one is counted against the asker's address (trust.md §4.7)."""
    signup = queries.find_by_code(code)
    if signup is not None:
        return signup
    with transaction():
        patient = count_miss(request.remote_addr or "", now=clock.now())
    if not patient:
        abort(429)
    raise NotFound


@bp.get("/signups/<code>")
def show(code: str):
    """The ticket: code, QR, when and where, everybody of the party."""
    if (tidied := codes.tidy(code)) != code:
        return redirect(url_for("signups.show", code=tidied), code=301)
    return _ticket(code)


def _ticket(code: str, refusal: str = "") -> str:
    now, asked = clock.now(), place_by(code)
    held = held_by(asked, now=now)
    signup, event = held.next
    party = queries.get_party(signup.party_id)
    people = [
        (each, mask(person.name, None).name, code if each.id == signup.id else queries.code_of(each))
        for each, person in queries.members(party.id)
    ]
    draw = find_draw(event)
    dates = [date.id for _place, date in held.places]
    came = [] if queries.is_read_out(party) else presences_of(signup.resident_id, now=now, event_ids=dates)
    return render_template(
        "signups/show.html",
        code=code,
        asked=asked_here(came),
        signup=signup,
        people=people,
        live=[each for each, _name, _code in people if each.state is not Place.CANCELLED],
        rank=queries.rank_of(party),
        awaits_draw=is_awaited(event, draw),
        by_lot_until=lots_until(event, draw, now),
        short=_short(party, people, held.places, now),
        offer=find_offer(party.id),
        story=stories([party.id])[party.id],
        refusal=refusal,
        event=event,
        site=queries.event_of(signup)[1],
        began=all(date.starts_at <= now for _place, date in held.places),
        course=held.series,
        places=held.places,
        came=came_to(signup.resident_id, dates) if held.series else (),
        changed=_changed(held.places, event),
        why=why(event),
    )


def _short(party: Party, people: list, places: Places, now: datetime) -> tuple[int, int] | None:
    """(free seats, people who wait for seats together) where there are some and not enough; of a course at the date
    with the fewest. None where it is otherwise."""
    size = sum(each.state is Place.WAITLISTED for each, _name, _code in people)
    dates = [date for _place, date in places if date.starts_at > now]
    every = [free_seats(date, caller=party.channel in CALLERS, now=now) for date in dates]
    free = min((seats for seats in every if seats is not None), default=0)
    return (free, size) if 0 < free < size else None


def _changed(places: Places, event: Event) -> dict[int, EventMove]:
    """What dates were to be when somebody signed up, by event id, of those that are to be otherwise now."""
    made = queries.made_at([signup for signup, _event in places])
    known = {date.id: date for _place, date in places} | {event.id: event}
    return moved_since({signup.event_id: made[signup.party_id] for signup, _event in places}, known)


@bp.get("/signups/<code>/qr.png")
def qr(code: str):
    """The personal QR: an address that staff scan; drawn once, kept by the browser for ever."""
    signup = place_by(code)
    address = f"{current_app.config['SETTINGS'].public_url}/p/{queries.code_of(signup)}"
    answer = Response(png(address), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return answer


@bp.get("/signups/<code>/calendar.ics")
def appointment(code: str):
    """The event for the phone's own calendar; of a course the next date."""
    _signup, event = held_by(place_by(code), now=clock.now()).next
    address = f"{current_app.config['SETTINGS'].public_url}/events/{event.code}"
    data = one(feeds.entry(*feeds.one_announced(event.code), address), remind=REMINDED)
    headers = {"Content-Disposition": f'attachment; filename="{event.code}.ics"'}
    return Response(data, content_type="text/calendar; charset=utf-8", headers=headers)


@bp.post("/signups/<code>/answer")
def answer(code: str):
    """Say whether they come to a place they were offered (`answer=accept` or `decline`), for the whole party."""
    verb = {"accept": offers.accept, "decline": offers.decline}.get(request.form.get("answer", ""))
    if verb is None:
        abort(400)
    party_id, now = place_by(code).party_id, clock.now()
    try:
        retried(lambda: _answer(verb, party_id, now))
    except Refused as refused:
        return _ticket(codes.tidy(code), sentence(refused)), 409
    return redirect(url_for("signups.show", code=codes.tidy(code)), code=303)


def _answer(verb: Callable[..., None], party_id: int, now: datetime) -> None:
    with transaction():
        verb(party_id, by=None, now=now)


@bp.post("/signups/<code>/cancellation")
def cancel(code: str):
    """Give back one place, or with `whom=all` the whole party's; doing it twice changes nothing."""
    place_by(code)
    now, everybody = clock.now(), request.form.get("whom") == "all"
    retried(lambda: _give_back(code, everybody, now))
    return redirect(url_for("signups.show", code=codes.tidy(code)), code=303)


def _give_back(code: str, everybody: bool, now: datetime) -> None:
    with transaction():
        signup = queries.get_by_code(code)
        party = [each for each, _person in queries.members(signup.party_id)] if everybody else [signup]
        operations.cancel(*party, by=None, why="own", now=now)
