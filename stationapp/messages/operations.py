"""The verbs of the call list: what came of a call; who cannot be written to is called (domain.md §6; trust.md M2)."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from itertools import groupby

from sqlalchemy import and_, exists, or_, select

from stationapp import clock
from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.events.models import Event
from stationapp.events.rules import State
from stationapp.messages.concerned import ABOUT_PARTY
from stationapp.messages.hours import allowed_from
from stationapp.messages.models import CallAnswer, Message
from stationapp.messages.outbox import put, row
from stationapp.messages.rules import CALLED_ABOUT, CallOutcome, Delivery, Way
from stationapp.notices.rules import Occasion
from stationapp.refusal import NotFound
from stationapp.residents.models import HomeCode
from stationapp.signups import offers
from stationapp.signups.models import Party, Signup
from stationapp.signups.operations import cancel
from stationapp.signups.rules import CALLERS, LIVE, Place
from stationapp.sites.models import Site
from stationapp.sites.rules import Level

AGAIN_AFTER = timedelta(hours=1)
"""Nobody answered: so long it stays off the list, and through the quiet hours."""


def answer_call(message_id: int, outcome: CallOutcome, *, by: int, now: datetime) -> CallAnswer:
    """Write down what came of calling a household; who does not come gives the places back.

    To an offer the answer counts as theirs. The last answer holds; the same one again changes nothing, but that another
    call nobody answered is one more try. A place given back is not restored by another answer. Raises NotFound for a
    message or an outcome that is no call's, Refused(SignupRefusal | OfferRefusal).
    """
    message = _call(message_id)
    if outcome not in CALLED_ABOUT[message.occasion]:
        raise NotFound
    last = _last_answer(message_id)
    if last is not None and _is_repeat(message, last, outcome, now):
        return last
    _act(message, outcome, by, now)
    # Events are held before messages everywhere; whoever pressed the same button at once has been waiting there.
    message = db.session.get(Message, message_id, with_for_update=True, populate_existing=True)
    last = _last_answer(message_id)
    if last is not None and _is_repeat(message, last, outcome, now):
        return last
    answer = CallAnswer(message_id=message_id, outcome=outcome, at=now, by=by)
    db.session.add(answer)
    if message.state is not Delivery.VOID:
        _settle(message, outcome, now)
    db.session.flush()
    subject = f"message {message_id}"
    record("messages.answer_call", subject, by=by, now=now, site_id=message.site_id, reason=outcome.value)
    return answer


def _call(message_id: int) -> Message:
    message = db.session.get(Message, message_id, populate_existing=True)
    if message is None or message.way is not Way.CALL:
        raise NotFound
    return message


def _last_answer(message_id: int) -> CallAnswer | None:
    its = select(CallAnswer).where(CallAnswer.message_id == message_id)
    return db.session.scalar(its.order_by(CallAnswer.id.desc()).limit(1))


def _is_repeat(message: Message, last: CallAnswer, outcome: CallOutcome, now: datetime) -> bool:
    if outcome is CallOutcome.NO_ANSWER:
        return last.outcome is outcome and message.due_at > now
    return last.outcome is outcome


def _act(message: Message, outcome: CallOutcome, by: int, now: datetime) -> None:
    if message.occasion is Occasion.OFFERED and outcome is not CallOutcome.NO_ANSWER:
        answer = offers.accept if outcome is CallOutcome.COMES else offers.decline
        answer(message.party_id, by=by, now=now)
    elif outcome is CallOutcome.NOT_COMING:
        for _event_id, its in groupby(places_of(message, now=now), key=lambda place: place.event_id):
            cancel(*its, by=by, why="call", now=now)


def places_of(message: Message, *, now: datetime) -> list[Signup]:
    """The live places a household was called about: the party's, or all at the event, or of a reminder what is held
    that day at the site that calls. What they do elsewhere is not its business (trust.md §4.14); that site calls them,
    too."""
    its = select(Signup).join(Party, Party.id == Signup.party_id).join(Event, Event.id == Signup.event_id)
    its = its.where(Party.household_id == message.household_id, Signup.state.in_(LIVE)).order_by(
        Signup.event_id
    )
    if message.occasion is Occasion.REMINDER:
        day = date.fromisoformat(message.subject.removeprefix("day "))
        ends = clock.instant(day + timedelta(days=1))
        its = its.where(
            Event.site_id == message.site_id,
            Signup.state == Place.CONFIRMED,
            Event.starts_at >= max(clock.instant(day), now),
            Event.starts_at < ends,
        )
    elif message.occasion in ABOUT_PARTY:
        its = its.where(Signup.party_id == message.party_id)
    else:
        at = select(Party.event_id).where(Party.id == message.party_id).scalar_subquery()
        its = its.where(Signup.event_id == at)
    return list(db.session.scalars(its.execution_options(populate_existing=True)))


def _settle(message: Message, outcome: CallOutcome, now: datetime) -> None:
    if outcome is CallOutcome.NO_ANSWER:
        message.state, message.ended_at = Delivery.PENDING, None
        message.due_at = allowed_from(message.occasion, now + AGAIN_AFTER)
    else:
        message.state, message.ended_at = Delivery.ANSWERED, now


def fall_back(message_ids: Collection[int], *, now: datetime) -> int:
    """Put those who could not be written to, or perhaps were not, on the call list; how many (trust.md M2).

    Only what people are called about. Of reminders that surely failed only those who signed up by phone or at the desk.
    """
    asked_to_be_called = exists().where(Party.id == Message.party_id, Party.channel.in_(CALLERS))
    failed = select(Message).where(
        Message.id.in_(list(message_ids)),
        Message.way.in_((Way.SMS, Way.EMAIL)),
        Message.state.in_((Delivery.FAILED, Delivery.IN_DOUBT)),
        Message.occasion.in_(CALLED_ABOUT),
        or_(
            Message.occasion != Occasion.REMINDER,
            and_(Message.occasion == Occasion.REMINDER, Message.state == Delivery.IN_DOUBT),
            asked_to_be_called,
        ),
    )
    lost = list(db.session.scalars(failed))
    callers = _callers([one for one in lost if one.occasion is Occasion.REMINDER], now)
    return put(
        [
            row(one.occasion, one.subject, Way.CALL, household_id=one.household_id, site_id=site_id, now=now,
                step=one.step + more, notice_id=one.notice_id, party_id=party_id, until_at=one.until_at)
            for one in lost
            for more, (site_id, party_id) in enumerate(callers.get(one.id) or [(one.site_id, one.party_id)])
        ]
    )  # fmt: skip


def _callers(reminders: Sequence[Message], now: datetime) -> dict[int, list[tuple[int, int]]]:
    """Which sites call instead of each of these reminders, by its id: (site, the household's first party there)."""
    homes: dict[str, dict[int, int]] = {}
    for one in reminders:
        homes.setdefault(one.subject, {})[one.household_id] = one.id
    found: dict[int, dict[int, int]] = {}
    for subject, ids in homes.items():  # a day each: today and tomorrow
        day = date.fromisoformat(subject.removeprefix("day "))
        rows = db.session.execute(
            select(Party.household_id, Event.site_id, Party.id)
            .join(Event, Event.id == Party.event_id)
            .join(Signup, Signup.party_id == Party.id)
            .where(
                Party.household_id.in_(list(ids)),
                Signup.state == Place.CONFIRMED,
                Event.state == State.PUBLISHED,
                Event.starts_at >= max(clock.instant(day), now),
                Event.starts_at < clock.instant(day + timedelta(days=1)),
            )
            .order_by(Event.starts_at, Party.id)
        )
        for household_id, site_id, party_id in rows:
            found.setdefault(ids[household_id], {}).setdefault(site_id, party_id)
    return {id_: list(sites.items()) for id_, sites in found.items()}


def send_code(household_id: int, *, now: datetime) -> None:
    """Have the household's live code sent to its phone; harmless when it is on its way already.

    The edge makes the code (`residents.homes.make_code`) in the same transaction.
    """
    live = (HomeCode.household_id == household_id, HomeCode.used_at.is_(None), HomeCode.until_at > now)
    code = db.session.scalar(
        select(HomeCode).where(*live, HomeCode.code_sealed.is_not(None)).order_by(HomeCode.id.desc()).limit(1)
    )
    if code is None:
        raise NotFound
    center = db.session.scalars(select(Site.id).where(Site.level == Level.CENTER).order_by(Site.id)).first()
    put(
        [
            row(Occasion.HOME_CODE, f"code {code.id}", Way.SMS, household_id=household_id, site_id=center, now=now,
                until_at=code.until_at)
        ]
    )  # fmt: skip
