"""Every reason for a no has a sentence of its own."""

import pkgutil
from enum import Enum
from importlib import import_module

import pytest

import stationapp
from stationapp.refusal import Refused
from stationapp.web.errors import sentence
from tests.test_arrows import FEATURES

FACTS = {
    "taken": 3,
    "limit": 6,
    "min_age": 7,
    "max_age": 12,
    "missing": ("title",),
    "title": "活动",
    "other": "活动",
}


def refusals() -> list[type[Enum]]:
    found = {}
    for feature in FEATURES:
        for module in pkgutil.iter_modules([f"{next(iter(stationapp.__path__))}/{feature}"]):
            if module.name.endswith(("rules", "problems")):
                every = vars(import_module(f"stationapp.{feature}.{module.name}"))
                found |= {n: c for n, c in every.items() if isinstance(c, type) and n.endswith("Refusal")}
    return list(found.values())


@pytest.mark.parametrize("kind", refusals(), ids=lambda kind: kind.__name__)
def test_every_reason_has_a_sentence_of_its_own(app, kind):
    from stationapp import clock

    facts = FACTS | {"opens_at": clock.now()}
    with app.test_request_context():
        said = {reason.name: sentence(Refused(reason, **facts)) for reason in kind}
    assert [name for name, text in said.items() if not text.endswith(("。", "？"))] == []
    assert len(set(said.values())) == len(said)
