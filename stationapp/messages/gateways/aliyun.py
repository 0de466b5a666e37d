"""Aliyun's SendSms (Dysmsapi 2017-05-25) with the RPC signature: HMAC-SHA1 over the sorted, encoded parameters."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping
from datetime import datetime
from urllib.parse import quote

import httpx

from stationapp.messages.gateways.base import Answer, Outgoing, code_of
from stationapp.messages.gateways.http import broken, by_status, client
from stationapp.messages.rules import AttemptEnd

URL = "https://dysmsapi.aliyuncs.com/"

REFUSED = frozenset(
    {
        "isv.MOBILE_NUMBER_ILLEGAL",  # no mobile number
        "isv.MOBILE_COUNT_OVER_LIMIT",
        "isv.BLACK_KEY_CONTROL_LIMIT",  # a word that may not be sent
        "isv.PARAM_LENGTH_LIMIT",  # a place filled with more than the provider allows
        "isv.PARAM_NOT_SUPPORT_URL",  # a link where the approved text allows none
        "isv.TEMPLATE_MISSING_PARAMETERS",
        "isv.TEMPLATE_PARAMS_ILLEGAL",
        "isv.INVALID_PARAMETERS",
        "isv.INVALID_JSON_PARAM",
        "isv.DOMESTIC_NUMBER_NOT_SUPPORTED",
        "isv.DENY_IP_RANGE",
    }
)
"""A no to this message: sent again it would be refused again."""

UNCLEAR = frozenset(
    {
        "isp.SYSTEM_ERROR",  # their own fault at some point of the way
        "isp.GATEWAY_ERROR",
        "InternalError",
        "ServiceUnavailable",
    }
)
"""The message may have been taken. Every other code is a no to the account or the rate (no balance, a wrong
signature, an unapproved text, BUSINESS_LIMIT_CONTROL, Throttling): not taken, and may be later."""


def encoded(text: str) -> str:
    """Percent-encoding as Aliyun signs it: RFC 3986, `~` left alone."""
    return quote(text, safe="~")


def signature(parameters: Mapping[str, str], secret: str, method: str = "POST") -> str:
    """The `Signature` of an RPC request with these parameters."""
    query = "&".join(f"{encoded(name)}={encoded(parameters[name])}" for name in sorted(parameters))
    signed = f"{method}&{encoded('/')}&{encoded(query)}"
    return base64.b64encode(hmac.digest(f"{secret}&".encode(), signed.encode(), hashlib.sha1)).decode()


class Aliyun:
    """Sends approved texts by their number; what we call a message travels as OutId and comes back in receipts."""

    def __init__(
        self, key: str, secret: str, sign: str, now_of: Callable[[], datetime], url: str = URL
    ) -> None:
        self._key, self._secret, self._sign, self._now_of = key, secret, sign, now_of
        self._url, self._client = url or URL, client()

    def send(self, outgoing: Outgoing) -> Answer:
        """One request; without the number of an approved text nothing can be sent."""
        if not outgoing.code:
            return Answer(AttemptEnd.REFUSED, "no-template")
        parameters = {
            "AccessKeyId": self._key,
            "Action": "SendSms",
            "Format": "JSON",
            "OutId": outgoing.name,
            "PhoneNumbers": outgoing.to,
            "RegionId": "cn-hangzhou",
            "SignName": self._sign,
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": secrets.token_hex(16),
            "SignatureVersion": "1.0",
            "TemplateCode": outgoing.code,
            "TemplateParam": json.dumps(dict(outgoing.places), ensure_ascii=False, separators=(",", ":")),
            "Timestamp": self._now_of().strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2017-05-25",
        }
        form = parameters | {"Signature": signature(parameters, self._secret)}
        try:
            return read(self._client.post(self._url, data=form))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return broken(error)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def read(got: httpx.Response) -> Answer:
    """What the answer means: `Code` decides, whatever the status; without one the status does."""
    try:
        said = got.json()
    except ValueError:
        said = None
    code = code_of(said.get("Code"), "") if isinstance(said, dict) else ""
    if code == "OK":
        return Answer(AttemptEnd.ACCEPTED, "OK", code_of(said.get("BizId"), "") or None)
    if not code:
        return Answer(by_status(got.status_code) or AttemptEnd.UNKNOWN, f"http-{got.status_code}")
    if code in UNCLEAR:
        return Answer(AttemptEnd.UNKNOWN, code)
    return Answer(AttemptEnd.REFUSED if code in REFUSED else AttemptEnd.BUSY, code)
