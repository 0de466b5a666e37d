"""What the planner reads of a district, and the suggestions it makes of it."""

from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import event as listening

from stationapp import clock
from stationapp.calendar.festivals import Festival
from stationapp.calendar.rules import AgeBand, Month
from stationapp.catalogue.operations import write
from stationapp.catalogue.rules import TemplateFields
from stationapp.db import db, transaction
from stationapp.events.rules import Category, State, Task, Theme
from stationapp.planning import board
from stationapp.planning.queries import list_communities, plan_of
from stationapp.proposals.festive import bound, occasions
from stationapp.proposals.ground import DAY, Occasion, Origin, Planned
from stationapp.proposals.rules import Why
from stationapp.proposals.suggest import MOST, find, suggest
from stationapp.proposals.survey import survey
from stationapp.rooms.models import Room
from stationapp.rooms.operations import hold
from stationapp.rooms.rules import RoomKind
from stationapp.sites.rules import Group
from stationapp.volunteers import operations as volunteers
from stationapp.volunteers.rules import Risk
from tests import cast
from tests.proposals.grounds import CHILDREN, ground, idea
from tests.proposals.grounds import gap as a_gap
from tests.reports import build

NOW = clock.instant(date(2026, 11, 23), 10)
DECEMBER = Month(2026, 12)


def at(month: int, day: int, hour: int = 9) -> datetime:
    return clock.instant(date(2026, month, day), hour)


@pytest.fixture
def people(app):
    with app.app_context():
        yield cast.district(app)


def gaps_of(site, *, month=DECEMBER) -> dict[Group, Month | None]:
    return {gap.group: gap.since for gap in survey(site, month, now=NOW).gaps if gap.site_id == site.id}


# --- what is lacking ---------------------------------------------------------------------------------------------


@pytest.mark.both_databases
def test_a_group_is_left_out_since_the_month_after_somebody_of_it_was_served_last(people):
    with transaction():
        granny, child, mother = (build.resident(people.one) for _ in range(3))
        build.came(build.event(people.two, at(9, 10)), granny, band=AgeBand.B80)
        build.came(build.event(people.one, at(10, 10)), child, band=AgeBand.B7)
        build.came(build.event(people.one, at(11, 10)), mother, band=AgeBand.B18)
    assert gaps_of(people.one) == {
        Group.ALL: None,
        Group.UNDER_14: Month(2026, 11),
        Group.UNDER_18: Month(2026, 11),
        Group.OVER_60: Month(2026, 10),
        Group.OVER_65: Month(2026, 10),
        Group.OVER_80: Month(2026, 10),
    }
    assert set(gaps_of(people.two).values()) == {Month(2026, 9)}


def test_what_is_planned_for_a_group_leaves_it_no_gap_and_what_only_came_to_nothing_does_not_count(people):
    cast.event(people.one, starts_at=at(12, 9), min_age=60)
    cast.event(people.office, starts_at=at(12, 10), max_age=12)
    with transaction():
        build.event(people.one, at(12, 11), state=State.CANCELLED, min_age=60)
    assert gaps_of(people.one) == {}
    assert {group for group, since in gaps_of(people.two).items() if since} == {
        Group.OVER_60,
        Group.OVER_65,
        Group.OVER_80,
    }


@pytest.mark.both_databases
def test_as_long_as_nobody_was_served_the_board_lacks_what_is_a_gap_here(people):
    cast.population(people.one, {Group.OVER_80: 0}, as_of=date(2026, 6, 30))
    cast.event(people.one, starts_at=at(12, 9), min_age=60, partners=frozenset({people.far.id}))
    cast.event(people.office, starts_at=at(12, 10), max_age=12, publish=False)
    with transaction():
        build.event(people.far, at(12, 11), state=State.POSTPONED, max_age=12)
    plan = plan_of(people.center, DECEMBER.first_day, DECEMBER.last_day, now=NOW)
    lacks = board.gaps(list_communities(people.center, DECEMBER), plan.slots, Group)
    here = {(lack.community.site_id, group) for lack in lacks for group in lack.groups}
    assert here == {(gap.site_id, gap.group) for gap in survey(people.center, DECEMBER, now=NOW).gaps}
    assert (people.far.id, Group.UNDER_14) in here and (people.two.id, Group.OVER_80) in here


