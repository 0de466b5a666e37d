"""The floor of rush.py: a bare WSGI application that decides about one place with the driver and nothing else.

One guarded counter and one insert in one transaction, on a connection kept by each thread: the least that a true
decision can cost on this database with this durability.
"""

import os
import threading
from urllib.parse import parse_qs

URL = os.environ["STATIONAPP_DATABASE_URL"]
_mine = threading.local()
_turn = threading.Lock()  # the application stands in line inside the process as well


def _lite():
    if not hasattr(_mine, "connection"):
        from stationapp.db import sqlite_module

        _mine.connection = sqlite_module().connect(
            URL.removeprefix("sqlite:///"), timeout=8, isolation_level=None
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            _mine.connection.execute(f"PRAGMA {pragma}").fetchall()
    return _mine.connection


def _decide_lite(key: str, name: str, phone: str) -> str:
    run = _lite().execute
    with _turn:
        run("BEGIN IMMEDIATE")
        found = run("SELECT state FROM floor_places WHERE key = ?", (key,)).fetchone()
        if found:
            run("COMMIT")
            return found[0]
        seat = "UPDATE floor_events SET taken = taken + 1 WHERE id = 1 AND taken < capacity RETURNING taken"
        row, state = run(seat).fetchone(), "seated"
        if row is None:
            row, state = (
                run("UPDATE floor_events SET queued = queued + 1 WHERE id = 1 RETURNING queued").fetchone(),
                "waits",
            )
        run("INSERT INTO floor_places VALUES (?, ?, ?, ?, ?)", (key, name, phone, state, row[0]))
        run("COMMIT")
    return state


_ONE_STATEMENT = """
WITH seat AS (
  UPDATE floor_events SET taken = taken + (taken < capacity)::int, queued = queued + (taken >= capacity)::int
  WHERE id = 1 RETURNING CASE WHEN queued > 0 THEN 'waits' ELSE 'seated' END AS state, queued
)
INSERT INTO floor_places SELECT %s, %s, %s, state, queued FROM seat ON CONFLICT DO NOTHING RETURNING state
"""


def _decide_postgresql(key: str, name: str, phone: str) -> str:
    if not hasattr(_mine, "connection"):
        import psycopg

        _mine.connection = psycopg.connect(URL.replace("postgresql+psycopg", "postgresql"), autocommit=True)
    run = _mine.connection.execute
    found = run("SELECT state FROM floor_places WHERE key = %s", (key,)).fetchone()
    return found[0] if found else (run(_ONE_STATEMENT, (key, name, phone)).fetchone() or ("repeated",))[0]


_decide = _decide_lite if URL.startswith("sqlite") else _decide_postgresql


def app(environ, start_response):
    """Decide about the place that was asked for."""
    if environ["REQUEST_METHOD"] == "GET":
        start_response("200 OK", [("Content-Length", "2")])
        return [b"ok"]
    sent = parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())
    state = _decide(sent["key"][0], sent["name"][0], sent["phone"][0])
    start_response("303 See Other", [("Location", f"/signups/{state}"), ("Content-Length", "0")])
    return [b""]
