"""What taking a file in came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from stationapp.importing.kinds import Kind
from stationapp.importing.problems import Problem


@dataclass
class Loaded:
    """What a file came to: rows new, changed and already there, and what a person should look at."""

    kind: Kind
    added: int = 0
    changed: int = 0
    same: int = 0
    problems: Sequence[Problem] = field(default_factory=tuple)
    lost: Sequence[Problem] = field(default_factory=tuple)

    def count(self, before: object | None, changed: bool) -> None:
        """Count one row, by whether it was there and whether it differed."""
        if before is None:
            self.added += 1
        elif changed:
            self.changed += 1
        else:
            self.same += 1
