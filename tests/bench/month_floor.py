"""The floor of month.py: the distinct figures of a report alone, at every level, month and year, in plain SQL.

Persons (I-05), activities (I-02), old and young (I-27), volunteers (I-12) by organiser; persons by community with
groups and categories (I-07, I-08, I-09), volunteers of twelve months by home (I-18): of each station, office and the
center. `WAYS` are several ways to the same numbers; month.py takes the best.
"""

from sqlalchemy import Connection, text

VALID = """e.state = 'closed_out' AND e.starts_at >= :year AND e.starts_at < :end"""
GROUPS = {
    "under14": "band IN ('0-2', '3-6', '7-13')",
    "under18": "band IN ('0-2', '3-6', '7-13', '14-17')",
    "over60": "band IN ('60-64', '65-69', '70-79', '80+')",
    "over65": "band IN ('65-69', '70-79', '80+')",
    "over80": "band = '80+'",
}
EITHER = "band IN ('0-2', '3-6', '7-13', '60-64', '65-69', '70-79', '80+')"
CATEGORIES = ("A01", "A02", "A03", "A04", "A05", "A06", "A07", "A09")
CUTS = {"everybody": "1 = 1", **GROUPS, **{name: f"category = '{name}'" for name in CATEGORIES}}

ROWS = f"""SELECT coalesce(r.merged_into, r.id) AS person, e.site_id, a.community_id, a.band, e.category,
  CASE WHEN e.starts_at >= :begin THEN 1 ELSE 0 END AS m
FROM events e JOIN attendances a ON a.event_id = e.id JOIN residents r ON r.id = a.resident_id
WHERE {VALID} AND a.part = 'resident' AND NOT a.undone"""

LEVELS = {
    "own": "x.id",
    "office": "CASE WHEN x.level = 'station' THEN x.parent_id ELSE x.id END",
    "center": "1",
}


def by_counting(connection: Connection, bounds: dict) -> dict:
    """count(DISTINCT …) in every cut, straight over the tables."""
    return _counted(connection, bounds, f"({ROWS})")


def by_narrow_rows(connection: Connection, bounds: dict) -> dict:
    """The same over a temporary table of the few columns needed."""
    with _table(connection, "narrow", ROWS, bounds):
        return _counted(connection, bounds, "narrow")


def by_distinct_rows(connection: Connection, bounds: dict) -> dict:
    """The same, each combination of person, site, home, band and category kept once."""
    with _table(connection, "narrow", ROWS.replace("SELECT", "SELECT DISTINCT", 1), bounds):
        return _counted(connection, bounds, "narrow")


def by_flags(connection: Connection, bounds: dict) -> dict:
    """Persons grouped once with a flag for each cut; then flags are added up, level by level."""
    found = {}
    either = ("max(m)", f"max({_bit(EITHER)})", f"max(m * {_bit(EITHER)})")
    cuts = [f"max({_bit(cut)})" for cut in CUTS.values()] + [f"max(m * {_bit(cut)})" for cut in CUTS.values()]
    with _table(connection, "narrow", ROWS, bounds):
        for axis, column, flags in (("site", "site_id", either), ("home", "community_id", cuts)):
            names = [f"f{n}" for n in range(len(flags))]
            listed = ", ".join(f"{flag} AS {name}" for flag, name in zip(flags, names, strict=True))
            sql = f"SELECT person, {column} AS place, {listed} FROM narrow WHERE {column} IS NOT NULL GROUP BY 1, 2"
            with _table(connection, f"by_{axis}", sql, {}):
                for level, key in LEVELS.items():
                    again = ", ".join(f"max({name}) AS {name}" for name in names)
                    added = ", ".join(f"sum({name})" for name in names)
                    inner = f"SELECT {key} AS k, person, {again} {_at_level(axis)} GROUP BY 1, 2"
                    if level == "own":
                        inner = f"SELECT place AS k, person, {', '.join(names)} FROM by_{axis}"
                    found[axis, level] = _ask(
                        connection, f"SELECT k, count(*), {added} FROM ({inner}) AS y GROUP BY k", {}
                    )
    return found | _others(connection, bounds)


def by_bits(connection: Connection, bounds: dict) -> dict:
    """Persons grouped once with the union of their cuts as bits, then bits are counted: PostgreSQL alone has bit_or."""
    if connection.dialect.name != "postgresql":
        return by_flags(connection, bounds)
    found = {}
    either = f"(2 * m + {_bit(EITHER)} * 4 + m * {_bit(EITHER)} * 8)"
    cuts = " + ".join(
        f"{_bit(cut)}::bigint * ({1 << n} + m * {1 << n + 20})" for n, cut in enumerate(CUTS.values())
    )
    places = [n + more for n in range(len(CUTS)) for more in (0, 20)]
    with _table(connection, "narrow", ROWS, bounds):
        for axis, column, mask, bits in (
            ("site", "site_id", either, (1, 2, 3)),
            ("home", "community_id", cuts, places),
        ):
            sql = (
                f"SELECT person, {column} AS place, bit_or({mask}) AS had FROM narrow "
                f"WHERE {column} IS NOT NULL GROUP BY 1, 2"
            )
            with _table(connection, f"by_{axis}", sql, {}):
                added = ", ".join(f"sum(had >> {bit} & 1)" for bit in bits)
                for level, key in LEVELS.items():
                    inner = f"SELECT {key} AS k, person, bit_or(had) AS had {_at_level(axis)} GROUP BY 1, 2"
                    found[axis, level] = _ask(
                        connection, f"SELECT k, count(*), {added} FROM ({inner}) AS y GROUP BY k", {}
                    )
    return found | _others(connection, bounds)


