"""Leading, and the duties a leader does. Every duty asks what is due and is harmless when done twice."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import case, delete, exists, select, text, update
from sqlalchemy.exc import IntegrityError

from stationapp import clock
from stationapp.accounts.models import Tries
from stationapp.attendance.rooms import unused_bookings
from stationapp.calendar.rules import Month
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.importing.operations import drop_old_uploads
from stationapp.jobs.models import JobRun, Lease
from stationapp.jobs.rules import LEASE_LASTS, REMINDERS
from stationapp.messages.sending import sweep
from stationapp.messages.spreading import spread
from stationapp.messages.tidying import tidy_calls
from stationapp.notices.models import Notice
from stationapp.notices.operations import tell_desk
from stationapp.notices.rules import Occasion
from stationapp.reports.asking import ask_for_missing, close_due, reckon_due
from stationapp.reports.models import CoverageReport
from stationapp.reports.prepared import Made, keep, make_due
from stationapp.rooms.operations import release
from stationapp.scrutiny.spots import draw_month
from stationapp.signups.draws import draw_due
from stationapp.signups.held import forget
from stationapp.signups.holds import expire, seat_after_callers
from stationapp.signups.offers import lapse
from stationapp.sites.models import Site
from stationapp.sites.queries import active_on
from stationapp.sites.rules import Level
from stationapp.volunteers.telling_shifts import tell_shifts

TRIES_KEPT = timedelta(days=2)


class LeaseLost(Exception):
    """Somebody else leads by now; what was about to be written must not be."""


def take_lease(holder: str, *, now: datetime, name: str = "jobs") -> int | None:
    """Take or prolong the lead; the fencing token, or None while somebody else holds it."""
    mine = Lease.holder == holder
    token = db.session.scalar(
        update(Lease)
        .where(Lease.name == name, mine | (Lease.until_at <= now))
        .values(
            holder=holder, until_at=now + LEASE_LASTS, token=case((mine, Lease.token), else_=Lease.token + 1)
        )
        .returning(Lease.token)
    )
    if token is not None or db.session.get(Lease, name) is not None:
        return token
    try:
        with db.session.begin_nested():
            db.session.add(Lease(name=name, holder=holder, token=1, until_at=now + LEASE_LASTS))
    except IntegrityError:  # another process made the row first
        return None
    return 1


def give_up(holder: str, *, now: datetime, name: str = "jobs") -> None:
    """End the lead of a process that stops, so that another one need not wait; harmless when it does not lead."""
    leads = (Lease.name == name, Lease.holder == holder, Lease.until_at > now)
    db.session.execute(update(Lease).where(*leads).values(until_at=now))


def prolong(token: int, *, now: datetime, name: str = "jobs") -> None:
    """Keep the lead over work that took long, as long as nobody else took it; raises LeaseLost."""
    mine = (Lease.name == name, Lease.token == token)
    if not db.session.execute(update(Lease).where(*mine).values(until_at=now + LEASE_LASTS)).rowcount:
        raise LeaseLost


def fence(token: int, *, now: datetime, name: str = "jobs") -> None:
    """Go on only while the lease with this token is live; locks its row until the transaction ends.

    A leader that was frozen past its lease fails here, and nobody can take over between this and the commit.
    PostgreSQL ends the session of one frozen in between, so that its lock does not outlive its lease.
    """
    if db.session.get_bind().dialect.name != "sqlite":
        limit = int(LEASE_LASTS.total_seconds() * 1000)
        db.session.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = {limit}"))
    held = db.session.scalar(
        select(Lease.until_at).where(Lease.name == name, Lease.token == token).with_for_update()
    )
    if held is None or held <= now:
        raise LeaseLost


def note_run(
    job: str, token: int, *, began_at: datetime, now: datetime, done: int, problem: str = ""
) -> None:
    """Write down the last run of a duty."""
    run = db.session.get(JobRun, job)
    if run is None:
        run = JobRun(job=job, done_ever=0)
        db.session.add(run)
    run.token, run.began_at, run.ended_at, run.done, run.problem = token, began_at, now, done, problem
    run.done_ever += done


def remind_of_close_outs(*, now: datetime) -> int:
    """Tell the desk of events that ended and are not closed out: after 24 h, 3 and 7 days, each once.

    After an outage only the latest reminder due is given, not the ones it overtook.
    """
    told = 0
    for step, after in reversed(REMINDERS):
        subject = "event " + Event.code
        reminded = exists().where(
            Notice.occasion == Occasion.CLOSE_OUT_DUE, Notice.subject == subject, Notice.step >= step
        )
        due = select(Event.code, Event.site_id).where(
            Event.state == State.PUBLISHED, Event.ends_at <= now - after, ~reminded
        )
        for code, site_id in db.session.execute(due).all():
            told += tell_desk(Occasion.CLOSE_OUT_DUE, f"event {code}", site_id=site_id, now=now, step=step)
    return told


def prepare_month(*, now: datetime) -> int:
    """From the first of a month on, tell the center and the offices that the month before can be looked at.

    A month that is closed already needs nobody's eyes any more.
    """
    month = Month.of(clock.day_of(now)).plus(-1)
    closed = exists().where(CoverageReport.site_id == Site.id, CoverageReport.month_on == month.first_day)
    prepared = exists().where(
        Notice.occasion == Occasion.MONTH_PREPARED, Notice.subject == "month " + Site.code + f" {month}"
    )
    due = select(Site.id, Site.code).where(
        active_on(month.last_day), Site.level != Level.STATION, ~prepared, ~closed
    )
    return sum(
        tell_desk(Occasion.MONTH_PREPARED, f"month {code} {month}", site_id=site_id, now=now)
        for site_id, code in db.session.execute(due).all()
    )


def release_rooms(*, now: datetime) -> int:
    """Give back the rooms of events nobody has come to, and tell the desk, each once (domain.md §5).

    A room that the desk took again after that stays the event's own.
    """
    released: list[int] = []
    for (event, waited), booking_ids in unused_bookings(now).items():
        subject = f"event {event.code}"
        if tell_desk(Occasion.ROOM_RELEASED, subject, site_id=event.site_id, now=now, step=waited):
            released += booking_ids
    return release(released, now=now)


def tidy(*, now: datetime) -> int:
    """Drop what nobody needs any more: tries whose window is long over, uploads nobody took in, unused holds."""
    forgotten = db.session.execute(delete(Tries).where(Tries.window_at < now - TRIES_KEPT)).rowcount
    return forgotten + drop_old_uploads(now=now) + forget(now - TRIES_KEPT)


def tell(*, now: datetime) -> int:
    """Write down who is to be told what: volunteers with a shift at what was changed, then everybody else."""
    return tell_shifts(now=now) + spread(now=now)


def keep_files(*, now: datetime, ready: Sequence[Made] | None = None) -> int:
    """Keep the files of a closed month, one version at a time (`prepared.make_due` makes them)."""
    return keep(make_due() if ready is None else ready, now=now)


BEFOREHAND: dict[str, Callable[..., object]] = {
    "month_closing": lambda *, now, settings: reckon_due(now=now),
    "report_files": lambda *, now, settings: make_due(template=settings.report_form),
}
"""What a duty has ready before anything is held, because it takes seconds: given to it as `ready`."""

DUTIES: dict[str, Callable[..., int]] = {
    "holds": expire,
    "phone_seats": seat_after_callers,
    "offers": lapse,
    "draws": draw_due,
    "spread": tell,
    "call_tidying": tidy_calls,
    "close_out_reminders": remind_of_close_outs,
    "room_release": release_rooms,
    "month_preparation": prepare_month,
    "month_asking": ask_for_missing,
    "month_closing": close_due,
    "report_files": keep_files,
    "spot_draws": draw_month,
    "sweep": sweep,
    "tidy": tidy,
}
"""Each duty by the name of its pace."""
