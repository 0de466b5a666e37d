"""What an address asks for."""

from collections.abc import Mapping
from enum import Enum
from typing import TypeVar

from flask import request

Case = TypeVar("Case", bound=Enum)


def asked_case(name: str, of: type[Case], given: Mapping[str, str] | None = None) -> Case | None:
    """`?name=value` as a case of the enum, or from what is `given` instead; None when absent or senseless."""
    value = (request.args if given is None else given).get(name)
    return next((case for case in of if case.value == value), None)
