"""Short codes that people read aloud: no 0/O, 1/I/L, U/V look-alikes."""

import secrets

ALPHABET = "23456789ABCDEFGHJKMNPQRSTWXYZ"
PUBLIC_LENGTH = 8
PERSONAL_LENGTH = 10


def new_public() -> str:
    """The code of something anybody may see (an event): 8 characters."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PUBLIC_LENGTH))


def new_personal() -> str:
    """The code that stands for a person's place: 10 characters, 48 bits, not to be guessed."""
    return "".join(secrets.choice(ALPHABET) for _ in range(PERSONAL_LENGTH))


def tidy(text: str) -> str:
    """What a person typed, as the code it means: upper case, no blanks or hyphens, full width narrowed."""
    narrow = "".join(chr(ord(c) - 0xFEE0) if "！" <= c <= "～" else c for c in text[:64])
    return "".join(c for c in narrow.upper() if c.isalnum())
