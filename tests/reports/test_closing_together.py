"""Closing while others close out, enter hours and answer: every fact is in exactly one version (trust.md R5).

The long run is `python -m tests.bench.closing`.
"""

import pytest

from tests.reports.together import Together

ROUNDS = 100


def test_each_fact_stands_in_exactly_one_version_however_many_write_at_once(request, tmp_path):
    server = request.getfixturevalue("postgresql")
    url = server.fresh(server.template(request.getfixturevalue("_filled")))
    try:
        with Together(tmp_path, url) as together:
            for seed in range(ROUNDS):
                together.round(seed)
            print(together.work)
            assert together.work["rounds"] == ROUNDS
            assert together.work["facts"] >= 9 * ROUNDS
            assert together.work["late"] >= ROUNDS // 10  # some really came too late for the first version
            assert together.work["in time"] >= ROUNDS
    finally:
        server.drop(url)


def test_the_control_that_does_not_look_again_closes_without_what_was_there(request, tmp_path, monkeypatch):
    for module in ("operations", "reckoning"):
        monkeypatch.setattr(f"stationapp.reports.{module}.fingerprint", lambda month: ())
    server = request.getfixturevalue("postgresql")
    url = server.fresh(server.template(request.getfixturevalue("_filled")))
    try:
        with Together(tmp_path, url) as together, pytest.raises(AssertionError, match="committed before"):
            for seed in range(ROUNDS):
                together.round(seed)
    finally:
        server.drop(url)
