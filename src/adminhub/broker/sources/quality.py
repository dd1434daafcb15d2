"""What a reading's data leaves to be desired, record by record: the quality report. Pure."""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal, TypeVar

from adminhub.mis import identifiers
from adminhub.mis.roster import Employee, Issue, Pupil, Roster, SchoolClass
from adminhub.mis.text import folded

Subject = Literal["pupil", "employee", "class", "file"]
Weight = Literal["problem", "look", "note"]
Topic = Literal["numbers", "person", "registration", "classes", "staff", "twice", "export"]
YOUNGEST, OLDEST = 1, 26
DAYS_A_YEAR = 365.25

Person = TypeVar("Person", Pupil, Employee)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is looked for. `topic` says where in an MIS such things are put right."""

    key: str
    subject: Subject
    weight: Weight
    title: str
    why: str
    topic: Topic


@dataclass(frozen=True, slots=True)
class Finding:
    """One record that a check found. `mis_id` is empty where it is a personal number; `place` is its form or file."""

    check: str
    mis_id: str = ""
    name: str = ""
    place: str = ""
    detail: str = ""


CHECKS = (
    Check(
        "not_taken",
        "file",
        "problem",
        "Records not taken",
        "These rows are not published. Everything else in the file is.",
        "export",
    ),
    Check(
        "upn_invalid",
        "pupil",
        "problem",
        "UPNs that cannot be right",
        "The check letter or the shape does not fit. Such a UPN is left out, so that nobody is matched by it.",
        "numbers",
    ),
    Check(
        "upn_shared",
        "pupil",
        "problem",
        "UPNs of more than one pupil",
        "A UPN belongs to one child. Services may take these pupils for one another.",
        "numbers",
    ),
    Check(
        "upn_missing",
        "pupil",
        "look",
        "Pupils without a UPN",
        "Without it a pupil is found again by name and birthday only, and a person has to decide.",
        "numbers",
    ),
    Check(
        "upn_temporary",
        "pupil",
        "note",
        "Temporary UPNs",
        "A temporary UPN ends in a letter. Ask the pupil's last school for the permanent one.",
        "numbers",
    ),
    Check(
        "uln_invalid",
        "pupil",
        "problem",
        "ULNs that cannot be right",
        "The check digit does not fit, so the number is left out.",
        "numbers",
    ),
    Check(
        "birthday_missing",
        "pupil",
        "problem",
        "Pupils without a birthday",
        "There is none, or what there is is no date.",
        "person",
    ),
    Check(
        "birthday_odd",
        "pupil",
        "problem",
        "Birthdays that cannot be right",
        f"The pupil would be younger than {YOUNGEST} or older than {OLDEST}.",
        "person",
    ),
    Check(
        "name_missing",
        "pupil",
        "problem",
        "Pupils without a forename or surname",
        "Apps show them without it.",
        "person",
    ),
    Check(
        "pupil_twice",
        "pupil",
        "look",
        "Pupils who may be there twice",
        "They share name and birthday. Look whether they are one child.",
        "twice",
    ),
    Check(
        "year_missing",
        "pupil",
        "look",
        "Pupils without a year group",
        "Apps that go by year groups do not find them.",
        "registration",
    ),
    Check(
        "form_missing",
        "pupil",
        "look",
        "Pupils without a registration group",
        "They are on roll and in no form.",
        "registration",
    ),
    Check(
        "class_missing",
        "pupil",
        "look",
        "Pupils without classes",
        "They are on roll and in no teaching class, although most of their year are.",
        "classes",
    ),
    Check(
        "pupil_starts_later",
        "pupil",
        "note",
        "Pupils who start later",
        "Their admission date is to come. Apps are served them from the first export of that day on.",
        "registration",
    ),
    Check(
        "staff_email_missing",
        "employee",
        "look",
        "Staff without an e-mail address",
        "Most services log people in by it.",
        "staff",
    ),
    Check(
        "staff_email_shared",
        "employee",
        "problem",
        "E-mail addresses of more than one person",
        "Each needs their own to log in.",
        "staff",
    ),
    Check(
        "teacher_number_shared",
        "employee",
        "problem",
        "Teacher numbers of more than one person",
        "A teacher number belongs to one person.",
        "staff",
    ),
    Check(
        "staff_twice",
        "employee",
        "look",
        "Staff who may be there twice",
        "They share their full name. Look whether they are one person.",
        "twice",
    ),
    Check(
        "teacher_classless",
        "employee",
        "note",
        "Teachers without classes",
        "They are marked as teaching staff and teach no class or form.",
        "classes",
    ),
    Check(
        "staff_starts_later",
        "employee",
        "note",
        "Staff who start later",
        "Their start date is to come. Apps are served them from the first export of that day on.",
        "staff",
    ),
    Check(
        "class_empty",
        "class",
        "look",
        "Classes without pupils",
        "The class is published and nobody is in it.",
        "classes",
    ),
    Check(
        "class_untaught",
        "class",
        "look",
        "Classes without a teacher",
        "No member of staff sees the class in a service.",
        "classes",
    ),
    Check("remark", "file", "note", "Other remarks", "Taken, with a remark.", "export"),
)
BY_KEY = {check.key: check for check in CHECKS}
# The reader's remarks about these are findings of their own.
_ON_ITS_OWN = {"upn": "upn_invalid", "uln": "uln_invalid"}


def assess(roster: Roster) -> list[Finding]:
    """Everything the checks find, in their order. What the files cannot hold is never missing."""
    here = [pupil for pupil in roster.pupils if pupil.status == "on_roll"]
    staff = [person for person in roster.employees if person.status == "current"]
    named_pupil = _Describing(shows_ids="pupils" not in roster.personal_ids)
    named_employee = _Describing(shows_ids="employees" not in roster.personal_ids)
    return [
        *(Finding("not_taken", place=reject.record, detail=reject.reason) for reject in roster.rejects),
        *_pupils(roster, here, named_pupil),
        *_staff(roster, staff, named_employee),
        *_classes(roster),
        *_remarks(roster),
    ]


def tally(findings: Iterable[Finding]) -> dict[str, int]:
    """How many each check found."""
    return dict(Counter(finding.check for finding in findings))


@dataclass(frozen=True, slots=True)
class _Describing:
    """How a person is named in the report, which only their own school reads."""

    shows_ids: bool

    def __call__(self, check: str, person: Pupil | Employee, detail: str = "") -> Finding:
        name = " ".join(
            part
            for part in (
                person.preferred_forename or person.legal_forename,
                person.preferred_surname or person.legal_surname,
            )
            if part
        )
        return Finding(
            check,
            mis_id=person.mis_id if self.shows_ids else "",
            name=name,
            place=(person.registration_group or "") if isinstance(person, Pupil) else (person.role or ""),
            detail=detail,
        )

    def all(self, check: str, people: Iterable[Pupil | Employee]) -> list[Finding]:
        return [self(check, person) for person in people]


def _pupils(roster: Roster, here: Sequence[Pupil], named: _Describing) -> Iterator[Finding]:
    holds = roster.holds_pupil
    refused = _refused_cells(roster.issues)
    if "upn" in holds:
        yield from (
            named("upn_invalid", pupil)
            for pupil in here
            if ("upn", pupil.mis_id) in refused and not pupil.upn
        )
        yield from _shared("upn_shared", here, lambda pupil: pupil.upn, named)
        yield from named.all(
            "upn_missing", (p for p in here if not p.upn and ("upn", p.mis_id) not in refused)
        )
        yield from named.all(
            "upn_temporary", (p for p in here if p.upn and identifiers.is_temporary_upn(p.upn))
        )
    if "uln" in holds:
        yield from named.all("uln_invalid", (p for p in here if ("uln", p.mis_id) in refused and not p.uln))
    if "date_of_birth" in holds:
        yield from named.all("birthday_missing", (p for p in here if p.date_of_birth is None))
        yield from named.all("birthday_odd", (p for p in here if _is_odd(p.date_of_birth, roster.as_at)))
    yield from named.all("name_missing", (p for p in here if None in _full_name(p)))
    yield from _shared("pupil_twice", here, _name_and_birthday, named)
    if "year_group" in holds:
        yield from named.all("year_missing", (p for p in here if p.year_group is None))
    in_form = {mis_id for group in roster.registration_groups for mis_id in group.pupils}
    if in_form or "registration_group" in holds:
        yield from named.all(
            "form_missing", (p for p in here if p.registration_group is None and p.mis_id not in in_form)
        )
    in_class = {mis_id for group in roster.teaching_classes for mis_id in group.pupils}
    years = _years_with_classes(here, in_class)
    yield from named.all(
        "class_missing", (p for p in here if p.year_group in years and p.mis_id not in in_class)
    )
    yield from (
        named("pupil_starts_later", p, _on(p.admission_date)) for p in roster.pupils if p.status == "future"
    )


def _on(day: date | None) -> str:
    return f"{day.day} {day:%B %Y}" if day else ""


def _years_with_classes(here: Sequence[Pupil], in_class: set[str]) -> set[str | None]:
    """The year groups most of whose pupils are in a class: a primary has none for its youngest."""
    sizes = Counter(pupil.year_group for pupil in here)
    taught = Counter(pupil.year_group for pupil in here if pupil.mis_id in in_class)
    return {year for year, size in sizes.items() if taught[year] * 2 > size}


def _staff(roster: Roster, staff: Sequence[Employee], named: _Describing) -> Iterator[Finding]:
    if "email" in roster.holds_employee:
        yield from named.all("staff_email_missing", (person for person in staff if not person.email))
    yield from _shared(
        "staff_email_shared", staff, lambda person: person.email.lower() if person.email else None, named
    )
    yield from _shared("teacher_number_shared", staff, lambda person: person.teacher_number, named)
    yield from _shared("staff_twice", staff, _folded_name, named)
    teaching = {mis_id for group in roster.classes for mis_id in group.employees}
    if teaching:
        yield from named.all(
            "teacher_classless", (p for p in staff if p.teaching and p.mis_id not in teaching)
        )
    yield from (
        named("staff_starts_later", p, _on(p.start_date)) for p in roster.employees if p.status == "future"
    )


def _classes(roster: Roster) -> Iterator[Finding]:
    if any(group.pupils for group in roster.classes):
        yield from (_named_class("class_empty", group) for group in roster.classes if not group.pupils)
    if any(group.employees for group in roster.classes):
        yield from (_named_class("class_untaught", group) for group in roster.classes if not group.employees)


def _named_class(check: str, group: SchoolClass) -> Finding:
    kind = "Registration group" if group.kind == "registration" else group.subject or "Class"
    return Finding(check, mis_id=group.mis_id, name=group.name, place=kind)


def _remarks(roster: Roster) -> Iterator[Finding]:
    """What the reader remarked on and no check above has."""
    told = {("date_of_birth", pupil.mis_id) for pupil in roster.pupils if pupil.date_of_birth is None}
    emails = Counter(person.email.lower() for person in roster.employees if person.email)
    told |= {("email", p.mis_id) for p in roster.employees if p.email and emails[p.email.lower()] > 1}
    for issue in roster.issues:
        if (
            issue.field in _ON_ITS_OWN
            or issue.record.startswith("class ")
            or (issue.field, issue.mis_id) in told
        ):
            continue
        shown = issue.record if issue.mis_id is None or not roster.personal_ids else ""
        yield Finding("remark", place=shown, detail=_sentence(issue))


def _sentence(issue: Issue) -> str:
    return f"{issue.field.replace('_', ' ').capitalize()}: {issue.message}" if issue.field else issue.message


def _refused_cells(issues: Iterable[Issue]) -> set[tuple[str, str]]:
    """Which cells of whom held something that is none of what they should hold."""
    return {
        (issue.field, issue.mis_id)
        for issue in issues
        if issue.field in _ON_ITS_OWN and issue.mis_id is not None
    }


def _shared(
    check: str, people: Sequence[Person], key: Callable[[Person], Hashable | None], named: _Describing
) -> list[Finding]:
    """Everybody who has the same as somebody else, side by side."""
    found: dict[Hashable, list[Person]] = defaultdict(list)
    for person in people:
        if (value := key(person)) is not None:
            found[value].append(person)
    return [
        named(check, person, f"{len(same)} people")
        for same in found.values()
        if len(same) > 1
        for person in same
    ]


def _full_name(person: Pupil | Employee) -> tuple[str | None, str | None]:
    return (
        person.legal_forename or person.preferred_forename,
        person.legal_surname or person.preferred_surname,
    )


def _folded_name(person: Pupil | Employee) -> tuple[str, str] | None:
    forename, surname = _full_name(person)
    return (folded(forename), folded(surname)) if forename and surname else None


def _name_and_birthday(pupil: Pupil) -> Hashable | None:
    name = _folded_name(pupil)
    return (name, pupil.date_of_birth) if name and pupil.date_of_birth else None


def _is_odd(born: date | None, as_at: date) -> bool:
    return born is not None and not YOUNGEST <= (as_at - born).days / DAYS_A_YEAR <= OLDEST
