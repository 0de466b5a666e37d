"""Questions about hours: how many may be open, by when they are answered, who answers (domain.md §7)."""

from collections.abc import Sequence
from datetime import date
from enum import Enum

ANSWER_WITHIN = 5
"""Working days for an answer [ours]: a week is enough to find a paper and ask a colleague, and short enough that a
manual entry (ten working days) can still be proposed after it."""

MOST_OPEN = 3
"""Open questions of one volunteer: whoever has more to say is better heard on the telephone."""

MOST_ABOUT_ONE = 2
"""Questions about one line or event: the second one is answered by the site above."""

LONGEST = 500
"""Characters of a question, and of its answer."""


class QuestionRefusal(Enum):
    """Why a question about hours, or its answer, is not taken."""

    NOTHING_SAID = "nothing_said"
    KEY_MISSING = "key_missing"  # a form without the number that tells a repeat from another question
    TOO_LONG = "too_long"  # facts["most"]
    TOO_MANY_OPEN = (
        "too_many_open"  # facts["most"]; of all three, facts["for_caller"]: staff read the sentence
    )
    STILL_OPEN = "still_open"  # about the same thing; facts["due_on"]
    ASKED_TWICE = "asked_twice"  # the site above has answered, too
    ANSWER_MISSING = "answer_missing"
    OUTCOME_MISSING = "outcome_missing"
    ALREADY_ANSWERED = "already_answered"
    NOTHING_CORRECTED = "nothing_corrected"  # "corrected", and nothing was written since
    OWN_QUESTION = "own_question"  # the name of who answers is the volunteer's


def text_problem(said: str) -> QuestionRefusal | None:
    """What is wrong with the words of a question."""
    if not said.strip():
        return QuestionRefusal.NOTHING_SAID
    return QuestionRefusal.TOO_LONG if len(said) > LONGEST else None


def asking_problem(
    about_it: Sequence[bool], open_in_all: int, *, of_one_thing: bool
) -> QuestionRefusal | None:
    """Why another question is not taken. `about_it`: of each earlier one about the same thing, is it answered?"""
    if of_one_thing and not all(about_it):
        return QuestionRefusal.STILL_OPEN
    if of_one_thing and len(about_it) >= MOST_ABOUT_ONE:
        return QuestionRefusal.ASKED_TWICE
    return QuestionRefusal.TOO_MANY_OPEN if open_in_all >= MOST_OPEN else None


def is_overdue(due_on: date, today: date) -> bool:
    """Whether an open question should have had its answer before today."""
    return due_on < today
