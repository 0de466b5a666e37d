"""Reads of rooms."""

from sqlalchemy import select

from stationapp.db import db
from stationapp.rooms.models import Room
from stationapp.sites.models import Site


def list_rooms(site: Site) -> list[Room]:
    """The rooms of that site alone, in the order they were entered."""
    return list(db.session.scalars(select(Room).where(Room.site_id == site.id).order_by(Room.id)))


def find_room(room_id: int | None) -> Room | None:
    """The room with that id."""
    return db.session.get(Room, room_id) if room_id is not None else None
