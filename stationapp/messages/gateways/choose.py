"""Which gateways an instance has switched on, made from its settings."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from stationapp.config import Settings
from stationapp.messages.gateways.aliyun import Aliyun
from stationapp.messages.gateways.base import Gateway
from stationapp.messages.gateways.file import ConsoleGateway, FileGateway
from stationapp.messages.gateways.smtp import MailServer, Smtp
from stationapp.messages.gateways.tencent import Tencent
from stationapp.messages.gateways.webhook import Webhook
from stationapp.messages.rules import Way
from stationapp.messages.sending_rules import Limits

Now = Callable[[], datetime]


class Made(Protocol):
    """Makes one kind of gateway."""

    def __call__(self, settings: Settings, now_of: Now) -> Gateway: ...


_SMS: dict[str, Made] = {
    "file": lambda s, _: FileGateway(s.instance / "sms.txt", s.sms_sign),
    "console": lambda s, _: ConsoleGateway(s.sms_sign),
    "webhook": lambda s, now_of: Webhook(s.sms_url, s.sms_secret, s.sms_sign, now_of),
    "aliyun": lambda s, now_of: Aliyun(s.sms_key, s.sms_secret, s.sms_sign, now_of, s.sms_url),
    "tencent": lambda s, now_of: Tencent(s.sms_key, s.sms_secret, s.sms_sign, s.sms_app, now_of, s.sms_url),
}


def open_gateways(settings: Settings, now_of: Now) -> dict[Way, Gateway]:
    """One gateway for each way that is switched on; to be closed by whoever opens them."""
    gateways: dict[Way, Gateway] = {}
    if settings.sms:
        gateways[Way.SMS] = _SMS[settings.sms](settings, now_of)
    if settings.smtp:
        gateways[Way.EMAIL] = Smtp(MailServer.parse(settings.smtp), settings.mail_from, now_of)
    return gateways


def limits_of(settings: Settings) -> Limits:
    """How much may go out."""
    return Limits(int(settings.sms_per_minute), int(settings.sms_per_day), int(settings.codes_per_minute))
