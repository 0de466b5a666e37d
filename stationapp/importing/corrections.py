"""What somebody put right on the preview of a sheet, kept with the upload until it is taken in."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace

from stationapp.attendance.rules import Part
from stationapp.importing.paper import Companion, Person
from stationapp.residents.rules import Lives


@dataclass(frozen=True)
class Correction:
    """How one line is to be read instead: left out (`person` None), or as that person.

    `event`: the code of the event they came to, "" for the sheet's.
    """

    person: Person | None
    event: str = ""


@dataclass(frozen=True)
class Corrections:
    """`lines` by their number in the file; `events` the code of the event by a sheet's name, where it was chosen.

    `preset` is the code of the event whose page the file was uploaded from, for sheets that name none.
    """

    lines: Mapping[int, Correction] = field(default_factory=dict)
    events: Mapping[str, str] = field(default_factory=dict)
    preset: str = ""

    def with_line(self, number: int, correction: Correction | None) -> "Corrections":
        """The same with one line put right; None takes its correction back."""
        lines = {key: value for key, value in self.lines.items() if key != number}
        return replace(self, lines=lines if correction is None else lines | {number: correction})

    def with_event(self, sheet: str, code: str) -> "Corrections":
        """The same with the event of one sheet; "" is what the sheet says itself."""
        events = {key: value for key, value in self.events.items() if key != sheet}
        return replace(self, events=events | {sheet: code} if code else events)

    def packed(self) -> str:
        """As a text to be sealed."""
        lines = {
            number: {"event": one.event, "person": one.person and _values(one.person)}
            for number, one in self.lines.items()
        }
        return json.dumps(
            {"lines": lines, "events": dict(self.events), "preset": self.preset}, ensure_ascii=False
        )

    @classmethod
    def unpacked(cls, text: str) -> "Corrections":
        """What `packed` made."""
        said = json.loads(text)
        lines = {
            int(number): Correction(one["person"] and _person(one["person"]), one["event"])
            for number, one in said["lines"].items()
        }
        return cls(lines, said["events"], said["preset"])


def _values(person: Person) -> dict:
    return asdict(person) | {"lives": person.lives.value, "role": person.role.value}


def _person(values: dict) -> Person:
    others = tuple(Companion(**one) for one in values["others"])
    return Person(
        **values | {"lives": Lives(values["lives"]), "role": Part(values["role"]), "others": others}
    )
