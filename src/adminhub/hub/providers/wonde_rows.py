"""From the School Data API's words to ours: each record read once into a frozen value. Pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any, TypeVar

import msgspec

from adminhub.hub.providers import wonde_wire as wire
from adminhub.hub.providers.values import (
    Address,
    Candidate,
    Elsewhere,
    Permission,
    PulledClass,
    PulledEmployee,
    PulledPupil,
)

T = TypeVar("T")
REGISTRATION, TEACHING = "registration", "teaching"
_KINDS = {"students": "pupil", "employees": "employee"}
_NAMES = {name: name.replace(" ", "_") for name in ("forename", "surname", "legal forename", "legal surname")}
_EMAILS = {"email": "email", "emails": "email"}
_PERMITS = {
    "pupil": {
        **_NAMES,
        **_EMAILS,
        "middle names": "middle_names",
        "date of birth": "birthday",
        "gender": "sex",
        "upn": "upn",
        "former upn": "former_upn",
        "learner number": "uln",
        "admission number": "admission_number",
        "admission date": "started",
        "current nc year": "year_group",
        "registration": "registration_group",
        "classes": "classes",
    },
    "employee": {
        **_NAMES,
        **_EMAILS,
        "title": "title",
        "teacher number": "teacher_number",
        "staff code": "staff_code",
        "role text": "job",
        "teaching staff": "is_teaching",
        "employment start date": "started",
    },
}
"""The field that each permission opens, by the words of its name after the kind's."""
_YEARS = {
    "r": "R",
    "reception": "R",
    "rec": "R",
    "0": "R",
    "n": "N1",
    "nursery": "N1",
    "n1": "N1",
    "n2": "N2",
}
_YEAR_NUMBER = re.compile(r"(?:year|yr|y)?\s*0*(\d{1,2})", re.IGNORECASE)


def read_school(row: wire.School) -> Candidate:
    """Read a school of the directory; nothing is scored yet."""
    address = row.address if isinstance(row.address, wire.Address) else wire.Address()
    la_code, number = _text(row.la_code), _text(row.establishment_number)
    return Candidate(
        school_id=row.id,
        name=row.name or "",
        urn=_text(row.urn),
        laestab=f"{la_code.zfill(3)}{number.zfill(4)}" if la_code and number else "",
        phase=(row.phase_of_education or "").capitalize(),
        mis=row.mis or "",
        address=Address(
            line_1=address.address_line_1 or "",
            line_2=address.address_line_2 or "",
            town=address.address_town or "",
            postcode=address.address_postcode or "",
        ),
    )


def read_employee(row: wire.Employee) -> PulledEmployee:
    """Read a member of staff."""
    post = _value(row.employment_details)
    return PulledEmployee(
        broker_id=row.id,
        mis_id=_text(row.mis_id) or row.id,
        upi=row.upi or "",
        title=row.title or "",
        forename=row.forename or "",
        surname=row.surname or "",
        legal_forename=row.legal_forename,
        legal_surname=row.legal_surname,
        email=_email(row.contact_details, "work"),
        staff_code=_text_or_none(post.staff_code) if post else None,
        teacher_number=_text_or_none(post.teacher_number) if post else None,
        job=post.role_text if post else None,
        is_teaching=post.teaching_staff if post else None,
        started=_day_if_any(post.employment_start_date) if post else None,
    )


def has_left(row: wire.Employee) -> bool:
    """Whether the MIS says that the person does not work here now."""
    post = _value(row.employment_details)
    return post is not None and post.current is False


def read_pupil(row: wire.PupilRow) -> PulledPupil:
    """Read a pupil. The year group falls back from the national year to the year's name (wonde-api §5)."""
    place = _value(row.education_details)
    return PulledPupil(
        broker_id=row.id,
        mis_id=_text(row.mis_id) or row.id,
        upi=row.upi or "",
        forename=row.forename or "",
        surname=row.surname or "",
        legal_forename=row.legal_forename,
        legal_surname=row.legal_surname,
        middle_names=row.middle_names,
        birthday=read_day(row.date_of_birth),
        sex=read_sex(row.gender),
        upn=_code(place.upn) if place else None,
        former_upn=_code(place.former_upn) if place else None,
        uln=_text_or_none(place.learner_number) if place else None,
        admission_number=_text_or_none(place.admission_number) if place else None,
        year_group=_year_of(place, row.year),
        registration_group=None if row.registration is None else _id(row.registration),
        email=_email(row.contact_details, "email"),
        classes=tuple(dict.fromkeys(ref.id for ref in row.classes.data)) if row.classes else None,
        started=_day_if_any(place.admission_date) if place else None,
    )


def read_elsewhere(row: wire.PupilRow, *, is_expected: bool) -> Elsewhere:
    """Read a pupil who is not here now. The year group they were in says nothing any more."""
    return Elsewhere(
        person=msgspec.structs.replace(read_pupil(row), year_group=None), is_expected=is_expected
    )


