"""A tablet's browser behind a wire that can be pulled."""

import pytest

from tests import cast
from tests.devices.wire import Wire
from tests.harness import browser as browsers


@pytest.fixture
def people(app):
    return cast.district(app)


@pytest.fixture
def wire(live_server):
    wire = Wire(live_server)
    yield wire
    wire.close()


@pytest.fixture
def door(browser, wire):
    """A tablet's browser behind the wire."""
    with browsers.visiting(browser, wire.url) as page:
        yield page
