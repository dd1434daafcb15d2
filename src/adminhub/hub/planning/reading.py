"""Reading both sides into frozen values: for matching, and for the diff. Every query is of the school in scope."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from adminhub.hub.matching.values import Decided, HubClass, HubPerson, LostWhy, MISClass, MISPerson
from adminhub.hub.planning.diff import fields_of
from adminhub.hub.planning.identity import Keys, Remembered, keys_of, resolve
from adminhub.hub.planning.models import Decision, MatchRow, MatchStatus
from adminhub.hub.planning.scoping import outside_of
from adminhub.hub.planning.values import HubRecord, Link, Membership, MISRecord, Value
from adminhub.hub.roster.models import Employee, Enrolment, Kind, MISLink, Origin, Pupil, SchoolClass
from adminhub.hub.roster.ownership import HUB_FIELDS, OWNER
from adminhub.hub.roster.ownership import MIS_FIELDS as MIS_FIELDS
from adminhub.hub.roster.queries import PRESENT, kept_fields, said_by_mis
from adminhub.hub.roster.years import year_order
from adminhub.hub.staging.models import Snapshot, StagedClass, StagedEmployee, StagedPupil

PAIRED = (MatchStatus.SYNCED, MatchStatus.MATCHED)
HubRow = Employee | Pupil | SchoolClass
StagedRow = StagedEmployee | StagedPupil | StagedClass


def hub_rows(kind: Kind, keys: Iterable[int] | None = None) -> dict[int, HubRow]:
    """The hub's records of a kind by key; all of them, or those asked for.

    Whoever is archived is among them, to be known again, but not who was merged into somebody. An archived class
    is only if it is linked: last year's 4B is not this year's.
    """
    if kind == Kind.EMPLOYEE:
        employees = Employee.objects.filter(merged_into__isnull=True)
        return {row.pk: row for row in (employees if keys is None else employees.filter(pk__in=list(keys)))}
    if kind == Kind.PUPIL:
        pupils = Pupil.objects.filter(merged_into__isnull=True)
        return {row.pk: row for row in (pupils if keys is None else pupils.filter(pk__in=list(keys)))}
    linked = MISLink.objects.filter(kind=kind).values("school_class_id")
    classes = SchoolClass.objects.filter(kind=kind.value).filter(PRESENT | Q(pk__in=linked))
    return {row.pk: row for row in (classes if keys is None else classes.filter(pk__in=list(keys)))}


def staged_rows(snapshot_id: int, kind: Kind, keys: Iterable[int] | None = None) -> dict[int, StagedRow]:
    """The snapshot's records of a kind by key; all of them, or those asked for."""
    narrowed = {"snapshot_id": snapshot_id, **({} if keys is None else {"pk__in": list(keys)})}
    if kind == Kind.EMPLOYEE:
        return {row.pk: row for row in StagedEmployee.objects.filter(**narrowed)}
    if kind == Kind.PUPIL:
        return {row.pk: row for row in StagedPupil.objects.filter(**narrowed)}
    return {row.pk: row for row in StagedClass.objects.filter(kind=kind.value, **narrowed)}


FEW = 1_000
"""Keys in a query; of more, all rows are read at once."""


def links(kind: Kind, keys: Collection[int] | None = None) -> dict[int, Link]:
    """The MIS link of each linked hub record of a kind, by the record's key; at least of those asked for."""
    column = OWNER[kind]
    narrowed = {} if keys is None or len(keys) > FEW else {f"{column}__in": list(keys)}
    rows = MISLink.objects.filter(kind=kind, **narrowed)
    return {
        key: Link(mis_id=mis_id, broker_id=broker_id, is_lost=lost_at is not None)
        for key, mis_id, broker_id, lost_at in rows.values_list(column, "mis_id", "broker_id", "lost_at")
    }


def linked_to(kind: Kind, mis_ids: Iterable[str]) -> set[int]:
    """The keys of the hub records of a kind that are linked to one of these MIS records."""
    rows = MISLink.objects.filter(kind=kind, mis_id__in=list(mis_ids))
    return set(rows.values_list(OWNER[kind], flat=True))