def read_withheld(permissions: Sequence[Permission]) -> dict[str, frozenset[str]]:
    """The fields whose permission the school has not given, by kind; no word on kinds that no permission names."""
    known = {one.identity: one for one in permissions}

    def stands(one: Permission) -> bool:
        above = known.get(one.parent)
        return one.is_approved and (above is None or stands(above))

    found: dict[str, set[str]] = {}
    for one in permissions:
        kind, _, name = one.name.lower().removesuffix(" read").partition(" ")
        if kind not in _KINDS:
            continue
        fields = found.setdefault(_KINDS[kind], set())
        field = _PERMITS[_KINDS[kind]].get(name)
        if field is not None and not stands(one):
            fields.add(field)
    return {kind: frozenset(fields) for kind, fields in found.items()}


def read_hidden(rule: wire.AccessRule, broker_ids: Collection[str]) -> frozenset[str]:
    """Those of these people whom a rule keeps from the app; nobody where its word is not one we know."""
    word, named = (rule.mode or "").lower(), frozenset(rule.ids)
    if word.startswith("exclu"):
        return named & set(broker_ids)
    if word == "only" or word.startswith("inclu"):
        return frozenset(broker_ids) - named
    return frozenset()


def read_class(row: wire.SchoolClass) -> PulledClass:
    """Read a subject class."""
    subject = _value(row.subject) if isinstance(row.subject, wire.One) else None
    year = read_year_group(_text(row.year_group))
    return PulledClass(
        kind=TEACHING,
        broker_id=row.id,
        mis_id=_text(row.mis_id) or row.id,
        name=row.name or row.code or "",
        subject=(subject.name or "") if subject else "",
        description=row.description or "",
        year_groups=(year,) if year else (),
        employees=_leaders(row.employees),
    )


def read_registration_group(row: wire.Group) -> PulledClass:
    """Read a registration group."""
    return PulledClass(
        kind=REGISTRATION,
        broker_id=row.id,
        mis_id=_text(row.mis_id) or row.id,
        name=row.name or row.code or "",
        description=row.description or "",
        employees=_leaders(row.employees),
    )


def is_registration_group(row: wire.Group) -> bool:
    """Whether this group is the one where a pupil is registered."""
    return (row.type or "").upper() == "REGISTRATION"


def read_day(moment: wire.Moment | None) -> date | None:
    """Read the day of a PHP DateTime dump. Raises ValueError when it is no date."""
    return date.fromisoformat(moment.date[:10]) if moment and moment.date else None


def _day_if_any(moment: wire.Moment | list[Any] | None) -> date | None:
    """A day that only helps: one that is none is as good as not given."""
    try:
        return read_day(moment) if isinstance(moment, wire.Moment) else None
    except ValueError:
        return None


def read_sex(word: str | None) -> str | None:
    """F or M; blank for the other words the MIS may use; None when not permitted."""
    if word is None:
        return None
    return {"f": "F", "female": "F", "m": "M", "male": "M"}.get(word.strip().lower(), "")


def read_year_group(word: str) -> str:
    """N1 N2 R 1–14, from the many ways to write it; blank when it is none of them."""
    plain = word.strip().lower()
    if plain in _YEARS:
        return _YEARS[plain]
    found = _YEAR_NUMBER.fullmatch(plain)
    return str(int(found[1])) if found and 1 <= int(found[1]) <= 14 else ""


def _year_of(place: wire.EducationDetails | None, year: wire.One[wire.Ref] | str | None) -> str | None:
    national = _text_or_none(place.current_nc_year) if place else None
    group = _value(year) if isinstance(year, wire.One) else None
    if national:
        return read_year_group(national)
    if group:
        return read_year_group(group.code or "") or read_year_group(group.name or "")
    return national


def _leaders(employees: wire.Many[wire.Leader] | None) -> tuple[str, ...] | None:
    if employees is None:
        return None
    rows: Sequence[wire.Leader] = employees.data
    main_first = sorted(
        rows, key=lambda row: not (isinstance(row.meta, wire.Teaching) and row.meta.is_main_teacher)
    )
    return tuple(dict.fromkeys(row.id for row in main_first))


def _email(details: wire.One[wire.ContactDetails] | None, first: str) -> str | None:
    """The address to use; None when none is permitted, for null and empty look alike on the wire."""
    contact = _value(details)
    if contact is None or not isinstance(contact.emails, wire.Emails):
        return None
    emails = contact.emails
    in_order = (getattr(emails, first), emails.email, emails.primary, emails.work)
    return next((address.strip() for address in in_order if address), None)


def _id(reference: wire.One[wire.Ref] | str | None) -> str:
    if isinstance(reference, str):
        return reference
    found = _value(reference)
    return found.id if found else ""


def _value(include: wire.One[T] | None) -> T | None:
    return include.value if include is not None else None


def _text(value: wire.Text) -> str:
    return "" if value is None else str(value).strip()


def _text_or_none(value: wire.Text) -> str | None:
    return None if value is None else str(value).strip()


def _code(value: str | None) -> str | None:
    """An identifier without blanks and in capitals."""
    return None if value is None else re.sub(r"\s", "", value).upper()
