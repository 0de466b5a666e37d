"""What the pages of the phone desk share: whom the desk may see, what an answered form means, what is shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import render_template, request
from sqlalchemy import ColumnElement, select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.attendance.queries import known_at
from stationapp.calendar.rules import age_on
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.queries import find_event
from stationapp.refusal import NotFound, Refused
from stationapp.residents.models import Household, Resident
from stationapp.residents.queries import list_members
from stationapp.residents.rules import PersonIn, ResidentRefusal, is_child, mask
from stationapp.signups import queries
from stationapp.signups.alternatives import ELSEWHERE, Who, elsewhere
from stationapp.signups.forms import fit
from stationapp.signups.forms_phone import PhoneForm
from stationapp.signups.phone_queries import Kept, coming, list_kept
from stationapp.signups.phone_rules import Choice, meant
from stationapp.signups.rules import SignupRefusal
from stationapp.sites.models import Site
from stationapp.sites.rules import Level
from stationapp.vault import vault
from stationapp.web.errors import sentence

SHOWN = 30
"""So many coming events are listed; the others are found by their titles."""


def here() -> ColumnElement[bool]:
    """The condition on Site "the user signs people up there"."""
    return reached(guard.reach(Action.SIGN_UP))


@dataclass(frozen=True)
class Member:
    """Somebody of the household as the page shows them; `age` of the young alone."""

    id: int
    shown: str
    age: int | None
    ward: bool  # a child whose guardian has not agreed yet
    unborn: bool  # no month of birth is known


@dataclass(frozen=True)
class Home:
    """The household in view; of a new caller everything is empty."""

    id: int | None = None
    phone: str | None = None
    residents: Sequence[Resident] = ()

    @property
    def by_id(self) -> dict[int, Resident]:
        """Its people."""
        return {one.id: one for one in self.residents}

    @property
    def shown_phone(self) -> str:
        """As lists show it."""
        return mask("", self.phone).phone

    def members(self, now: datetime) -> list[Member]:
        """Its people, masked."""
        today = clock.day_of(now)
        return [
            Member(
                one.id,
                mask(one.name, None).name,
                age if one.birth_month and (age := age_on(one.birth_month, today)) < 18 else None,
                is_child(one.birth_month, today) and one.guardian_consent_at is None,
                one.birth_month is None,
            )
            for one in self.residents
        ]


def get_home(household_id: int) -> Home:
    """The household, if anybody of it is known at the user's sites; raises NotFound otherwise."""
    known = select(Resident.id).where(Resident.household_id == household_id, known_at(here())).limit(1)
    if db.session.scalar(known) is None:
        raise NotFound
    sealed = db.session.scalar(select(Household.phone_sealed).where(Household.id == household_id))
    phone = vault().unseal(sealed) if sealed else None
    return Home(household_id, phone, list_members(household_id))


def sent_home() -> Home:
    """The household that an answered form is about; a new caller's is empty."""
    text = request.form.get("home", "")
    return get_home(int(text)) if text.isascii() and text.isdigit() and len(text) < 10 else Home()


@dataclass(frozen=True)
class Talk:
    """A form as it was answered: about which household, and to which of the coming events (None: not clear yet)."""

    home: Home
    form: PhoneForm
    choices: Sequence[Choice]
    event: Event | None

    @property
    def token(self) -> str:
        """What the seats are held under: another event chosen with the same form has seats of its own."""
        return f"{self.form.request_key()} {self.event.code if self.event else ''}"

    def people(self) -> tuple[PersonIn, ...]:
        """Everybody who comes."""
        return self.form.party_of(self.home.by_id, self.home.phone)


def answered(now: datetime) -> Talk:
    """The form that was sent, asking for no more than its event needs."""
    home, form = sent_home(), PhoneForm()
    form.key.data = form.request_key()  # one that was lost is made up once
    choices, event = _event(form, now)
    asks = event is not None and queries.asks_age(queries.get_terms(event_id=event.id), now)
    return Talk(home, fit(form, asks), choices, event)


