"""Phone numbers as people write them, brought to one form (domain.md §13). Standard library only.

A mobile number is eleven digits (`19900000242`); a landline is its area code, a hyphen and seven or eight
digits (`0379-00000101`). Both forms are what is stored, searched for and shown.
"""

import re
import unicodedata

_PUNCTUATION = re.compile(r"[\s\-‐‑‒–—―−()\[\].·]+")
_COUNTRY = re.compile(r"^(?:\+|00)86")
_MOBILE = re.compile(r"1[3-9]\d{9}")
# Beijing and the 02x cities have three digits, every other area four; a local number never begins with 1.
_LANDLINE = re.compile(r"(0(?:10|2\d|[3-9]\d{2}))(\d{7,8})")


def normal_phone(value: object) -> str | None:
    """The one written form of a phone number; None when `value` is empty or is not a phone number.

    Takes texts (blanks, hyphens, brackets, +86, 0086, full-width digits) and numbers as a spreadsheet
    hands them over (`19900000242.0`). Never raises.
    """
    digits = _digits(value)
    if digits is None:
        return None
    if _MOBILE.fullmatch(digits):
        return digits
    landline = _LANDLINE.fullmatch(digits)
    return f"{landline[1]}-{landline[2]}" if landline else None


def is_mobile(phone: str | None) -> bool:
    """Whether a number in its one form takes text messages."""
    return phone is not None and _MOBILE.fullmatch(phone) is not None


def masked_phone(phone: str) -> str:
    """How lists show a number: `138****5678`, `0379-****0101` (domain.md §11). Anything else is all stars."""
    normal = normal_phone(phone)
    if normal is None:
        return "*" * min(len(phone), 8)
    area, hyphen, local = normal.partition("-")
    if hyphen:
        return f"{area}-{'*' * (len(local) - 4)}{local[-4:]}"
    return f"{normal[:3]}****{normal[-4:]}"


def _digits(value: object) -> str | None:
    """The digits alone, without the country code, with an area code's leading 0 put back behind +86."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, float):
        if not value.is_integer():
            return None
        value = int(value)
    text = str(value)
    if len(text) > 60:
        return None
    text = _PUNCTUATION.sub("", unicodedata.normalize("NFKC", text).strip().removesuffix(".0"))
    bare = _COUNTRY.sub("", text)
    if re.fullmatch(r"86(?:1[3-9]\d{9})", bare):
        bare = bare[2:]
    elif (bare != text and not bare.startswith(("0", "1"))) or (
        bare != text and re.fullmatch(r"10\d{8}", bare)
    ):
        bare = "0" + bare
    return bare if bare.isascii() and bare.isdigit() else None
