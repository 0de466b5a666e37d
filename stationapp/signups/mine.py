"""我的报名: the places this browser remembers, any other by its code, and the household's behind a code of its own.

Whether a number is known is never told: the same answer, after the same work (trust.md §4.10).
"""

from datetime import datetime

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts.logins import count_miss, count_work
from stationapp.accounts.rules import device_word
from stationapp.db import transaction
from stationapp.events.models import Event
from stationapp.messages.operations import send_code
from stationapp.messages.rules import Way
from stationapp.messages.switches import switches
from stationapp.residents import guard, homes
from stationapp.residents.forms import CodeForm, PhoneAskForm
from stationapp.residents.rules import CodeVia
from stationapp.signups import queries
from stationapp.signups.dates import held_by_each
from stationapp.signups.models import Signup
from stationapp.signups.rules import Place

bp = Blueprint("mine", __name__)

CODES_PER_NUMBER = 3
CODES_PER_ADDRESS = 12
TRIES_PER_ADDRESS = 30
"""Within an hour."""


@bp.get("/mine")
def index():
    """What is coming, what is over, a field for a code from another phone or a slip of paper, and the way to the
    household's own page."""
    return _page()


@bp.post("/mine")
def find():
    """Go to the place with the code typed in."""
    typed = request.form.get("code", "")[:64]
    if queries.find_by_code(typed) is not None:
        return redirect(url_for("signups.show", code=codes.tidy(typed)), code=303)
    with transaction():
        patient = count_miss(request.remote_addr or "", now=clock.now())
    if not patient:
        return _page(typed, _("试得太频繁了，请过几分钟再试，或者打电话给站点。")), 429
    return _page(
        typed, _("没有找到这个报名号。请对照纸条再看一遍，也可以打电话给站点，报姓名就能查到。")
    ), 422


def _once_a_course(places: list[tuple[Signup, Event, str]], now: datetime) -> list[tuple]:
    """(place, event, code, dates of the course) with a person's course once, at its next date."""
    held = held_by_each([signup for signup, _event, _code in places], now=now)
    shown = {}
    for signup, _event, code in places:
        its = held[signup.id]
        key = (its.series.id, signup.resident_id) if its.series else signup.id
        shown.setdefault(key, (*its.next, code, len(its.places)))
    return sorted(shown.values(), key=lambda place: (place[1].starts_at, place[0].id))


def _page(typed: str = "", problem: str = "", ask: PhoneAskForm | None = None) -> str:
    now = clock.now()
    places = _once_a_course(queries.by_codes(session.get("places", ())), now)
    return render_template(
        "mine/index.html",
        coming=[
            place for place in places if place[1].ends_at > now and place[0].state is not Place.CANCELLED
        ],
        over=[
            place
            for place in reversed(places)
            if place[1].ends_at <= now or place[0].state is Place.CANCELLED
        ],
        typed=typed,
        problem=problem,
        ask=ask or PhoneAskForm(formdata=None),
        open=guard.household_here() is not None,
        texts=_texts(),
    )


def _texts() -> bool:
    """Whether codes go out by text message; else they are asked for on the phone."""
    return Way.SMS in switches().on


# --- the household's own page ------------------------------------------------------------------------------------


@bp.post("/mine/codes")
def ask():
    """Ask for a code: the next page is the same for every number. The number stands in no address (trust.md §4.27)."""
    form = PhoneAskForm()
    if not form.validate():
        return _page(ask=form), 422
    if not _asked(form.phone.data, clock.now()):
        form.phone.errors = [_("今天这里要的次数太多了，请过一小时再试，或者打电话给站点。")]
        return _page(ask=form), 429
    return _code_page(CodeForm(formdata=None, phone=form.phone.data))


def _asked(phone: str, now: datetime) -> bool:
    """Have a code sent where texts are on; False when this address asked too often.

    For a number nobody has, or one that was asked for too often, the same is written and taken back.
    """
    with transaction() as writing:
        if not count_work("home-address", request.remote_addr or "", most=CODES_PER_ADDRESS, now=now):
            return False
        may = count_work("home-number", phone, most=CODES_PER_NUMBER, now=now)
        household_id = homes.find_household(phone)
        if not _texts():
            return True
        with writing.begin_nested() as step:
            home = household_id if may and household_id else homes.make_nobodys_home(now=now)
            homes.make_code(home, CodeVia.SMS, by=None, now=now)
            send_code(home, now=now)
            if home != household_id:
                step.rollback()
    return True


def _code_page(form: CodeForm, problem: str = "") -> str:
    return render_template("mine/code.html", form=form, texts=_texts(), problem=problem)


@bp.get("/mine/logins")
def enter():
    """Phone and code, for whoever was told the code on the phone."""
    return _code_page(CodeForm(formdata=None))


@bp.post("/mine/logins")
def begin():
    """Open the household's page with its code."""
    form, now = CodeForm(), clock.now()
    if not form.validate():
        return _code_page(form), 422
    shared, device = form.shared.data, device_word(request.user_agent.string)
    with transaction():  # one for both: that the try was counted takes as long for a number nobody has
        patient = count_work("home-tries", request.remote_addr or "", most=TRIES_PER_ADDRESS, now=now)
        given = {"device": device, "shared": shared, "now": now}
        token = homes.open_home(form.phone.data, form.code.data, **given) if patient else None
    if not patient:
        return _code_page(form, _("试得太频繁了，请过一小时再试，或者打电话给站点。")), 429
    if token is None:
        return _code_page(form, _("登录码不对，或者已经过期、用过了。请再看一遍，也可以重新要一个。")), 422
    return guard.keep_open(redirect(url_for("mine_home.index"), code=303), token, shared=shared)


@bp.post("/mine/logout")
def leave():
    """Close the household's page in this browser."""
    login = guard.login_here()
    if login is not None:
        with transaction():
            homes.end(login.id, household_id=login.household_id, now=clock.now())
    answer = redirect(url_for("mine.index"), code=303)
    answer.delete_cookie(guard.COOKIE)
    return answer
