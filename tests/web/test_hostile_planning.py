"""The pages of plans, rooms, templates, proposals and paper, asked for what nobody types by accident."""

import pytest

from tests import cast

FAR = (
    "2999-12",
    "2000-01",
    "2101-05",
    "0001-01",
    "9999-12",
    "2026-13",
    "2026-00",
    "x",
    "%00",
    "1e9-01",
    "２０２６-12",
)
DAYS = ("2999-12-31", "2000-01-01", "0001-01-01", "9999-12-31", "2026-02-30", "%00", "2101-01-29")


@pytest.fixture
def people(app):
    app.config["WTF_CSRF_ENABLED"] = False
    return cast.district(app)


def _faults(client, paths):
    return {path: status for path in paths if (status := client.get(path).status_code) >= 500}


@pytest.mark.both_databases
def test_months_and_days_at_the_ends_of_time_are_answered_and_not_a_fault(app, people):
    client = cast.signed_in(app, people.root)
    one, center = people.one.code, people.center.code
    with app.app_context():
        event = cast.event(people.one).code
    monthly = [
        f"/desk/planning/?site={one}&month=", f"/desk/planning/plan.csv?site={center}&month=",
        f"/desk/planning/copy?site={one}&month=", f"/desk/suggestions/?site={one}&month=",
        f"/desk/suggestions/list.csv?site={one}&month=", f"/desk/proposals/?site={one}&month=",
        "/desk/queue/?month=", "/desk/rooms/use?month=", "/desk/rooms/use.csv?month=",
        f"/desk/publicity/sites/{one}?month=", f"/desk/publicity/sites/{one}/article.html?month=",
        f"/sites/{one}/month/", f"/sites/{center}/screen?page=", f"/desk/planning/?site={center}&by=room&room=",
    ]  # fmt: skip
    daily = [
        f"/desk/planning/week?site={one}&day=", f"/desk/planning/moves?event={event}&day=",
        f"/desk/planning/moves?event={event}&time=",
    ]  # fmt: skip
    asked = [path + month for path in monthly for month in FAR] + [
        path + day for path in daily for day in DAYS
    ]
    assert _faults(client, asked) == {}


@pytest.mark.both_databases
def test_a_zero_or_a_far_number_in_what_is_posted_to_the_plan_is_no_fault(app, people):
    client = cast.signed_in(app, people.root)
    one = people.one.code
    with app.app_context():
        event = cast.event(people.one).code
    asked = [
        ("/desk/planning/moves", {"event": "a\0b", "day": "2026-12-08"}),
        *[("/desk/planning/moves", {"event": event, "day": day, "time": "09:00"}) for day in DAYS],
        ("/desk/planning/moves", {"event": event, "day": "2999-12-31", "time": "23:59", "room": "9" * 25}),
        (f"/desk/planning/copy?site={one}", {"chosen": ["a\0b", "x" * 5000]}),
        ("/desk/queue/publications", {"seen": ["a\0b.1", "x." + "9" * 18, "." * 90, "K." + "9" * 30]}),
        ("/desk/queue/publications", {"seen": [f"K{n}.1" for n in range(10_000)]}),
        ("/desk/suggestions/drafts", {"site": one, "idea": "a\0b", "minute": "99999", "month": "2999-12"}),
        ("/desk/suggestions/drafts", {"site": "a\0b"}),
        ("/desk/proposals/", {"site": one, "month": "2999-12", "most": "9" * 30}),
        ("/desk/proposals/a%00/drafts", {"event": ["1" * 30]}),
        ("/desk/templates/a%00/drafts", {}),
        ("/desk/templates/a%00/batch", {}),
        ("/desk/batches/a%00/undoing", {}),
        ("/desk/rooms/events/a%00/retaking", {}),
        ("/desk/calls/%s/answers" % ("9" * 30), {}),
        (f"/desk/series/new?site={one}", {"title": "a\0b", "first_on": "2999-12-31", "until": "9999-12-31"}),
    ]  # fmt: skip
    answers = [(path, client.post(path, data=data).status_code) for path, data in asked]
    assert [(path, status) for path, status in answers if status >= 500] == []