ASKED_AGAIN_AFTER = timedelta(days=30)
"""A decision about classes stands for their pupils: later, an MIS may have given the same id to others."""


def decisions(kind: Kind, staged: Mapping[int, StagedRow]) -> Decided:
    """What people have decided about a kind, told by the records that the MIS has now."""
    rows = Decision.objects.filter(kind=kind).order_by("at", "pk")
    remembered = [
        Remembered(hub=hub, mis_id=mis_id, is_same=is_same, keys=tuple(keys))
        for hub, mis_id, is_same, keys in rows.values_list("hub_id", "mis_id", "is_same", "keys")
    ]
    if not remembered:
        return Decided()
    earlier = rows.filter(is_same=True, at__lt=timezone.now() - ASKED_AGAIN_AFTER)
    known = resolve(remembered, identities(staged))
    return replace(known, earlier=frozenset(earlier.values_list("hub_id", "mis_id")))


def identities(staged: Mapping[int, StagedRow]) -> dict[str, Keys]:
    """The keys by which each MIS record is known again, by mis_id; a class has none, its members tell it."""
    people = {person.mis_id: keys_of(person) for person in mis_people(staged)}
    return people or {row.mis_id: () for row in staged.values()}


def hub_people(kind: Kind, rows: Mapping[int, HubRow]) -> list[HubPerson]:
    """The hub's people, for matching. Since when somebody of an imported list was at the school, nobody knows."""
    linked = links(kind, rows)
    groups = _hub_groups(rows) if kind == Kind.PUPIL else {}
    return [
        HubPerson(
            key=key,
            forename=row.forename,
            surname=row.surname,
            legal_forename=row.legal_forename,
            legal_surname=row.legal_surname,
            former_surname=row.former_surname,
            email=row.email,
            mis_id=linked[key].mis_id if key in linked else None,
            since=None if row.origin == Origin.FILE else row.created_at.date(),
            **(_of_pupil(row, groups.get(key, "")) if isinstance(row, Pupil) else _of_employee(row)),
        )
        for key, row in rows.items()
        if isinstance(row, Employee | Pupil)
    ]


def mis_people(rows: Mapping[int, StagedRow]) -> list[MISPerson]:
    """The MIS's people, for matching."""
    groups = _mis_groups(rows)
    return [
        MISPerson(
            key=key,
            mis_id=row.mis_id,
            forename=row.forename,
            surname=row.surname,
            legal_forename=row.legal_forename or "",
            legal_surname=row.legal_surname or "",
            email=row.email or "",
            former_number=(row.former_upn or "") if isinstance(row, StagedPupil) else "",
            started=row.started,
            **(
                _of_pupil(row, groups.get(row.registration_group, ""))
                if isinstance(row, StagedPupil)
                else _of_employee(row)
            ),
        )
        for key, row in rows.items()
        if isinstance(row, StagedEmployee | StagedPupil)
    ]


def _of_pupil(row: Pupil | StagedPupil, group: str) -> dict[str, Any]:
    return {
        "middle_names": row.middle_names or "",
        "birthday": row.birthday,
        "sex": row.sex or "",
        "number": row.upn or "",
        "uln": row.uln or "",
        "code": row.admission_number or "",
        "year_group": row.year_group or "",
        "registration_group": group,
    }


def _of_employee(row: Employee | StagedEmployee) -> dict[str, Any]:
    return {"title": row.title, "number": row.teacher_number or "", "code": row.staff_code or ""}


def _hub_groups(pupils: Collection[int]) -> dict[int, str]:
    """The name that the MIS knows of each pupil's registration group, at least of those asked for."""
    some = {} if len(pupils) > FEW else {"pupil__in": list(pupils)}
    rows = Enrolment.objects.filter(
        ends_on__isnull=True, pupil__isnull=False, school_class__kind=Kind.REGISTRATION.value, **some
    ).values_list("pupil_id", "school_class_id", "school_class__name")
    names = said_by_mis(Kind.REGISTRATION, "name")
    return {pupil: str(names.get(key) or name) for pupil, key, name in rows if pupil is not None}


