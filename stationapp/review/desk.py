"""The reviewer's queue: what was submitted and what to look at in it, decided one by one or all that are clean."""

from collections.abc import Callable
from datetime import datetime
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.calendar.forms import asked_month
from stationapp.db import db, retried, transaction
from stationapp.events.clashes import in_words
from stationapp.events.forms import EventForm, ReasonForm, said
from stationapp.events.guard import event_here
from stationapp.refusal import Refused
from stationapp.review import operations
from stationapp.review.queries import (
    Submitted,
    Wanted,
    count_waiting,
    find_waiting,
    look_at,
    waiting,
)
from stationapp.review.rules import ReviewRefusal, problems
from stationapp.sites.models import Site
from stationapp.sites.queries import list_where
from stationapp.web.filters import stamp
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.view import local_path
from stationapp.web.words import word

bp = Blueprint("queue", __name__, url_prefix="/queue")

SIZE = 40
MOST_EXPORTED = 2_000


@bp.get("/")
def index():
    """What waits for this reviewer, station by station in code order."""
    return _page()


def _wanted(sites: list[Site]) -> Wanted:
    return Wanted(
        site=next((site for site in sites if site.code == request.args.get("site")), None),
        month=asked_month(),
    )


def _page(*, status: int = 200, failed: str = "", problem: str = "", typed: dict | None = None):
    now = clock.now()
    here = reached(guard.reach())
    sites = list_where(here)
    wanted = _wanted(sites)
    page = paged(waiting(here, wanted), SIZE, scalars=False)
    items = [(one, problems(one.seen, now)) for one in look_at(page.rows, reviewer=guard.user().staff_id)]
    return render_template(
        "desk/queue/index.html",
        page=page,
        groups=[(site, list(found)) for site, found in groupby(items, key=lambda item: item[0].site)],
        clean=[one for one, found in items if not found],
        total=count_waiting(here),
        sites=sites,
        wanted=wanted,
        labels=_labels(),
        reasons=_reasons(),
        failed=failed,
        failed_here=any(one.event.code == failed for one, _found in items),
        problem=problem,
        typed=typed or {},
        back=request.full_path if request.method == "GET" else _back(),
    ), status


def _labels() -> dict[str, str]:
    return {field.name: str(field.label.text) for field in EventForm()}


def _reasons() -> list[str]:
    """What reviewers write most; chosen with one key instead of typed."""
    return [
        _("时间和别的活动撞了，请换个时间。"),
        _("介绍看不明白，请用大白话写清办什么、给谁办。"),
        _("地点没写清楚，居民找不到，请补上。"),
        _("名额和场地对不上，请核对。"),
        _("报名时间不对，请核对。"),
        _("和上面的安排重复了，请和所里商量。"),
    ]


@bp.get("/list.csv")
def export():
    """The same as a file, without pages."""
    now, here = clock.now(), reached(guard.reach())
    query = waiting(here, _wanted(list_where(here))).limit(MOST_EXPORTED)
    items = look_at(db.session.execute(query).all(), reviewer=guard.user().staff_id)
    head = (
        _("编号"), _("站点"), _("开始"), _("结束"), _("标题"), _("一句话介绍"), _("类别"), _("面向谁"),
        _("地点"), _("名额"), _("提交人"), _("提示"),
    )  # fmt: skip
    rows = (
        (
            one.event.code, one.site.short_name, stamp(one.event.starts_at), stamp(one.event.ends_at),
            one.event.title, one.event.summary, word(one.event.category), one.event.audience, one.event.place,
            one.event.capacity, one.by, "；".join(word(case) for case in problems(one.seen, now)),
        )
        for one in items
    )  # fmt: skip
    return csv_answer(_("待审核-%(day)s", day=clock.day_of(now)), head, rows)


# --- one --------------------------------------------------------------------------------------------------------


@bp.post("/<code>/publication")
def publication(code: str):
    """Let one go before the public."""
    return _decide(code, operations.approve, _("已通过：%(title)s，居民现在可以看到。"))


@bp.post("/<code>/return")
def send_back(code: str):
    """Give one back with a reason: chosen, typed, or both."""
    form = ReasonForm()
    typed = {"common": request.form.get("common", "")[:100], "reason": form.reason.data}
    if not form.validate():
        event_here(code)
        return _page(status=422, failed=code, problem=str(form.reason.errors[0]), typed=typed)
    chosen = typed["common"] if typed["common"] in _reasons() else ""
    return _decide(
        code,
        operations.give_back,
        _("已退回：%(title)s，站点会看到原因。"),
        typed,
        reason=f"{chosen}{form.reason.data}",
    )


def _decide(code: str, act: Callable, done: str, typed: dict | None = None, **more):
    event, site = event_here(code)
    step = _step(request.form.get("step", ""))

    def attempt() -> None:
        with transaction():
            act(event, step=step, by=guard.user().staff_id, now=clock.now(), **more)

    try:
        retried(attempt)
    except Refused as refused:
        return _page(status=409, failed=code, problem=said(in_words(refused, site)), typed=typed)
    flash(done % {"title": event.title})
    return redirect(_back(), code=303)


def _step(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _back() -> str:
    asked = local_path(request.form.get("next", ""))
    return asked if asked.startswith("/desk/queue/") else url_for(".index")


# --- all that are clean -----------------------------------------------------------------------------------------


@bp.post("/publications")
def publications():
    """Let everything go that was shown as clean and still is what was shown; the rest is named with its reason."""
    now, by = clock.now(), guard.user().staff_id
    asked = _asked()
    rows = find_waiting(reached(guard.reach()), asked)
    done, left = 0, []
    for one in look_at(rows, reviewer=by):
        if reason := _publish(one, asked[one.event.code], by, now):
            left.append(_("%(title)s（%(site)s）：%(reason)s", title=one.event.title, site=one.site.short_name,
                          reason=reason))  # fmt: skip
        else:
            done += 1
    gone = len(asked) - len(rows)
    if gone:
        left.append(_("另有 %(n)s 场已经不在待审核里", n=gone))
    flash(_("已通过 %(n)s 场，居民现在可以看到。", n=done), "good" if done else "warn")
    if left:
        flash(_("没有通过的：%(which)s", which="；".join(left)), "warn")
    return redirect(_back(), code=303)


def _asked() -> dict[str, int]:
    """The step each event was shown with, by its code: `seen=K7Q2M9X4.51`."""
    parts = (text.partition(".") for text in request.form.getlist("seen")[: SIZE * 2])
    return {code: _step(step) for code, _dot, step in parts}


def _publish(one: Submitted, step: int, by: int, now: datetime) -> str:
    """Publish it by itself, so that one that cannot be does not hold up the rest; why not, or ""."""
    if found := problems(one.seen, now):
        return "、".join(word(case) for case in found)

    def attempt() -> None:
        with transaction():
            operations.approve(one.event, step=step, by=by, now=now)

    try:
        retried(attempt)
    except Refused as refused:
        return (
            _("看过以后有变化")
            if refused.reason is ReviewRefusal.CHANGED
            else said(in_words(refused, one.site))
        )
    return ""
