"""What each gateway sends, signed as its provider asks, and what its answers mean. Against real servers."""

import hashlib
import hmac
import json
import smtplib
import socket
import stat
import threading
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, quote

import httpx
import pytest
from aiosmtpd.controller import Controller

from stationapp.messages.gateways import aliyun, http, tencent
from stationapp.messages.gateways.base import Outgoing
from stationapp.messages.gateways.file import ConsoleGateway, FileGateway
from stationapp.messages.gateways.smtp import MailServer, Smtp
from stationapp.messages.gateways.webhook import Webhook
from stationapp.messages.rules import AttemptEnd
from tests.harness.gateway import gateway

AT = datetime(2026, 11, 23, 4, 5, 6, tzinfo=UTC)
LETTER = Outgoing(
    "m5t1a", "19900001111", "《书法课》改到9点", "SMS_1", (("title", "书法课"), ("when", "9点 ~*+/"))
)


def at() -> datetime:
    return AT


# --- the generic webhook ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fault", "end"),
    [
        ("ok", AttemptEnd.ACCEPTED),
        ("busy", AttemptEnd.BUSY),
        ("no", AttemptEnd.REFUSED),
        ("taken500", AttemptEnd.UNKNOWN),
        ("lost500", AttemptEnd.UNKNOWN),
        ("cut", AttemptEnd.UNKNOWN),
        ("hang", AttemptEnd.UNKNOWN),
    ],
)
def test_a_webhooks_answer_means_what_is_certain_and_no_more(monkeypatch, fault, end):
    monkeypatch.setattr(http, "TIMEOUT", httpx.Timeout(0.5))
    with gateway(secret="geheim", faults={fault: 1}) as server:
        sender = Webhook(server.url, "geheim", "涧西文明", at)
        answer = sender.send(LETTER)
        sender.close()
        (seen,) = server.seen()
    assert answer.end is end
    assert (seen.name, seen.signed, seen.to) == ("m5t1a", True, "19900001111")
    assert seen.text == "【涧西文明】《书法课》改到9点"
    assert (answer.ref is not None) == (end is AttemptEnd.ACCEPTED)


def test_nobody_listening_is_a_sure_no():
    sender = Webhook("http://127.0.0.1:9/send", "geheim", "", at)
    assert (sender.send(LETTER).end, sender.send(LETTER).said) == (AttemptEnd.BUSY, "ConnectError")
    sender.close()


@pytest.mark.parametrize(
    "url", ["http://no-such-host.invalid/", "ftp://127.0.0.1/", "http://[", "http://127.0.0.1:99999/"]
)
def test_an_address_that_leads_nowhere_is_a_sure_no(url):
    sender = Webhook(url, "geheim", "", at)
    assert sender.send(LETTER).end is AttemptEnd.BUSY
    sender.close()


@pytest.mark.parametrize(
    ("status", "end"),
    [(200, None), (204, None), (301, AttemptEnd.UNKNOWN), (400, AttemptEnd.REFUSED), (401, AttemptEnd.BUSY),
     (404, AttemptEnd.BUSY), (422, AttemptEnd.REFUSED), (429, AttemptEnd.BUSY), (500, AttemptEnd.UNKNOWN),
     (502, AttemptEnd.UNKNOWN), (503, AttemptEnd.BUSY), (504, AttemptEnd.UNKNOWN)],
)  # fmt: skip
def test_a_status_alone_says(status, end):
    assert http.by_status(status) is end


# --- the providers ----------------------------------------------------------------------------------------------


