"""A plan's changes as the screen and the files show them: who, what, each field before and after, and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from adminhub.hub.applying.undoing import CHOOSABLE
from adminhub.hub.planning.models import Plan, PlannedChange, Purpose
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.roster.models import Employee, Enrolment, Kind, Pupil, SchoolClass
from adminhub.hub.schools.models import Service
from adminhub.hub.web.shared.words import LABELS, text_of

CLASSES = (Kind.REGISTRATION, Kind.TEACHING)
SKIPPED = "left"
PEOPLE = ("pupil", "employee")


@dataclass(frozen=True, slots=True)
class What:
    """What is done to somebody, in words, with its icon."""

    label: str
    icon: str


WHAT = {
    "join": What("Added", "plus"),
    "link": What("Linked", "chain"),
    "relink": What("MIS ID changed", "chain"),
    "unlink": What("Unlinked", "chain-off"),
    "update": What("Updated", "edit"),
    "lose": What("Marked Desynced", "chain-off"),
    "return": What("Back in the MIS", "chain"),
    "enrol": What("Into a class", "plus"),
    "leave_class": What("Out of a class", "minus"),
    "grant": What("Given access", "key"),
    "withdraw": What("Access withdrawn", "lock"),
    "archive": What("Archived", "minus"),
    "unarchive": What("Brought back", "plus"),
    "merge": What("Merged into another", "merge"),
    "erase": What("Deleted for good", "trash"),
    "keep": What("Kept", "lock"),
}
_ROWS = {
    ("set_row", "enrolment"): What("Class place put back", "undo"),
    ("set_row", "mis_link"): What("Link put back", "undo"),
    ("set_row", "access"): What("Access put back", "undo"),
    ("remove_row", "enrolment"): What("Out of the class again", "minus"),
    ("remove_row", "mis_link"): What("Unlinked again", "chain-off"),
    ("remove_row", "access"): What("Access withdrawn again", "lock"),
    ("add_row", "enrolment"): What("Back in the class", "plus"),
    ("add_row", "mis_link"): What("Linked again", "chain"),
    ("add_row", "access"): What("Given access again", "key"),
}
_WHOLE = {
    "set_row": What("Put back", "undo"),
    "remove_row": What("Removed again", "minus"),
    "add_row": What("Back", "plus"),
}
_MOVED = {
    "set_row": What("Moved over", "merge"),
    "remove_row": What("Taken away", "minus"),
    "add_row": What("Added", "plus"),
}
_ROW_KINDS = tuple(_WHOLE)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which of a plan's changes were asked for."""

    what: str = ""
    """A kind of change, with its table for whole rows; "left" for what is not written."""
    search: str = ""

    @property
    def is_narrowed(self) -> bool:
        return bool(self.what or self.search)


