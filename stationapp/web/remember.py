"""Public pages are kept until anything in the database changes, so that the first page costs next to nothing.

SQLite tells a connection exactly that: `PRAGMA data_version` differs as soon as any other connection, of this
process or another, has committed. A kept page is therefore never older than the last acknowledged sign-up. It is
also dropped when time alone changes what it says: the view names that instant with `until`. PostgreSQL has no such
number; there every page is made anew.

Such a page says nothing of its visitor but the look they chose. One that holds a message for somebody takes it out
of their session, sets a cookie, and is not kept.
"""

import threading
from datetime import datetime
from typing import NamedTuple

from flask import Flask, request
from sqlalchemy import Engine
from werkzeug.http import parse_etags, unquote_etag

from stationapp import clock
from stationapp.db import db
from stationapp.web.view import COOKIE, ELDER

MOST = 256
LARGEST = 64 * 1024
_UNTIL = "stationapp.fresh_until"
_ELDER = f"{COOKIE}={ELDER}"
_NEVER = ("/static/", "/desk")
_OF_304 = ("ETag", "Cache-Control", "Vary")


class Kept(NamedTuple):
    """An answer as it went out."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes
    until: datetime


def until(at: datetime) -> None:
    """Called by a view: this answer depends on the database, the address and the look alone, and holds until `at`."""
    request.environ[_UNTIL] = at


def init_app(app: Flask) -> None:
    """Stand in front of the application, if its database can tell that it changed."""
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        app.wsgi_app = _Store(app.wsgi_app, engine)


class _Store:
    def __init__(self, inner, engine: Engine) -> None:
        self._inner = inner
        self._engine = engine
        self._turn = threading.Lock()
        self._cursor = None
        self._version: int | None = None
        self._answers: dict[tuple, Kept] = {}

    def __call__(self, environ, start_response):
        if environ["REQUEST_METHOD"] != "GET" or environ["PATH_INFO"].startswith(_NEVER):
            return self._inner(environ, start_response)
        elder = _ELDER in environ.get("HTTP_COOKIE", "").split("; ")
        squeezed = "gzip" in environ.get("HTTP_ACCEPT_ENCODING", "")
        key = (environ["PATH_INFO"], environ.get("QUERY_STRING", ""), elder, squeezed)
        answers = self._of_this_version()
        kept = answers.get(key)
        if kept and clock.now() < kept.until:
            if _is_known(environ, kept):
                start_response("304 NOT MODIFIED", [pair for pair in kept.headers if pair[0] in _OF_304])
                return []
            start_response(kept.status, kept.headers)
            return [kept.body]
        return self._ask(environ, start_response, answers, key)

    def _ask(self, environ, start_response, answers: dict[tuple, Kept], key: tuple):
        said = []

        def listening(status, headers, exc_info=None):
            said[:] = status, headers
            return start_response(status, headers, exc_info)

        given = self._inner(environ, listening)
        if _UNTIL not in environ or not said[0].startswith("200"):
            return given
        try:
            body = b"".join(given)
        finally:
            given.close()
        if len(body) <= LARGEST and not any(name.lower() == "set-cookie" for name, _ in said[1]):
            if len(answers) >= MOST:
                answers.clear()
            answers[key] = Kept(said[0], list(said[1]), body, environ[_UNTIL])
        return [body]

    def _of_this_version(self) -> dict[tuple, Kept]:
        """What was kept since the last change; a version is read before the page's own reads begin."""
        with self._turn:
            if self._cursor is None:
                self._cursor = self._watching()
            version = self._cursor.execute("PRAGMA data_version").fetchone()[0]
            if version != self._version:
                self._version, self._answers = version, {}
            return self._answers

    def _watching(self):
        # Its connection never writes and is never lent out: a connection does not count its own changes.
        connection = self._engine.raw_connection()
        connection.detach()
        return connection.cursor()


def _is_known(environ, kept: Kept) -> bool:
    """Whether who asks already has this very answer, by the ETag its page gave it."""
    asked = environ.get("HTTP_IF_NONE_MATCH")
    return bool(asked) and parse_etags(asked).contains_weak(_etag(kept))


def _etag(kept: Kept) -> str:
    return unquote_etag(dict(kept.headers).get("ETag"))[0] or ""
