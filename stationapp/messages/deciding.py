"""What a person does about one message: decides a doubt, looks at what was said."""

from datetime import datetime

from stationapp.audit.operations import record
from stationapp.db import db
from stationapp.messages.models import Message
from stationapp.messages.operations import fall_back
from stationapp.messages.rules import Delivery
from stationapp.messages.sending_rules import SendingRefusal
from stationapp.refusal import Refused
from stationapp.vault import vault


def decide(message_id: int, *, arrived: bool, by: int, now: datetime) -> Message:
    """Say of a message in doubt whether it arrived; one that did not is a call to make. It is never sent again."""
    message = db.session.get_one(Message, message_id, with_for_update=True, populate_existing=True)
    if message.state is not Delivery.IN_DOUBT:
        raise Refused(SendingRefusal.NOT_IN_DOUBT)
    message.state = Delivery.DELIVERED if arrived else Delivery.FAILED
    message.why, message.ended_at = "person", now
    db.session.flush()
    if not arrived:
        fall_back([message_id], now=now)
    outcome = "arrived" if arrived else "call"
    record(
        "messages.decide", f"message {message_id}", by=by, now=now, site_id=message.site_id, reason=outcome
    )
    return message


def reveal_text(message: Message, *, by: int, reason: str, now: datetime) -> str:
    """What was sent, in full; that somebody looked, and why, is written down (trust.md A1)."""
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused(SendingRefusal.REASON_MISSING)
    record("messages.reveal", f"message {message.id}", by=by, now=now, site_id=message.site_id, reason=reason)
    return vault().unseal(message.text_sealed) if message.text_sealed else ""