@dataclass(frozen=True, slots=True)
class Detail:
    """One field of a change; `before` or `after` is blank where there is nothing."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """One change as it is shown. `page` and `key` lead to the person's or class's page, if there is one."""

    change: PlannedChange
    name: str
    page: str
    what: What
    details: tuple[Detail, ...]

    @property
    def kind(self) -> str:
        return Kind(self.change.subject).label

    @property
    def can_choose(self) -> bool:
        """A person may have it put back although it has changed since."""
        return self.change.is_skipped and self.change.reason in CHOOSABLE

    @property
    def row(self) -> str:
        """The row it is about, as the form names it."""
        return f"{self.change.table}:{self.change.row_id}"


def what_of(plan: Plan, kind: str, table: str) -> What:
    """What a kind of change is called in this plan."""
    if kind in WHAT:
        return WHAT[kind]
    if plan.purpose != Purpose.UNDO:
        return _MOVED[kind]
    return _ROWS.get((kind, table), _WHOLE[kind])


def groups_of(plan: Plan, search: str = "") -> list[tuple[str, What, int]]:
    """How many changes there are of each sort, in the order of their first mention; what is left comes last."""
    rows = _found(plan, search).order_by()
    counted = rows.values_list("kind", "table", "is_skipped").annotate(Count("pk"))
    found: dict[str, tuple[What, int]] = {}
    left = 0
    for kind, table, is_skipped, count in sorted(counted):
        if is_skipped:
            left += count
            continue
        if table in (*PEOPLE, "school_class"):
            table = ""
        what = what_of(plan, kind, table)
        key = f"{kind}-{table}" if kind in _ROW_KINDS else kind
        found[key] = (what, found.get(key, (what, 0))[1] + count)
    order = [*WHAT, *(f"{kind}-{table}" for kind in _ROW_KINDS for table in ("", *_TABLES))]
    groups = [(key, *found[key]) for key in sorted(found, key=lambda k: order.index(k) if k in order else 99)]
    if left:
        groups.append((SKIPPED, What("Stays as it is", "pause"), left))
    return groups


_TABLES = ("mis_link", "enrolment", "access")


def changes_asked(plan: Plan, asked: Asked) -> QuerySet[PlannedChange]:
    """The changes asked for, people by the order in which the plan names them."""
    rows = _found(plan, asked.search)
    if asked.what == SKIPPED:
        return rows.filter(is_skipped=True).order_by("pk")
    if not asked.what:
        return rows.order_by("is_skipped", "pk")
    kind, _, table = asked.what.partition("-")
    rows = rows.filter(kind=kind, is_skipped=False)
    if kind in _ROW_KINDS:
        rows = rows.filter(table=table) if table else rows.filter(table__in=(*PEOPLE, "school_class"))
    return rows.order_by("pk")


def _found(plan: Plan, search: str) -> QuerySet[PlannedChange]:
    rows = PlannedChange.objects.filter(plan=plan)
    for word in search.split():
        rows = rows.filter(sourced_id__in=_named(plan, word))
    return rows


def _named(plan: Plan, word: str) -> set[UUID]:
    """Whose name has the word in it: here, or in the plan for those who are not here."""
    person = Q(forename__icontains=word) | Q(surname__icontains=word)
    found: set[UUID] = set()
    for rows in (
        Employee.objects.filter(person),
        Pupil.objects.filter(person),
        SchoolClass.objects.filter(name__icontains=word),
    ):
        found |= set(rows.values_list("sourced_id", flat=True)[:5000])
    in_plan = Q()
    for side in ("before", "after"):
        for name in ("forename", "surname", "name"):
            in_plan |= Q(**{f"{side}__{name}__icontains": word})
    whole = PlannedChange.objects.filter(in_plan, plan=plan)
    return found | set(whole.values_list("sourced_id", flat=True)[:5000])


def shown(plan: Plan, rows: Sequence[PlannedChange]) -> list[Line]:
    """The lines of these changes, with a number of queries that does not depend on how many there are."""
    names = _names(plan, rows)
    places = _Places(plan, rows)
    return [
        Line(
            change=row,
            name=names.get(row.sourced_id, ("", ""))[0] or "Somebody who is no longer here",
            page=names.get(row.sourced_id, ("", ""))[1],
            what=what_of(plan, row.kind, row.table),
            details=tuple(_details(row, places)),
        )
        for row in rows
    ]


def _names(plan: Plan, rows: Iterable[PlannedChange]) -> dict[UUID, tuple[str, str]]:
    """Each one's name, and the sort of page they have if they are here."""
    wanted = {row.sourced_id for row in rows}
    found: dict[UUID, tuple[str, str]] = {}
    for whole in PlannedChange.objects.filter(
        plan=plan, sourced_id__in=wanted, kind__in=(ChangeKind.JOIN, *_ROW_KINDS)
    ).values_list("sourced_id", "before", "after"):
        name = _name(whole[1]) or _name(whole[2])
        if name:
            found[whole[0]] = (name, "")
    for model, page in ((Employee, "people:teacher"), (Pupil, "people:pupil")):
        people = model.objects.filter(sourced_id__in=wanted)
        for sourced_id, forename, surname in people.values_list("sourced_id", "forename", "surname"):
            found[sourced_id] = (f"{forename} {surname}".strip(), page)
    classes = SchoolClass.objects.filter(sourced_id__in=wanted)
    for sourced_id, name in classes.values_list("sourced_id", "name"):
        found[sourced_id] = (name, "classes:class")
    return found


