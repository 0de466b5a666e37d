"""The rooms of a site."""

from stationapp.db import db, transaction
from stationapp.rooms.models import Room
from stationapp.rooms.queries import find_room, list_rooms
from tests import cast


def test_a_site_lists_its_own_rooms_in_the_order_they_were_entered(app):
    people = cast.district(app)
    with app.app_context():
        with transaction():
            for site, name in ((people.one, "舞蹈室"), (people.two, "书画室"), (people.one, "健身房")):
                db.session.add(Room(site_id=site.id, name=name, capacity=20))
                db.session.flush()
        rooms = list_rooms(people.one)
        assert [room.name for room in rooms] == ["舞蹈室", "健身房"]
        assert find_room(rooms[1].id).name == "健身房"
        assert find_room(None) is None
        assert find_room(4711) is None
