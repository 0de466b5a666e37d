"""The proposed month: no rule broken whatever it is made of, never worse than greed, and what is left is explained."""

import json
from datetime import date, time

import pytest
from hypothesis import given, settings

from stationapp.events.rules import Category
from stationapp.proposals import solve
from stationapp.proposals.candidates import Candidate, ask_about
from stationapp.proposals.ground import DAY, Planned, Shared
from stationapp.proposals.proposing import body, placed, propose
from stationapp.proposals.rules import Obstacle, ProposalRefusal, Why
from stationapp.proposals.slots import Search, Slot
from stationapp.proposals.verify import Break, broken
from stationapp.refusal import Refused
from stationapp.sites.rules import Group
from tests.bench.greedy import careless, greedy
from tests.proposals.grounds import CHILDREN, HALF_DAYS, ground, grounds, hall, idea, station
from tests.proposals.grounds import gap as a_gap


def answered(on, *, most=2):
    """The question, the answer, and the chosen candidates; solved in this process."""
    question = ask_about(on, most=most)
    ask = solve.solve if question.candidates else solve.ask
    answer = ask(question.problem, seconds=20)
    return question, answer, placed(question, answer)


def left_of(on, *, most=2) -> dict:
    """What could not be placed, as (site, group or None): why."""
    question, answer, _ = answered(on, most=most)
    made = body(on, question, answer, most=most)
    return {(int(one["site"][-2:]), one.get("group")): Obstacle(one["obstacle"]) for one in made["left"]}


# --- any input ---------------------------------------------------------------------------------------------------


@settings(max_examples=60)
@given(grounds())
def test_whatever_it_is_made_of_a_proposal_breaks_no_rule_and_is_worth_what_greed_is_at_least(on):
    question, answer, chosen = answered(on)
    assert broken(on, chosen, most=2) == []
    assert answer.best
    assert answer.worth == solve.worth(question.problem, answer.chosen)
    taken = greedy(question)
    assert broken(on, [question.candidates[index] for index in taken], most=2) == []
    assert answer.worth >= solve.worth(question.problem, taken)


@settings(max_examples=25)
@given(grounds())
def test_everything_that_stays_open_has_its_reason_and_nothing_is_both_filled_and_left(on):
    question, answer, chosen = answered(on)
    made = body(on, question, answer, most=2)
    lacks = [want for want in question.wants if want.why in (Why.GAP, Why.UNPLANNED, Why.MINIMUM)]
    assert made["filled"] + made["met"] + len(made["left"]) == len(lacks)
    assert made == json.loads(json.dumps(made))
    assert len(made["events"]) == len(chosen)
    assert all(one["obstacle"] in {case.value for case in Obstacle} for one in made["left"])


def test_the_same_input_has_the_same_answer_here_and_in_the_child():
    on = _wanting()
    question = ask_about(on, most=2)
    here = [solve.solve(question.problem, seconds=20).chosen for _ in range(2)]
    assert here[0] == here[1] == solve.ask(question.problem, seconds=20).chosen
    assert question.problem == ask_about(_wanting(), most=2).problem


def _wanting():
    return ground(
        gaps=[a_gap(site, group) for site in (11, 12, 21) for group in (Group.OVER_60, Group.UNDER_14)],
        missing=dict.fromkeys((11, 12, 21), 1),
        ideas=[idea(), idea("少儿书法班", **CHILDREN), idea("大讲堂", shared_id=90)],
        shared={90: Shared(90, "讲师团", "/1/", {})},
        busy={90: []},
    )


# --- what cannot be ----------------------------------------------------------------------------------------------


def test_two_sites_never_get_what_goes_round_at_one_time():
    one_slot = {1: ((time(9), time(10, 30)),)}
    on = ground(
        places={number: station(number, week=one_slot) for number in (11, 12, 21)},
        halls={},
        gaps=[a_gap(11, people=100), a_gap(12, people=5000), a_gap(21, people=300)],
        ideas=[idea(shared_id=90)],
        shared={90: Shared(90, "讲师团", "/1/", {})},
        busy={90: [(day * DAY, (day + 1) * DAY) for day in range(31) if day != 7]},
    )
    _, _, chosen = answered(on)
    assert [(one.site_id, on.day(one.slot.day)) for one in chosen] == [(12, date(2026, 12, 8))]
    assert left_of(on) == {
        (11, "over60"): Obstacle.SHARED_GIVEN,
        (21, "over60"): Obstacle.SHARED_GIVEN,
    }