class Provider(ThreadingHTTPServer):
    """Answers every request with what it was given, and keeps the last one."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.said: tuple[int, bytes] = (200, b"{}")
        self.headers: dict[str, str] = {}
        self.body = b""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/"


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        self.server.body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.headers = dict(self.headers)
        status, body = self.server.said
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_aliyuns_signature_is_that_of_its_published_example():
    parameters = {
        "SignatureMethod": "HMAC-SHA1", "SignatureNonce": "45e25e9b-0a6f-4070-8c85-2956eda1b466",
        "AccessKeyId": "testId", "SignatureVersion": "1.0", "Timestamp": "2017-07-12T02:42:19Z", "Format": "XML",
        "Action": "SendSms", "Version": "2017-05-25", "RegionId": "cn-hangzhou", "PhoneNumbers": "15300000001",
        "SignName": "阿里云短信测试专用", "TemplateParam": '{"customer":"test"}', "TemplateCode": "SMS_71390007",
        "OutId": "123",
    }  # fmt: skip
    assert aliyun.signature(parameters, "testSecret", "GET") == "zJDF+Lrzhj/ThnlvIToysFRq6t4="


def test_aliyun_gets_the_approved_text_by_number_signed_as_it_asks(provider):
    provider.said = (200, json.dumps({"Code": "OK", "BizId": "900619746936498440^0"}).encode())
    sender = aliyun.Aliyun("key", "secret", "涧西文明", at, provider.url)
    answer = sender.send(LETTER)
    sender.close()
    assert (answer.end, answer.ref) == (AttemptEnd.ACCEPTED, "900619746936498440^0")
    form = dict(parse_qsl(provider.body.decode()))
    signed = form.pop("Signature")
    assert form["OutId"] == "m5t1a" and form["TemplateCode"] == "SMS_1" and form["SignName"] == "涧西文明"
    assert json.loads(form["TemplateParam"]) == {"title": "书法课", "when": "9点 ~*+/"}
    assert form["Timestamp"] == "2026-11-23T04:05:06Z"
    # The same by hand: RFC 3986 twice, the method and an encoded slash in front.
    query = "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(form.items()))
    string = "POST&%2F&" + quote(query, safe="-_.~")
    mac = hmac.new(b"secret&", string.encode(), hashlib.sha1)
    assert signed == b64encode(mac.digest()).decode()


@pytest.mark.parametrize(
    ("status", "body", "end", "said"),
    [
        (200, {"Code": "isv.MOBILE_NUMBER_ILLEGAL"}, AttemptEnd.REFUSED, "isv.MOBILE_NUMBER_ILLEGAL"),
        (200, {"Code": "isv.BUSINESS_LIMIT_CONTROL"}, AttemptEnd.BUSY, "isv.BUSINESS_LIMIT_CONTROL"),
        (200, {"Code": "isv.AMOUNT_NOT_ENOUGH"}, AttemptEnd.BUSY, "isv.AMOUNT_NOT_ENOUGH"),
        (400, {"Code": "SignatureDoesNotMatch"}, AttemptEnd.BUSY, "SignatureDoesNotMatch"),
        (503, {"Code": "Throttling.User"}, AttemptEnd.BUSY, "Throttling.User"),
        (500, {"Code": "InternalError"}, AttemptEnd.UNKNOWN, "InternalError"),
        (200, {"Code": "isp.SYSTEM_ERROR"}, AttemptEnd.UNKNOWN, "isp.SYSTEM_ERROR"),
        (200, {"Message": "19900001111"}, AttemptEnd.UNKNOWN, "http-200"),
        (200, {"Code": "为19900001111发送失败"}, AttemptEnd.UNKNOWN, "http-200"),
        (502, "<html>", AttemptEnd.UNKNOWN, "http-502"),
    ],
)
def test_aliyuns_codes_mean(provider, status, body, end, said):
    provider.said = (status, json.dumps(body).encode())
    sender = aliyun.Aliyun("key", "secret", "涧西文明", at, provider.url)
    answer = sender.send(LETTER)
    sender.close()
    assert (answer.end, answer.said) == (end, said)


def test_tencent_gets_the_approved_text_by_number_signed_as_it_asks(provider):
    provider.said = (200, _tencent({"SendStatusSet": [{"Code": "Ok", "SerialNo": "2640:1"}]}))
    sender = tencent.Tencent("AKID", "secret", "涧西文明", "1400", at, provider.url)
    answer = sender.send(LETTER)
    sender.close()
    assert (answer.end, answer.ref) == (AttemptEnd.ACCEPTED, "2640:1")
    sent = json.loads(provider.body)
    assert sent["PhoneNumberSet"] == ["+8619900001111"] and sent["TemplateParamSet"] == ["书法课", "9点 ~*+/"]
    assert (sent["SmsSdkAppId"], sent["TemplateId"], sent["SessionContext"]) == ("1400", "SMS_1", "m5t1a")
    assert provider.headers["X-TC-Timestamp"] == str(int(AT.timestamp()))
    # The same by hand, line by line as the documentation of signature v3 has it.
    host = provider.headers["Host"]
    lines = ["POST", "/", "", "content-type:application/json; charset=utf-8", f"host:{host}", "",
             "content-type;host", hashlib.sha256(provider.body).hexdigest()]  # fmt: skip
    request = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    string = "\n".join(["TC3-HMAC-SHA256", str(int(AT.timestamp())), "2026-11-23/sms/tc3_request", request])
    step = b"TC3secret"
    for part in (b"2026-11-23", b"sms", b"tc3_request"):
        step = hmac.new(step, part, hashlib.sha256).digest()
    mac = hmac.new(step, string.encode(), hashlib.sha256).hexdigest()
    assert provider.headers["Authorization"] == (
        "TC3-HMAC-SHA256 Credential=AKID/2026-11-23/sms/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={mac}"
    )


def _tencent(said: dict) -> bytes:
    return json.dumps({"Response": said | {"RequestId": "x"}}).encode()


@pytest.mark.parametrize(
    ("said", "end"),
    [
        ({"SendStatusSet": [{"Code": "FailedOperation.PhoneNumberInBlacklist"}]}, AttemptEnd.REFUSED),
        ({"SendStatusSet": [{"Code": "LimitExceeded.PhoneNumberDailyLimit"}]}, AttemptEnd.BUSY),
        ({"Error": {"Code": "AuthFailure.SignatureFailure"}}, AttemptEnd.BUSY),
        ({"Error": {"Code": "InternalError.Timeout"}}, AttemptEnd.UNKNOWN),
        ({"SendStatusSet": []}, AttemptEnd.UNKNOWN),
        ({"SendStatusSet": [{"Code": "为19900001111失败"}]}, AttemptEnd.UNKNOWN),
    ],
)
def test_tencents_codes_mean(provider, said, end):
    provider.said = (200, _tencent(said))
    sender = tencent.Tencent("AKID", "secret", "涧西文明", "1400", at, provider.url)
    answer = sender.send(LETTER)
    sender.close()
    assert answer.end is end
    assert "1990000" not in answer.said


@pytest.mark.parametrize("made", [
    lambda url: aliyun.Aliyun("key", "secret", "s", at, url), lambda url: tencent.Tencent("k", "s", "s", "1", at, url)
])  # fmt: skip
def test_without_the_number_of_an_approved_text_nothing_is_asked(provider, made):
    sender = made(provider.url)
    answer = sender.send(Outgoing("m1t1", "19900001111", "文字"))
    sender.close()
    assert (answer.end, answer.said, provider.body) == (AttemptEnd.REFUSED, "no-template", b"")


# --- a file, the console ----------------------------------------------------------------------------------------


def test_the_file_gets_a_line_a_message_and_is_its_owners_alone(tmp_path):
    path = tmp_path / "sms.txt"
    sender = FileGateway(path, "涧西文明")
    answers = [sender.send(LETTER), FileGateway(path, "").send(LETTER)]
    assert [one.end for one in answers] == [AttemptEnd.ACCEPTED] * 2
    texts = [json.loads(line)["text"] for line in path.read_text().splitlines()]
    assert texts == ["【涧西文明】《书法课》改到9点", "《书法课》改到9点"]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (tmp_path / "folder").mkdir()
    assert FileGateway(tmp_path / "folder", "").send(LETTER).end is AttemptEnd.UNKNOWN


def test_the_console_prints_it(capsys):
    assert ConsoleGateway("涧西文明").send(LETTER).end is AttemptEnd.ACCEPTED
    assert capsys.readouterr().out == "19900001111 【涧西文明】《书法课》改到9点\n"


# --- mail -------------------------------------------------------------------------------------------------------


class Mailbox:
    """A mail server's handler that answers as told, and keeps what it took."""

    def __init__(self, rcpt: str = "250 OK", data: str = "250 OK") -> None:
        self.rcpt, self.data, self.got = rcpt, data, []

    async def handle_RCPT(self, server, session, envelope, address, options) -> str:
        envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, server, session, envelope) -> str:
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))
        if self.data == "cut":
            server.transport.abort()
        return self.data


