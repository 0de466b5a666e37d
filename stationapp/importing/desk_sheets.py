"""The two papers at the desk, signed sheet and sign-up list: upload, see each line, put it right, take it in."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from stationapp import clock
from stationapp.accounts import guard
from stationapp.accounts.queries import reached
from stationapp.accounts.rules import Action
from stationapp.audit.operations import record
from stationapp.db import retried, transaction
from stationapp.importing.corrections import Correction, Corrections
from stationapp.importing.forms import LineForm
from stationapp.importing.kinds import PERSONAL, Kind
from stationapp.importing.meant import Candidate
from stationapp.importing.models import Upload
from stationapp.importing.operations import content_of, corrections_of, keep_corrections, keep_upload
from stationapp.importing.paperwork import NEW, Outcome, SheetsLoaded, Taken
from stationapp.importing.queries import get_upload, list_candidates, sites_where
from stationapp.importing.sheets import PAPERS, take_sheet
from stationapp.importing.tables import read_table
from stationapp.refusal import NotFound
from stationapp.residents.rules import mask
from stationapp.sites.models import Site
from stationapp.web.errors import sentence
from stationapp.web.sheets import csv_answer
from stationapp.web.words import word

bp = Blueprint("sheets", __name__, url_prefix="/sheets")

MOST_PRINTABLE = 20
"""Events whose empty sheet is offered, the nearest first; every other has it on its own page."""

MOST_EVENTS = 100
"""Events to choose from, the nearest first."""


@bp.get("/")
def index():
    """What the two papers should look like, and the form; `?kind=` and `?event=` from an event's page."""
    return _page(200, kind=_kind(request.args), event=request.args.get("event", ""))


def _kind(given) -> Kind:
    """Which of the two papers; the signed one unless the other is named."""
    return Kind.SIGNUPS if given.get("kind") == Kind.SIGNUPS.value else Kind.SIGNIN


def _page(status: int, problem: str = "", *, kind: Kind = Kind.SIGNIN, event: str = ""):
    coming = _events(Kind.SIGNUPS)
    offered = coming if kind is Kind.SIGNUPS or not event else _events(kind)
    return render_template(
        "desk/sheets/index.html",
        problem=problem,
        kind=kind,
        kinds=list(PAPERS),
        event=next((one for one in offered if one.code == event), None),
        printable=coming[:MOST_PRINTABLE],
    ), status


@bp.post("/")
def upload():
    """Keep the file and show what it would do; nothing is taken in yet."""
    file, kind, event = request.files.get("file"), _kind(request.form), request.form.get("event", "")
    if file is None or not file.filename:
        problem = _("还没有选文件。请点“选择文件”，挑一个 CSV 或 XLSX。")
        return _page(422, problem, kind=kind, event=event)
    content = file.read()
    table = read_table(content, file.filename)
    if not table.sheets:
        return _page(422, table.problems[0].message, kind=kind, event=event)
    by, now = guard.user().staff_id, clock.now()
    with transaction():
        kept = keep_upload(kind, content, table.file, None, by=by, now=now)
        if event in {one.code for one in _events(kind)}:
            keep_corrections(kept, Corrections(preset=event))
        record("importing.keep_sheet", f"upload {kept.id}", by=by, now=now)  # it shows people in full
        number = kept.id
    return redirect(url_for(".show", number=number), code=303)


@bp.get("/<int:number>")
def show(number: int):
    """Each line as it is read, what becomes of it and why; `?line=` opens one to be put right."""
    asked = request.args.get("line", "")
    try:
        kept, loaded = _take_in(number, rehearse=True)
    except NotFound:
        return _gone()
    line = next((one for one in loaded.lines if str(one.number) == asked), None)
    form = None
    if line is not None:
        form = LineForm.of(line, _own(line)).for_paper(kept.kind)
        form.event.data = line.event.id if line.event else None
    return _shown(kept, loaded, line, form)


def _own(line: Taken) -> str:
    """The community of the line's event."""
    sites = sites_where(Site.id == line.event.site_id) if line.event else []
    return sites[0].code if sites else ""


def _events(kind: Kind) -> list[Candidate]:
    """The events such a paper may be of, at the sites one signs people up for."""
    within = {site.id for site in sites_where(reached(guard.reach(Action.SIGN_UP)))}
    work, now = PAPERS[kind], clock.now()
    found = list_candidates(within, now=now, coming=work.coming)
    return [one for one in found if not work.against(one, now)][:MOST_EVENTS]


def _shown(
    kept: Upload, loaded: SheetsLoaded, line: Taken | None, form: LineForm | None, *, problem="", status=200
):
    events, lines = _events(kept.kind), _asked(loaded)
    if form is not None:
        form.community.offer(clock.now())
        _offer(form, events, line)
    return render_template(
        "desk/sheets/show.html",
        upload=kept,
        loaded=loaded,
        lines=lines,
        open=line.number if line and form else None,
        form=form,
        events=events,
        problem=problem,
        Outcome=Outcome,
        tone=_tone,
    ), status


def _asked(loaded: SheetsLoaded) -> list[Taken]:
    """All lines, or (`?only=problems`) those that something is said of."""
    if request.args.get("only") != "problems":
        return loaded.lines
    return [one for one in loaded.lines if one.problems or one.outcome is Outcome.LOST]


