"""Addresses of static files with their content's hash, so that they may be cached for ever."""

import hashlib
from functools import cache
from pathlib import Path

from flask import Flask, url_for


def init_app(app: Flask) -> None:
    """Give templates `asset("app.css")`."""
    folder = Path(app.static_folder)

    @cache
    def version(name: str) -> str:
        return hashlib.sha256((folder / name).read_bytes()).hexdigest()[:10]

    def asset(name: str) -> str:
        return url_for("static", filename=name, v=version(name))

    app.jinja_env.globals["asset"] = asset
