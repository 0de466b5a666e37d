"""The access table: every endpoint and method, and what it asks for (trust.md §5).

PUBLIC: anybody. STAFF: anybody signed in at the desk. An `Action`: a role that grants it at the site the
object belongs to, which the handler checks with `accounts.guard.require(site.path)`. An endpoint without a row
is refused at run time and fails the tests.
"""

from stationapp.accounts.rules import Action

PUBLIC = "public"
STAFF = "staff"

Row = dict[str, str | Action]


def _read(rule: str | Action) -> Row:
    return {"GET": rule}


def _write(rule: str | Action) -> Row:
    return {"POST": rule}


def _both(rule: str | Action) -> Row:
    return {"GET": rule, "POST": rule}


TABLE: dict[str, Row] = {
    "static": _read(PUBLIC),
    # residents
    "health.alive": _read(PUBLIC),
    "health.ready": _read(PUBLIC),
    "view.choose": _write(PUBLIC),
    "events.index": _read(PUBLIC),
    "events.every": _read(PUBLIC),
    "events.show": _read(PUBLIC),
    "sites.index": _read(PUBLIC),
    "sites.show": _read(PUBLIC),
    "signups.create": _write(PUBLIC),
    "signups.show": _read(PUBLIC),
    "signups.qr": _read(PUBLIC),
    "signups.appointment": _read(PUBLIC),
    "signups.cancel": _write(PUBLIC),
    "mine.index": _read(PUBLIC),
    "mine.find": _write(PUBLIC),
    "privacy.index": _read(PUBLIC),
    "privacy.children": _read(PUBLIC),
    "attendance.venue": _read(PUBLIC),
    "attendance.arrive": _write(PUBLIC),
    "attendance.walk_in": _write(PUBLIC),
    "attendance.welcome": _read(PUBLIC),
    "attendance.personal": _read(PUBLIC),
    "volunteers.enter": _read(PUBLIC),
    "volunteers.find": _write(PUBLIC),
    "volunteers.hours": _read(PUBLIC),
    "publicity.feed": _read(PUBLIC),
    "publicity.site_feed": _read(PUBLIC),
    "publicity.screen": _read(PUBLIC),
    "publicity.worker": _read(PUBLIC),
    "paper.poster": _read(PUBLIC),
    "paper.poster_pdf": _read(PUBLIC),
    "paper.month": _read(PUBLIC),
    "paper.month_pdf": _read(PUBLIC),
    # staff
    "desk.attendance.roster": _read(Action.CHECK_IN),
    "desk.attendance.mark": _write(Action.CHECK_IN),
    "desk.attendance.walk_in": _write(Action.CHECK_IN),
    "desk.attendance.sheet": _read(Action.CHECK_IN),
    "desk.attendance.export": _read(Action.CHECK_IN),
    "desk.attendance.venue": _read(Action.CHECK_IN),
    "desk.attendance.scan": _both(Action.CHECK_IN),
    "desk.attendance.closeout": _read(Action.CLOSE_OUT),
    "desk.attendance.close": _write(Action.CLOSE_OUT),
    "desk.volunteers.index": _read(Action.PROPOSE_HOURS),
    "desk.volunteers.new": _both(Action.PROPOSE_HOURS),
    "desk.volunteers.show": _read(Action.PROPOSE_HOURS),
    "desk.volunteers.add_shift": _both(Action.PLAN),
    "desk.volunteers.shift": _read(Action.PLAN),
    "desk.volunteers.assign": _write(Action.PLAN),
    "desk.volunteers.unassign": _write(Action.PLAN),
    "desk.hours.manual": _both(Action.PROPOSE_HOURS),
    "desk.hours.index": _read(Action.APPROVE_HOURS),
    "desk.hours.decide": _write(Action.APPROVE_HOURS),
    "desk.hours.correct": _write(Action.APPROVE_HOURS),
    "desk.residents.index": _read(Action.SIGN_UP),
    "desk.residents.show": _read(Action.SIGN_UP),
    "desk.residents.reveal": _write(Action.REVEAL),
    "desk.signups.index": _read(Action.SIGN_UP),
    "desk.signups.new": _read(Action.SIGN_UP),
    "desk.signups.create": _write(Action.SIGN_UP),
    "desk.signups.cancel": _write(Action.SIGN_UP),
    "desk.accounts.sign_in": _read(PUBLIC),
    "desk.accounts.begin": _write(PUBLIC),
    "desk.accounts.invitation": _read(PUBLIC),
    "desk.accounts.take_up_invitation": _write(PUBLIC),
    "desk.accounts.sign_out": _write(STAFF),
    "desk.accounts.account": _read(STAFF),
    "desk.accounts.password": _write(STAFF),
    "desk.accounts.end_sign_in": _write(STAFF),
    "desk.accounts.end_other_sign_ins": _write(STAFF),
    "desk.today.index": _read(STAFF),
    "desk.notices.completion": _write(Action.PLAN),
    "desk.staff.index": _read(Action.MANAGE_STAFF),
    "desk.staff.new": _read(Action.MANAGE_STAFF),
    "desk.staff.add": _write(Action.MANAGE_STAFF),
    "desk.staff.show": _read(Action.MANAGE_STAFF),
    "desk.staff.grant": _write(Action.MANAGE_STAFF),
    "desk.staff.end_grant": _write(Action.MANAGE_STAFF),
    "desk.staff.end": _write(Action.MANAGE_STAFF),
    "desk.staff.invite": _write(Action.MANAGE_STAFF),
    "desk.audit.index": _read(Action.READ_AUDIT),
    "desk.audit.export": _read(Action.READ_AUDIT),
    "desk.files.index": _read(Action.LOAD_FILES),
    "desk.files.upload": _write(Action.LOAD_FILES),
    "desk.files.preview": _read(Action.LOAD_FILES),
    "desk.files.intake": _write(Action.LOAD_FILES),
    "desk.events.index": _read(Action.SEE_EVENTS),
    "desk.events.export": _read(Action.SEE_EVENTS),
    "desk.events.show": _read(Action.SEE_EVENTS),
    "desk.events.new": _both(Action.PLAN),
    "desk.events.edit": _both(Action.PLAN),
    "desk.events.submission": _write(Action.PLAN),
    "desk.events.withdrawal": _write(Action.PLAN),
    "desk.events.send_back": _write(Action.APPROVE),
    "desk.events.publication": _write(Action.PLAN),
    "desk.events.postponement": _write(Action.PLAN),
    "desk.events.cancellation": _write(Action.PLAN),
    "desk.events.reopening": _write(Action.CLOSE_OUT),
    "desk.planning.index": _read(Action.PLAN),
    "desk.planning.week": _read(Action.PLAN),
    "desk.planning.export": _read(Action.PLAN),
    "desk.planning.move": _both(Action.PLAN),
    "desk.planning.undo": _write(Action.PLAN),
    "desk.planning.copy": _both(Action.PLAN),
    "desk.batches.show": _read(Action.PLAN),
    "desk.batches.undoing": _write(Action.PLAN),
    "desk.batches.restoring": _write(Action.PLAN),
    "desk.templates.index": _read(Action.PLAN),
    "desk.templates.export": _read(Action.PLAN),
    "desk.templates.show": _read(Action.PLAN),
    "desk.templates.new": _both(Action.PLAN),
    "desk.templates.edit": _both(Action.PLAN),
    "desk.templates.retirement": _write(Action.PLAN),
    "desk.templates.bring_back": _write(Action.PLAN),
    "desk.templates.draft": _write(Action.PLAN),
    "desk.takeover.batch": _read(Action.PLAN),
    "desk.takeover.write": _write(Action.PLAN),
    "desk.sites.index": _read(Action.SET_UP),
    "desk.sites.show": _read(Action.SET_UP),
    "desk.sites.publishing": _write(Action.SET_UP),
    "desk.reports.index": _read(Action.SEE_FIGURES),
    "desk.reports.month": _read(Action.SEE_FIGURES),
    "desk.reports.version": _read(Action.SEE_FIGURES),
    "desk.reports.file": _read(Action.SEE_FIGURES),
    "desk.reports.behind": _read(Action.SEE_ROWS),
    "desk.reports.closing": _write(Action.CLOSE_MONTH),
    "desk.jobs.index": _read(Action.SEE_JOBS),
}
