"""Templates at the desk: what the center and the offices hand down, and what sites make of it."""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock, codes
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.forms import read_day, read_time
from stationapp.catalogue import operations, queries, rules
from stationapp.catalogue.forms import TemplateForm, remark_of
from stationapp.catalogue.models import Template
from stationapp.catalogue.queries import Wanted
from stationapp.db import db, retried, transaction
from stationapp.events.forms import asked_key
from stationapp.events.models import Event
from stationapp.events.rules import Category, Theme
from stationapp.refusal import Refused
from stationapp.rooms.queries import find_room, list_shared
from stationapp.sites.models import Site
from stationapp.sites.queries import get_site, list_where
from stationapp.web.asked import asked_case
from stationapp.web.errors import sentence
from stationapp.web.paging import paged
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("templates", __name__, url_prefix="/templates")

MOST_EXPORTED = 5_000


def _paths() -> list[str]:
    return [path for path, _reach in guard.reach(Action.PLAN)]


def _seen(code: str) -> tuple[Template, Site]:
    """A template that this user's sites may take over, or that one of them owns."""
    return queries.get_offered(code, _paths())


def _own(code: str) -> tuple[Template, Site]:
    """A template whose owner the user plans for."""
    template, owner = queries.get_template(code)
    guard.require(owner.path)
    return template, owner


def _owners() -> list[Site]:
    return [site for site in list_where(reached(guard.reach(Action.PLAN))) if site.level in rules.OWNERS]


def _takers(owner: Site) -> list[Site]:
    return queries.takers(owner, reached(guard.reach(Action.PLAN)), clock.day_of(clock.now()))


# --- the list ---------------------------------------------------------------------------------------------------


def _wanted(owners: list[Site]) -> Wanted:
    asked = request.args
    return Wanted(
        owner=next((site for site in owners if site.code == asked.get("owner")), None),
        category=asked_case("category", Category),
        theme=asked_case("theme", Theme),
        text=asked.get("q", "").strip().replace("\0", "")[:60],
        retired="retired" in asked,
    )


@bp.get("/")
def index():
    """What may be taken over: the center's first, then the offices' in code order."""
    where = queries.offered(_paths())
    owners = queries.owners(where)
    wanted = _wanted(owners)
    page = paged(queries.list_templates(where, wanted), scalars=False)
    return render_template(
        "desk/templates/index.html",
        page=page,
        themes=queries.themes_of([template.id for template, _owner in page.rows]),
        owners=owners,
        wanted=wanted,
        may_write=bool(_owners()),
        Category=Category,
        Theme=Theme,
    )


@bp.get("/list.csv")
def export():
    """The same list as a file, without pages."""
    where = queries.offered(_paths())
    query = queries.list_templates(where, _wanted(queries.owners(where))).limit(MOST_EXPORTED)
    rows = db.session.execute(query).all()
    themes = queries.themes_of([template.id for template, _owner in rows])
    head = (
        _("编号"), _("名称"), _("一句话介绍"), _("类别"), _("任务"), _("主题"), _("面向谁"), _("最小年龄"),
        _("最大年龄"), _("名额"), _("一般几点"), _("分钟"), _("请带上"), _("志愿者"), _("归谁"),
    )  # fmt: skip
    lines = (
        (
            t.code, t.title, t.summary, word(t.category), word(t.task), "、".join(sorted(map(word, themes[t.id]))),
            t.audience, t.min_age, t.max_age, t.capacity, f"{t.starts:%H:%M}", t.minutes, t.bring, t.volunteers,
            owner.short_name,
        )
        for t, owner in rows
    )  # fmt: skip
    return csv_answer(_("活动模板-%(day)s", day=clock.day_of(clock.now())), head, lines)


# --- one template -----------------------------------------------------------------------------------------------


@bp.get("/<code>")
def show(code: str):
    """One template, and taking it over."""
    return _page(*_seen(code))


def _page(
    template: Template, owner: Site, *, status: int = 200, problem: str = "", typed: dict | None = None
):
    takers = _takers(owner)
    return render_template(
        "desk/templates/show.html",
        template=template,
        owner=owner,
        themes=sorted(queries.themes_of([template.id])[template.id], key=list(Theme).index),
        shared=find_room(template.shared_id),
        origin=queries.adapted_from(template),
        takers=takers,
        several=len(takers) > 1,
        may_change=guard.can(Action.PLAN, owner.path),
        may_adapt=bool(_owners()),
        key=asked_key() or codes.new_public(),
        problem=problem,
        typed=typed or {"day": "", "hour": f"{template.starts:%H:%M}", "site": ""},
    ), status


