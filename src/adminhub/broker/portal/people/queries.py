"""What the page on which a school chooses people shows. Every query here needs the school's scope."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from adminhub.broker.consent.access import Choice
from adminhub.broker.sources.models import Employee, Group, Person, Pupil, RecordStatus

FOUND_AT_MOST = 30
NAMED_AT_MOST = 25
GROUP_HEADS = {
    Group.Type.YEAR: "Year groups",
    Group.Type.REGISTRATION: "Registration groups",
    Group.Type.HOUSE: "Houses",
    Group.Type.BOARDING: "Boarding houses",
    Group.Type.CAMPUS: "Campuses",
}


@dataclass(frozen=True, slots=True)
class Named:
    """A person as the page names one: enough to tell two of the same name apart."""

    kind: str
    pk: int
    name: str
    note: str
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class GroupSet:
    """The groups of one type, each with whether it is chosen."""

    title: str
    groups: list[tuple[Group, bool]]


def chosen_people(choice: Choice) -> list[Named]:
    """The people the choice names by themselves, those who have left included."""
    pupils = Pupil.objects.filter(pk__in=choice.pupils)
    employees = Employee.objects.filter(pk__in=choice.employees)
    return [*_pupils(pupils), *_employees(employees)]


def find_people(q: str, *, besides: Choice) -> list[Named]:
    """People at the school whose names hold every word typed, who are not chosen yet."""
    words = q.split()[:6]
    if not words:
        return []
    current = Q(status=RecordStatus.CURRENT)
    for word in words:
        names = ("forename", "surname", "legal_forename", "legal_surname")
        one = Q()
        for name in names:
            one |= Q(**{f"{name}__icontains": word})
        current &= one
    pupils = Pupil.objects.filter(current).exclude(pk__in=besides.pupils)
    employees = Employee.objects.filter(current).exclude(pk__in=besides.employees)
    return [*_pupils(pupils[:FOUND_AT_MOST]), *_employees(employees[:FOUND_AT_MOST])]


def group_sets(choice: Choice) -> list[GroupSet]:
    """Year groups, registration groups, houses: all the school has now."""
    found = Group.objects.filter(status=RecordStatus.CURRENT).order_by("name", "pk")
    by_type: dict[str, list[tuple[Group, bool]]] = {}
    for group in found:
        by_type.setdefault(group.type, []).append((group, group.pk in choice.groups))
    return [
        GroupSet(title, sorted(by_type[kind], key=lambda pair: _natural(pair[0].name)))
        for kind, title in GROUP_HEADS.items()
        if kind in by_type
    ]


@dataclass(frozen=True, slots=True)
class Difference:
    """Who would come to be shared, and who would not be any more; the first few by name."""

    title: str
    people: list[Named]
    count: int

    @property
    def rest(self) -> int:
        return self.count - len(self.people)


def differences(before: Choice, after: Choice) -> list[Difference]:
    """What saving changes for the people at the school now."""
    pupils_before, staff_before = _seen(before)
    pupils_after, staff_after = _seen(after)
    return [
        _difference("No longer shared", pupils_before - pupils_after, staff_before - staff_after),
        _difference("Newly shared", pupils_after - pupils_before, staff_after - staff_before),
    ]


def _seen(choice: Choice) -> tuple[set[int], set[int]]:
    current = Q(status=RecordStatus.CURRENT)
    pupils = Pupil.objects.filter(current & choice.shared_pupils()).values_list("pk", flat=True)
    employees = Employee.objects.filter(current & choice.shared_employees()).values_list("pk", flat=True)
    return set(pupils), set(employees)


def _difference(title: str, pupils: set[int], employees: set[int]) -> Difference:
    people = _pupils(Pupil.objects.filter(pk__in=pupils)[:NAMED_AT_MOST])
    if len(people) < NAMED_AT_MOST:
        rest = Employee.objects.filter(pk__in=employees)[: NAMED_AT_MOST - len(people)]
        people = [*people, *_employees(rest)]
    return Difference(title, people, len(pupils) + len(employees))


def _pupils(found: QuerySet[Pupil]) -> list[Named]:
    people = list(found)
    groups = dict(
        Group.objects.filter(
            pk__in={pupil.registration_id for pupil in people if pupil.registration_id}
        ).values_list("pk", "name")
    )
    return [_named("pupil", pupil, groups.get(pupil.registration_id or 0, "pupil")) for pupil in people]


def _employees(found: Iterable[Employee]) -> list[Named]:
    return [
        _named("employee", employee, employee.employment_details.get("role_text") or "staff")
        for employee in found
    ]


def _named(kind: str, person: Person, note: str) -> Named:
    first = person.forename or person.legal_forename or ""
    last = person.surname or person.legal_surname or ""
    name = f"{first} {last}".strip() or "No name"
    is_gone = person.status != RecordStatus.CURRENT
    return Named(kind, person.pk, name, "has left" if is_gone else note, is_gone=is_gone)


def _natural(name: str) -> tuple[int, str]:
    digits = "".join(letter for letter in name if letter.isdecimal())
    return (int(digits) if digits and len(digits) < 6 else 0, name)