def _mis_groups(rows: Mapping[int, StagedRow]) -> dict[str, str]:
    """The name of each registration group that the snapshot of these pupils has, by broker_id."""
    first = next(iter(rows.values()), None)
    if not isinstance(first, StagedPupil):
        return {}
    groups = StagedClass.objects.filter(snapshot_id=first.snapshot_id, kind=Kind.REGISTRATION.value)
    return dict(groups.values_list("broker_id", "name"))


def hub_classes(snapshot_id: int, kind: Kind, rows: Mapping[int, HubRow]) -> list[HubClass]:
    """The hub's classes with their pupils, for matching; a pupil who May match might yet be in a class.

    A class that has a name or subject of the school's own is known by the MIS's.
    """
    linked, maybe = links(kind, rows), _maybe(snapshot_id, "hub_id")
    names, subjects = said_by_mis(kind, "name"), said_by_mis(kind, "subject")
    members: dict[int, set[int]] = defaultdict(set)
    some = {} if len(rows) > FEW // 10 else {"school_class__in": list(rows)}
    enrolled = Enrolment.objects.filter(
        ends_on__isnull=True, pupil__isnull=False, school_class__kind=kind, **some
    ).values_list("school_class_id", "pupil_id")
    for class_id, pupil_id in enrolled:
        members[class_id].add(pupil_id or 0)
    return [
        HubClass(
            key=key,
            name=str(names.get(key) or row.name),
            subject=str(subjects.get(key) or row.subject),
            members=frozenset(members[key]),
            undecided=len(members[key] & maybe),
            mis_id=linked[key].mis_id if key in linked else None,
            is_lost=key in linked and linked[key].is_lost,
            is_archived=row.archived_at is not None,
        )
        for key, row in rows.items()
        if isinstance(row, SchoolClass)
    ]


def mis_classes(snapshot_id: int, rows: Mapping[int, StagedRow]) -> list[MISClass]:
    """The MIS's classes with those of their pupils whom matching is sure of.

    Of whoever is outside this sync's scope a link tells who it is; else it is undecided: a class of many year
    groups must not look like another one because few of its pupils are taken in.
    """
    keys = [row.broker_id for row in rows.values()]
    staged = StagedPupil.objects.filter(
        in_any_of(keys) if len(keys) <= FEW // 10 else Q(), snapshot_id=snapshot_id
    )
    is_known = Q(status__in=PAIRED) | Q(lost_why=LostWhy.OUT_OF_SCOPE, staged_id__isnull=False)
    paired = MatchRow.objects.filter(is_known, snapshot_id=snapshot_id, kind=Kind.PUPIL)
    known = dict(paired.values_list("staged_id", "hub_id"))
    maybe = _maybe(snapshot_id, "staged_id")
    outside = outside_of(Snapshot.objects.get(pk=snapshot_id))
    maybe |= set(outside.values_list("pk", flat=True)) - known.keys()
    members: dict[str, set[int]] = defaultdict(set)
    sizes: Counter[str] = Counter()
    undecided: Counter[str] = Counter()
    for pk, group, classes in staged.values_list("pk", "registration_group", "classes"):
        hub_id = known.get(pk)
        for broker_id in filter(None, (group, *classes)):
            sizes[broker_id] += 1
            undecided[broker_id] += pk in maybe
            if hub_id is not None:
                members[broker_id].add(hub_id)
    return [
        MISClass(
            key=key,
            mis_id=row.mis_id,
            name=row.name,
            subject=row.subject,
            members=frozenset(members[row.broker_id]),
            size=sizes[row.broker_id],
            undecided=undecided[row.broker_id],
        )
        for key, row in rows.items()
        if isinstance(row, StagedClass)
    ]


