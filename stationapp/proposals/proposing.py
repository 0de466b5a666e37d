"""A month proposed: from the ground through the solver and the verifier to the body of a `Proposal`. Reads nothing."""

import logging
from collections import Counter
from dataclasses import replace
from datetime import datetime, time
from typing import NamedTuple

from stationapp.catalogue.rules import TemplateFields, event_fields
from stationapp.events.rules import Category, EventFields, Task, Theme
from stationapp.proposals.candidates import Candidate, Question, Want, ask_about
from stationapp.proposals.ground import Gap, Ground, Occasion, Place, Wait
from stationapp.proposals.rules import Obstacle, ProposalRefusal, Why
from stationapp.proposals.solve import SECONDS, Answer, Unanswered, ask
from stationapp.proposals.verify import broken
from stationapp.refusal import Refused
from stationapp.sites.rules import Level

log = logging.getLogger(__name__)

LACKS = (Why.GAP, Why.UNPLANNED)
"""What counts as a gap filled or left."""


def propose(ground: Ground, *, most: int, seconds: int = SECONDS) -> dict:
    """The body of a proposal: JSON-ready values, no person in it. Takes up to `seconds`. Raises Refused."""
    if ground.free_from >= ground.days * 24 * 60:
        raise Refused(ProposalRefusal.MONTH_OVER)
    if not ground.places:
        raise Refused(ProposalRefusal.NOBODY_THERE)
    question = ask_about(ground, most=most)
    try:
        answer = ask(question.problem, seconds=seconds)
    except Unanswered as error:
        log.exception("the solver gave no answer")
        raise Refused(ProposalRefusal.UNANSWERED) from error
    chosen = placed(question, answer)
    if found := broken(ground, chosen, most=most):
        log.error("a proposal breaks rules: %s", Counter(one.rule.value for one in found))
        raise Refused(ProposalRefusal.FAULTY)
    return body(ground, question, answer, most=most)


def placed(question: Question, answer: Answer) -> list[Candidate]:
    """The chosen candidates, by time within the order of the sites."""
    order = {site: number for number, site in enumerate(question.problem["sites"])}
    chosen = (question.candidates[index] for index in answer.chosen)
    return sorted(chosen, key=lambda one: (order[str(one.site_id)], one.slot.span))


def body(ground: Ground, question: Question, answer: Answer, *, most: int) -> dict:
    """What is kept and shown."""
    chosen = placed(question, answer)
    filled = {want for one in chosen for want in one.fills}
    left = [index for index, want in enumerate(question.wants) if index not in filled and _told(want)]
    wants = question.wants
    return {
        "most": most,
        "best": answer.best,
        "seconds": answer.seconds,
        "offices": sum(place.level is Level.OFFICE for place in ground.places.values()),
        "stations": sum(place.level is Level.STATION for place in ground.places.values()),
        "filled": sum(wants[index].why in LACKS for index in filled),
        "gaps": sum(want.why in LACKS for want in wants),
        "met": sum(wants[index].why is Why.MINIMUM for index in filled),
        "missing": sum(want.why is Why.MINIMUM for want in wants),
        "events": [event_of(ground, question.wants, one) for one in chosen],
        "left": [
            {**_of_site(ground.places[wants[index].site_id]), **as_reason(wants[index]),
             "obstacle": _obstacle(question, answer, index).value}
            for index in left
        ],
    }  # fmt: skip


def _told(want: Want) -> bool:
    return want.why is Why.MINIMUM or want.why in LACKS


def _obstacle(question: Question, answer: Answer, index: int) -> Obstacle:
    """Why a want stayed: nothing went at all, or what went was needed for something else."""
    if obstacle := question.obstacles.get(index):
        return obstacle
    site_id = question.wants[index].site_id
    used = sum(question.candidates[one].site_id == site_id for one in answer.chosen)
    if used >= question.problem["sites"][str(site_id)]["most"]:
        return Obstacle.LIMIT
    fillers = [one for one in question.candidates if index in one.fills]
    if all(one.idea.fields.shared_id is not None for one in fillers):
        return Obstacle.SHARED_GIVEN
    return Obstacle.SITE_BUSY if answer.best else Obstacle.NOT_FOUND


