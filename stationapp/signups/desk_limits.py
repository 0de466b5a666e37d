"""How many places one person or household may take in a week or a month: set, ended, and on record, site by site."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.rules import Action
from stationapp.db import retried, transaction
from stationapp.refusal import NotFound
from stationapp.signups import limits
from stationapp.signups.rules import Counted, Span
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_children
from stationapp.web.filters import stamp
from stationapp.web.forms import EnumField, Form, WholeNumberField
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("limits", __name__, url_prefix="/sites/<code>/limits")

MOST = 1000


class LimitForm(Form):
    """A limit as it is typed."""

    counted = EnumField(lazy_gettext("算谁的"), of=Counted, needed=True, empty=None)
    span = EnumField(lazy_gettext("多长时间"), of=Span, needed=True, empty=None)
    most = WholeNumberField(lazy_gettext("最多几个名额"), least=1, most=MOST, needed=True)


def _its_site(code: str) -> Site:
    site = get_site(code)
    guard.require(site.path)
    return site


@bp.get("/")
def index(code: str):
    """The limits that count at a site and what stood here before: to change its own for whoever sets it up, to know
    for whoever signs people up there."""
    return _page(_its_site(code), LimitForm())


def _page(site: Site, form: LimitForm) -> str:
    return render_template(
        "desk/limits/index.html",
        site=site,
        form=form,
        limits=limits.list_limits(site.path),
        history=limits.list_history(site.id),
        beneath=list_children(site),
        may_change=guard.can(Action.SET_UP, site.path),
    )


@bp.post("/")
def set(code: str):
    """From now on; what stood in its place ends."""
    site, form = _its_site(code), LimitForm()
    if not form.validate():
        return _page(site, form), 422
    retried(lambda: _set(site, form))
    flash(_("已设定，从现在起报名的都按这个数。"))
    return redirect(url_for(".index", code=code), code=303)


def _set(site: Site, form: LimitForm) -> None:
    with transaction():
        limits.set_limit(
            site,
            form.counted.data,
            form.span.data,
            form.most.data,
            by=guard.user().staff_id,
            now=clock.now(),
        )


@bp.post("/ending")
def end(code: str):
    """One of the site's own limits no longer holds; ending it twice changes nothing."""
    site = _its_site(code)
    asked = (request.form.get("counted"), request.form.get("span"))
    if asked not in {(counted.value, span.value) for counted in Counted for span in Span}:
        raise NotFound
    counted, span = Counted(asked[0]), Span(asked[1])
    retried(lambda: _end(site, counted, span))
    flash(_("已取消这条限制。要恢复，再设一次就行。"))
    return redirect(url_for(".index", code=code), code=303)


def _end(site: Site, counted: Counted, span: Span) -> None:
    with transaction():
        for limit, owner in limits.list_limits(site.path):
            if owner.id == site.id and (limit.counted, limit.span) == (counted, span):
                limits.end_limit(limit, by=guard.user().staff_id, now=clock.now())


@bp.get("/list.csv")
def export(code: str):
    """Everything that was ever set at this site, as a file."""
    site = _its_site(code)
    head = [
        _("算谁的"),
        _("多长时间"),
        _("最多几个名额"),
        _("设定时间"),
        _("谁设的"),
        _("取消时间"),
        _("谁取消的"),
    ]
    rows = (
        [
            word(limit.counted),
            word(limit.span),
            limit.most,
            stamp(limit.made_at),
            made_by or "",
            stamp(limit.ended_at) if limit.ended_at else "",
            ended_by or "",
        ]
        for limit, made_by, ended_by in limits.list_history(site.id)
    )
    return csv_answer(_("名额限制-%(site)s", site=site.short_name), head, rows)
