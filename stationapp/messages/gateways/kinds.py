"""Which ways of writing an instance has switched on, and what their kinds ask for; without any client."""

from stationapp.config import Settings
from stationapp.messages.rules import Way

APPROVED_ONLY = frozenset({"aliyun", "tencent"})
"""Kinds of `sms` that send only texts approved beforehand, by their number."""


def ways_on(settings: Settings) -> frozenset[Way]:
    """The ways of writing that are switched on."""
    chosen = {Way.SMS: settings.sms, Way.EMAIL: settings.smtp}
    return frozenset(way for way, setting in chosen.items() if setting)