def by_fewer_flags(connection: Connection, bounds: dict) -> dict:
    """Each axis' combinations kept once before persons are grouped, and a cut looked at only in rows that have it."""
    found = {}
    with _table(connection, "narrow", ROWS, bounds):
        for axis, column, also, cuts in (
            (
                "site",
                "site_id",
                f", {_bit(EITHER)} AS either",
                {"everybody": "1 = 1", "either": "either = 1"},
            ),
            ("home", "community_id", ", band, category", CUTS),
        ):
            sql = f"SELECT DISTINCT person, {column} AS place, m{also} FROM narrow WHERE {column} IS NOT NULL"
            with _table(connection, f"by_{axis}", sql, {}):
                for level, key in LEVELS.items():
                    found[axis, level] = []
                    for cut in cuts.values():
                        inner = (
                            f"SELECT {key} AS k, person, max(m) AS m {_at_level(axis)} "
                            f"WHERE {cut} GROUP BY 1, 2"
                        )
                        sql = f"SELECT k, count(*), sum(m) FROM ({inner}) AS y GROUP BY k"
                        found[axis, level] += _ask(connection, sql, {})
    return found | _others(connection, bounds)


WAYS = {
    way.__name__: way
    for way in (by_counting, by_narrow_rows, by_distinct_rows, by_flags, by_bits, by_fewer_flags)
}


def persons(found: dict) -> tuple:
    """(of the year, of the month) at the center: every way must find the same."""
    row = found["site", "center"][0]
    return int(row[1]), int(row[2])


def _at_level(axis: str) -> str:
    return f"FROM by_{axis} b JOIN sites x ON x.id = b.place"


def _bit(condition: str) -> str:
    return f"CASE WHEN {condition} THEN 1 ELSE 0 END"


def _counted(connection: Connection, bounds: dict, rows: str) -> dict:
    found = {}
    asked = bounds if rows.startswith("(") else {}
    either = ", ".join(
        f"count(DISTINCT CASE WHEN {cut} THEN person END)" for cut in (EITHER, f"m = 1 AND {EITHER}")
    )
    cuts = ", ".join(
        f"count(DISTINCT CASE WHEN {cut}{also} THEN person END)"
        for cut in CUTS.values()
        for also in ("", " AND m = 1")
    )
    for level, key in LEVELS.items():
        found["site", level] = _ask(
            connection,
            f"SELECT {key}, count(DISTINCT person), count(DISTINCT CASE WHEN m = 1 THEN person END), {either} "
            f"FROM {rows} AS n JOIN sites x ON x.id = n.site_id GROUP BY 1",
            asked,
        )
        found["home", level] = _ask(
            connection,
            f"SELECT {key}, {cuts} FROM {rows} AS n JOIN sites x ON x.id = n.community_id GROUP BY 1",
            asked,
        )
    return found | _others(connection, bounds)


def _others(connection: Connection, bounds: dict) -> dict:
    """Activities and volunteers: small, and the same in every way."""
    found = {}
    served = f"""SELECT coalesce(r.merged_into, r.id) AS person, e.site_id, r.community_id,
      max(CASE WHEN e.starts_at >= :begin THEN 1 ELSE 0 END) AS m
    FROM events e JOIN attendances a ON a.event_id = e.id JOIN residents r ON r.id = a.resident_id
    WHERE {VALID} AND a.part = 'volunteer' AND NOT a.undone GROUP BY 1, 2, 3
    UNION ALL SELECT coalesce(r.merged_into, r.id), h.site_id, r.community_id,
      max(CASE WHEN h.served_on >= :first THEN 1 ELSE 0 END)
    FROM hours_entries h JOIN volunteers v ON v.id = h.volunteer_id JOIN residents r ON r.id = v.resident_id
    WHERE h.served_on >= :new_year AND h.served_on <= :last GROUP BY 1, 2, 3 HAVING sum(h.minutes) > 0"""
    for level, key in LEVELS.items():
        found["activities", level] = _ask(
            connection,
            f"SELECT {key}, count(DISTINCT coalesce(-e.series_id, e.id)), "
            "count(DISTINCT CASE WHEN e.starts_at >= :begin THEN coalesce(-e.series_id, e.id) END) "
            f"FROM events e JOIN sites x ON x.id = e.site_id WHERE {VALID} GROUP BY 1",
            bounds,
        )
        found["volunteers", level] = _ask(
            connection,
            f"SELECT {key}, count(DISTINCT person), count(DISTINCT CASE WHEN m = 1 THEN person END) "
            f"FROM ({served}) AS n JOIN sites x ON x.id = n.site_id GROUP BY 1",
            bounds,
        )
        found["volunteers at home", level] = _ask(
            connection,
            f"SELECT {key}, count(DISTINCT person) FROM ({served}) AS n "
            "JOIN sites x ON x.id = n.community_id GROUP BY 1",
            bounds,
        )
    return found


def _ask(connection: Connection, sql: str, bounds: dict) -> list:
    return connection.execute(text(sql), bounds).all()


class _table:
    """A temporary table for as long as it is needed."""

    def __init__(self, connection: Connection, name: str, sql: str, bounds: dict) -> None:
        self.connection, self.name, self.sql, self.bounds = connection, name, sql, bounds

    def __enter__(self) -> None:
        self.connection.execute(text(f"CREATE TEMPORARY TABLE {self.name} AS {self.sql}"), self.bounds)

    def __exit__(self, *_) -> None:
        self.connection.execute(text(f"DROP TABLE {self.name}"))
