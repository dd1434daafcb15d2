"""Taking the roster the hub hands over, and noting what it says of who signs in."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone

from adminhub.wellbeing.notes.actions import follow_merges, forget
from adminhub.wellbeing.roster.errors import NotOurs, RosterTrouble
from adminhub.wellbeing.roster.handed import HandedRoster, HandedUser, HubRoster
from adminhub.wellbeing.roster.models import Employee, Enrolment, Membership, Pupil, School, SchoolClass, User

STALE_AFTER = timedelta(hours=12)
BATCH = 1000
log = structlog.get_logger(__name__)


@cache
def hub_roster() -> HubRoster:
    """The client, one for the process so that its token is asked for once an hour."""
    return HubRoster(
        hub_url=settings.WELLBEING_HUB_URL,
        client_id=settings.WELLBEING_CLIENT_ID,
        client_secret=settings.WELLBEING_CLIENT_SECRET,
    )


def refresh(*, school_id: UUID, hub: HubRoster | None = None) -> School:
    """Read the school's roster from the hub and take it. Call it outside a transaction; safe to repeat.

    Raises RosterTrouble; then what we held is unchanged, and the trouble is noted for the screen.
    """
    now = timezone.now()
    School.objects.filter(sourced_id=school_id).update(tried_at=now)
    try:
        handed = (hub or hub_roster()).read(school_id, now=now)
    except RosterTrouble as trouble:
        School.objects.filter(sourced_id=school_id).update(trouble=str(trouble))
        raise
    return take(handed)


@transaction.atomic
def take(handed: HandedRoster) -> School:
    """Make our roster what was handed over. Who is no longer in it is hidden, and comes back when they do.

    Only whom the hub says to be erased is deleted, and what was noted about them: missing is never read as that.
    A roster that was read before the one we hold is older, and is left alone.
    """
    school, _ = School.objects.get_or_create(
        sourced_id=handed.school.sourced_id, defaults={"name": handed.school.name}
    )
    school = School.objects.select_for_update().get(pk=school.pk)
    if school.read_at is not None and school.read_at > handed.began_at:
        return school
    at = handed.began_at
    known = {row.sourced_id: row for row in handed.demographics}
    shared: dict[str, Any] = {"school": school, "seen_at": at, "withdrawn_at": None}
    pupils = [
        Pupil(
            sourced_id=user.sourced_id,
            forename=user.given_name,
            surname=user.family_name,
            year_group=user.grades[0] if user.grades else "",
            birthday=known[user.sourced_id].birth_date if user.sourced_id in known else None,
            sex=known[user.sourced_id].sex if user.sourced_id in known else "",
            **shared,
        )
        for user in handed.users
        if user.is_pupil
    ]
    classes = [
        SchoolClass(
            sourced_id=row.sourced_id,
            name=row.title,
            sorts_as=_sorts_as(row.title),
            subject=row.subjects[0] if row.subjects else "",
            is_registration=row.class_type == "homeroom",
            year_groups=row.grades,
            **shared,
        )
        for row in handed.classes
    ]
    _put(Employee, [_employee(user, shared) for user in handed.users if not user.is_pupil], school, at)
    _put(Pupil, pupils, school, at)
    _put(SchoolClass, classes, school, at)
    _enrol(school, handed)
    _follow_merges(school, handed)
    _erase(school, handed)
    school.name, school.read_at, school.trouble = handed.school.name, at, ""
    school.save(update_fields=["name", "read_at", "trouble"])
    return school


def refresh_in_the_background(school: School) -> bool:
    """When the roster is stale, read it in a thread of its own, once in ten minutes; whether one was started."""
    now = timezone.now()
    is_stale = Q(read_at__isnull=True) | Q(read_at__lt=now - STALE_AFTER)
    is_rested = Q(tried_at__isnull=True) | Q(tried_at__lt=now - timedelta(minutes=10))
    if not School.objects.filter(is_stale, is_rested, pk=school.pk).update(tried_at=now):
        return False
    transaction.on_commit(
        lambda: threading.Thread(target=_refresh_quietly, args=(school.sourced_id,), daemon=True).start()
    )
    return True


@transaction.atomic
def welcome(*, user: User, claims: Mapping[str, Any]) -> None:
    """Note the name, the address and the schools the hub gave at this sign-in; other schools are over."""
    user.first_name = str(claims.get("given_name", ""))[:150]
    user.last_name = str(claims.get("family_name", ""))[:150]
    email = str(claims.get("email", "")).strip().lower()
    if email and not User.objects.filter(email__iexact=email).exclude(pk=user.pk).exists():
        user.email = email
    user.save(update_fields=["first_name", "last_name", "email"])
    kept = []
    for said in claims.get("schools", ()):
        school, _ = School.objects.update_or_create(
            sourced_id=said["sourced_id"],
            defaults={
                "name": said["name"][:200],
                "coordinators": ", ".join(said.get("access_coordinators", ()))[:300],
            },
        )
        Membership.objects.update_or_create(
            user=user,
            school=school,
            defaults={"role": said["role"][:40], "sees_hub": said.get("sees_hub") is True},
        )
        kept.append(school.pk)
    Membership.objects.filter(user=user).exclude(school_id__in=kept).delete()


def _refresh_quietly(school_id: UUID) -> None:
    try:
        refresh(school_id=school_id)
    except NotOurs:
        log.info("the hub does not hand this school over", school=str(school_id))
    except RosterTrouble:
        log.warning("a stale roster could not be refreshed", school=str(school_id))
    finally:
        connection.close()


def _employee(user: HandedUser, shared: Mapping[str, Any]) -> Employee:
    return Employee(
        sourced_id=user.sourced_id,
        title=user.metadata.get("title", ""),
        forename=user.given_name,
        surname=user.family_name,
        email=user.email,
        teaches=user.teaches,
        **shared,
    )


def _sorts_as(name: str) -> str:
    return re.sub(r"\d+", lambda number: number[0].zfill(6), name.casefold())[:300]


def _put(model: type[Any], rows: list[Any], school: School, at: datetime) -> None:
    """Insert or update the rows, then hide what was not among them."""
    keys = ("id", "school", "sourced_id")
    fields = [field.name for field in model._meta.concrete_fields if field.name not in keys]
    model.objects.bulk_create(
        rows,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["school", "sourced_id"],
        update_fields=fields,
    )
    model.objects.filter(school=school, seen_at__lt=at, withdrawn_at__isnull=True).update(withdrawn_at=at)


def _enrol(school: School, handed: HandedRoster) -> None:
    """Make the enrolments what was handed over. One that names somebody we were not handed is left out."""
    classes, pupils, employees = (_ids(model, school) for model in (SchoolClass, Pupil, Employee))
    wanted = {
        (classes[row.class_.sourced_id], pupils.get(row.user.sourced_id), employees.get(row.user.sourced_id))
        for row in handed.enrolments
        if row.class_.sourced_id in classes
        and (row.user.sourced_id in pupils or row.user.sourced_id in employees)
    }
    held = {
        (class_id, pupil_id, employee_id): pk
        for pk, class_id, pupil_id, employee_id in Enrolment.objects.filter(school=school).values_list(
            "pk", "school_class_id", "pupil_id", "employee_id"
        )
    }
    over = [pk for key, pk in held.items() if key not in wanted]
    for batch in _batches(over):
        Enrolment.objects.filter(school=school, pk__in=batch).delete()
    missing = list(wanted - held.keys())
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into wellbeing_enrolment (school_id, school_class_id, pupil_id, employee_id) "
            "select %s, unnest(%s::bigint[]), unnest(%s::bigint[]), unnest(%s::bigint[])",
            [school.pk, *([key[part] for key in missing] for part in range(3))],
        )
        if len(missing) > BATCH:  # or pages would be planned for the few rows there were before, and be slow
            cursor.execute(
                "analyze wellbeing_enrolment, wellbeing_pupil, wellbeing_class, wellbeing_employee"
            )


def _follow_merges(school: School, handed: HandedRoster) -> None:
    """Have what hangs on pupils follow them: to the record theirs was merged into, or back when that is undone."""
    keys = {str(key): pk for key, pk in Pupil.objects.filter(school=school).values_list("sourced_id", "pk")}
    into = {user.sourced_id: user.merged_into for user in handed.gone if user.merged_into}
    merged: dict[int, int] = {}
    for loser in into:
        survivor = _last(loser, into)
        if loser in keys and survivor in keys:
            merged[keys[loser]] = keys[survivor]
    spoken_of = [user.sourced_id for user in (*handed.users, *handed.gone) if user.sourced_id not in into]
    follow_merges(merged=merged, alone=[keys[one] for one in spoken_of if one in keys])


def _erase(school: School, handed: HandedRoster) -> None:
    """Delete for good whom the school has deleted for good, with what hangs on them."""
    keys = [user.sourced_id for user in handed.gone if user.is_erased]
    pupils = Pupil.objects.filter(school=school, sourced_id__in=keys)
    employees = Employee.objects.filter(school=school, sourced_id__in=keys)
    notes = forget(list(pupils.values_list("pk", flat=True)))
    found = {"pupils": pupils.count(), "employees": employees.count()}
    pupils.delete()
    employees.delete()
    if any(found.values()):
        log.info("deleted whom the school has deleted", school=str(school.sourced_id), notes=notes, **found)


def _last(key: str, into: Mapping[str, str]) -> str:
    """The end of a chain of merges."""
    seen = {key}
    while key in into and into[key] not in seen:
        key = into[key]
        seen.add(key)
    return key


def _ids(model: type[Any], school: School) -> dict[str, int]:
    rows = model.objects.filter(school=school, withdrawn_at__isnull=True).values_list("sourced_id", "pk")
    return {str(sourced_id): pk for sourced_id, pk in rows}


def _batches(keys: list[int]) -> Iterable[list[int]]:
    return (keys[start : start + BATCH] for start in range(0, len(keys), BATCH))
