"""How an operation says no: with a reason from the feature's own enum, never with a sentence."""

from enum import Enum


class Refused(Exception):
    """The rules of the trade forbid what was asked.

    `reason` is a member of an enum in some feature's `rules.py`; `facts` are plain values that the page
    may put into its sentence (how many places are left, when sign-up opens).
    """

    def __init__(self, reason: Enum, **facts: object) -> None:
        super().__init__(f"{type(reason).__name__}.{reason.name}")
        self.reason = reason
        self.facts = facts


class NotFound(Exception):
    """There is no such thing, or the asker may not know that there is."""


class Unreadable(ValueError):
    """A value does not say what it should. The message is a Chinese clause: what is wrong; what to do."""
