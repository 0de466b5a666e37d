"""Any gateway that takes a signed JSON request: one's own, or a small one in front of a provider's.

`X-Signature` is the hex HMAC-SHA256 of "<X-Timestamp>.<body>" with the shared secret; `Idempotency-Key` stays the
same when a message is handed over again. Taken: any 2xx, with `{"id": "…"}` as the gateway's name for it if it has
one. Receipts: `{"name" or "id": "…", "delivered": true, "code": "…"}`, alone or in a list.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime

import httpx

from stationapp.messages.gateways.base import Answer, Outgoing, code_of, signed
from stationapp.messages.gateways.http import broken, by_status, client
from stationapp.messages.rules import AttemptEnd


class Webhook:
    """Posts each message to one address. `sign` stands before the text: 【洛阳涧西文明实践】."""

    def __init__(self, url: str, secret: str, sign: str, now_of: Callable[[], datetime]) -> None:
        self._url, self._secret, self._sign, self._now_of = url, secret.encode(), sign, now_of
        self._client = client()

    def send(self, outgoing: Outgoing) -> Answer:
        """One signed request."""
        content = {"name": outgoing.name, "to": outgoing.to, "text": signed(self._sign, outgoing.text)}
        if outgoing.code:
            content |= {"template": outgoing.code, "places": dict(outgoing.places)}
        body = json.dumps(content, ensure_ascii=False).encode()
        at = str(int(self._now_of().timestamp()))
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": outgoing.name,
            "X-Timestamp": at,
            "X-Signature": hmac.digest(self._secret, f"{at}.".encode() + body, hashlib.sha256).hex(),
        }
        try:
            got = self._client.post(self._url, content=body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return broken(error)
        end = by_status(got.status_code)
        if end is not None:
            return Answer(end, f"http-{got.status_code}")
        return Answer(AttemptEnd.ACCEPTED, "ok", _ref(got) or outgoing.name)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def _ref(got: httpx.Response) -> str | None:
    try:
        said = got.json()
    except ValueError:
        return None
    return code_of(said.get("id"), "") or None if isinstance(said, dict) else None
