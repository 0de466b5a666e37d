"""Every list at the desk offers the same list as a file, whatever stands in the address."""

import pytest

from stationapp import clock
from stationapp.db import transaction
from stationapp.events import operations
from tests import cast

LISTS = ("events", "series", "queue", "templates", "planning")


@pytest.mark.parametrize("name", LISTS)
def test_a_list_is_exported_with_its_filters_whatever_they_are_called(app, client, name):
    people = cast.district(app)
    with app.app_context():
        event = cast.event(people.one, publish=False)
        with transaction():
            operations.submit(event, by=people.lin.id, now=clock.now())
    cast.sign_in(client, people.chen)
    shown = client.get(f"/desk/{name}/?endpoint=x&_external=1&q=%E5%89%AA&q=a%26b&values=&page=1")
    assert shown.status_code == 200
    assert '.csv?endpoint=x&amp;_external=1&amp;q=%E5%89%AA&amp;q=a%26b&amp;values="' in shown.text


def test_a_list_without_filters_is_exported_whole(app, client):
    cast.sign_in(client, cast.district(app).lin)
    assert 'href="/desk/events/list.csv"' in client.get("/desk/events/").text
