"""Personal cards: why one ends or a request is refused, and how a scan is read (domain.md §7, way 2)."""

import re
from enum import Enum

from stationapp.codes import tidy


class Ended(Enum):
    """Why a card opens nothing any more."""

    LOST = "lost"
    REPLACED = "replaced"  # another one was made
    RETURNED = "returned"  # not wanted any more


class CardRefusal(Enum):
    """Why something about cards is refused."""

    ENDED = "ended"  # facts["why"]: the value of an Ended
    REASON_MISSING = "reason_missing"
    NOBODY_CHOSEN = "nobody_chosen"
    TOO_MANY = "too_many"  # facts["most"]: more on one print than PRINT_MOST


PRINT_MOST = 200
"""Cards on one print: twenty sheets of ten."""

SCAN_LENGTH = 300
"""Characters of a scan that are looked at; an address is shorter."""

_ADDRESS = re.compile(r"/(?:p|signups)/+([0-9A-Za-z-]+)")


def scanned(text: str) -> str:
    """The code or serial within what a scanner typed: the address of any host, or the code alone, however written."""
    narrow = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text[:SCAN_LENGTH])
    narrow = narrow.replace("、", "/")  # what the key of the slash writes while Chinese is being typed
    found = _ADDRESS.search(narrow)
    return tidy(found[1] if found else narrow)