@bp.route("/new", methods=["GET", "POST"])
def new():
    """A new template, blank or adapted from another (`?based_on=`)."""
    owners = _owners()
    based_on = _seen(request.args["based_on"])[0] if "based_on" in request.args else None
    owner = _chosen_owner(owners)
    if owner is None:
        return render_template("desk/templates/pick_site.html", owners=owners, based_on=based_on)
    form = TemplateForm(obj=queries.fields_of(based_on) if based_on else None)
    form.offer_shared(list_shared(owner))
    page = {"form": form, "owner": owner, "based_on": based_on, "key": asked_key() or codes.new_public()}
    if not form.is_submitted():
        return render_template("desk/templates/new.html", **page)
    if not form.validate():
        return render_template("desk/templates/new.html", **page), 422
    made = retried(lambda: _written(owner, form, based_on))
    flash(_("模板已保存，下面的站点现在就能采用。"))
    return redirect(url_for(".show", code=made.code), code=303)


def _written(owner: Site, form: TemplateForm, based_on: Template | None) -> Template:
    by, now = guard.user().staff_id, clock.now()
    with transaction():
        return operations.write(owner, form.fields(), based_on=based_on, key=asked_key(), by=by, now=now)


def _chosen_owner(owners: list[Site]) -> Site | None:
    """Whose template it becomes: `?site=`, or the only one there is to choose."""
    if code := request.args.get("site"):
        site = get_site(code)
        guard.require(site.path)
        if site.level not in rules.OWNERS:
            raise Refused(rules.TemplateRefusal.STATION_OWNS_NONE)
        return site
    return owners[0] if len(owners) == 1 else None


@bp.route("/<code>/edit", methods=["GET", "POST"])
def edit(code: str):
    """Change a template; events made from it stay as they are."""
    template, owner = _own(code)
    form = TemplateForm(obj=queries.fields_of(template))
    form.offer_shared(list_shared(owner))
    if not form.is_submitted():
        return render_template("desk/templates/edit.html", form=form, owner=owner, template=template)
    if not form.validate():
        return render_template("desk/templates/edit.html", form=form, owner=owner, template=template), 422
    with transaction():
        operations.change(template, form.fields(), by=guard.user().staff_id, now=clock.now())
    flash(_("已保存。以前照它写的活动不会跟着变。"))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/<code>/retirement")
def retirement(code: str):
    """Offer it to nobody any more."""
    template, _owner = _own(code)
    with transaction():
        operations.retire(template, by=guard.user().staff_id, now=clock.now())
    flash(_("已停用，别人看不到了。随时可以恢复。"))
    return redirect(url_for(".show", code=code), code=303)


@bp.post("/<code>/return")
def bring_back(code: str):
    """Offer it again."""
    template, _owner = _own(code)
    with transaction():
        operations.bring_back(template, by=guard.user().staff_id, now=clock.now())
    flash(_("已恢复，下面的站点又能采用了。"))
    return redirect(url_for(".show", code=code), code=303)


# --- taking it over ---------------------------------------------------------------------------------------------


@bp.post("/<code>/drafts")
def draft(code: str):
    """One draft at one site; its form comes next."""
    template, owner = _seen(code)
    site = get_site(request.form.get("site", ""))
    guard.require(site.path)
    typed = {name: request.form.get(name, "")[:20] for name in ("site", "day", "hour")}
    starts_at = _read(typed["day"], typed["hour"])
    if starts_at is None:
        return _page(template, owner, status=422, problem=_("请选好日期和几点开始。"), typed=typed)
    try:
        made = retried(lambda: _drafted(template, operations.Wish(site, starts_at)))
    except Refused as refused:
        return _page(template, owner, status=409, problem=sentence(refused), typed=typed)
    flash(_("草稿写好了。按本站的情况改一改，再提交。"))
    return redirect(url_for("desk.events.edit", code=made.code), code=303)


def _drafted(template: Template, wish: operations.Wish) -> Event:
    """The draft; of the same page sent twice the one written before."""
    remark, by = remark_of(template.volunteers), guard.user().staff_id
    with transaction():
        return operations.take_over_once(
            template, wish, key=asked_key(), by=by, now=clock.now(), remark=remark
        )


def _read(day: str, hour: str) -> datetime | None:
    on, at = read_day(day), read_time(hour)
    return rules.begins(on, at) if on and at else None
