"""Sign-ups at the desk: the list of an event, a caller or visitor signed up, a place given back for somebody."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.attendance.queries import known_at
from stationapp.db import db, retried, transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.events.stages import left_for_callers
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import Resident
from stationapp.residents.queries import masked, search
from stationapp.residents.rules import mask
from stationapp.signups import again, draws, offers, operations, queries
from stationapp.signups.course import find_course
from stationapp.signups.draw_queries import find_draw, is_awaited, lots_until
from stationapp.signups.forms import DeskForm, fit
from stationapp.signups.models import Signup
from stationapp.signups.promotion import seat_out_of_turn
from stationapp.signups.rules import ORAL_CONSENT, SEATED, Answer, Channel, Place, SignupRefusal
from stationapp.signups.story import list_gone, stories
from stationapp.sites.models import Site
from stationapp.web.errors import sentence

bp = Blueprint("signups", __name__)

MOST_GONE = 200
"""Parties that do not come any more, on one event's page."""


@bp.get("/events/<code>/signups")
def index(code: str):
    """Everybody with a place, then those who wait, in line; each party with what happened so far."""
    return _list(*event_here(code))


def _list(event: Event, site: Site, problem: str = "", party_id: int | None = None, reason: str = "") -> str:
    """The page; with what stood against an act on one party (`party_id`), or on the event."""
    now = clock.now()
    rows = [
        (signup, mask(person.name, None).name, person, party)
        for signup, person, party in queries.roster(event)
    ]
    draw = find_draw(event)
    gone = list_gone(event.id, limit=MOST_GONE)
    heads: dict[int, int] = {}
    for signup, _name, _person, party in rows:
        heads.setdefault(party.id, signup.id)
    return render_template(
        "desk/signups/index.html",
        event=event,
        site=site,
        rows=rows,
        line={party_id: rank for rank, party_id in enumerate(_in_line(rows), start=1)},
        heads=set(heads.values()),
        gone=[(party, mask(person.name, None).name, person) for party, person in gone],
        story=stories([*heads, *(party.id for party, _person in gone)]),
        is_course=find_course(event.id) is not None,
        drawn=draw and draw.drawn_at,
        awaits_draw=is_awaited(event, draw),
        by_lot_until=lots_until(event, draw, now),
        kept=left_for_callers(event, now),
        together=Counter(party.id for _signup, _name, _person, party in rows),
        undo=_just_gone(event, now),
        undoable=_undoable(event, rows, gone, now),
        problem=problem,
        about=party_id,
        reason=reason,
    )


def _is_on(event: Event, now: datetime) -> bool:
    return event.state is State.PUBLISHED and now < event.ends_at


def _just_gone(event: Event, now: datetime) -> Signup | None:
    """A place of the party that was just given up (`?undo=`), as long as that can be undone."""
    text = request.args.get("undo", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10 and _is_on(event, now)):
        return None
    people = queries.members(int(text))
    here = people and people[0][0].event_id == event.id and again.is_away(queries.get_party(int(text)))
    return people[0][0] if here else None


def _undoable(event: Event, rows: list, gone: list, now: datetime) -> dict[int, int]:
    """Parties that gave everything up and may be signed up again, each with a place of it: of a household without
    any place its last."""
    if not _is_on(event, now):
        return {}
    there = {party.household_id for _signup, _name, _person, party in rows}
    last: dict[int, int] = {}
    for party, _person in gone:  # the last first
        last.setdefault(party.household_id, party.id)
    wanted = {party_id for home, party_id in last.items() if home not in there}
    return again.first_places(wanted)


def _in_line(rows: list) -> dict[int, None]:
    return dict.fromkeys(party.id for signup, _n, _p, party in rows if signup.state is Place.WAITLISTED)


@bp.get("/events/<code>/signups/new")
def new(code: str):
    """Find the caller, pick them (`?who=`), or write a new name."""
    event, _site = event_here(code)
    return _page(event, _form(event))


@bp.post("/events/<code>/callers")
def find(code: str):
    """The same page with who was found; what is searched for stands in no address (trust.md §4.27)."""
    event, _site = event_here(code)
    return _page(event, _form(event, asked=True))


def _form(event: Event, *, asked: bool = False) -> DeskForm:
    blank = DeskForm(None) if asked else DeskForm()
    form = fit(blank, queries.asks_age(queries.get_terms(event_id=event.id), clock.now()))
    if request.method == "GET":
        form.who.data = request.args.get("who", "")
    return form


def _picked(form: DeskForm) -> Resident | None:
    if form.picked() is None:
        return None
    person = db.session.scalar(
        select(Resident).where(Resident.id == form.picked(), known_at(reached(guard.reach())))
    )
    if person is None:
        raise NotFound
    return person


def _page(event: Event, form: DeskForm, refusal: str = "", *, lifts: bool = False) -> str:
    """The page; where a limit stands in the way (`lifts`), with a field for the reason to go beyond it."""
    text = request.form.get("q", "").strip().replace("\0", "")[:40]
    person = _picked(form)
    return render_template(
        "desk/signups/new.html",
        event=event,
        form=form.renew(clock.now()),
        text=text,
        found=search(text, among=known_at(reached(guard.reach())), limit=8) if text else [],
        person=masked(person) if person else None,
        refusal=refusal,
        lifts=lifts or bool(form.lift.data),
    )


