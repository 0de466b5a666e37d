"""By which ways a household hears of what."""

import pytest

from stationapp.messages.rules import CALLED_ABOUT, Way
from stationapp.messages.ways import Reach, ways
from stationapp.notices.rules import Occasion

MOBILE, LANDLINE = "19900000001", "0379-00000001"
ALL_ON = frozenset({Way.SMS, Way.EMAIL})


def reach(phone=MOBILE, email=False, no_texts=False, asks_for_calls=True) -> Reach:
    return Reach(phone, email, no_texts, asks_for_calls)


@pytest.mark.parametrize(
    ("who", "on", "told"),
    [
        (reach(), (), (Way.PAGE, Way.CALL)),
        (reach(), ALL_ON, (Way.PAGE, Way.SMS)),
        (reach(LANDLINE), ALL_ON, (Way.PAGE, Way.CALL)),
        (reach(None), ALL_ON, (Way.PAGE, Way.CALL)),
        (reach(no_texts=True, email=True), ALL_ON, (Way.PAGE, Way.CALL)),
        (reach(email=True), ALL_ON, (Way.PAGE, Way.SMS, Way.EMAIL)),
        (reach(LANDLINE, email=True), ALL_ON, (Way.PAGE, Way.EMAIL)),
        (reach(email=True), {Way.SMS}, (Way.PAGE, Way.SMS)),
        (reach(email=True), {Way.EMAIL}, (Way.PAGE, Way.EMAIL)),
    ],
)
def test_who_cannot_be_written_to_is_called(who, on, told):
    assert ways(Occasion.MOVED, who, on) == told


def test_nobody_is_called_to_confirm_a_sign_up():
    assert ways(Occasion.CONFIRMED, reach(), ()) == (Way.PAGE,)
    assert ways(Occasion.CONFIRMED, reach(), ALL_ON) == (Way.PAGE, Way.SMS)
    assert {occasion for occasion in Occasion if Way.CALL in ways(occasion, reach(), ())} == set(CALLED_ABOUT)


def test_one_is_reminded_by_one_way_and_called_only_when_signed_up_by_phone():
    assert ways(Occasion.REMINDER, reach(email=True), ALL_ON) == (Way.PAGE, Way.SMS)
    assert ways(Occasion.REMINDER, reach(LANDLINE, email=True), ALL_ON) == (Way.PAGE, Way.EMAIL)
    assert ways(Occasion.REMINDER, reach(LANDLINE), ALL_ON) == (Way.PAGE, Way.CALL)
    assert ways(Occasion.REMINDER, reach(LANDLINE, asks_for_calls=False), ALL_ON) == (Way.PAGE,)
