"""A5 fires on a tree that does not descend."""

import pytest
from sqlalchemy import text

from stationapp.db import db, transaction
from stationapp.sites.checks import CHECKS
from tests import cast


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("change", "found"),
    [
        ("UPDATE sites SET code = code", []),
        ("UPDATE sites SET path = '/9/' WHERE id = {one}", ["one"]),
        ("UPDATE sites SET path = '/9/' WHERE id = {center}", ["center", "office", "far_office"]),
        ("UPDATE sites SET parent_id = {two} WHERE id = {one}", ["one"]),
        ("UPDATE sites SET parent_id = {one} WHERE id = {office}", ["office"]),
        ("UPDATE sites SET level = 'office' WHERE id = {far}", ["far"]),
    ],
)
def test_a_site_out_of_its_place_is_found(app, change, found):
    people = cast.district(app)
    ids = {name: getattr(people, name).id for name in ("center", "office", "one", "two", "far_office", "far")}
    with app.app_context():
        with transaction():
            db.session.execute(text(change.format(**ids)))
        assert CHECKS[0].find() == [f"site {number}" for number in sorted(ids[name] for name in found)]