@pytest.mark.parametrize(
    ("changes", "obstacle"),
    [
        ({"ideas": []}, Obstacle.NO_IDEA),
        ({"ideas": [idea("少儿书法班", **CHILDREN)]}, Obstacle.NO_IDEA),
        ({"halls": {11: [hall(1, 11, seats=4)]}}, Obstacle.NO_ROOM),
        ({"halls": {11: [hall(1, 11, week={0: ((time(6), time(7)),)})]}}, Obstacle.CLOSED),
        ({"busy": {110: [(0, 31 * DAY)]}}, Obstacle.ROOM_TAKEN),
        ({"planned": [Planned((11,), (0, 31 * DAY), frozenset(), None, "装修", "", "")]}, Obstacle.SITE_BUSY),
        ({"volunteers": {11: 1}, "ideas": [idea(volunteers=2)]}, Obstacle.TOO_FEW_VOLUNTEERS),
        (
            {"duties": [(11, who, (0, 31 * DAY)) for who in range(4)], "ideas": [idea(volunteers=2)]},
            Obstacle.TOO_FEW_VOLUNTEERS,
        ),
        (
            {
                "ideas": [idea(shared_id=90)],
                "shared": {90: Shared(90, "大巴", "/1/", {})},
                "busy": {90: [(0, 31 * DAY)]},
            },
            Obstacle.SHARED_TAKEN,
        ),
        ({"differs": {date(2026, 12, day): False for day in range(1, 32)}}, Obstacle.HOLIDAY),
        ({"free_from": 31 * DAY - 60}, Obstacle.NO_DAY_LEFT),
        ({"ideas": [idea(minutes=900)]}, Obstacle.NO_DAY_LEFT),
    ],
)
def test_a_gap_that_cannot_be_filled_says_what_is_in_the_way(changes, obstacle):
    on = ground(**{"gaps": [a_gap(11)], "ideas": [idea()], "places": {11: station(11)}} | changes)
    assert left_of(on) == {(11, "over60"): obstacle}


def test_a_minimum_that_cannot_be_met_is_left_open_and_explained():
    on = ground(missing={11: 1, 12: 1}, ideas=[idea()], busy={110: [(0, 31 * DAY)]})
    assert left_of(on) == {(11, None): Obstacle.ROOM_TAKEN}


def test_a_site_gets_no_more_events_than_were_asked_for():
    on = ground(
        gaps=[a_gap(11), a_gap(11, Group.UNDER_14, people=900)],
        ideas=[idea(), idea("少儿书法班", **CHILDREN)],
        places={11: station(11)},
    )
    assert left_of(on, most=1) == {(11, "under14"): Obstacle.LIMIT}
    assert left_of(on, most=2) == {}


def test_the_minimum_goes_before_any_gap_and_the_larger_gap_before_the_smaller():
    one_day = [(day * DAY, (day + 1) * DAY) for day in range(31) if day != 7]
    on = ground(
        missing={11: 1},
        gaps=[a_gap(12, people=9000), a_gap(21, people=100)],
        ideas=[idea(shared_id=90, minutes=660, starts=time(9))],
        shared={90: Shared(90, "讲师团", "/1/", {})},
        busy={90: one_day},
        halls={},
        places={number: station(number, week={}) for number in (11, 12, 21)},
    )
    assert [one.site_id for one in answered(on)[2]] == [11]
    without = ground(**{**vars(on), "missing": {}})
    assert [one.site_id for one in answered(without)[2]] == [12]


def test_children_come_after_school_and_nobody_on_a_holiday_but_for_the_festival():
    on = ground(
        gaps=[a_gap(11, Group.UNDER_14)],
        ideas=[idea("少儿书法班", **CHILDREN)],
        places={11: station(11)},
        differs={date(2026, 12, 5): False, date(2026, 12, 6): True},
    )
    slots, _ = Search(on, on.places[11]).slots(on.ideas[0])
    hours = {on.day(slot.day): on.at(slot.span[0]).hour + 8 for slot in slots}
    assert date(2026, 12, 5) not in hours
    assert hours[date(2026, 12, 6)] >= 16  # a Sunday worked to make up
    assert hours[date(2026, 12, 12)] == 9
    assert hours[date(2026, 12, 4)] >= 16


def test_nothing_is_proposed_in_the_lunch_break():
    on = ground(gaps=[a_gap(11)], ideas=[idea(starts=time(11))], places={11: station(11)})
    slots, _ = Search(on, on.places[11]).slots(on.ideas[0])
    assert {on.at(slot.span[0]).hour + 8 for slot in slots} == {9}


