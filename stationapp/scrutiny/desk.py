"""What asks for a second look: found from the facts, looked at by a person, put aside with a reason (domain.md §7)."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.rules import Month
from stationapp.db import transaction
from stationapp.refusal import NotFound, Refused
from stationapp.scrutiny import flags, operations
from stationapp.scrutiny.flags import Looked
from stationapp.scrutiny.rules import Flag, ScrutinyRefusal, Span, month_span, usual_span
from stationapp.scrutiny.sentences import sentence as said
from stationapp.sites.queries import list_where
from stationapp.web.errors import sentence
from stationapp.web.paging import Page, page_number
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("flags", __name__, url_prefix="/flags")

SIZE = 30
FILTERS = ("month", "site", "flag", "show")


def _span() -> Span:
    """The month of the address, else this one and the one before. Raises NotFound for what is no month."""
    text = request.args.get("month", "")
    if not text:
        return usual_span(clock.day_of(clock.now()))
    try:
        return month_span(Month.parse(text))
    except ValueError:
        raise NotFound from None


def _here():
    return reached(guard.reach(Action.SEE_FLAGS))


def _asked() -> tuple[list[Looked], int]:
    """The flags the address asks for, and how many are put aside among what it does not ask for."""
    found = flags.looked_at(_here(), _span())
    code, flag = request.args.get("site"), request.args.get("flag")
    if code:
        found = [one for one in found if one.site.code == code]
    if flag:
        found = [one for one in found if one.raised.flag.value == flag]
    aside = request.args.get("show") == "dismissed"
    return [one for one in found if one.is_dismissed == aside], sum(
        one.is_dismissed != aside for one in found
    )


@bp.get("/")
def index():
    """Those nobody has looked at yet, or (`show=dismissed`) those found in order."""
    return _page()


def _page(*, problem: str = "", at: str = "", reason: str = "", status: int = 200):
    listed, others = _asked()
    number = page_number()
    rows = listed[(number - 1) * SIZE : number * SIZE]
    return render_template(
        "desk/flags/index.html",
        page=Page(rows, number, len(listed) > number * SIZE),
        count=len(listed),
        others=others,
        aside=request.args.get("show") == "dismissed",
        span=_span(),
        sites=list_where(_here()),
        kinds=list(Flag),
        said=said,
        me=guard.user().staff_id,
        may=lambda path: guard.can(Action.SCRUTINIZE, path),
        opens=lambda path: guard.can(Action.SEE_EVENTS, path),
        kept=_kept(),
        problem=problem,
        at=at,
        reason=reason,
    ), status


def _kept() -> dict[str, str]:
    return {name: request.args[name] for name in FILTERS if request.args.get(name)}


@bp.get("/list.csv")
def export():
    """The same list as a file, without pages."""
    head = (_("日期"), _("站点"), _("看到什么"), _("说明"), _("依据"), _("看过的结论"), _("谁看的"))
    listed, _others = _asked()
    rows = (
        (
            one.raised.day.isoformat(),
            one.site.short_name,
            word(one.raised.flag),
            said(one.raised),
            "；".join(dict.fromkeys(f"{rest.title} {rest.name}".strip() for rest in one.raised.rests)),
            one.reason,
            one.by,
        )
        for one in listed
    )
    return csv_answer(_("要再看一眼的-%(day)s", day=clock.day_of(clock.now())), head, rows)


@bp.post("/dismissals")
def dismiss():
    """Looked at, and in order: with the reason."""
    reason = request.form.get("reason", "").replace("\0", "")[:200]
    try:
        one = _meant()
        with transaction():
            operations.dismiss(one.raised, reason=reason, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return _page(
            problem=sentence(refused), at=request.form.get("facts", "")[:64], reason=reason, status=409
        )
    flash(_("记下了：看过，没有问题。在“看过的”里可以撤回。"), "good")
    return redirect(url_for(".index", **_kept()), code=303)


@bp.post("/returns")
def look_again():
    """It was found in order too soon: back among those to look at."""
    try:
        one = _meant()
        with transaction():
            operations.look_again(one.raised, by=guard.user().staff_id, now=clock.now())
    except Refused as refused:
        return _page(problem=sentence(refused), at=request.form.get("facts", "")[:64], status=409)
    flash(_("放回要看的里面了。"), "good")
    return redirect(url_for(".index", **_kept()), code=303)


def _meant() -> Looked:
    """The flag of the form, as the facts are now, at a site where the user may say something to it."""
    asked = (request.form.get("flag"), request.form.get("subject"), request.form.get("facts"))
    for one in flags.looked_at(_here(), _span()):
        raised = one.raised
        if (raised.flag.value, raised.subject, raised.facts_hash) == asked:
            guard.require(one.site.path)
            return one
    raise Refused(ScrutinyRefusal.NO_FLAG)
