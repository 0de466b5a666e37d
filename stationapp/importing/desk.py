"""Files in, from the desk: upload, look at the preview, take in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import true

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.calendar.rules import Month
from stationapp.db import db, transaction
from stationapp.importing.kinds import DISTRICT_WIDE, PERSONAL, Kind
from stationapp.importing.loaded import Loaded
from stationapp.importing.models import Upload
from stationapp.importing.operations import keep_upload, load
from stationapp.importing.queries import get_upload, sites_where
from stationapp.importing.rules import read_table
from stationapp.refusal import NotFound
from stationapp.sites.queries import get_center

bp = Blueprint("files", __name__, url_prefix="/files")


@bp.get("/")
def index():
    """Which files can be taken in, and the form."""
    return _page(200)


def _page(status: int, problem: str = ""):
    return render_template(
        "desk/files/index.html", kinds=_kinds(), problem=problem, read=request.form
    ), status


def _kinds() -> list[Kind]:
    everything = guard.can(Action.LOAD_FILES, get_center().path)
    lists = [kind for kind in Kind if kind not in PERSONAL]
    return [kind for kind in lists if everything or kind not in DISTRICT_WIDE]


@bp.post("/")
def upload():
    """Keep the file and show what it would do; nothing is taken in yet."""
    file, kinds = request.files.get("file"), {kind.value: kind for kind in _kinds()}
    kind, month = kinds.get(request.form.get("kind", "")), request.form.get("month") or None
    if kind is None:
        return _page(422, _("请选一种文件。"))
    if file is None or not file.filename:
        return _page(422, _("还没有选文件。请点“选择文件”，挑一个 CSV 或 XLSX。"))
    if month and not _month(month):
        return _page(422, _("月份读不懂，请写成 2026-11 的样子。"))
    content = file.read()
    table = read_table(content, file.filename)
    if not table.sheets:
        return _page(422, table.problems[0].message)
    with transaction():
        kept = keep_upload(kind, content, table.file, month, by=guard.user().staff_id, now=clock.now())
        number = kept.id
    return redirect(url_for(".preview", number=number), code=303)


def _month(text: str | None) -> tuple[int, int] | None:
    try:
        month = Month.parse(text or "")
    except ValueError:
        return None
    return month.year, month.month


@bp.get("/<int:number>")
def preview(number: int):
    """What the file would do, and every problem with its row."""
    try:
        upload, loaded = _take_in(number, rehearse=True)
    except NotFound:
        return _gone()
    return render_template("desk/files/preview.html", upload=upload, loaded=loaded)


@bp.post("/<int:number>/intake")
def intake(number: int):
    """Take the file in; rows with problems stay out."""
    try:
        _upload, loaded = _take_in(number, rehearse=False)
    except NotFound:
        return _gone()
    flash(
        _(
            "导入完成：新增 %(a)d 行，更新 %(c)d 行，%(s)d 行原来就有。",
            a=loaded.added,
            c=loaded.changed,
            s=loaded.same,
        )
    )
    return redirect(url_for(".index"), code=303)


def _gone():
    return _page(404, _("这份文件不在这里：可能已经导入，或者放了一天被清掉了。再传一次也不会重复。"))


def _take_in(number: int, *, rehearse: bool) -> tuple[Upload, Loaded]:
    """Load one's own upload; raises NotFound when it is gone, or of a kind one may no longer take in."""
    now, who = clock.now(), guard.user()
    kinds, here = _kinds(), reached(guard.reach(Action.LOAD_FILES))
    with transaction(rehearse=rehearse):
        kept = get_upload(number, who.staff_id, now=now, lock=True)
        if kept.kind not in kinds:
            raise NotFound
        loaded = load(
            kept.kind, kept.content, kept.filename,
            within=sites_where(true() if kept.kind in DISTRICT_WIDE else here),
            by=who.staff_id, now=now, today=clock.day_of(now), month=_month(kept.month),
        )  # fmt: skip
        if not rehearse:
            db.session.delete(kept)
    return kept, loaded
