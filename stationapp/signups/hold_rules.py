"""How long seats are held, and how many of them by forms (domain.md §6, trust.md §4.6)."""

from datetime import timedelta

FORM_HOLD_LASTS, DESK_HOLD_LASTS = timedelta(minutes=5), timedelta(minutes=10)
"""How long seats are held for a form that is filled in, and for somebody on the phone or at the desk."""

FORM_HOLD_AT_MOST = timedelta(minutes=20)
"""How long a form may hold its seats in all, however often it asks for more time."""

FORM_HOLDS_PER_ASKER = 3
"""Live holds one address may have at an event: a whole community center may share one."""

FORM_HOLDS_UNUSED = 6
"""Holds one address may let run out at an event in UNUSED_WITHIN; its forms then hold nothing more there, or somebody
could keep seats from everybody for ever by asking with ever new forms."""

UNUSED_WITHIN = timedelta(hours=24)

FORM_HOLDS_SHARE = 3
"""Forms together hold at most one seat in so many, or one party's seats."""

HOLDS_SWEPT_EVERY = timedelta(seconds=10)
"""How often holds that are over, and seats no longer kept back, are looked for."""
