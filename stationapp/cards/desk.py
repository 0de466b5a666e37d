"""Cards at the desk: print many on sheets of ten, and one person's card made, replaced, called lost.

A printed card bears the full name, so printing asks for the right to see it and for a reason, and is written down.
"""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance.queries import known_at, roster
from stationapp.cards import operations, paper, queries
from stationapp.cards.models import Card
from stationapp.cards.rules import Ended
from stationapp.db import db, retried, transaction
from stationapp.events.guard import event_here
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import Resident
from stationapp.residents.queries import full, get_person, masked, masked_each
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_where
from stationapp.teams.models import Membership, Team
from stationapp.volunteers.models import Volunteer
from stationapp.volunteers.queries import helpers_at
from stationapp.web.errors import sentence
from stationapp.web.pdf import render

bp = Blueprint("cards", __name__, url_prefix="/cards")


@dataclass(frozen=True)
class Group:
    """Whose cards are meant: people in a row, the site that hands them out, and what a page calls them."""

    people: list[Resident]
    site: Site
    title: str
    source: dict[str, str]  # the address' own words for it


# --- many -------------------------------------------------------------------------------------------------------


@bp.get("/")
def index():
    """Whose cards to print: an event's roster, a team, a site's volunteers, or one person; chosen or to be chosen."""
    group = _group()
    return _many(group) if group else _choose()


def _group() -> Group | None:
    """What the address names, through its check; None when it names nothing."""
    asked = request.args
    if code := asked.get("event"):
        event, site = event_here(code)
        ids = [line.resident_id for line in roster(event, helpers_at(event.id))]
        return Group(queries.list_people(ids), site, event.title, {"event": code})
    if code := asked.get("team"):
        team = db.session.scalar(select(Team).where(Team.code == code))
        if team is None:
            raise NotFound
        site = db.session.get_one(Site, team.site_id)
        guard.require(site.path)
        return Group(_members(team), site, team.name, {"team": code})
    if code := asked.get("site"):
        site = get_site(code)
        guard.require(site.path)
        title = _("%(site)s的志愿者", site=site.short_name)
        return Group(_volunteers(site), site, title, {"site": code})
    if number := asked.get("person"):
        its = _its(int(number) if number.isascii() and number.isdigit() and len(number) < 10 else 0)
        person = get_person(its.id)
        return Group([person], _hands_out(person), masked(person).name, {"person": str(person.id)})
    return None


def _members(team: Team) -> list[Resident]:
    ids = (
        select(Volunteer.resident_id)
        .join(Membership, Membership.volunteer_id == Volunteer.id)
        .where(Membership.team_id == team.id, Membership.left_at.is_(None))
    )
    return queries.list_people(list(db.session.scalars(ids)))


def _volunteers(site: Site) -> list[Resident]:
    ids = select(Volunteer.resident_id).where(Volunteer.site_id == site.id, Volunteer.ended_at.is_(None))
    return queries.list_people(list(db.session.scalars(ids)))


def _hands_out(person: Resident) -> Site:
    """The site a person's card is made at: the one they live at if it is this desk's, else the desk's first."""
    sites = list_where(reached(guard.reach()))
    if not sites:
        raise NotFound
    return next((site for site in sites if site.id == person.community_id), sites[0])


def _many(group: Group, *, problem: str = "", status: int = 200):
    return render_template(
        "desk/cards/print.html",
        group=group,
        people=[(person, shown) for person, shown in _shown(group)],
        cards=queries.live_cards([person.id for person in group.people]),
        chosen=set(request.form.getlist("who")) if request.method == "POST" else None,
        reason=request.form.get("reason", "").replace("\0", "")[:200],
        problem=problem,
        reasons=(_("发给来参加活动的居民"), _("发给志愿者"), _("补发给本人")),
        may_print=guard.can(Action.REVEAL, group.site.path),
    ), status


def _shown(group: Group):
    shown = masked_each(group.people)
    return [(person, shown[person.id]) for person in group.people]


