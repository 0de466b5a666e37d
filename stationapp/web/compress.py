"""Text goes over the wire squeezed, whether or not a proxy in front does the same.

Cookies are SameSite, so no foreign page can make a signed-in browser repeat a request and read secrets from the
lengths of its answers.
"""

import gzip
from functools import lru_cache

from flask import Flask, Response, request

SMALLEST = 1024
LARGEST_KEPT = 64 * 1024
_TEXT = ("text/", "application/json", "application/manifest+json", "image/svg+xml")


def init_app(app: Flask) -> None:
    """Squeeze the answers; register before whatever else looks at them (the last to act)."""
    app.after_request(_squeeze)


def _squeeze(answer: Response) -> Response:
    if not answer.mimetype.startswith(_TEXT) or (answer.is_streamed and not answer.direct_passthrough):
        return answer
    answer.headers.add("Vary", "Accept-Encoding")
    if answer.status_code in (206, 304) or "Content-Encoding" in answer.headers or not _wanted():
        return answer
    answer.direct_passthrough = False
    body = answer.get_data()
    if len(body) >= SMALLEST:
        answer.set_data(_kept(body) if len(body) <= LARGEST_KEPT else _packed(body))
        answer.headers["Content-Encoding"] = "gzip"
        if "ETag" in answer.headers and not answer.headers["ETag"].startswith("W/"):
            answer.headers["ETag"] = "W/" + answer.headers["ETag"]
    return answer


def _wanted() -> bool:
    return "gzip" in request.headers.get("Accept-Encoding", "")


def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 6, mtime=0)


_kept = lru_cache(maxsize=128)(_packed)
