"""The floor of checkin.py: a bare WSGI application that takes scans down with the driver and nothing else.

One guarded insert in one transaction, on a connection kept by each thread: the least that an acknowledged scan can
cost on this database with this durability. Several codes in one request are as many guarded inserts in one
transaction: the floor of a device that sends what it kept.
"""

import os
import threading
from urllib.parse import parse_qs

URL = os.environ["STATIONAPP_DATABASE_URL"]
_mine = threading.local()
_turn = threading.Lock()  # the application stands in line inside the process as well

_LITE = "INSERT INTO floor_scans SELECT ?, ? WHERE NOT EXISTS (SELECT 1 FROM floor_scans WHERE code = ?)"
_POSTGRESQL = "INSERT INTO floor_scans VALUES (%s, %s) ON CONFLICT DO NOTHING"


def _lite(codes: list[str]) -> None:
    if not hasattr(_mine, "connection"):
        from stationapp.db import sqlite_module

        _mine.connection = sqlite_module().connect(
            URL.removeprefix("sqlite:///"), timeout=8, isolation_level=None
        )
        for pragma in ("journal_mode=WAL", "synchronous=FULL"):
            _mine.connection.execute(f"PRAGMA {pragma}").fetchall()
    with _turn:
        _mine.connection.execute("BEGIN IMMEDIATE")
        for code in codes:
            _mine.connection.execute(_LITE, (code, "in", code))
        _mine.connection.execute("COMMIT")


def _postgresql(codes: list[str]) -> None:
    if not hasattr(_mine, "connection"):
        import psycopg

        _mine.connection = psycopg.connect(URL.replace("postgresql+psycopg", "postgresql"), autocommit=True)
    if len(codes) == 1:
        _mine.connection.execute(_POSTGRESQL, (codes[0], "in"))
        return
    with _mine.connection.transaction():
        for code in codes:
            _mine.connection.execute(_POSTGRESQL, (code, "in"))


_take = _lite if URL.startswith("sqlite") else _postgresql


def app(environ, start_response):
    """Take down the scans that were sent."""
    if environ["REQUEST_METHOD"] == "POST":
        _take(parse_qs(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])).decode())["code"])
        start_response("303 See Other", [("Location", "/"), ("Content-Length", "0")])
        return [b""]
    start_response("200 OK", [("Content-Length", "2")])
    return [b"ok"]
