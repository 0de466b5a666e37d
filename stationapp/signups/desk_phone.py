"""The phone desk: find the caller, choose who comes to what, read it back, done (domain.md §6).

Names and phones travel in the bodies of forms alone, never in an address (trust.md §4.27): a search is a POST, and
what follows it knows people by numbers. Seats are held under the form's key from the reading back on.
"""

from collections.abc import Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.attendance.queries import known_at
from stationapp.db import db, retried, transaction
from stationapp.events.models import Event
from stationapp.events.stages import draws_later
from stationapp.phones import normal_phone
from stationapp.refusal import NotFound, Refused
from stationapp.residents.queries import TAIL, get_resident, search
from stationapp.residents.rules import Masked, PersonIn, mask, name_problem
from stationapp.signups import holds, offers, operations, queries, weighing
from stationapp.signups.desk_phone_page import Home, Talk, answered, blank, get_home, here, show
from stationapp.signups.draw_queries import find_draw, is_awaited
from stationapp.signups.models import Party, Signup
from stationapp.signups.phone_queries import Kept, find_kept
from stationapp.signups.phone_rules import narrow
from stationapp.signups.rules import ORAL_CONSENT, Answer, Channel
from stationapp.web.errors import sentence

bp = Blueprint("phone", __name__, url_prefix="/phone")


# --- who is calling -----------------------------------------------------------------------------------------------


@bp.get("/")
def index():
    """The search field, and below what the last caller is to be told (`?done=`, a party)."""
    return _page(done=_done(request.args.get("done", "")))


def _page(**more) -> str:
    return render_template("desk/phone/index.html", **{"text": "", "homes": [], "done": None} | more)


def _done(text: str) -> dict | None:
    """What is to be said after a sign-up, to whoever may sign people up there."""
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        return None
    people = queries.members(int(text))
    event, site = queries.event_of(people[0][0]) if people else (None, None)
    if event is None or not guard.can(Action.SIGN_UP, site.path):
        return None
    party = queries.get_party(int(text))
    said = [(mask(person.name, None).name, _code(signup, party)) for signup, person in people]
    return {"event": event, "people": said, "home": party.household_id} | _line(party, event)


def _code(signup: Signup, party: Party) -> str | None:
    return queries.code_of(signup) if queries.is_read_out(party) else None


def _line(party: Party, event: Event) -> dict[str, int | None]:
    """Where a party that waits stands, or, while lots are still to be drawn, its number in the draw."""
    rank, awaited = queries.rank_of(party), is_awaited(event, find_draw(event))
    return {"rank": None if awaited else rank, "lot": party.queue_number if rank and awaited else None}


@bp.post("/")
def find():
    """Whose call it is: one household leads to its page, several are listed, none is a new caller."""
    text = request.form.get("text", "").replace("\0", "")[:200].strip()
    if "new" in request.form:
        return show(blank(Home(), clock.now()), clock.now(), focus="name")
    found = _found(text)
    homes: dict[int, list[tuple[int, Masked]]] = {}
    for resident, masked in found:
        homes.setdefault(resident.household_id, []).append((resident.id, masked))
    if len(homes) == 1:
        ((household_id, people),) = homes.items()
        who = people[0][0] if len(people) == 1 else None
        return redirect(url_for(".home", household_id=household_id, who=who), code=303)
    if homes or not _is_enough(text):
        return _page(text=text, homes=list(homes.items()), short=not homes)
    return _new_caller(text)


def _found(text: str) -> list:
    typed = narrow(text)[:40]
    if typed.isascii() and typed.isdigit() and len(typed) > TAIL and normal_phone(typed) is None:
        typed = typed[-TAIL:]  # a landline as the neighbours say it, without its area code
    return search(typed, among=known_at(here()), limit=40)


def _is_enough(text: str) -> bool:
    """Whether a text that found nobody was long enough to find somebody."""
    typed = narrow(text)
    return len(typed) >= TAIL if typed.isdigit() else bool(typed)


