"""Tencent Cloud's SendSms (2021-01-11) with the TC3-HMAC-SHA256 signature."""

import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from stationapp.messages.gateways.base import Answer, Outgoing, code_of
from stationapp.messages.gateways.http import broken, by_status, client
from stationapp.messages.rules import AttemptEnd

URL = "https://sms.tencentcloudapi.com/"

REFUSED = frozenset(
    {
        "FailedOperation.ContainSensitiveWord",
        "FailedOperation.PhoneNumberInBlacklist",  # the person has told the provider to stop
        "FailedOperation.PhoneNumberOnBlacklist",
        "FailedOperation.PhoneNumberParseFail",
        "InvalidParameterValue.IncorrectPhoneNumber",
        "InvalidParameterValue.ContentLengthLimit",
        "InvalidParameterValue.TemplateParameterFormatError",
        "InvalidParameterValue.TemplateParameterLengthLimit",
        "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
        "UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber",
    }
)
"""A no to this message: sent again it would be refused again."""

UNCLEAR = ("InternalError",)
"""Beginnings of codes after which the message may have been taken. Every other code is a no to the account or the
rate (AuthFailure, InsufficientBalance, LimitExceeded, an unapproved text): not taken, and may be later."""


def authorization(host: str, body: bytes, at: int, key: str, secret: str) -> str:
    """The Authorization header of a POST of JSON to `host` at the second `at`."""
    day = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
    signed_headers = "content-type;host"
    canonical = (
        f"POST\n/\n\ncontent-type:application/json; charset=utf-8\nhost:{host}\n\n{signed_headers}\n"
        f"{hashlib.sha256(body).hexdigest()}"
    )
    scope = f"{day}/sms/tc3_request"
    to_sign = f"TC3-HMAC-SHA256\n{at}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    derived = f"TC3{secret}".encode()
    for part in (day, "sms", "tc3_request"):
        derived = hmac.digest(derived, part.encode(), hashlib.sha256)
    signature = hmac.digest(derived, to_sign.encode(), hashlib.sha256).hex()
    return f"TC3-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={signed_headers}, Signature={signature}"


class Tencent:
    """Sends approved texts by their number; their SerialNo is what receipts speak of."""

    def __init__(
        self, key: str, secret: str, sign: str, app: str, now_of: Callable[[], datetime], url: str = URL
    ) -> None:
        self._key, self._secret, self._sign, self._app, self._now_of = key, secret, sign, app, now_of
        self._url, self._client = url or URL, client()

    def send(self, outgoing: Outgoing) -> Answer:
        """One request; without the number of an approved text nothing can be sent."""
        if not outgoing.code:
            return Answer(AttemptEnd.REFUSED, "no-template")
        body = json.dumps(
            {
                "PhoneNumberSet": [f"+86{outgoing.to}"],
                "SmsSdkAppId": self._app,
                "SignName": self._sign,
                "TemplateId": outgoing.code,
                "TemplateParamSet": [value for _name, value in outgoing.places],
                "SessionContext": outgoing.name,
            },
            ensure_ascii=False,
        ).encode()
        at, host = int(self._now_of().timestamp()), urlsplit(self._url).netloc
        headers = {
            "Authorization": authorization(host, body, at, self._key, self._secret),
            "Content-Type": "application/json; charset=utf-8",
            "Host": host,
            "X-TC-Action": "SendSms",
            "X-TC-Timestamp": str(at),
            "X-TC-Version": "2021-01-11",
            "X-TC-Region": "ap-guangzhou",
        }
        try:
            return read(self._client.post(self._url, content=body, headers=headers))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return broken(error)

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()


def read(got: httpx.Response) -> Answer:
    """What the answer means: one status a number, or an error of the whole request."""
    try:
        said = got.json()["Response"]
        one = said["Error"] if "Error" in said else said["SendStatusSet"][0]
        code = code_of(one["Code"], "unreadable")
    except (ValueError, LookupError, TypeError):
        return Answer(by_status(got.status_code) or AttemptEnd.UNKNOWN, f"http-{got.status_code}")
    if code == "Ok":
        return Answer(AttemptEnd.ACCEPTED, "Ok", code_of(one.get("SerialNo"), "") or None)
    if code == "unreadable" or code.startswith(UNCLEAR):
        return Answer(AttemptEnd.UNKNOWN, code)
    return Answer(AttemptEnd.REFUSED if code in REFUSED else AttemptEnd.BUSY, code)
