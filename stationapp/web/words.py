"""How cases of enums are said: every feature's `words.py` holds `WORDS`, and `app.py` gathers them.

In a template `{{ event.category | word }}`, in Python `word(Category.A01)`.
"""

from collections.abc import Iterable, Mapping
from enum import Enum

from flask import Flask, current_app


def word(case: Enum | None) -> str:
    """The words for a case, in the visitor's language; "—" for None."""
    return "—" if case is None else str(current_app.extensions["words"][case])


def init_app(app: Flask, words: Iterable[Mapping[Enum, object]]) -> None:
    """Make the features' words known, and the filter `word`."""
    app.extensions["words"] = {case: said for one in words for case, said in one.items()}
    app.jinja_env.filters["word"] = word
