"""The floor of pages.py: a bare WSGI application that returns the very bytes the page answered, rendered before."""

import json
import os
from pathlib import Path

_saved = json.loads(Path(os.environ["STATIONAPP_BENCH_HEADERS"]).read_text())
_BODY = Path(os.environ["STATIONAPP_BENCH_BODY"]).read_bytes()
_HEADERS = [(name, value) for name, value in _saved]


def app(environ, start_response):
    """Answer every request alike."""
    start_response("200 OK", _HEADERS)
    return [_BODY]
