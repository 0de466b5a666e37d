"""Which room of a site a place in words means: 二楼书画室, 本站书画室（2楼） → 书画室. Never a guess."""

import re
import unicodedata
from collections.abc import Iterable

_AROUND = re.compile(r"[\s()]|本(?:站|所|中心|社区)(?:的|内)?|[0-9一二三四五六七八九十]+(?:层|楼|F)")


def room_meant(place: str, rooms: Iterable[tuple[int, str]], site_names: Iterable[str] = ()) -> int | None:
    """The id of the room whose name is all that a place says besides the floor and the site's own name.

    `rooms` are (id, name). None when it says more, or nothing of the kind: 书画室门口 is not in the room.
    """
    text = _plain(place)
    for name in sorted(site_names, key=len, reverse=True):
        text = text.replace(_plain(name), "")
    said = _AROUND.sub("", text)
    return next((room_id for room_id, name in rooms if said and said == _AROUND.sub("", _plain(name))), None)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).strip()
