"""The outbox at the desk: what went out to whom by text message and mail, what came of it, and what is in doubt."""

from enum import Enum

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.db import db, retried, transaction
from stationapp.messages import sent
from stationapp.messages.deciding import decide, reveal_text
from stationapp.messages.models import Message
from stationapp.messages.phrases import KNOWN
from stationapp.messages.rules import Delivery
from stationapp.messages.sending_words import OCCASIONS, WHY
from stationapp.notices.rules import Occasion
from stationapp.refusal import NotFound, Refused
from stationapp.sites.models import Site
from stationapp.web.errors import sentence
from stationapp.web.filters import stamp
from stationapp.web.paging import Page, paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("messages", __name__, url_prefix="/messages")

MOST_EXPORTED = 5_000


def _case(kind: type[Enum], name: str) -> Enum | None:
    return next((case for case in kind if case.value == request.args.get(name)), None)


def _asked() -> list:
    """The filters of the address as conditions."""
    chosen = (
        (Message.state, _case(Delivery, "state")),
        (Message.way, next((way for way in sent.SENT if way.value == request.args.get("way")), None)),
        (Message.occasion, _case(Occasion, "occasion")),
    )
    return [column == case for column, case in chosen if case is not None]


@bp.get("/")
def index():
    """Counts by way and state, and the messages behind them."""
    here = reached(guard.reach())
    page = paged(sent.outbox(here, *_asked()), scalars=False)
    return render_template(
        "desk/messages/index.html",
        page=Page(sent.lines(page.rows), page.number, page.more),
        counts=sent.counts(here),
        states=Delivery,
        ways=sent.SENT,
        occasions=OCCASIONS,
        known=KNOWN,
        why=WHY,
    )


@bp.get("/export")
def export():
    """The same list as a file, masked."""
    rows = db.session.execute(sent.outbox(reached(guard.reach()), *_asked()).limit(MOST_EXPORTED)).all()
    head = (
        _("编号"),
        _("写下"),
        _("方式"),
        _("事情"),
        _("姓名"),
        _("电话"),
        _("阵地"),
        _("状态"),
        _("说明"),
        _("次数"),
    )
    return csv_answer(
        _("短信和邮件"),
        head,
        (
            (
                line.message.id, stamp(line.message.made_at), word(line.message.way),
                OCCASIONS[line.message.occasion], line.shown.name, line.shown.phone, line.site.short_name,
                word(line.message.state), WHY.get(line.message.why, line.message.why), line.message.tries,
            )
            for line in sent.lines(rows)
        ),
    )  # fmt: skip


def _its(message_id: int) -> Message:
    message = db.session.get(Message, message_id)
    if message is None:
        raise NotFound
    guard.require(db.session.get_one(Site, message.site_id).path)
    return message


@bp.get("/<int:message_id>")
def show(message_id: int):
    """One message: its tries and reports, masked."""
    return _page(_its(message_id))


def _page(message: Message, *, text: str = "", problem: str = ""):
    site = db.session.get_one(Site, message.site_id)
    rows = db.session.execute(sent.outbox(Site.id == site.id, Message.id == message.id)).all()
    found = sent.lines(rows)
    if not found:  # a call or a line of a page: it has a place of its own
        return redirect(url_for("desk.calls.index"), code=303)
    return render_template(
        "desk/messages/show.html",
        line=found[0],
        attempts=sent.attempts_of(message),
        receipts=sent.receipts_of(message),
        occasions=OCCASIONS,
        why=WHY,
        text=text,
        problem=problem,
        in_doubt=message.state is Delivery.IN_DOUBT,
        may_reveal=message.text_sealed is not None and guard.can(Action.REVEAL, site.path),
    )


@bp.post("/<int:message_id>/decision")
def decision(message_id: int):
    """Somebody says of a message in doubt that it arrived, or that they will call."""
    message = _its(message_id)
    outcome = request.form.get("outcome")
    if outcome not in ("arrived", "call"):
        raise NotFound
    try:
        retried(lambda: _decided(message_id, outcome == "arrived"))
    except Refused as refused:
        return _page(message, problem=sentence(refused)), 409
    flash(_("记下了：已经收到。") if outcome == "arrived" else _("放到打电话的名单上了。"), "good")
    return redirect(url_for(".index", state=Delivery.IN_DOUBT.value), code=303)


def _decided(message_id: int, arrived: bool) -> None:
    with transaction():
        decide(message_id, arrived=arrived, by=guard.user().staff_id, now=clock.now())


@bp.post("/<int:message_id>/text")
def text(message_id: int):
    """The same page with what was sent, once; never a GET, with the reason on record."""
    message = _its(message_id)
    try:
        with transaction():
            reason = request.form.get("reason", "").replace("\0", "")
            shown = reveal_text(message, by=guard.user().staff_id, reason=reason, now=clock.now())
    except Refused as refused:
        return _page(message, problem=sentence(refused)), 422
    return _page(message, text=shown)