def _new_caller(text: str) -> str:
    """Nobody known: what was typed is the beginning of what is written down."""
    phone, latin, now = normal_phone(text) or "", text.isascii(), clock.now()
    name = "" if phone or latin or name_problem(text) else text
    talk = blank(Home(), now, name=name, phone=phone)
    said = _("没有找到，按新的来电人登记。没来过本站的人查不到。")
    return show(talk, now, notice=said, focus="phone" if name else "name")


@bp.get("/homes/<int:household_id>")
def home(household_id: int):
    """The household in view: who comes (`?who=`), to what, and what they have at this desk's sites."""
    its, now = get_home(household_id), clock.now()
    who = request.args.get("who", "")
    ticked = [one.id for one in its.residents if str(one.id) == who or len(its.residents) == 1]
    return show(blank(its, now, ticked=ticked), now, focus="event" if ticked else "people")


# --- the sign-up --------------------------------------------------------------------------------------------------


@bp.post("/readback")
def read_back():
    """Seats are held and the words to read are shown; nothing is promised yet. Sent again, it prolongs the hold."""
    now = clock.now()
    talk = answered(now)
    if "change" in request.form:
        _let_go(talk)
        return show(talk, now, focus="event")
    if "more" in request.form:
        talk.form.one_more()
        return show(talk, now, focus="more")
    if refused := _not_clear(talk, now):
        return refused
    try:
        people = talk.people()
        wish = weighing.weigh(
            queries.get_terms(event_id=talk.event.id), people, **_how(talk), hold=talk.token, now=now
        )
    except Refused as refused:
        return show(talk, now, refused=refused), 409
    if isinstance(wish, Answer):
        return _already(wish)
    until = retried(lambda: _hold(talk, len(people)))
    return _words(talk, people, until)


def _how(talk: Talk) -> dict:
    """How the request is made: by whom, under which key, and what was said besides.

    Whom the event is for alone is read aloud before the consent: whoever agrees has said to belong to them.
    """
    form = talk.form
    return {
        "key": form.request_key(),
        "channel": Channel.PHONE,
        "by": guard.user().staff_id,
        "declared": talk.event.audience_only,
        "lift": form.lift.data,
    }


def _not_clear(talk: Talk, now):
    """The same page again while something is unclear: who, what, or how it was written. None when all is."""
    form = talk.form
    if not form.validate():
        wrong = next((field.name for field in form if field.errors), "")
        return show(talk, now, focus=wrong), 422
    if form.is_empty():
        return show(talk, now, problem=_("请先选谁来，或者写下姓名。"), focus="people"), 422
    if talk.event is None:
        return show(talk, now, problem=_unclear(talk), focus="event"), 422
    reached_by = talk.home.phone or form.phone.data or form.reach.data
    if not (reached_by or (talk.home.id and form.coming())):
        problem = _("没有电话？请写一句怎么找到人，比如“找二楼的王姐转告”。")
        return show(talk, now, problem=problem, focus="reach"), 422
    return None


def _unclear(talk: Talk) -> str:
    typed = talk.form.event.data
    if not typed:
        return _("请选参加哪一场：打号码、拼音首字母或名称。")
    if any(narrow(typed) in narrow(choice.title) + choice.letters for choice in talk.choices):
        return _("“%(text)s”有几场，请打号码选一场。", text=typed)
    return _("没有叫“%(text)s”的活动，下面是近期能报的。", text=typed)


def _hold(talk: Talk, size: int):
    with transaction():
        return holds.hold_seats(
            talk.event.id, size, token=talk.token, by=guard.user().staff_id, asker="", now=clock.now()
        )


def _already(answer: Answer):
    flash(_("他们已经报过了，还是原来的名额。"), "good")
    return redirect(url_for(".index", done=answer.party_id), code=303)


def _words(talk: Talk, people: Sequence[PersonIn], until) -> str:
    """The page that is read aloud; what was filled in goes on in hidden fields, the event as its code."""
    now = clock.now()
    terms = queries.get_terms(event_id=talk.event.id)
    db.session.refresh(talk.event)
    carried = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in ("csrf_token", "event", "pick", "shown", "key")
    ]
    carried += [("event", talk.event.code), ("key", talk.form.request_key())]
    known = {one.name for one in talk.home.residents}
    return render_template(
        "desk/phone/read_back.html",
        home=talk.home,
        event=talk.event,
        dates=len(queries.list_course_terms(terms.course_id, now)) if terms.course_id else 1,
        size=len(people),
        fresh=[one.name for one in people if one.name not in known],
        surnames=list(dict.fromkeys(one.name[0] for one in people if one.name in known)),
        until=until,
        drawn_at=talk.event.draw_at if draws_later(talk.event, now) else None,
        carried=carried,
    )