def _tone(outcome: Outcome) -> str:
    if outcome in (Outcome.LEFT_OUT, Outcome.WAITS):
        return "warn"
    return "good" if outcome in NEW else "bad" if outcome is Outcome.LOST else "plain"


@bp.get("/<int:number>/lines.csv")
def export(number: int):
    """The lines and what becomes of them, people masked and nothing quoted of what was written about them."""
    try:
        kept, loaded = _take_in(number, rehearse=True)
    except NotFound:
        return _gone()
    head = (_("工作表"), _("行"), _("姓名"), _("电话"), _("哪一场活动"), _("结果"), _("说明"))
    return csv_answer(f"{word(kept.kind)}-{number}", head, (_row(line) for line in _asked(loaded)))


def _row(line: Taken) -> tuple[object, ...]:
    who = mask(line.draft.name, line.draft.phone)
    said = "".join(one.clause for one in line.problems)
    event = line.event.said if line.event else ""
    return line.sheet, line.row, who.name, who.phone, event, word(line.outcome), said


def _offer(form: LineForm, events: list[Candidate], line: Taken | None) -> None:
    rows = [(one.id, one.said) for one in events]
    if line and line.event and line.event.id not in dict(rows):
        rows.append((line.event.id, line.event.said))
    form.event.offer(rows, empty=_("按表上写的"))


@bp.post("/<int:number>/rows/<int:line>")
def correct(number: int, line: int):
    """Put a line right (`act` save), leave it out, or take it as the paper says again."""
    try:
        kept, loaded = _take_in(number, rehearse=True)
    except NotFound:
        return _gone()
    its = next((one for one in loaded.lines if one.number == line), None)
    if its is None:
        raise NotFound
    act, correction = request.form.get("act", ""), None
    if act == "out":
        correction = Correction(None)
    elif act != "back":
        form, events = LineForm().for_paper(kept.kind), _events(kept.kind)
        _offer(form, events, its)
        if not form.validate():
            return _shown(kept, loaded, its, form, status=422)
        correction = form.correction(its, [*events, *([its.event] if its.event else [])])
    _keep(number, lambda known: known.with_line(line, correction))
    return redirect(url_for(".show", number=number, _anchor=f"line-{line}"), code=303)


@bp.post("/<int:number>/event")
def choose(number: int):
    """Say which event a sheet is of; nothing chosen is what stands above its table."""
    try:
        kept, loaded = _take_in(number, rehearse=True)
    except NotFound:
        return _gone()
    code, sheet = request.form.get("event", ""), request.form.get("sheet", "")
    if sheet not in {one.name for one in loaded.sheets}:
        raise NotFound
    if code and code not in {one.code for one in _events(kept.kind)}:
        return _shown(kept, loaded, None, None, problem=_("请从列表里选一场活动。"), status=422)
    _keep(number, lambda known: known.with_event(sheet, code))
    return redirect(url_for(".show", number=number), code=303)


def _keep(number: int, change) -> None:
    with transaction():
        kept = get_upload(number, guard.user().staff_id, now=clock.now(), lock=True)
        keep_corrections(kept, change(corrections_of(kept)))


@bp.post("/<int:number>/intake")
def intake(number: int):
    """Take the good lines in. The sheet stays for its day: what was left can be put right and taken in after."""
    try:
        kept, loaded = retried(lambda: _take_in(number, rehearse=False))
    except NotFound:
        return _gone()
    left = loaded.number_of(Outcome.LOST, Outcome.LEFT_OUT)
    said = _came(loaded) if kept.kind is Kind.SIGNIN else _signed_up(loaded)
    flash(said + (_("有 %(l)d 行没有记，原因写在下面；改好以后可以再记一次。", l=left) if left else ""))
    return redirect(url_for(".show", number=number), code=303)


def _came(loaded: SheetsLoaded) -> str:
    return _(
        "记下 %(a)d 人到场，%(s)d 人原来就在名单上，%(n)d 人没有签名。",
        a=loaded.added,
        s=loaded.same,
        n=loaded.number_of(Outcome.ABSENT),
    )


def _signed_up(loaded: SheetsLoaded) -> str:
    return _(
        "报上 %(a)d 家，排候补或等抽签 %(w)d 家，原来就报过 %(s)d 家。",
        a=loaded.number_of(Outcome.SEATED),
        w=loaded.number_of(Outcome.WAITS),
        s=loaded.same,
    )


def _gone():
    return _page(404, _("这份表不在这里：可能放了一天被清掉了，或者又传了一份。再传一次也不会重复。"))


def _take_in(number: int, *, rehearse: bool) -> tuple[Upload, SheetsLoaded]:
    """Take one's own sheet in, or find out what that would do; raises NotFound when it is gone."""
    now, who = clock.now(), guard.user()
    here = reached(guard.reach(Action.SIGN_UP))
    with transaction(rehearse=rehearse):
        kept = get_upload(number, who.staff_id, now=now, lock=True)
        if kept.kind not in PERSONAL:
            raise NotFound
        loaded = take_sheet(
            kept.kind, content_of(kept), kept.filename, within=sites_where(here), by=who.staff_id, now=now,
            say=sentence, corrections=corrections_of(kept),
        )  # fmt: skip
    return kept, loaded
