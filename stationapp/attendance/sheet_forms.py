"""A signed sheet as it is typed: which rows came, when some of them left, who wrote themselves into the empty rows."""

from collections.abc import Collection
from dataclasses import dataclass, field

from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from stationapp import clock
from stationapp.attendance.models import SignSheet
from stationapp.attendance.rules import told_at
from stationapp.attendance.sheet_entry import Signed
from stationapp.attendance.sheet_rules import (
    Misread,
    RowProblem,
    Times,
    read_rows,
    read_times,
)
from stationapp.attendance.sheets import last_row
from stationapp.events.models import Event
from stationapp.phones import normal_phone
from stationapp.refusal import Refused
from stationapp.residents.rules import PersonIn, person_problem, tidied
from stationapp.web.errors import sentence

LONGEST = 500
"""Characters of a field that are looked at."""

_SHOWN = 10
"""Empty rows that have their fields on the page at once; the others get theirs when their number is typed."""


@dataclass
class Filled:
    """A sheet as it was filled in: values as typed, `problems` by field name, what they mean, and `asked`, the empty
    rows that have fields for a name and a phone."""

    typed: dict[str, str] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    asked: list[int] = field(default_factory=list)
    signed: list[Signed] = field(default_factory=list)


def blank(sheet: SignSheet, known: Collection[int]) -> Filled:
    """Nothing typed yet; `known` are the rows of which it is known who stands there."""
    return Filled(asked=_open_rows(sheet, known)[:_SHOWN])


def read_filled(form: MultiDict, sheet: SignSheet, event: Event, known: Collection[int]) -> Filled:
    """What was typed, and what it means; `signed` is worth something only without problems."""
    read = Filled(typed={name: form.get(name, "").replace("\0", "")[:LONGEST] for name in ("rows", "times")})
    rows, times = _typed_rows(read, sheet), _typed_times(read, sheet, event)
    open_rows = _open_rows(sheet, known)
    people = {n: one for n in open_rows if (one := _person(read, form, n, n in rows or n in times))}
    for number in sorted(rows | set(times) | set(people)):
        at = times.get(number, Times(None, None))
        came = told_at(event.starts_at, event.ends_at, at.came) if at.came else event.starts_at
        left = told_at(event.starts_at, event.ends_at, at.left) if at.left else None
        written, person = at.came is not None, people.get(number)
        read.signed.append(Signed(row=number, came=came, written=written, left=left, person=person))
    needed = rows | set(times) | set(people)
    read.asked = [n for place, n in enumerate(open_rows) if place < _SHOWN or n in needed]
    return read


def _open_rows(sheet: SignSheet, known: Collection[int]) -> list[int]:
    return [n for n in range(sheet.named_rows + 1, last_row(sheet) + 1) if n not in known]


def _typed_rows(read: Filled, sheet: SignSheet) -> frozenset[int]:
    try:
        return read_rows(read.typed["rows"], named=sheet.named_rows, last=last_row(sheet))
    except Misread as misread:
        read.problems["rows"] = _said(misread, sheet)
        return frozenset()


def _typed_times(read: Filled, sheet: SignSheet, event: Event) -> dict[int, Times]:
    overnight = clock.day_of(event.starts_at) != clock.day_of(event.ends_at)
    try:
        return read_times(read.typed["times"], last=last_row(sheet), overnight=overnight)
    except Misread as misread:
        read.problems["times"] = _said(misread, sheet)
        return {}


def _person(read: Filled, form: MultiDict, number: int, came: bool) -> PersonIn | None:
    """Who signed in an empty row; None for a row nobody wrote in."""
    for name in (f"name_{number}", f"phone_{number}"):
        read.typed[name] = " ".join(form.get(name, "").replace("\0", "").split())[:40]
    name, phone = read.typed[f"name_{number}"], read.typed[f"phone_{number}"]
    if not (name or phone or came):
        return None
    if not name:
        read.problems[f"name_{number}"] = _("请写上第 %(n)s 行的姓名；看不清的，归档时记在人数里。", n=number)
        return None
    person = tidied(PersonIn(name, phone or None))
    if phone and normal_phone(phone) is None:
        read.problems[f"phone_{number}"] = _("第 %(n)s 行的电话看不懂，请再对一遍；看不清就空着。", n=number)
    elif problem := person_problem(person, clock.day_of(clock.now())):
        read.problems[f"name_{number}"] = sentence(Refused(problem))
    return person


def _said(misread: Misread, sheet: SignSheet) -> str:
    piece, last = misread.piece, last_row(sheet)
    return {
        RowProblem.UNREADABLE: _("“%(piece)s”看不懂。行号请写成“1-12、15”的样子。", piece=piece),
        RowProblem.NO_SUCH_ROW: _("没有第 %(piece)s 行，这份表是 1 到 %(last)s 行。", piece=piece, last=last),
        RowProblem.BACKWARDS: _("“%(piece)s”前面的数比后面的大，请再看一遍。", piece=piece),
        RowProblem.NO_TIME: _("第 %(piece)s 行后面没有时间。请写成“23 16:30”的样子。", piece=piece),
        RowProblem.NO_SUCH_TIME: _("没有“%(piece)s”这个时间。请写成 16:30 的样子。", piece=piece),
        RowProblem.TIMES_BACKWARDS: _("离开的时间（%(piece)s）要晚于到的时间。", piece=piece),
    }[misread.problem]