@bp.post("/signups")
def create():
    """The sign-up, after the consent was read aloud and given; pressed twice it is the same one."""
    now = clock.now()
    talk = answered(now)
    if refused := _not_clear(talk, now):
        return refused
    try:
        answer = retried(lambda: _sign_up(talk))
    except Refused as refused:
        _let_go(talk)
        return show(talk, now, refused=refused), 409
    return redirect(url_for(".index", done=answer.party_id), code=303)


def _sign_up(talk: Talk) -> Answer:
    with transaction():
        return operations.sign_up(
            talk.event,
            talk.people(),
            **_how(talk),
            hold=talk.token,
            consent=ORAL_CONSENT,
            now=clock.now(),
        )


@bp.post("/release")
def release():
    """The caller does not want it: the seats are free at once, and the next one may call."""
    _let_go(answered(clock.now()))
    flash(_("没有报名，名额放回去了。"), "good")
    return redirect(url_for(".index"), code=303)


def _let_go(talk: Talk) -> None:
    def give_back() -> None:
        with transaction():
            holds.let_go(talk.token, now=clock.now())

    retried(give_back)


# --- what else a caller asks for ----------------------------------------------------------------------------------


def _its(signup_id: int) -> Kept:
    kept = find_kept(signup_id, here(), now=clock.now())
    if kept is None:
        raise NotFound
    return kept


@bp.get("/places/<int:signup_id>")
def place(signup_id: int):
    """One place, to be read back: kept, given up, and an offer answered."""
    return _place_page(_its(signup_id))


def _place_page(kept: Kept, refusal: str = "") -> str:
    signup = db.session.get_one(Signup, kept.signup_id)
    person = get_resident(signup.resident_id)
    party = queries.get_party(kept.party_id)
    return render_template(
        "desk/phone/place.html",
        kept=kept,
        shown=mask(kept.name, None).name,
        person=person,
        home=party.household_id,
        size=party.size,
        **_line(party, kept.event),
        code=_code(signup, party),
        refusal=refusal,
    )


@bp.post("/places/<int:signup_id>/cancellation")
def cancel(signup_id: int):
    """Give one person's place back."""
    return _answered(
        signup_id,
        lambda kept, given: operations.cancel(db.session.get_one(Signup, signup_id), why="staff", **given),
        _("已取消。"),
    )


@bp.post("/places/<int:signup_id>/acceptance")
def accept(signup_id: int):
    """They take the places they were offered."""
    return _answered(signup_id, lambda kept, given: offers.accept(kept.party_id, **given), _("定下来了。"))


@bp.post("/places/<int:signup_id>/decline")
def decline(signup_id: int):
    """They do not come: the offer goes on to the next."""
    said = _("名额让出来了，有人候补就给他们。")
    return _answered(signup_id, lambda kept, given: offers.decline(kept.party_id, **given), said)


def _answered(signup_id: int, act, said: str):
    """Do it, and back to the household; what is over already is said on the page."""
    signup = db.session.get(Signup, signup_id)
    if signup is None:
        raise NotFound
    _event, site = queries.event_of(signup)
    guard.require(site.path)
    kept = find_kept(signup_id, here(), now=clock.now())
    home_id = queries.get_party(signup.party_id).household_id
    if kept is None:  # pressed twice, or over meanwhile
        flash(_("这个名额已经不在了。"), "warn")
        return redirect(url_for(".home", household_id=home_id), code=303)

    def attempt() -> None:
        with transaction():
            act(kept, {"by": guard.user().staff_id, "now": clock.now()})

    try:
        retried(attempt)
    except Refused as refused:
        return _place_page(kept, sentence(refused)), 409
    flash(said, "good")
    return redirect(url_for(".home", household_id=home_id), code=303)