def test_a_group_in_which_nobody_lives_is_no_gap(people):
    cast.population(people.one, {Group.OVER_80: 0}, as_of=date(2026, 6, 30))
    assert Group.OVER_80 not in gaps_of(people.one)


@pytest.mark.both_databases
def test_those_who_waited_in_vain_count_where_they_live_unless_they_found_a_seat_later(people):
    first = cast.event(people.one, title="手机课堂", starts_at=at(11, 10), capacity=1)
    names = ("甲一", "乙二", "丙三", "丁四")
    homes = (people.one, people.one, people.two, None)
    for name, home in zip(names, homes, strict=True):
        cast.sign_up(first, cast.person(name, f"1990000222{names.index(name)}", home=home), now=at(11, 4))
    second = cast.event(people.far, title="手机课堂", starts_at=at(11, 18))
    cast.sign_up(second, cast.person("乙二", "19900002221", home=people.one), now=at(11, 12))
    found = {
        (wait.site_id, wait.title): wait.people for wait in survey(people.center, DECEMBER, now=NOW).waits
    }
    assert found == {(people.two.id, "手机课堂"): 1, (people.one.id, "手机课堂"): 1}


def test_the_minimum_counts_what_is_planned_and_the_center_has_two_months_for_it(people):
    cast.event(people.one, starts_at=at(12, 9), publish=False)
    cast.event(people.center, starts_at=at(11, 9))
    missing = survey(people.center, DECEMBER, now=NOW).missing
    assert missing == {
        site.id: int(site in (people.office, people.two, people.far_office, people.far))
        for site in (people.center, people.office, people.one, people.two, people.far_office, people.far)
    }


# --- what there is -----------------------------------------------------------------------------------------------


def test_rooms_what_goes_round_and_volunteers_are_read_with_when_they_are_taken(people):
    with transaction():
        room = build._kept(Room(site_id=people.one.id, name="活动室", capacity=20, hours="每天 08:30-12:00"))
        bus = build._kept(Room(site_id=people.center.id, kind=RoomKind.SHARED, name="大巴"))
        hold(room, starts_at=at(12, 2), ends_at=at(12, 2, 10), purpose="开会", by=None, now=NOW)
        who = build.volunteer(build.resident(people.one), people.one)
    wished = cast.event(people.two, starts_at=at(12, 3), publish=False, shared=frozenset({bus.id}))
    with transaction():
        shift = volunteers.add_shift(
            wished,
            title="引导",
            needed=1,
            risk=Risk.ORDINARY,
            risk_note="久站",
            insurance="",
            by=None,
            now=NOW,
        )
        volunteers.assign(shift, who, by=None, now=NOW)
    read = survey(people.office, DECEMBER, now=NOW)
    assert read.busy[room.id] == [(DAY + 540, DAY + 600)]
    assert read.busy[bus.id] == [(2 * DAY + 540, 2 * DAY + 660)]
    assert read.volunteers == {people.one.id: 1}
    assert read.duties == [(people.one.id, who.id, (2 * DAY + 540, 2 * DAY + 660))]


def test_what_can_be_held_are_templates_from_above_and_what_went_well_here_or_next_door(people):
    fields = TemplateFields(
        title="剪窗花", summary="剪一张窗花", category=Category.A03, task=Task.T4, audience="孩子",
        starts=time(15), minutes=90, max_age=12,
    )  # fmt: skip
    with transaction():
        write(people.center, fields, by=None, now=NOW)
        write(people.far_office, TemplateFields(**vars(fields) | {"title": "别处的"}), by=None, now=NOW)
        said = {"summary": "来听讲座", "audience": "全体居民", "capacity": 10}
        for site, title, came in (
            (people.one, "讲座", 6),
            (people.two, "评书", 5),
            (people.far, "远处", 9),
            (people.one, "冷清", 4),
        ):
            held = build.event(site, at(10, 9), title=title, **said)
            for _ in range(came):
                build.came(held, build.resident(site))
    read = survey(people.one, DECEMBER, now=NOW)
    ideas = read.ideas_for(read.places[people.one.id])
    assert [(one.fields.title, one.origin) for one in ideas if one.origin is not Origin.DAY] == [
        ("讲座", Origin.NEAR),
        ("剪窗花", Origin.TEMPLATE),
        ("评书", Origin.NEAR),
    ]
    assert ideas[0].people == 6 and ideas[0].fields.minutes == 120