@contextmanager
def mail_server(mailbox: Mailbox) -> Iterator[Smtp]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Smtp(MailServer.parse(f"smtp://127.0.0.1:{port}"), "station@example.cn", at)
    finally:
        controller.stop()


MAIL = Outgoing("m7t1a", "wu@example.cn", "时间变了：书法课\n您好！\n.单独一行的点\n改到9点。")


def test_a_mail_has_its_first_line_for_a_subject_and_a_name_that_stays():
    with mail_server(mailbox := Mailbox()) as sender:
        assert sender.send(MAIL).end is AttemptEnd.ACCEPTED
    (mail,) = mailbox.got
    assert (mail["Subject"], mail["To"], mail["From"]) == (
        "时间变了：书法课", "wu@example.cn", "station@example.cn",
    )  # fmt: skip
    assert mail["Message-ID"] == "<m7t1a@example.cn>"
    assert mail.get_content().splitlines() == ["您好！", ".单独一行的点", "改到9点。"]


@pytest.mark.parametrize(
    ("mailbox", "end"),
    [
        (Mailbox(rcpt="550 no such user"), AttemptEnd.REFUSED),
        (Mailbox(rcpt="451 greylisted"), AttemptEnd.BUSY),
        (Mailbox(data="554 spam"), AttemptEnd.REFUSED),
        (Mailbox(data="452 full"), AttemptEnd.BUSY),
        (Mailbox(data="cut"), AttemptEnd.UNKNOWN),
    ],
    ids=["no such user", "greylisted", "spam", "full", "cut"],
)
def test_a_mail_servers_answer_means(mailbox, end):
    with mail_server(mailbox) as sender:
        assert sender.send(MAIL).end is end