def test_a_month_that_is_over_is_refused():
    with pytest.raises(Refused) as refused:
        propose(ground(free_from=31 * DAY), most=2)
    assert refused.value.reason is ProposalRefusal.MONTH_OVER
    with pytest.raises(Refused) as refused:
        propose(ground(places={}), most=2)
    assert refused.value.reason is ProposalRefusal.NOBODY_THERE


def test_a_solver_that_dies_is_said_and_nothing_is_made_up(monkeypatch):
    monkeypatch.setattr(solve.sys, "executable", "/bin/false")
    with pytest.raises(Refused) as refused:
        propose(_wanting(), most=2)
    assert refused.value.reason is ProposalRefusal.UNANSWERED


def test_an_answer_that_breaks_a_rule_is_no_proposal(monkeypatch):
    def lies(problem, *, seconds):
        return solve.Answer(tuple(range(len(problem["candidates"]))), True, 0, 0.0, 0, 0)

    monkeypatch.setattr("stationapp.proposals.proposing.ask", lies)
    with pytest.raises(Refused) as refused:
        propose(_wanting(), most=2)
    assert refused.value.reason is ProposalRefusal.FAULTY


# --- the verifier itself -----------------------------------------------------------------------------------------


def _at(on, site: int, day: int, hour: float, *, room=True, of=None) -> Candidate:
    of = of or idea()
    start = day * DAY + int(hour * 60)
    return Candidate(
        site, of, Slot((start, start + of.fields.minutes), on.halls[site][0] if room else None), ()
    )


@pytest.mark.parametrize(
    ("changes", "events", "rule"),
    [
        ({}, [(11, 31, 9)], Break.OUTSIDE_MONTH),
        ({"free_from": 5 * DAY}, [(11, 2, 9)], Break.TOO_SOON),
        ({"differs": {date(2026, 12, 3): False}}, [(11, 2, 9)], Break.HOLIDAY),
        ({}, [(11, 2, 12)], Break.ROOM_CLOSED),
        ({"busy": {110: [(2 * DAY + 600, 2 * DAY + 660)]}}, [(11, 2, 9)], Break.ROOM_TAKEN),
        ({}, [(11, 2, 9), (11, 2, 15)], Break.TOO_MANY_A_DAY),
        ({}, [(11, 2, 9), (11, 3, 9), (11, 4, 9)], Break.TOO_MANY),
        ({}, [(11, 2, 9), (11, 3, 9)], Break.SAME_AGAIN),
        ({}, [(11, 2, 9), (11, 2, 10)], Break.TWO_AT_ONCE),
        (
            {
                "planned": [
                    Planned((12, 11), (2 * DAY + 540, 2 * DAY + 600), frozenset(), Category.A03, "", "", "")
                ]
            },
            [(11, 2, 9)],
            Break.TWO_AT_ONCE,
        ),
        ({"volunteers": {}}, [(11, 2, 9)], Break.TOO_FEW_VOLUNTEERS),
    ],
)
def test_the_verifier_sees_each_rule_that_is_broken(changes, events, rule):
    on = ground(**changes)
    of = idea(volunteers=1) if rule is Break.TOO_FEW_VOLUNTEERS else idea()
    answer = [_at(on, *one, of=of) for one in events]
    assert rule in {one.rule for one in broken(on, answer, most=2)}


def test_the_verifier_sees_what_is_elsewhere_or_promised_twice():
    things = {
        90: Shared(90, "讲师团", "/1/3/", HALF_DAYS),
        91: Shared(91, "大巴", "/1/", {2: ((time(6), time(7)),)}),
    }
    on = ground(shared=things, busy={91: [(2 * DAY, 3 * DAY)]})
    other_room = _at(on, 11, 2, 9)._replace(slot=Slot((2 * DAY + 540, 2 * DAY + 630), hall(210, 21)))
    found = {one.rule for one in broken(on, [other_room], most=2)}
    assert found == {Break.ROOM_ELSEWHERE}
    far = _at(on, 11, 2, 9, of=idea(shared_id=90))
    assert {one.rule for one in broken(on, [far], most=2)} == {Break.SHARED_ELSEWHERE}
    both = [_at(on, site, 2, 9, of=idea(shared_id=91)) for site in (11, 12)]
    assert {one.rule for one in broken(on, both, most=2)} == {Break.SHARED_CLOSED, Break.SHARED_TAKEN}


def test_sites_that_do_not_talk_to_each_other_clash_and_the_verifier_counts_it():
    question = ask_about(_wanting(), most=2)
    taken = [question.candidates[index] for index in careless(question)]
    assert broken(_wanting(), taken, most=2) != []
