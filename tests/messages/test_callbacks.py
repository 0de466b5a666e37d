"""What gateways report to a web process: twice, late, before their own answer; and what such a process never loads."""

import subprocess
import sys
import time

import pytest
from sqlalchemy import func, select

from stationapp.db import db
from stationapp.messages.gateways.webhook import Webhook
from stationapp.messages.models import Receipt
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.sending import drain
from stationapp.messages.views import key
from stationapp.notices.rules import Occasion
from tests.harness.gateway import gateway
from tests.harness.server import ROOT
from tests.messages.outbox import NOON, scene, states, write


@pytest.mark.both_databases
@pytest.mark.parametrize(("fault", "times"), [("late", 1), ("twice", 2), ("early", 1)])
def test_whenever_and_however_often_a_gateway_reports_each_message_arrives_once(
    app, live_server, fault, times
):
    with app.app_context():
        ids = write(scene(app, 3), occasion=Occasion.PROMOTED)
        callback = f"{live_server}/callbacks/sms/{key()}"
        with gateway(secret="s", faults={fault: 1}, callback=callback) as server:
            sender = Webhook(server.url, "s", "", lambda: NOON)
            drain({Way.SMS: sender}, now_of=lambda: NOON, most=10)
            sender.close()
            while len(server.reported()) < times * len(ids):
                time.sleep(0.05)
            assert {status for _name, status in server.reported()} == {200}
            assert list(server.taken().values()) == [1, 1, 1]
        assert states() == {Delivery.DELIVERED: 3}
        assert db.session.scalar(select(func.count()).select_from(Receipt)) == 3


def test_a_web_process_loads_no_client():
    asked = (
        "import sys, stationapp.wsgi; print([name for name in ('httpx', 'smtplib') if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", asked], cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[]"