@pytest.mark.parametrize("to", ["张@例子.中国", "a@b.cn\nBcc: all@b.cn", "a b@c.cn\r\nX: y"])
def test_an_address_no_header_takes_is_refused(to):
    with mail_server(mailbox := Mailbox()) as sender:
        assert sender.send(Outgoing("m1t1", to, "题\n文")).end is AttemptEnd.REFUSED
    assert mailbox.got == []


def test_no_mail_server_and_one_that_will_not_encrypt_a_password_are_a_sure_no():
    assert Smtp(MailServer("127.0.0.1", 9), "a@b.cn", at).send(MAIL).end is AttemptEnd.BUSY
    with mail_server(mailbox := Mailbox()) as sender:
        named = MailServer("127.0.0.1", sender._server.port, "user", "password")
        answer = Smtp(named, "a@b.cn", at).send(MAIL)
    assert (answer.end, answer.said) == (AttemptEnd.BUSY, smtplib.SMTPNotSupportedError.__name__)
    assert mailbox.got == []


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.cn", MailServer("mail.example.cn", 25)),
        ("smtp://u:p%40ss@mail.example.cn", MailServer("mail.example.cn", 587, "u", "p@ss")),
        ("smtps://u%40b.cn:p@mail.example.cn", MailServer("mail.example.cn", 465, "u@b.cn", "p", True)),
        ("smtp://localhost:2525/", MailServer("localhost", 2525)),
    ],
)
def test_a_mail_server_is_read_from_its_setting(url, server):
    assert MailServer.parse(url) == server
