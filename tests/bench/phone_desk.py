"""Calls at the phone desk, typed as people type, in a real browser against the real server.

    python -m tests.bench.phone_desk [--key MS] [--look MS] [--speech SYLLABLES] [--households N]

Three callers are signed up by keyboard: one who is known, one who is new, one who is new and has no phone. Each time
the typist waits for the page, looks at it, and types; what is read aloud is counted at the pace of speech, and so is
the caller's answer. Fails when the known caller takes more than 30 s, any of them more than 6 fields, or a mouse.
"""

import argparse
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from sqlalchemy import insert

from stationapp import clock
from stationapp.app import create_app
from stationapp.config import Settings
from stationapp.db import db, transaction
from stationapp.migrate import migrate
from stationapp.pinyin import initials
from stationapp.residents.models import Household, Resident
from stationapp.residents.rules import Lives
from stationapp.vault import vault
from tests import cast
from tests.harness import browser as browsers
from tests.harness.server import serving
from tests.harness.typist import Typist
from tests.journeys import steps

SECONDS, FIELDS = 30, 6
ANSWER = 1.0
"""Seconds for the caller's yes."""

DESK = {"width": 1366, "height": 844}
EVENTS = 24
_SURNAMES, _GIVEN = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨", "秀英桂芳建国海燕志强玉兰小满德福春梅"


@dataclass(frozen=True)
class Town:
    """Whom the clerk is and the invitation that opens the desk."""

    settings: Settings
    invitation: str


def fill(instance: Path, households: int) -> Town:
    """A district whose first station has so many households, two people each, and events on the next days."""
    app = create_app(Settings(instance=instance))
    with app.app_context():
        migrate(db.engine)
    people = cast.district(app)
    with app.app_context():
        with transaction() as session:
            session.execute(insert(Household), [_household(n) for n in range(1, households + 1)])
            session.execute(
                insert(Resident),
                [_resident(n, k, people.one.id) for n in range(1, households + 1) for k in (0, 1)],
            )
        first = clock.day_of(clock.now()) + timedelta(days=1)
        titles = ("智能手机课堂", "八段锦", "书法班", "义诊", "合唱团", "防诈骗讲座")
        for n in range(EVENTS):
            at = clock.instant(first + timedelta(days=n // 2), 9 + 5 * (n % 2))
            cast.event(people.one, title=titles[n % len(titles)], starts_at=at, capacity=30)
        db.engine.dispose()
    return Town(app.config["SETTINGS"], steps.invitation(app, people.lin))


def _household(number: int) -> dict:
    phone, safe = f"1990{number:07d}", vault()
    return {
        "id": number,
        "phone_index": safe.index("phone", phone),
        "phone_sealed": safe.seal(phone),
        "tail_index": safe.index("tail", phone[-4:]),
        "made_at": clock.now(),
    }


def _resident(household: int, which: int, community_id: int) -> dict:
    number = household * 2 + which
    name = _SURNAMES[number % 16] + _GIVEN[number // 16 % 18] + _GIVEN[number // 288 % 18]
    return {
        "household_id": household,
        "name": name + ("" if which == 0 else "儿"),
        "initials": initials(name),
        "birth_month": "1950-03",
        "lives": Lives.HERE,
        "community_id": community_id,
        "made_at": clock.now(),
    }


# --- the calls ----------------------------------------------------------------------------------------------------


def known(clerk: Typist) -> None:
    """The last four digits, which one household has; the first of its people; an event by its initials."""
    clerk.type("1234")
    clerk.send()
    clerk.look()
    clerk.type("1")
    clerk.press("Enter")
    clerk.type("bdj")
    clerk.send()


def new(clerk: Typist) -> None:
    """A number nobody has; a name; the desk's own community; an event by its number."""
    clerk.type("19911119876")
    clerk.send()
    clerk.look()
    clerk.type("欧阳明月")
    clerk.press("Tab")
    clerk.press("Tab")
    clerk.press("ArrowDown")
    clerk.press("Tab")
    clerk.type("3")
    clerk.send()


def without_phone(clerk: Typist) -> None:
    """A name nobody has; no number, but whom to ask for her."""
    clerk.type("欧阳明霞")
    clerk.send()
    clerk.look()
    clerk.press("Tab")
    clerk.press("ArrowDown")
    clerk.press("Tab")
    clerk.type("1")
    clerk.send()
    clerk.look()
    clerk.type("找楼长")
    clerk.send()


CALLS: dict[str, Callable[[Typist], None]] = {
    "known": known,
    "new": new,
    "new, no phone": without_phone,
}


@dataclass(frozen=True)
class Taken:
    """What one call took; `spoken` are the seconds of reading aloud and of the caller's answers."""

    seconds: float
    waited: float
    spoken: float
    syllables: int
    keys: int
    fields: tuple[str, ...]
    mice: int
    documents: tuple[str, ...]
    requests: int
    bytes: int


def take(clerk: Typist, call: Callable[[Typist], None], pace: float) -> Taken:
    """One call from the search field to the next caller's."""
    clerk.start()
    call(clerk)
    clerk.look()
    syllables = _syllables(clerk, "blockquote")
    clerk.send()
    clerk.look()
    syllables += _syllables(clerk, ".say-codes")
    if "报好了" not in clerk.page.content():
        raise SystemExit(f"nobody was signed up: {clerk.page.inner_text('main')[:200]}")
    spoken = syllables / pace + 2 * ANSWER
    return Taken(
        clerk.seconds + spoken,
        clerk.waited,
        spoken,
        syllables,
        clerk.keys,
        tuple(clerk.fields),
        clerk.mice,
        tuple(clerk.documents()),
        len(clerk.requests),
        clerk.bytes(),
    )


def _syllables(clerk: Typist, where: str) -> int:
    return sum(character.isalnum() for character in clerk.page.inner_text(where))


@contextmanager
def desk(wish) -> Iterator[Typist]:
    """The phone desk, open in a browser whose style sheets are known to it already."""
    with tempfile.TemporaryDirectory() as folder:
        town = fill(Path(folder), wish.households)
        with (
            serving(Path(folder), town.settings.url) as url,
            browsers.launched() as browser,
            browsers.visiting(browser, url, viewport=DESK) as page,
        ):
            steps.take_up(page, town.invitation)
            page.goto("/desk/phone/")
            yield Typist(page, a_key=wish.key, a_look=wish.look)


def main() -> int:
    """Take the calls and print what they took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--key", type=int, default=180)
    parser.add_argument("--look", type=int, default=600)
    parser.add_argument("--speech", type=float, default=4.0)
    parser.add_argument("--households", type=int, default=3000)
    wish = parser.parse_args()
    print(
        f"{wish.key} ms a key, {wish.look} ms a look, {wish.speech} syllables a second, {wish.households} households"
    )
    with desk(wish) as clerk:
        taken = {name: take(clerk, call, wish.speech) for name, call in CALLS.items()}
    for name, one in taken.items():
        print(
            f"{name:<14} {one.seconds:5.1f} s: typing and looking {one.seconds - one.waited - one.spoken:4.1f},"
            f" waiting {one.waited:4.2f}, talking {one.spoken:4.1f} ({one.syllables} syllables)"
        )
        print(
            f"{'':<14} {one.keys} keys, {len(one.fields)} fields ({', '.join(one.fields)}), {one.mice} mouse,"
            f" {len(one.documents)} pages, {one.requests} requests, {one.bytes:,} bytes"
        )
    slow = taken["known"].seconds > SECONDS
    return 1 if slow or any(len(one.fields) > FIELDS or one.mice for one in taken.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