def _maybe(snapshot_id: int, side: str) -> set[int]:
    """The pupils of one side of whom nobody knows yet who they are on the other."""
    rows = MatchRow.objects.filter(
        snapshot_id=snapshot_id, kind=Kind.PUPIL, status=MatchStatus.MAY_MATCH, **{f"{side}__isnull": False}
    )
    return set(rows.values_list(side, flat=True))


def hub_records(kind: Kind, rows: Mapping[int, HubRow]) -> dict[int, HubRecord]:
    """The hub's records with the fields that the MIS owns and that the hub keeps of them, for the diff."""
    linked, kept = links(kind, rows), kept_fields(kind)
    names = (*MIS_FIELDS[kind], *HUB_FIELDS[kind])
    return {
        key: HubRecord(
            key=key,
            sourced_id=row.sourced_id,
            fields=fields_of(row, names),
            link=linked.get(key),
            is_archived=row.archived_at is not None,
            kept=kept.get(key, frozenset()),
        )
        for key, row in rows.items()
    }


def mis_records(snapshot: Snapshot, kind: Kind, rows: Mapping[int, StagedRow]) -> dict[int, MISRecord]:
    """The MIS's records with the fields it owns, for the diff."""
    unsaid = [row.broker_id for row in rows.values() if isinstance(row, StagedClass) and not row.year_groups]
    years = _years_of_classes(snapshot, unsaid) if unsaid else {}
    return {
        key: MISRecord(
            mis_id=row.mis_id,
            broker_id=row.broker_id,
            upi=getattr(row, "upi", ""),
            fields=mis_fields(row, kind, years),
        )
        for key, row in rows.items()
    }


def mis_fields(row: StagedRow, kind: Kind, years: Mapping[str, list[str]]) -> dict[str, Value]:
    """The fields of an MIS record as the hub keeps them. `years` are those of the pupils in each class."""
    fields = fields_of(row, MIS_FIELDS[kind])
    if isinstance(row, StagedClass):
        fields["year_groups"] = list(row.year_groups) or years.get(row.broker_id, [])
        return fields
    fields["forename"] = row.forename or row.legal_forename or ""
    fields["surname"] = row.surname or row.legal_surname or ""
    for name in ("forename", "surname"):
        if fields[f"legal_{name}"] == fields[name]:
            fields[f"legal_{name}"] = ""  # the hub keeps a legal name only where it differs
    if isinstance(row, StagedEmployee) and row.email:
        fields["email"] = row.email.lower()
    return fields