def test_the_whole_district_is_read_in_as_many_queries_as_a_station(app, people):
    for number in range(3):
        cast.event(people.one, title=f"活动{number}", starts_at=at(12, 5 + number), publish=False)
    counts = []
    for site in (people.one, people.center):
        asked = []
        listening.listen(
            db.engine, "before_cursor_execute", lambda *given, asked=asked: asked.append(given[2])
        )
        db.session.expire_all()
        site.path  # noqa: B018  loaded before it is counted
        del asked[:]
        survey(site, DECEMBER, now=NOW)
        counts.append(len(asked))
    assert counts[1] <= counts[0] <= 30


# --- days that call for something --------------------------------------------------------------------------------


def test_the_neighbours_day_and_the_festivals_of_a_month_are_its_occasions():
    assert occasions(Month(2026, 10)) == [
        Occasion(None, date(2026, 10, 3)),
        Occasion(Festival.DOUBLE_NINTH, date(2026, 10, 18)),
    ]
    assert [one.festival for one in occasions(DECEMBER)] == [None, Festival.VOLUNTEERS]


def test_an_idea_made_for_a_day_belongs_on_it():
    october = occasions(Month(2026, 10))
    tea = idea("重阳饺子宴", themes=frozenset({Theme.FESTIVALS}))
    assert bound(tea, october).occasion == october[1]
    assert bound(tea, occasions(DECEMBER)).occasion is None
    round_ = idea("楼道清洁", themes=frozenset({Theme.NEIGHBOURS}))
    assert bound(round_, october).occasion == october[0]


# --- the list ----------------------------------------------------------------------------------------------------


def test_each_lack_gets_one_suggestion_and_what_another_fills_gets_none_of_its_own():
    on = ground(
        gaps=[a_gap(11, Group.OVER_60), a_gap(11, Group.OVER_80, people=90), a_gap(11, Group.UNDER_14)],
        ideas=[idea(), idea("少儿书法班", **CHILDREN)],
        places={11: ground().places[11]},
        held={11: frozenset(Category)},
    )
    made = suggest(on)
    assert [(one.want.what.group, one.candidate.idea.fields.title) for one in made] == [
        (Group.OVER_60, "八段锦晨练"),
        (Group.UNDER_14, "少儿书法班"),
    ]
    assert len({one.candidate.slot.day for one in made}) == len(made)


def test_the_list_stands_kind_by_kind_in_the_order_of_the_codes_and_is_never_long():
    on = ground(
        gaps=[a_gap(site, group) for site in (21, 12, 11) for group in Group],
        missing=dict.fromkeys((11, 12, 21), 1),
        ideas=[
            idea(),
            idea("少儿书法班", **CHILDREN),
            *(idea(f"讲座{n}", category=one) for n, one in enumerate(Category)),
        ],
    )
    made = suggest(on)
    assert 3 < len(made) <= MOST
    kinds = [one.want.why for one in made]
    assert kinds == sorted(kinds, key=list(dict.fromkeys(kinds)).index)
    for why in set(kinds):
        sites = [one.candidate.site_id for one in made if one.want.why is why]
        assert sites == sorted(sites)
    assert kinds[0] is Why.GAP


def test_a_suggestion_can_be_found_again_until_its_time_is_taken():
    on = ground(gaps=[a_gap(11)], ideas=[idea()], places={11: ground().places[11]})
    one = suggest(on)[0].candidate
    place = on.places[11]
    assert find(on, place, one.idea.key, one.slot.span[0]) == one._replace(fills=())
    assert find(on, place, one.idea.key, one.slot.span[0] + 7) is None
    assert find(on, place, "nothing", one.slot.span[0]) is None
    taken = Planned((11,), one.slot.span, frozenset(), None, "别的", "", "")
    busy = ground(**{**vars(on), "planned": [taken]})
    assert find(busy, place, one.idea.key, one.slot.span[0]) is None


def test_a_site_without_rooms_is_offered_its_own_address_in_its_own_hours():
    on = ground(gaps=[a_gap(11)], ideas=[idea(starts=time(13))], places={11: ground().places[11]}, halls={})
    slot = suggest(on)[0].candidate.slot
    assert slot.hall is None
    assert on.at(slot.span[0]) - on.at(slot.day * DAY) == timedelta(hours=9)
