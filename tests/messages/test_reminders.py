"""Reminders by two jobs processes that are killed and frozen, over a faulty gateway: nobody is written to twice."""

import secrets

import pytest

from tests.bench.reminders import measure


@pytest.mark.parametrize(("kind", "homes"), [("sqlite", 1000), ("postgresql", 300)])
def test_every_household_is_reminded_once_whatever_is_killed(kind, homes):
    assert measure(kind, homes, secrets.randbelow(10**6)) == []