def event_of(ground: Ground, wants: list[Want], one: Candidate) -> dict:
    """One proposed event with its reasons, as JSON; `as_fields` makes the draft of it."""
    place, hall, idea = ground.places[one.site_id], one.slot.hall, one.idea
    capacity, seats = idea.fields.capacity, hall.capacity if hall else None
    shared = ground.shared.get(idea.fields.shared_id) if idea.fields.shared_id is not None else None
    reasons = [wants[index] for index in one.fills if wants[index].spoken]
    return {
        **_of_site(place),
        "title": idea.fields.title,
        "summary": idea.fields.summary,
        "category": idea.fields.category.value,
        "task": idea.fields.task.value,
        "audience": idea.fields.audience,
        "min_age": idea.fields.min_age,
        "max_age": idea.fields.max_age,
        "capacity": min(capacity, seats) if capacity and seats else capacity,
        "bring": idea.fields.bring,
        "notes": idea.fields.notes,
        "themes": sorted(theme.value for theme in idea.fields.themes),
        "starts": idea.fields.starts.isoformat(),
        "starts_at": ground.at(one.slot.span[0]).isoformat(),
        "minutes": idea.fields.minutes,
        "room_id": hall.id if hall else None,
        "place": hall.name if hall else place.address,
        "shared_id": idea.fields.shared_id,
        "shared": shared.name if shared else "",
        "volunteers": idea.fields.volunteers,
        "origin": idea.origin.value,
        "held_on": idea.held_on.isoformat() if idea.held_on else None,
        "held_at": ground.places[idea.site_id].name if idea.site_id in ground.places else "",
        "people": idea.people,
        "phone": place.phone,
        "why": [as_reason(want) for want in reasons],
    }


def _of_site(place: Place) -> dict:
    return {"site": place.code, "name": place.name, "level": place.level.value}


def as_reason(want: Want) -> dict:
    """A want as JSON, for `saying`."""
    what = want.what
    if isinstance(what, Gap):
        since = str(what.since) if what.since else None
        return {"why": want.why.value, "group": what.group.value, "people": what.people, "since": since}
    if isinstance(what, Wait):
        return {"why": want.why.value, "title": what.title, "people": what.people}
    if isinstance(what, Occasion):
        return {
            "why": want.why.value,
            "festival": what.festival.value if what.festival else None,
            "on": what.on.isoformat(),
        }
    if isinstance(what, Category):
        return {"why": want.why.value, "category": what.value}
    return {"why": want.why.value}


class Written(NamedTuple):
    """A proposed event as it goes into a draft."""

    site: str
    fields: EventFields


def as_fields(entry: dict, *, remark: str) -> Written:
    """The draft of one entry of a body."""
    template = TemplateFields(
        title=entry["title"],
        summary=entry["summary"],
        category=Category(entry["category"]),
        task=Task(entry["task"]),
        audience=entry["audience"],
        starts=time.fromisoformat(entry["starts"]),
        minutes=entry["minutes"],
        min_age=entry["min_age"],
        max_age=entry["max_age"],
        capacity=entry["capacity"],
        bring=entry["bring"],
        notes=entry["notes"],
        volunteers=entry["volunteers"],
        shared_id=entry["shared_id"],
        themes=frozenset(map(Theme, entry["themes"])),
    )
    fields = event_fields(
        template,
        starts_at=datetime.fromisoformat(entry["starts_at"]),
        place=entry["place"],
        room_id=entry["room_id"],
        remark=remark,
    )
    return Written(entry["site"], replace(fields, contact_phone=entry["phone"]))
