"""Which ways of writing this place has switched on, and the address its links lead to; chosen once a process."""

from dataclasses import dataclass

from stationapp.messages.rules import Way


@dataclass(frozen=True, slots=True)
class Switches:
    """`on` holds SMS and EMAIL where they are switched on; `public_url` has no slash at its end.

    Empty: nobody else could open a link, so messages hold none.
    """

    on: frozenset[Way]
    public_url: str


_current: Switches | None = None


def use(*, sms: bool, email: bool, public_url: str) -> None:
    """Choose for this process; called once by the application factory."""
    global _current
    chosen = {Way.SMS: sms, Way.EMAIL: email}
    _current = Switches(frozenset(way for way, on in chosen.items() if on), public_url)


def switches() -> Switches:
    """What was chosen for this process."""
    if _current is None:
        raise RuntimeError("no switches yet: create_app() has not run")
    return _current
