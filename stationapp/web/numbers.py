"""Numbers in addresses: only those that a row can have, so that no database is asked for more than it can hold."""

from flask import Flask
from werkzeug.routing import IntegerConverter


class RowNumber(IntegerConverter):
    """`<int:…>`: at most nine digits; anything longer is no address here (404)."""

    regex = r"\d{1,9}"


def init_app(app: Flask) -> None:
    """Take the place of the ordinary `int`; before any blueprint is registered."""
    app.url_map.converters["int"] = RowNumber
