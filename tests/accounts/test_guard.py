"""Who is signed in, when the database has no room for a word about it."""

from datetime import timedelta

from stationapp import clock, db
from stationapp.accounts import guard
from stationapp.accounts.logins import begin_login
from tests import cast


def test_the_desk_can_be_read_while_nothing_can_be_written(app, client, monkeypatch):
    people = cast.district(app)
    with app.app_context(), db.transaction():
        token = begin_login(people.lin.id, device="test", now=clock.now() - timedelta(minutes=5))
    client.set_cookie(guard.COOKIE, token)
    monkeypatch.setattr(db, "BUSY_SECONDS", 0.05)
    with db._turn:  # somebody else writes, and goes on writing
        assert client.get("/desk/account").status_code == 200
        assert client.get("/desk/events/").status_code == 200
