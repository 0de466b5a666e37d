"""What gateways call back with: the generic webhook, Aliyun's SmsReport, Tencent's status report. Pure."""

from collections.abc import Mapping

from stationapp.messages.gateways.base import code_of
from stationapp.messages.receipts import Report

MOST = 500
"""Reports in one callback."""


class Garbled(ValueError):
    """This is no report of any gateway we know."""


def reports_of(said: object) -> list[Report]:
    """The reports in a callback's JSON, one or a list of them; raises Garbled."""
    lines = said if isinstance(said, list) else [said]
    if not lines or len(lines) > MOST:
        raise Garbled
    return [_report(line) for line in lines]


def _report(line: object) -> Report:
    if not isinstance(line, dict):
        raise Garbled
    for ref, name, delivered, code in _SHAPES:
        if delivered in line:
            return _read(line, ref, name, delivered, code)
    raise Garbled


_SHAPES = (
    ("biz_id", "out_id", "success", "err_code"),  # Aliyun
    ("sid", "", "report_status", "errmsg"),  # Tencent
    ("id", "name", "delivered", "code"),  # the generic webhook
)
"""Where a shape keeps the gateway's name, ours, the outcome and its code; told apart by the outcome's."""


def _read(line: Mapping[str, object], ref: str, name: str, delivered: str, code: str) -> Report:
    outcome = line[delivered]
    if outcome not in (True, False, "SUCCESS", "FAIL", "true", "false"):
        raise Garbled
    report = Report(
        ref=_name(line.get(ref)),
        name=_name(line.get(name)),
        delivered=outcome in (True, "SUCCESS", "true"),
        said=code_of(line.get(code), "reported"),
    )
    if not report.ref and not report.name:
        raise Garbled
    return report


def _name(said: object) -> str:
    return code_of(str(said) if isinstance(said, int) else said, "")
