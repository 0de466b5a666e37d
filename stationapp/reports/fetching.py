"""What statements give, as columns of numbers (architecture.md, Speed)."""

from collections.abc import Collection, Mapping

import numpy as np
from sqlalchemy import ColumnElement, LargeBinary, Select, func, literal, select

from stationapp.db import db
from stationapp.events.models import Event

CHUNK = 65_536
"""Rows taken over from the database at a time."""

EVENTS = 4_096
"""Events whose numbers are taken over at a time."""


def fetched(statement: Select, *kinds: str | Mapping) -> list[np.ndarray]:
    """The rows of a statement as columns. A kind is numpy's name of a type, or what stands for each value (int16).

    Values are taken from the driver as they are: a million rows are no million objects of ours.
    """
    cursor = db.session.connection().execute(statement).cursor
    parts: list[list[np.ndarray]] = [[column_of((), kind)] for kind in kinds]
    while chunk := cursor.fetchmany(CHUNK):
        for part, kind, column in zip(parts, kinds, zip(*chunk, strict=True), strict=True):
            part.append(column_of(column, kind))
    return [np.concatenate(part) for part in parts]


def column_of(values: Collection, kind: str | Mapping) -> np.ndarray:
    """Values as one column of that kind."""
    if isinstance(kind, str):
        return np.fromiter(values, dtype=kind, count=len(values))
    return np.fromiter(map(kind.__getitem__, values), dtype=np.int16, count=len(values))


def strung(
    number: ColumnElement[int], its: ColumnElement[bool], counts: ColumnElement[bool], ids: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """(the event's place among `ids`, the number) of every row that is an event's, by the million.

    `its` ties a row to its event, `counts` says which events count; `ids` are all of these. The database strings the
    numbers of each event together: a million rows come over as some thousand values, and nothing is sorted.
    """
    if db.session.get_bind().dialect.name == "postgresql":
        string, numbers = func.string_agg(func.int8send(number), literal(b"", LargeBinary)), _from_bytes
    else:
        string, numbers = func.group_concat(number), _from_text
    rows = select(string).where(its).correlate(Event).scalar_subquery()
    cursor = db.session.connection().execute(select(Event.id, rows).where(counts)).cursor
    events, parts = [np.zeros(0, dtype=np.int32)], [np.zeros(0, dtype=np.int64)]
    while chunk := cursor.fetchmany(EVENTS):
        said = {id: one for id, one in chunk if one}
        sizes, found = numbers(said.values())
        events.append(np.repeat(places_of(ids, column_of(said, "int64")), sizes))
        parts.append(found)
    return np.concatenate(events), np.concatenate(parts)


def _from_bytes(strings: Collection[bytes]) -> tuple[list[int], np.ndarray]:
    """How many numbers each of them holds, and all of them."""
    return [len(one) // 8 for one in strings], np.frombuffer(b"".join(strings), dtype=">i8").astype(np.int64)


def _from_text(strings: Collection[str]) -> tuple[list[int], np.ndarray]:
    return [one.count(",") + 1 for one in strings], np.fromstring(",".join(strings), dtype=np.int64, sep=",")


def places_of(ids: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Where each of the wanted ids stands among `ids`, which are all there are."""
    if not len(ids):
        return np.zeros(0, dtype=np.int32)
    table = np.full(ids.max() + 1, -1, dtype=np.int32)
    table[ids] = np.arange(len(ids), dtype=np.int32)
    return table[wanted]


def as_who(persons: np.ndarray, who: Mapping[int, int]) -> np.ndarray:
    """As whom people count (`residents.queries.counts_as`)."""
    if not who or not len(persons):
        return persons
    table = np.arange(max(persons.max(), *who, *who.values()) + 1, dtype=persons.dtype)
    table[list(who)] = list(who.values())
    return table[persons]


def pairs(places: np.ndarray, persons: np.ndarray) -> np.ndarray:
    """Each event's place and person as one number."""
    return places * np.int64(1 << 32) + persons


def among(known: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Which of the wanted numbers are among the known ones, which are put in order for it.

    `np.isin` would hold both several times over: a fifth of all the memory a report may have.
    """
    if not len(known):
        return np.zeros(len(wanted), dtype=bool)
    known.sort()
    return known[np.searchsorted(known, wanted).clip(max=len(known) - 1)] == wanted
