"""What households are told of certificates, read when it is said: void once one was revoked (trust.md M4)."""

from collections.abc import Sequence

from sqlalchemy import select

from stationapp.certificates.models import Certificate, Revocation
from stationapp.db import db
from stationapp.messages.certified import check_path
from stationapp.messages.further import Known
from stationapp.messages.models import Message
from stationapp.notices.rules import Occasion
from stationapp.volunteers.models import Volunteer


def _known(messages: Sequence[Message]) -> dict[int, Known]:
    numbers = {one.id: one.subject.removeprefix("certificate ") for one in messages}
    rows = db.session.execute(
        select(Certificate.number, Volunteer.resident_id, Revocation.certificate_id)
        .join(Volunteer, Volunteer.id == Certificate.volunteer_id)
        .outerjoin(Revocation, Revocation.certificate_id == Certificate.id)
        .where(Certificate.number.in_(numbers.values()))
    )
    found = {
        number: Known(person, None if revoked else {"title": number}, check_path(number))
        for number, person, revoked in rows
    }
    return {message: found[number] for message, number in numbers.items() if number in found}


READERS = {Occasion.CERTIFICATE: _known}
