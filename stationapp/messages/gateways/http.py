"""What gateways over HTTP share: the client, and what a broken connection or a status means."""

import httpx

from stationapp.messages.gateways.base import Answer
from stationapp.messages.rules import AttemptEnd

TIMEOUT = httpx.Timeout(10, connect=5)
"""Seconds; a group of messages must be through long before a sweep takes it for lost."""


def client() -> httpx.Client:
    """A client for one gateway: connections are kept between messages, not between rounds of sending.

    A connection that the gateway closes just as a message goes out leaves it in doubt; idle ones are therefore
    dropped early. Proxies and certificates of the environment count, redirections do not.
    """
    limits = httpx.Limits(max_connections=32, max_keepalive_connections=32, keepalive_expiry=2)
    return httpx.Client(timeout=TIMEOUT, limits=limits, follow_redirects=False)


_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.UnsupportedProtocol)


def broken(error: httpx.HTTPError | httpx.InvalidURL) -> Answer:
    """What a failed request means: without a connection nothing was taken, afterwards nobody knows."""
    sure = isinstance(error, (*_NEVER_SENT, httpx.InvalidURL))
    return Answer(AttemptEnd.BUSY if sure else AttemptEnd.UNKNOWN, type(error).__name__)


def by_status(status: int) -> AttemptEnd | None:
    """What an HTTP status alone says; None: the body says more.

    429 and 503 are the words of a server that did not begin; any other 5xx, and a gateway's 504 above all, may come
    after the message was taken. 401, 403, 404 speak of our settings, not of the message: it was not taken, and may
    be when they are mended.
    """
    if 200 <= status < 300:
        return None
    if status in (401, 403, 404, 407, 408, 425, 429, 503):
        return AttemptEnd.BUSY
    return AttemptEnd.UNKNOWN if status >= 500 or status < 400 else AttemptEnd.REFUSED