def _event(form: PhoneForm, now: datetime) -> tuple[list[Choice], Event | None]:
    """What the typed text leads to: (events to choose from, the one that is meant)."""
    text = request.form.get("pick") or form.event.data or ""
    event = find_event(text) if text.isascii() and len(text) == 8 else None
    if event is not None and guard.can(Action.SIGN_UP, _path(event)):
        return [], event
    every = coming(here(), now=now)
    found = meant(text, every, form.numbered())
    if not found and text.strip():
        found = coming(here(), now=now, title=text.strip()[:40])
    if len(found) == 1:
        return found, find_event(found[0].code)
    return found or every, None


def _path(event: Event) -> str:
    return db.session.scalar(select(Site.path).where(Site.id == event.site_id))


def blank(home: Home, now: datetime, *, name: str = "", phone: str = "", ticked: Sequence[int] = ()) -> Talk:
    """A form nobody has answered yet."""
    known = [{"who": str(one.id), "comes": one.id in ticked} for one in home.residents]
    form = PhoneForm(None, name=name, phone=phone, known=known).without_ages()
    return Talk(home, form, coming(here(), now=now), None)


ASKED_FOR = {
    SignupRefusal.NOT_FROM_HERE: "community",
    SignupRefusal.LIMIT_REACHED: "lift",
    SignupRefusal.AGE_UNKNOWN: "born",
    ResidentRefusal.CONSENT_MISSING: "guardian_consent",
    ResidentRefusal.PHONE_MISSING: "reach",
}
"""What may be asked after a refusal, so that the same form can be sent once more."""


def show(
    talk: Talk,
    now: datetime,
    *,
    refused: Refused | None = None,
    problem: str = "",
    notice: str = "",
    focus: str = "",
) -> str:
    """The page with the form; `focus` names the field to go on with."""
    form, chosen = talk.form, talk.event
    choices = coming(here(), now=now) if chosen else talk.choices
    asked = {name for name in ("lift", "reach", "community") if form[name].data}
    if refused is not None:
        asked.add(ASKED_FOR.get(refused.reason, ""))
        focus = ASKED_FOR.get(refused.reason, "event")
    form.event.data = chosen.code if chosen and focus != "event" else ""
    form.shown.data = " ".join(choice.code for choice in choices[:SHOWN])
    form.renew(now).put_first(_own_communities())
    return render_template(
        "desk/phone/home.html",
        home=talk.home,
        members=talk.home.members(now),
        kept=masked_places(talk.home, now) if talk.home.id else [],
        form=form,
        chosen=chosen,
        choices=choices[:SHOWN],
        more=max(0, len(choices) - SHOWN),
        asked=asked,
        refusal=sentence(refused) if refused else problem,
        others=_others(talk, refused, now) if refused else (),
        notice=notice,
        focus=focus,
    )


def _own_communities() -> list[str]:
    """The codes of the stations the user works for, if these are few."""
    own = select(Site.code).where(here(), Site.level == Level.STATION).limit(_FEW + 1)
    codes = list(db.session.scalars(own))
    return codes if len(codes) <= _FEW else []


_FEW = 12


def _others(talk: Talk, refused: Refused, now: datetime):
    """What may be said instead of the event that was refused."""
    if refused.reason not in ELSEWHERE or talk.event is None:
        return ()
    ticked = talk.form.coming()
    births = [one.birth_month for one in talk.home.residents if one.birth_month and str(one.id) in ticked]
    site = db.session.get_one(Site, talk.event.site_id)
    return elsewhere(talk.event, site, now=now, who=Who([*births, *talk.form.births()]))


def masked_places(home: Home, now: datetime) -> list[tuple[str, Kept]]:
    """What the household has at the user's sites: (hidden name, place)."""
    return [(mask(kept.name, None).name, kept) for kept in list_kept(home.id, here(), now=now)]
