"""Messages that cannot be put into words: what is wrong with one of them, and what is wrong with this machine."""

import pytest

from stationapp.messages import letters
from stationapp.messages.rules import Delivery, Way
from stationapp.messages.sending import drain
from tests.messages.outbox import NOON, Playing, message, scene, states, write

pytestmark = pytest.mark.both_databases


@pytest.fixture
def ids(app):
    """Three messages that are due."""
    with app.app_context():
        yield write(scene(app))


def fail_with(monkeypatch, error: Exception, id_: int) -> None:
    """The facts of this message cannot be read."""
    facts_of = letters.facts_of

    def breaks(messages, *, now):
        if any(one.id == id_ for one in messages):
            raise error
        return facts_of(messages, now=now)

    monkeypatch.setattr(letters, "facts_of", breaks)


def test_what_nobody_foresaw_in_one_message_keeps_none_of_the_others_back(ids, monkeypatch):
    fail_with(monkeypatch, LookupError(), ids[1])
    drain({Way.SMS: Playing()}, now_of=lambda: NOON, most=10)
    assert [message(id_).why for id_ in ids] == ["", "fault", ""]
    assert states() == {Delivery.ACCEPTED: 2, Delivery.FAILED: 1}


def test_a_machine_that_cannot_read_its_own_files_gives_no_message_up(ids, monkeypatch):
    with monkeypatch.context() as broken:
        fail_with(broken, OSError(), ids[1])
        with pytest.raises(OSError):
            drain({Way.SMS: Playing()}, now_of=lambda: NOON, most=10)
        assert states() == {Delivery.PENDING: 3}
    drain({Way.SMS: Playing()}, now_of=lambda: NOON, most=10)
    assert states() == {Delivery.ACCEPTED: 3}
