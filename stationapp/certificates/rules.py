"""Certificates of voluntary service: who may issue one and what it is called (domain.md §7).

"Who organises records, who records certifies": 志愿服务条例 19.
"""

from dataclasses import dataclass
from enum import Enum


class CertificateRefusal(Enum):
    """Why no certificate is issued, or nothing is done with one."""

    ISSUER_INCOMPLETE = "issuer_incomplete"  # legal name, person in charge, handler or contact is missing
    NOT_A_LEGAL_PERSON = "not_a_legal_person"
    NO_HOURS = "no_hours"
    REVOKED = "revoked"
    TAMPERED = "tampered"  # its content or its row was changed behind us
    REASON_MISSING = "reason_missing"
    KEY_MISSING = "key_missing"  # the form came without the key that tells a second press from another issue
    NOBODY_CHOSEN = "nobody_chosen"
    NONE_CHOSEN = "none_chosen"  # no certificate to print
    FIELD_MISSING = "field_missing"
    TOO_MANY = "too_many"
    LEDGER_CHANGED = "ledger_changed"  # facts["line"]: a line that is not as it was written


@dataclass(frozen=True)
class IssuerFields:
    """What must stand on an issuer's certificates, trimmed."""

    legal_name: str
    in_charge: str
    handler: str
    contact: str

    @property
    def is_complete(self) -> bool:
        """Whether nothing is missing."""
        return all((self.legal_name, self.in_charge, self.handler, self.contact))


BULK_MOST = 200
"""Certificates issued with one press."""

STARS = (100, 300, 600, 1000, 1500)
"""Hours from which somebody may apply for one star, two …; said as "has reached the hours for applying"."""


def stars(minutes: int) -> int:
    """How many stars somebody has reached the hours for: 0–5."""
    return sum(minutes >= hours * 60 for hours in STARS)


def number(site_code: str, year: int, serial: int) -> str:
    """A certificate's number: the issuer's code, the year, its place in that year's register."""
    return f"{site_code}-{year}-{serial:05d}"
