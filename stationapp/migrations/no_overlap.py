"""Two bookings of one room never overlap: what each database refuses by itself (domain.md §5)."""

from alembic import op

_LITE = """
CREATE TRIGGER bookings_no_overlap_{verb} BEFORE {verb} ON bookings
WHEN EXISTS (
    SELECT 1 FROM bookings AS other
    WHERE other.room_id = NEW.room_id AND other.id <> coalesce(NEW.id, -1)
      AND other.starts_at < NEW.ends_at AND other.ends_at > NEW.starts_at
)
BEGIN SELECT RAISE(ABORT, 'bookings of a room overlap'); END
"""

# A range of one number stands for the room, so that no extension is needed for an index over both.
_POSTGRES = """
ALTER TABLE bookings ADD CONSTRAINT ex_bookings_overlap EXCLUDE USING gist (
    int4range(room_id, room_id, '[]') WITH =, tstzrange(starts_at, ends_at, '[)') WITH &&
)
"""


def guard() -> None:
    """Have the database refuse an overlap, whoever writes it."""
    if op.get_bind().dialect.name == "sqlite":
        for verb in ("INSERT", "UPDATE"):
            op.execute(_LITE.format(verb=verb))
    else:
        op.execute(_POSTGRES)
