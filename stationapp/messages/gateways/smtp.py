"""Mail, by smtplib: one connection a message, and each step knows what its failure means."""

import smtplib
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP as AS_SENT
from email.utils import format_datetime
from urllib.parse import unquote, urlsplit

from stationapp.messages.gateways.base import Answer, Outgoing
from stationapp.messages.rules import AttemptEnd

SECONDS = 10


@dataclass(frozen=True)
class MailServer:
    """`smtp://host:25`, `smtp://user:password@host:587` (STARTTLS) or `smtps://user:password@host:465`."""

    host: str
    port: int
    user: str = ""
    password: str = ""
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> "MailServer":
        """Read the setting; raises ValueError when it is none of these."""
        split = urlsplit(url)
        if split.scheme not in ("smtp", "smtps") or not split.hostname or split.path.strip("/"):
            raise ValueError
        port = split.port or (465 if split.scheme == "smtps" else 587 if split.username else 25)
        user, password = unquote(split.username or ""), unquote(split.password or "")
        return cls(split.hostname, port, user, password, split.scheme == "smtps")


class Smtp:
    """Sends plain-text mail; the first line of a text is its subject."""

    def __init__(self, server: MailServer, sender: str, now_of: Callable[[], datetime]) -> None:
        self._server, self._sender, self._now_of = server, sender, now_of

    def send(self, outgoing: Outgoing) -> Answer:
        """One mail. Until the text goes over nothing is taken; when the line breaks after that, nobody knows."""
        try:
            content = self._written(outgoing)
        except ValueError:  # an address that fits into no header
            return Answer(AttemptEnd.REFUSED, "unreadable")
        try:
            connection = self._open()
        except (OSError, smtplib.SMTPException) as error:
            return Answer(AttemptEnd.BUSY, type(error).__name__)
        try:
            return self._hand_over(connection, outgoing, content)
        finally:
            connection.close()

    def _hand_over(self, connection: smtplib.SMTP, outgoing: Outgoing, content: bytes) -> Answer:
        try:
            for code, _said in (connection.mail(self._sender), connection.rcpt(outgoing.to)):
                if code >= 300:
                    return _no(code)
        except (OSError, smtplib.SMTPException) as error:
            return Answer(AttemptEnd.BUSY, type(error).__name__)
        try:
            code, _said = connection.data(content)
        except smtplib.SMTPDataError as error:  # it did not want the text at all
            return _no(error.smtp_code)
        except (OSError, smtplib.SMTPException) as error:
            return Answer(AttemptEnd.UNKNOWN, type(error).__name__)
        return _no(code) if code >= 300 else Answer(AttemptEnd.ACCEPTED, f"smtp-{code}", outgoing.name)

    def _open(self) -> smtplib.SMTP:
        server, secure = self._server, ssl.create_default_context()
        if server.tls:
            connection: smtplib.SMTP = smtplib.SMTP_SSL(
                server.host, server.port, timeout=SECONDS, context=secure
            )
        else:
            connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
        try:
            connection.ehlo_or_helo_if_needed()
            if not server.tls and (server.user or connection.has_extn("starttls")):
                connection.starttls(context=secure)  # a password never goes over the line in clear
                connection.ehlo()
            if server.user:
                connection.login(server.user, server.password)
        except BaseException:
            connection.close()
            raise
        return connection

    def _written(self, outgoing: Outgoing) -> bytes:
        subject, _, body = outgoing.text.partition("\n")
        outgoing.to.encode("ascii")  # what a server must be asked for first (SMTPUTF8) is not tried
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = self._sender, outgoing.to, subject
        mail["Date"] = format_datetime(self._now_of())
        mail["Message-ID"] = (
            f"<{outgoing.name}@{self._sender.rpartition('@')[2]}>"  # the same on a second try
        )
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(body or subject)
        return mail.as_bytes(policy=AS_SENT.clone(cte_type="7bit"))

    def close(self) -> None:
        """Nothing is held open."""


def _no(code: int) -> Answer:
    """A 4xx is "later", a 5xx a no for good."""
    return Answer(AttemptEnd.REFUSED if code >= 500 else AttemptEnd.BUSY, f"smtp-{code}")
