"""Whom of the MIS's leavers and later starters matching should know: those who look like somebody in the hub.

A leaver found among them is taken for nobody else. Whoever looks like nobody in the hub is not even kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.db.models import Exists, OuterRef

from adminhub.hub.matching.names import fold
from adminhub.hub.matching.values import MISPerson
from adminhub.hub.providers.values import Elsewhere, PulledEmployee, PulledPupil
from adminhub.hub.roster.models import Employee, Kind, MISLink, Pupil
from adminhub.hub.staging.models import StagedElsewhere

Keys = frozenset[str]


def keys_of_unlinked(kind: Kind) -> Keys:
    """By what anybody of the hub who is linked to no MIS record could be known; empty: nobody needs to be found."""
    people: Iterable[Employee | Pupil]
    if kind == Kind.EMPLOYEE:
        linked = MISLink.objects.filter(employee=OuterRef("pk"))
        people = Employee.objects.filter(~Exists(linked), merged_into__isnull=True)
    else:
        linked = MISLink.objects.filter(pupil=OuterRef("pk"))
        people = Pupil.objects.filter(~Exists(linked), merged_into__isnull=True)
    return frozenset(key for person in people for key in _keys(person))


def alike(rows: Iterable[Elsewhere], known: Keys) -> list[Elsewhere]:
    """Those of them who could be one of the people with these keys."""
    return [row for row in rows if not known.isdisjoint(_keys(row.person))]


def _keys(person: Employee | Pupil | PulledEmployee | PulledPupil) -> set[str]:
    number = getattr(person, "upn", None) or getattr(person, "teacher_number", None)
    day = getattr(person, "birthday", None)
    names = {(person.forename, person.surname), (person.legal_forename, person.legal_surname)}
    return {
        key
        for forename, surname in names
        for key in _likeness(forename or "", surname or "", person.email or "", number or "", str(day or ""))
    }


def _likeness(forename: str, surname: str, mail: str, number: str, day: str) -> Iterator[str]:
    """Keys that two records of one person share, as a rule, whatever else was written differently."""
    first, last = fold(forename)[:1], fold(surname)
    if last:
        yield f"name:{first} {last}"
    if mail:
        yield f"email:{mail.strip().lower()}"
    if number:
        yield f"number:{number.strip().upper()}"
    if day:
        yield f"born:{first}|{day}"


def people_elsewhere(snapshot_id: int, kind: Kind, here: Iterable[MISPerson]) -> list[MISPerson]:
    """Those of a snapshot who are not here now, for matching. Whoever is also among those here has come back.

    Their keys are negative: no line of a review is ever about them.
    """
    current = list(here)
    ids, numbers = {person.mis_id for person in current}, {person.number for person in current} - {""}
    found = (_person(row) for row in StagedElsewhere.objects.filter(snapshot_id=snapshot_id, kind=kind.value))
    return [one for one in found if one.mis_id not in ids and one.number not in numbers]


_SAME = (
    "mis_id",
    "title",
    "forename",
    "surname",
    "legal_forename",
    "legal_surname",
    "middle_names",
    "birthday",
    "sex",
    "number",
    "former_number",
    "uln",
    "code",
    "email",
    "started",
    "is_expected",
)


def _person(row: StagedElsewhere) -> MISPerson:
    return MISPerson(key=-row.pk, is_current=False, **{name: getattr(row, name) for name in _SAME})
