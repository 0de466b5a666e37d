"""Whose address a request comes from when a proxy on this machine stands in front.

Only a peer on the loopback is believed, and only the last address it names: the one it saw itself. Anybody who
reaches the server directly keeps their own address, whatever they write into the header.
"""

from ipaddress import ip_address


class LocalProxy:
    """WSGI middleware that puts the visitor's address where the local proxy's stands."""

    def __init__(self, application) -> None:
        self._application = application

    def __call__(self, environ, start_response):
        """Serve one request."""
        if _is_loopback(environ.get("REMOTE_ADDR", "")):
            seen = environ.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
            if _is_address(seen):
                environ["REMOTE_ADDR"] = seen
        return self._application(environ, start_response)


def _is_loopback(text: str) -> bool:
    return _is_address(text) and ip_address(text).is_loopback


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
