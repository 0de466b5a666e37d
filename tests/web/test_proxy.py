"""The visitor's address behind a local proxy, and nobody else's word for it."""

import pytest

from stationapp.web.proxy import LocalProxy


def seen(peer: str, said: str | None) -> str:
    environ = {"REMOTE_ADDR": peer} | ({"HTTP_X_FORWARDED_FOR": said} if said is not None else {})
    return LocalProxy(lambda environ, _: environ["REMOTE_ADDR"])(environ, None)


@pytest.mark.parametrize(
    ("peer", "said", "address"),
    [
        ("127.0.0.1", "203.0.113.7", "203.0.113.7"),
        ("::1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.7", "203.0.113.7"),  # only what the proxy itself added
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("", "198.51.100.1", ""),
    ],
)
def test_only_a_proxy_on_this_machine_is_believed(peer, said, address):
    assert seen(peer, said) == address
