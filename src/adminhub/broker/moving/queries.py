"""Who is known of a school, for a rehearsal."""

import msgspec

from adminhub.broker.directory.models import School
from adminhub.broker.moving.carrying import KnownPerson, Move, rehearse
from adminhub.broker.moving.models import MISMove
from adminhub.broker.sources.models import Employee, Pupil, RecordStatus
from adminhub.mis.roster import Roster

encode_roster = msgspec.msgpack.Encoder().encode
decode_roster = msgspec.msgpack.Decoder(Roster).decode


def known_people(school: School) -> list[KnownPerson]:
    """Everybody ever published, the gone included. The caller has opened the school's scope."""
    return [
        *(
            KnownPerson(
                "pupil",
                pupil.id,
                pupil.mis_id,
                pupil.status == RecordStatus.CURRENT,
                pupil.forename or "",
                pupil.surname or "",
                born=pupil.date_of_birth,
                upn=pupil.education_details.get("upn"),
            )
            for pupil in Pupil.objects.filter(school=school)
        ),
        *(
            KnownPerson(
                "employee",
                person.id,
                person.mis_id,
                person.status == RecordStatus.CURRENT,
                person.forename or "",
                person.surname or "",
                born=person.date_of_birth,
                teacher_number=person.employment_details.get("teacher_number"),
                email=(person.contact_details.get("emails") or {}).get("email"),
            )
            for person in Employee.objects.filter(school=school)
        ),
    ]


def rehearsal_of(school: School, move: MISMove) -> Move:
    """What the move would do today. The caller has opened the school's scope."""
    return rehearse(known_people(school), decode_roster(bytes(move.roster or b"")))
