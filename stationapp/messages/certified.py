"""Where a certificate is looked at: what the message and the code on the paper both lead to."""

from stationapp.vault import vault

CHECK_LENGTH = 10


def check_code(number: str) -> str:
    """The code that goes with a certificate's number; only this instance can compute it (trust.md §4.20)."""
    return vault().token("certificate", number, CHECK_LENGTH)


def check_path(number: str) -> str:
    """The path of its check page, code included."""
    return f"/certificates/{number}?c={check_code(number)}"