@bp.post("/events/<code>/signups")
def create(code: str):
    """A place for whoever called or came; the consent was read aloud (domain.md §6)."""
    event, _site = event_here(code)
    form = _form(event)
    person = _picked(form)
    if "more" in request.form:
        form.one_more()
        return _page(event, form)
    if not form.validate():
        return _page(event, form), 422
    if person is not None:
        form.name.data = person.name
    try:
        answer = retried(lambda: _book(event, form))
    except Refused as refused:
        lifts = refused.reason is SignupRefusal.LIMIT_REACHED
        return _page(event, form, sentence(refused), lifts=lifts), 409
    flash(_said(answer, event), "good")
    return redirect(url_for(".index", code=event.code), code=303)


def _book(event: Event, form: DeskForm) -> Answer:
    with transaction():
        return operations.sign_up(
            event,
            form.people(),
            key=form.request_key(),
            channel=Channel(form.channel.data),
            by=guard.user().staff_id,
            consent=ORAL_CONSENT,
            now=clock.now(),
            lift=form.lift.data,
        )


def _said(answer: Answer, event: Event) -> str:
    if not queries.is_read_out(queries.get_party(answer.party_id)):
        return _("他们自己已经报过了，还是原来的名额。")
    spoken = "，".join(f"{code[:3]} {code[3:6]} {code[6:]}" for code in answer.codes)
    if answer.state is Place.WAITLISTED and is_awaited(event, find_draw(event)):
        return _("登记好了，等抽签，报名号 %(codes)s。请念给对方听。", codes=spoken)
    if answer.state is Place.WAITLISTED:
        rank = queries.rank_of(queries.get_party(answer.party_id))
        return _("候补第 %(rank)s 位，报名号 %(codes)s。请念给对方听。", rank=rank, codes=spoken)
    return _("报好了，报名号 %(codes)s。请念给对方听。", codes=spoken)


@bp.post("/signups/<int:signup_id>/cancellation")
def cancel(signup_id: int):
    """Give a place back for somebody who called; with `whole` those of the household, which go on together."""
    signup, event = _its_place(signup_id)
    whole = [place for place, _person in queries.members(signup.party_id)]
    places = whole if "whole" in request.form else [signup]
    live = [place for place in places if place.state is not Place.CANCELLED]
    frees = any(place.state in SEATED for place in live)
    try:
        retried(lambda: _give_back(places))
    except Refused as refused:
        return _list(*event_here(event.code), sentence(refused), signup.party_id), 409
    said = _("已取消 %(n)s 人。", n=len(live)) if live else _("已经取消过了。")
    flash(said + (_("名额按次序给候补的人。") if frees and event.waiting else ""), "good")
    return redirect(url_for(".index", code=event.code, undo=signup.party_id), code=303)


def _give_back(places: list[Signup]) -> None:
    with transaction():
        operations.cancel(*places, by=guard.user().staff_id, why="staff", now=clock.now())


@bp.post("/signups/<int:signup_id>/restoration")
def restore(signup_id: int):
    """Undo a cancellation: its people are signed up once more, and it is said when their seats have gone on."""
    signup, event = _its_place(signup_id)

    def attempt() -> Answer:
        with transaction():
            return again.sign_up_again(signup.party_id, by=guard.user().staff_id, now=clock.now())

    try:
        answer = retried(attempt)
    except Refused as refused:
        return _list(*event_here(event.code), sentence(refused)), 409
    said = "" if answer.state is Place.CONFIRMED else _("原来的名额或位次已经给了后面的人，不能拿回来。")
    if answer.repeated:
        said = _("已经重新报过了。")
    flash(said + _said(answer, event), "good")
    return redirect(url_for(".index", code=event.code, _anchor=f"party-{answer.party_id}"), code=303)


@bp.post("/signups/<int:signup_id>/answer")
def answer(signup_id: int):
    """Say for a household that was called whether it comes to the places it is offered."""
    verb, done = {
        "accept": (offers.accept, _("记下了：他们来，名额定下。")),
        "decline": (offers.decline, _("记下了：他们不来，名额按次序给候补的人。")),
    }.get(request.form.get("answer", ""), (None, ""))
    if verb is None:
        _its_place(signup_id)  # nonsense is told to those alone who may answer
        abort(400)
    return _do(signup_id, verb, done)


@bp.post("/signups/<int:signup_id>/turn")
def turn(signup_id: int):
    """Seat a waiting household before those ahead of it, with a reason they may read."""
    reason = request.form.get("reason", "").replace("\0", "").strip()[:200]
    return _do(signup_id, partial(seat_out_of_turn, reason=reason), _("已安排先来，请打电话告知。"), reason)


def _its_place(signup_id: int) -> tuple[Signup, Event]:
    signup = db.session.get(Signup, signup_id)
    if signup is None:
        raise NotFound
    event, site = queries.event_of(signup)
    guard.require(site.path)
    return signup, event


def _do(signup_id: int, verb: Callable[..., None], done: str, reason: str = ""):
    signup, event = _its_place(signup_id)
    party_id, by = signup.party_id, guard.user().staff_id

    def attempt() -> None:
        with transaction():
            verb(party_id, by=by, now=clock.now())

    try:
        retried(attempt)
    except Refused as refused:
        return _list(*event_here(event.code), sentence(refused), party_id, reason), 409
    flash(done, "good")
    return redirect(url_for(".index", code=event.code, _anchor=f"party-{party_id}"), code=303)


@bp.post("/events/<code>/draw")
def draw(code: str):
    """Hold the draw when its time has come and the jobs have not."""
    event, _site = event_here(code)

    def attempt() -> None:
        with transaction():
            draws.draw(event.id, by=guard.user().staff_id, now=clock.now())

    try:
        retried(attempt)
    except Refused as refused:
        return _list(*event_here(code), sentence(refused)), 409
    flash(_("抽好了，结果在公开的抽签页上。"), "good")
    return redirect(url_for(".index", code=code), code=303)
