"""Records that may be one person: look at two side by side, merge them, undo it, or say that they are two.

Both must be known at the user's sites (trust.md §4.1).
"""

from datetime import datetime

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.attendance.queries import known_at
from stationapp.calendar.rules import age_on
from stationapp.db import db, retried, transaction
from stationapp.refusal import NotFound, Refused
from stationapp.residents import duplicates, merging, queries
from stationapp.residents.models import Merge, Resident
from stationapp.residents.rules import OF_AGE, Alike, Lives
from stationapp.signups.merged import gave_back_doubles, give_back_doubles
from stationapp.volunteers.merging import refuse_two_ledgers
from stationapp.volunteers.on_record import on_record
from stationapp.web.errors import sentence
from stationapp.web.paging import paged

bp = Blueprint("duplicates", __name__, url_prefix="/duplicates")


def _known(person: type[Resident] = Resident):
    return known_at(reached(guard.reach()), person)


def _its(resident_id: int) -> Resident:
    found = db.session.scalar(select(Resident).where(Resident.id == resident_id, _known()))
    if found is None:
        raise NotFound
    return found


@bp.get("/")
def index():
    """Pairs that look like one person, a page at a time; or whom to compare one person with (`?person=`)."""
    return _list("")


@bp.post("/")
def find():
    """Whom to compare one person with: what is searched for stands in no address."""
    return _list(request.form.get("q", "").strip().replace("\0", "")[:40])


def _list(text: str) -> str:
    asked = request.args.get("person", "")
    person = _its(int(asked)) if asked.isascii() and asked.isdigit() and len(asked) < 10 else None
    if person is not None:
        found = (
            [row for row in queries.search(text, among=_known()) if row[0].id != person.id] if text else []
        )
        return render_template(
            "desk/duplicates/find.html", person=person, masked=queries.masked(person), text=text, found=found
        )
    page = paged(duplicates.pairs(_known(duplicates.ONE), _known(duplicates.OTHER)), 30, scalars=False)
    shown = queries.masked_each([person for one, other, _why in page.rows for person in (one, other)])
    rows = [(one, shown[one.id], other, shown[other.id], Alike(why)) for one, other, why in page.rows]
    return render_template("desk/duplicates/index.html", page=page, rows=rows)


@bp.get("/<int:one_id>/<int:other_id>")
def show(one_id: int, other_id: int):
    """The two side by side, masked."""
    return _pair(_its(one_id), _its(other_id))


def _pair(one: Resident, other: Resident, *, problem: str = "", reason: str = "") -> str:
    now, both = clock.now(), [one, other]
    kept = on_record([one.id, other.id])
    return render_template(
        "desk/duplicates/show.html",
        both=[(person, queries.masked(person), kept[person.id]) for person in both],
        homes=queries.home_names(both),
        same={
            "name": _compared(one.name, other.name),
            "birth": _compared(one.birth_month, other.birth_month),
            "home": _compared(_lives(one), _lives(other)),
        },
        minor=any(_is_minor(person, now) for person in both),
        merged=any(person.merged_into for person in both) or one.id == other.id,
        problem=problem,
        reason=reason,
    )


def _compared(one: object, other: object) -> str:
    """Whether they agree: same, differs; half or neither while one or both are not known."""
    if one is None or other is None:
        return "neither" if one is other else "half"
    return "same" if one == other else "differs"


def _lives(person: Resident) -> tuple | None:
    """Where somebody lives, as far as it is known."""
    return None if person.lives is Lives.UNKNOWN else (person.lives, person.community_id)


def _is_minor(person: Resident, now: datetime) -> bool:
    return person.birth_month is not None and age_on(person.birth_month, clock.day_of(now)) < OF_AGE


@bp.post("/<int:one_id>/<int:other_id>/merging")
def merge(one_id: int, other_id: int):
    """They are one person: the record chosen stays, what the other one holds twice is given back."""
    one, other = _its(one_id), _its(other_id)
    kept, gone = (other, one) if request.form.get("keep") == str(other.id) else (one, other)
    reason = request.form.get("reason", "").replace("\0", "")[:200]
    try:
        given_back = retried(lambda: _merged(kept.id, gone.id, reason, clock.now()))
    except Refused as refused:
        return _pair(one, other, problem=sentence(refused), reason=reason), 409
    flash(_("合并好了，以后算一个人。"), "good")
    if given_back:
        flash(_("同一场报了两次的，多出来的 %(n)s 个名额已经退回。", n=given_back), "good")
    return redirect(url_for("desk.residents.show", resident_id=kept.id), code=303)


def _merged(kept_id: int, gone_id: int, reason: str, now: datetime) -> int:
    by = guard.user().staff_id
    with transaction():
        merging.merge(kept_id, gone_id, by=by, reason=reason, now=now)
        refuse_two_ledgers(kept_id, gone_id)
        return give_back_doubles(kept_id, gone_id, by=by, now=now)


@bp.post("/<int:one_id>/<int:other_id>/parting")
def keep_apart(one_id: int, other_id: int):
    """They are two people: not suggested again."""
    one, other = _its(one_id), _its(other_id)
    try:
        retried(lambda: _kept_apart(one.id, other.id))
    except Refused as refused:
        return _pair(one, other, problem=sentence(refused)), 409
    flash(_("记下了：不是同一人，以后不再提示。"), "good")
    return redirect(url_for(".index"), code=303)


def _kept_apart(one_id: int, other_id: int) -> None:
    with transaction():
        merging.keep_apart(one_id, other_id, by=guard.user().staff_id, now=clock.now())


@bp.post("/merges/<int:merge_id>/undoing")
def undo(merge_id: int):
    """They are two people after all; places given back meanwhile stay given back."""
    made = db.session.get(Merge, merge_id)
    if made is None:
        raise NotFound
    kept = _its(made.kept_id)
    if retried(lambda: _undone(merge_id)):
        flash(_("已撤销，又是两条记录。"), "good")
        if gave_back_doubles(made.kept_id, made.gone_id, at=made.at):
            flash(_("合并时退回的名额没有恢复，要的话请重新报名。"), "warn")
    return redirect(url_for("desk.residents.show", resident_id=kept.id), code=303)


def _undone(merge_id: int) -> bool:
    with transaction():
        return merging.undo_merge(merge_id, by=guard.user().staff_id, now=clock.now())