def _years_of_classes(snapshot: Snapshot, broker_ids: list[str]) -> dict[str, list[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    some = in_any_of(broker_ids) if len(broker_ids) <= FEW // 10 else Q()
    staged = StagedPupil.objects.filter(some, snapshot=snapshot)
    for year, group, classes in staged.values_list("year_group", "registration_group", "classes"):
        for broker_id in (group, *classes):
            if year and broker_id:
                found[broker_id].add(year)
    return {broker_id: sorted(years, key=year_order) for broker_id, years in found.items()}


def in_any_of(broker_ids: Iterable[str]) -> Q:
    """The condition on staged pupils of being in one of these classes."""
    wanted = list(broker_ids)
    return Q(registration_group__in=wanted) | Q(classes__overlap=wanted)


def linked_classes(
    snapshot: Snapshot, kinds: Iterable[Kind], some: Collection[str] | None = None
) -> dict[str, UUID]:
    """The sourced id of each linked class that the review found again, by broker_id; all, or only some.

    A link whose class was told apart from its MIS record (a name used for other pupils) is not among them.
    """
    narrowed = {} if some is None or len(some) > FEW else {"broker_id__in": list(some)}
    of_kinds = list(kinds)
    staged = dict(
        StagedClass.objects.filter(snapshot=snapshot, kind__in=of_kinds, **narrowed).values_list(
            "pk", "broker_id"
        )
    )
    rows = MatchRow.objects.filter(snapshot=snapshot, kind__in=of_kinds, status__in=PAIRED)
    if narrowed:
        rows = rows.filter(staged_id__in=list(staged))
    pairs = rows.values_list("staged_id", "hub_id")
    found = {(hub_id, staged[pk]) for pk, hub_id in pairs if pk in staged}
    linked = MISLink.objects.filter(kind__in=of_kinds, **narrowed)
    return {
        broker_id: sourced_id
        for key, broker_id, sourced_id in linked.values_list(
            "school_class_id", "broker_id", "school_class__sourced_id"
        )
        if (key, broker_id) in found
    }


def linked_people(snapshot: Snapshot, kind: Kind, *, inside: Q | None = None) -> dict[str, UUID]:
    """The sourced id of each linked person that the snapshot has, by broker_id. `inside`: only such of its rows."""
    column = "employee" if kind == Kind.EMPLOYEE else "pupil"
    model = StagedEmployee if kind == Kind.EMPLOYEE else StagedPupil
    staged = model.objects.filter(inside or Q(), snapshot=snapshot)
    rows = MISLink.objects.filter(kind=kind, broker_id__in=staged.values("broker_id"))
    return dict(rows.values_list("broker_id", f"{column}__sourced_id"))


def registration_groups() -> set[UUID]:
    """The sourced ids of every registration group of the hub that is not archived, linked or not."""
    groups = SchoolClass.objects.filter(PRESENT, kind=Kind.REGISTRATION.value)
    return set(groups.values_list("sourced_id", flat=True))


def memberships(who: Kind, kinds: Iterable[Kind], people: Collection[UUID] | None = None) -> list[Membership]:
    """Which classes of these kinds the employees, or the pupils, or some, are in now; archived ones keep theirs."""
    column = "employee" if who == Kind.EMPLOYEE else "pupil"
    narrowed = {} if people is None or len(people) > FEW else {f"{column}__sourced_id__in": list(people)}
    rows = Enrolment.objects.filter(
        ends_on__isnull=True,
        school_class__kind__in=list(kinds),
        school_class__archived_at__isnull=True,
        **{f"{column}__isnull": False},
        **narrowed,
    ).values_list("pk", f"{column}__sourced_id", "school_class__sourced_id")
    found = [Membership(enrolment=pk, person=person, school_class=where) for pk, person, where in rows]
    return found if people is None or narrowed else [one for one in found if one.person in people]


def broker_ids_of(classes: Collection[UUID]) -> set[str]:
    """The broker's keys of these classes, as far as they are linked."""
    rows = MISLink.objects.filter(school_class__isnull=False, school_class__sourced_id__in=list(classes))
    return set(rows.values_list("broker_id", flat=True))


def wanted_leaders(
    snapshot: Snapshot, kinds: Iterable[Kind], people: Mapping[str, UUID], classes: Mapping[str, UUID]
) -> dict[tuple[UUID, UUID], bool]:
    """Who leads which class according to the MIS, of those whom the hub knows; True for the main teacher."""
    staged = StagedClass.objects.filter(snapshot=snapshot, kind__in=list(kinds))
    return {
        (people[leader], classes[broker_id]): place == 0
        for broker_id, leaders in staged.values_list("broker_id", "employees")
        if broker_id in classes
        for place, leader in enumerate(leaders)
        if leader in people
    }


def places(snapshot: Snapshot, some: Q | None = None) -> list[tuple[str, str, list[str]]]:
    """Of each staged pupil, or of some, who it is and in which group and classes; all by broker_id."""
    staged = StagedPupil.objects.filter(some or Q(), snapshot=snapshot)
    return list(staged.values_list("broker_id", "registration_group", "classes"))


def wanted_places(
    placed: Iterable[tuple[str, str, list[str]]], people: Mapping[str, UUID], classes: Mapping[str, UUID]
) -> dict[tuple[UUID, UUID], bool]:
    """Which pupil is in which class according to the MIS, of those that the hub knows."""
    return {
        (people[broker_id], classes[where]): False
        for broker_id, group, in_classes in placed
        if broker_id in people
        for where in (group, *in_classes)
        if where in classes
    }
