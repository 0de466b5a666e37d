"""The sample district's files, and small tables written in a test."""

from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import true

from stationapp import clock
from stationapp.db import transaction
from stationapp.importing.kinds import Kind
from stationapp.importing.loaded import Loaded
from stationapp.importing.operations import load
from stationapp.importing.queries import sites_where

FOLDER = Path(__file__).resolve().parents[2] / "stationapp" / "sample"
NOW = datetime(2026, 10, 28, 3, tzinfo=UTC)

FILES = {
    Kind.SITES: "jianxi/sites.csv",
    Kind.POPULATION: "jianxi/population.csv",
    Kind.ROOMS: "jianxi/rooms.csv",
    Kind.HOLIDAYS: "holidays.csv",
    Kind.PLAN: "jianxi/plan-2026-11.xlsx",
}
"""In the order a new district takes them in."""


def take_in(kind: Kind, content: bytes | str | None = None, *, rehearse: bool = False, within=None) -> Loaded:
    """Load a table (a string is a CSV), or the sample file of that kind, as the command line does."""
    if content is None:
        content = (FOLDER / FILES[kind]).read_bytes()
    body = content.encode() if isinstance(content, str) else content
    with transaction(rehearse=rehearse):
        return load(
            kind, body, Path(FILES[kind]).name,
            within=sites_where(true()) if within is None else within,
            by=None, now=NOW, today=clock.day_of(NOW), month=None,
        )  # fmt: skip


def take_in_everything() -> dict[Kind, Loaded]:
    """The whole sample district."""
    return {kind: take_in(kind) for kind in FILES}