def _name(fields: Mapping[str, Any]) -> str:
    if "name" in fields:
        return str(fields["name"] or "")
    return f"{fields.get('forename') or ''} {fields.get('surname') or ''}".strip()


class _Places:
    """The names of the classes and services that changes speak of by key."""

    def __init__(self, plan: Plan, rows: Sequence[PlannedChange]) -> None:
        sourced = {row.after["school_class"] for row in rows if "school_class" in row.after}
        ended = {row.row_id for row in rows if row.kind == ChangeKind.LEAVE_CLASS}
        ended |= {row.row_id for row in rows if row.table == "enrolment"}
        whole = [side for row in rows for side in (row.before, row.after)]
        ids = {side["school_class_id"] for side in whole if side.get("school_class_id")}
        self.by_sourced_id: dict[str, str] = {
            str(sourced_id): name
            for sourced_id, name in SchoolClass.objects.filter(sourced_id__in=sourced).values_list(
                "sourced_id", "name"
            )
        }
        joined = PlannedChange.objects.filter(plan=plan, kind=ChangeKind.JOIN, sourced_id__in=sourced)
        for sourced_id, after in joined.values_list("sourced_id", "after"):
            self.by_sourced_id.setdefault(str(sourced_id), str(after.get("name", "")))
        self.by_id: dict[int, str] = dict(SchoolClass.objects.filter(pk__in=ids).values_list("pk", "name"))
        gone = PlannedChange.objects.filter(plan=plan, table="school_class", row_id__in=ids)
        for row_id, before, after in gone.values_list("row_id", "before", "after"):
            self.by_id.setdefault(row_id or 0, _name(before) or _name(after))
        self.by_enrolment: dict[int, str] = dict(
            Enrolment.objects.filter(pk__in=ended).values_list("pk", "school_class__name")
        )
        into = {row.after["merged_into"] for row in rows if row.kind == ChangeKind.MERGE}
        self.people: dict[str, str] = {
            str(sourced_id): f"{forename} {surname}".strip()
            for model in (Employee, Pupil)
            for sourced_id, forename, surname in model.objects.filter(sourced_id__in=into).values_list(
                "sourced_id", "forename", "surname"
            )
        }
        self.services: dict[Any, str] = {}
        for pk, slug, name in Service.objects.values_list("pk", "slug", "name"):
            self.services[pk] = self.services[slug] = name


def _details(row: PlannedChange, places: _Places) -> Iterable[Detail]:
    before, after = row.before, row.after
    if row.kind == ChangeKind.ENROL:
        name = places.by_sourced_id.get(str(after.get("school_class")), "")
        yield Detail("Main teacher of" if after.get("is_main_teacher") else "Class", "", name)
    elif row.kind == ChangeKind.LEAVE_CLASS:
        yield Detail("Class", places.by_enrolment.get(row.row_id or 0, ""), "")
    elif row.kind in (ChangeKind.GRANT, ChangeKind.WITHDRAW):
        slug = after.get("service") or before.get("service")
        name = places.services.get(slug, "every service")
        yield Detail("Service", "", name) if row.kind == ChangeKind.GRANT else Detail("Service", name, "")
    elif row.kind == ChangeKind.MERGE:
        yield Detail("Record that stays", "", places.people.get(str(after.get("merged_into")), ""))
    elif row.table == "enrolment":
        whole = {**before, **after}
        name = places.by_id.get(whole.get("school_class_id", 0)) or places.by_enrolment.get(
            row.row_id or 0, ""
        )
        yield Detail("Class", name if row.kind == ChangeKind.REMOVE_ROW else "", name)
        if row.kind == ChangeKind.SET_ROW:
            yield from _fields(before, after)
    elif row.table == "access":
        name = places.services.get({**before, **after}.get("service_id"), "")
        yield (
            Detail("Service", name, "") if row.kind == ChangeKind.REMOVE_ROW else Detail("Service", "", name)
        )
    else:
        yield from _fields(before, after)


def _fields(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterable[Detail]:
    """Every field that a person would know, in the order in which they are listed everywhere."""
    for name, label in LABELS.items():
        if name not in before and name not in after:
            continue
        was, will = text_of(name, before.get(name)), text_of(name, after.get(name))
        if was or will:
            yield Detail(label, was, will)
