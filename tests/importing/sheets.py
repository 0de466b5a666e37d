"""Signed sheets for tests: the sample one, and small ones written as CSV, taken in as the command line does."""

from datetime import date
from pathlib import Path

from sqlalchemy import true

from stationapp import clock
from stationapp.db import transaction
from stationapp.importing.kinds import Kind
from stationapp.importing.paperwork import SheetsLoaded
from stationapp.importing.queries import sites_where
from stationapp.importing.sheets import take_sheet
from stationapp.web.errors import sentence
from tests import cast

SAMPLE = (Path(__file__).parent / "files" / "signin-sheet-2026-11-08.xlsx").read_bytes()
DAY = date(2026, 11, 8)
NOW = clock.instant(DAY, 20)
"""When the sheets are loaded: that evening."""
HEAD = "序号,姓名,电话,年龄/出生年月,住址（小区）,签名,身份"
ABOVE = "八段锦晨练 签到表\n日期：,2026.11.8\n"


def exercise(site, **changes):
    """The event the sample sheet is of."""
    values = {"title": "八段锦晨练", "starts_at": clock.instant(DAY, 8)}
    return cast.event(site, **values | changes)


def sheet(*lines: str, above: str = ABOVE, head: str = HEAD) -> bytes:
    """A sheet as CSV."""
    return "\n".join([above + head, *lines]).encode()


def take(content: bytes, *, within=None, by=None, now=None, rehearse=False, corrections=None,
         kind=Kind.SIGNIN) -> SheetsLoaded:  # fmt: skip
    """Take a sheet in; needs a request context for the sentences."""
    with transaction(rehearse=rehearse):
        return take_sheet(
            kind, content, "名单.csv", within=sites_where(true()) if within is None else within,
            by=by, now=now or NOW, say=sentence, corrections=corrections,
        )  # fmt: skip


def messages(loaded: SheetsLoaded) -> list[str]:
    """What is said of a file, with the rows."""
    return [f"{one.row} {one.message}" for one in loaded.problems]
