"""Reading who has left. Every query is of the school in scope."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.db.models import F, FilteredRelation, Q, QuerySet

from adminhub.hub.leavers.models import ScheduledDeletion
from adminhub.hub.matching.values import LostWhy
from adminhub.hub.planning.models import Plan, PlanState, Purpose
from adminhub.hub.roster.models import Employee, Kind, MISLink, Pupil
from adminhub.hub.roster.queries import BY_NAME
from adminhub.hub.schools.models import Service

LEFT = Q(mis_links__lost_at__isnull=False, mis_links__lost_why=LostWhy.LEFT_MIS.value)
PEOPLE = {Kind.PUPIL: Pupil, Kind.EMPLOYEE: Employee}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Whom of the leavers a list was asked for: those still here, or the archived."""

    kind: Kind = Kind.PUPIL
    search: str = ""
    has_access: bool = False
    is_archived: bool = False
    is_scheduled: bool = False
    """Only those whose deletion is scheduled, archived or not, the nearest first."""


def leavers(service: Service, asked: Asked) -> QuerySet[Pupil] | QuerySet[Employee]:
    """The leavers asked for, by name, each with `lost_at` and the `access_id` of the service."""
    people = PEOPLE[asked.kind].objects.filter(LEFT, merged_into__isnull=True).select_related("deletion")
    if asked.is_scheduled:
        people = people.filter(deletion__isnull=False)
    else:
        people = people.filter(archived_at__isnull=not asked.is_archived)
    for word in asked.search.split():
        people = people.filter(Q(forename__icontains=word) | Q(surname__icontains=word))
    found = people.annotate(
        of_service=FilteredRelation("accesses", condition=Q(accesses__service=service))
    ).annotate(access_id=F("of_service__id"), lost_at=F("mis_links__lost_at"))
    if asked.has_access:
        found = found.filter(access_id__isnull=False)
    first = ("deletion__delete_on",) if asked.is_scheduled else ()
    return cast("QuerySet[Pupil] | QuerySet[Employee]", found.order_by(*first, *BY_NAME))


@dataclass(frozen=True, slots=True)
class Counts:
    """How many leavers there are."""

    pupils: int
    employees: int
    archived: int
    scheduled: int

    @property
    def here(self) -> int:
        return self.pupils + self.employees


def counts(kind: Kind) -> Counts:
    """How many have left and are still here, and how many of a kind are archived, or to be deleted."""
    left = {
        which: people.objects.filter(LEFT, archived_at__isnull=True, merged_into__isnull=True).count()
        for which, people in PEOPLE.items()
    }
    archived = PEOPLE[kind].objects.filter(LEFT, archived_at__isnull=False, merged_into__isnull=True)
    scheduled = ScheduledDeletion.objects.filter(**{f"{kind.value}__isnull": False})
    return Counts(left[Kind.PUPIL], left[Kind.EMPLOYEE], archived.count(), scheduled.count())


def leavers_waiting() -> int:
    """How many people have left and are neither archived nor brought back; for a hint on other pages."""
    links = MISLink.objects.filter(lost_at__isnull=False, lost_why=LostWhy.LEFT_MIS.value)
    here = Q(pupil__archived_at__isnull=True, pupil__isnull=False) | Q(
        employee__archived_at__isnull=True, employee__isnull=False
    )
    return links.filter(here).count()


def last_plan() -> Plan | None:
    """The newest press on leavers that stands, to be undone; or None."""
    plans = Plan.objects.filter(purpose=Purpose.LEAVERS, state=PlanState.APPLIED, undone_by__isnull=True)
    return plans.select_related("applied_by").order_by("-applied_at", "-pk").first()