def _choose():
    now, sites = clock.now(), list_where(reached(guard.reach()), most=100)
    here = [site.id for site in sites]
    soon = (
        select(Event)
        .where(
            Event.site_id.in_(here),
            Event.state == State.PUBLISHED,
            Event.ends_at >= now,
            Event.starts_at < now + timedelta(days=7),
        )
        .order_by(Event.starts_at, Event.id)
        .limit(30)
    )
    by_id = {site.id: site for site in sites}
    teams = select(Team).where(Team.site_id.in_(here), Team.ended_at.is_(None)).order_by(Team.name).limit(100)
    return render_template(
        "desk/cards/index.html",
        events=[(event, by_id[event.site_id]) for event in db.session.scalars(soon)],
        teams=list(db.session.scalars(teams)),
        sites=sites,
    )


@bp.post("/sheets")
def sheet():
    """The PDF of the chosen people's cards, ten to an A4; who has none gets one. Each name in it is written down."""
    group = _group()
    if group is None:
        raise NotFound
    asked = set(request.form.getlist("who"))
    people = [person for person in group.people if str(person.id) in asked]
    try:
        cards = retried(lambda: _printed(group, people))
    except Refused as refused:
        return _many(group, problem=sentence(refused), status=422)
    data = _as_data(group, people, cards)
    answer = Response(render("cards/cards", data), mimetype="application/pdf")
    name = quote(f"个人卡-{group.site.short_name}", safe="")
    answer.headers["Content-Disposition"] = f"inline; filename*=UTF-8''{name}.pdf"
    return answer


def _printed(group: Group, people: list[Resident]) -> dict[int, Card]:
    given = {"by": guard.user().staff_id, "site_id": group.site.id, "now": clock.now()}
    with transaction():
        cards = operations.make([person.id for person in people], **given)
        reason = request.form.get("reason", "").replace("\0", "")
        operations.note_print(list(cards.values()), reason=reason, **given)
        return cards


def _as_data(group: Group, people: list[Resident], cards: dict[int, Card]) -> dict:
    """What `cards.typ` sets."""
    settings = current_app.config["SETTINGS"]
    rows = [
        (
            full(person).name,
            cards[person.id].serial,
            f"{settings.public_url}/p/{queries.code_of(cards[person.id])}",
        )
        for person in people
    ]
    return paper.sheet(rows, group.site, district=settings.district)


# --- one person -------------------------------------------------------------------------------------------------


def _its(resident_id: int) -> Resident:
    """The person, if this desk knows them (trust.md §4.1)."""
    known = select(Resident).where(Resident.id == resident_id, known_at(reached(guard.reach())))
    person = db.session.scalar(known)
    if person is None:
        raise NotFound
    return person


@bp.get("/people/<int:resident_id>")
def person(resident_id: int):
    """Somebody's card and those before it."""
    its = _its(resident_id)
    if its.merged_into:
        return redirect(url_for(".person", resident_id=its.merged_into), code=303)
    cards = queries.cards_of(its.id)
    return render_template(
        "desk/cards/person.html",
        resident=its,
        masked=masked(its),
        live=[card for card in cards if card.ended_at is None],
        ended=[card for card in cards if card.ended_at],
        Ended=Ended,
    )


@bp.post("/<serial>/end")
def end(serial: str):
    """Call a card lost, or take it back; it opens nothing from now on."""
    card = queries.get_card(serial)
    its = _its(card.resident_id)
    why = {"lost": Ended.LOST, "returned": Ended.RETURNED}.get(request.form.get("why", ""))
    if why is None:
        raise NotFound
    with transaction():
        operations.end(card, why, by=guard.user().staff_id, now=clock.now())
    flash(
        _("已挂失，这张卡从现在起不能用了。") if why is Ended.LOST else _("已作废，这张卡从现在起不能用了。"),
        "good",
    )
    return redirect(url_for(".person", resident_id=its.id), code=303)


@bp.post("/<serial>/replacement")
def replacement(serial: str):
    """Another card in place of all the person has; printing it is the next step."""
    card = queries.get_card(serial)
    _its(card.resident_id)
    with transaction():
        new = operations.replace(card, by=guard.user().staff_id, now=clock.now())
        person_id = new.resident_id
    flash(_("旧卡已作废，新卡做好了，请打印。"), "good")
    return redirect(url_for(".index", person=person_id), code=303)
