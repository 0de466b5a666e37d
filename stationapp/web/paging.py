"""Pages of long lists, by number in the address."""

from dataclasses import dataclass

from flask import request
from sqlalchemy import Select

from stationapp.db import db

HIGHEST = 100_000


@dataclass(frozen=True)
class Page:
    """One page of a list; `more` tells whether another follows."""

    rows: list
    number: int
    more: bool


def page_number() -> int:
    """The page asked for (`?page=`), 1 when absent or senseless."""
    text = request.args.get("page", "1")
    number = int(text) if text.isascii() and text.isdigit() and len(text) < 7 else 1
    return min(max(number, 1), HIGHEST)


def paged(query: Select, size: int = 50, *, scalars: bool = True) -> Page:
    """Run `query` for the asked page; one row more is read to know whether there is a next."""
    number = page_number()
    result = db.session.execute(query.limit(size + 1).offset((number - 1) * size))
    rows = list(result.scalars() if scalars else result)
    return Page(rows[:size], number, len(rows) > size)
