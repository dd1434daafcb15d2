"""One school's roster as one service may see it. Everything here needs the school's scope to be open."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import cached_property
from itertools import chain
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from msgspec.structs import replace

from adminhub.hub.outputs.models import Shown
from adminhub.hub.outputs.oneroster.entities import (
    Class,
    Course,
    Demographics,
    Enrollment,
    Org,
    User,
)
from adminhub.hub.outputs.oneroster.mapping import WITHHELD, EnrolmentRow, Wire, enrollment_id, enrolment_pk
from adminhub.hub.roster.models import Employee, Enrolment, ErasedPerson, FeedEntry, Pupil, SchoolClass
from adminhub.hub.roster.queries import PRESENT
from adminhub.hub.schools.models import Service, Subscription

_NOW = Q(ends_on__isnull=True)
_IN_CLASS = Q(school_class__archived_at__isnull=True)


def pupils_of(service: Service) -> QuerySet[Pupil]:
    """Pupils with access to the service who are not archived."""
    return Pupil.objects.filter(PRESENT, accesses__service=service)


def employees_of(service: Service) -> QuerySet[Employee]:
    """Employees with access to the service who are not archived."""
    return Employee.objects.filter(PRESENT, accesses__service=service)


def enrolments_of(service: Service) -> QuerySet[Enrolment]:
    """Current enrolments, in classes that are not archived, of people with access to the service."""
    pupils, employees = pupils_of(service).values("pk"), employees_of(service).values("pk")
    return Enrolment.objects.filter(_NOW, _IN_CLASS).filter(
        Q(pupil_id__in=pupils) | Q(employee_id__in=employees)
    )


def classes_of(service: Service) -> QuerySet[SchoolClass]:
    """Classes in which somebody with access to the service is."""
    return SchoolClass.objects.filter(pk__in=enrolments_of(service).values("school_class_id"))


class SchoolRoster:
    """What a service may see of the school in scope, loaded part by part as it is asked for."""

    def __init__(self, *, wire: Wire, service: Service) -> None:
        self.wire = wire
        self.service = service

    def orgs(self, only: UUID | None = None) -> Iterator[Org]:
        """The school. It changed when its roster last did, as far as the outside can tell."""
        newest = FeedEntry.objects.order_by("-id").values_list("at", flat=True).first()
        bought = Subscription.objects.get(school=self.wire.school, service=self.service).starts_on
        yield self.wire.org(
            changed_at=newest or datetime.fromisoformat(f"{bought.isoformat()}T00:00:00+00:00")
        )

    def pupils(self, only: UUID | None = None) -> Iterator[User]:
        """Pupils with access, then those who had it."""
        seen = set()
        for pupil, changed_at in self._pupils(only):
            seen.add(str(pupil.sourced_id))
            yield self.wire.pupil(pupil, changed_at=changed_at)
        yield from self._gone_people(Shown.Kind.PUPIL, Pupil, "student", but=seen, only=only)

    def demographics(self, only: UUID | None = None) -> Iterator[Demographics]:
        """Birthdays and sexes of pupils with access, as far as permitted."""
        if not self.wire.allowed & {"birthday", "sex"}:
            return
        for pupil, changed_at in self._pupils(only):
            row = self.wire.demographics(pupil, changed_at=changed_at)
            if row is not None:
                yield row

    def employees(self, only: UUID | None = None) -> Iterator[User]:
        """Employees with access, then those who had it."""
        teaches = Exists(Enrolment.objects.filter(_NOW, employee_id=OuterRef("pk")))
        rows = employees_of(self.service).annotate(granted_at=F("accesses__granted_at"), has_class=teaches)
        if only:
            rows = rows.filter(sourced_id=only)
        seen = set()
        for row in rows.order_by("sourced_id"):
            seen.add(str(row.sourced_id))
            yield self.wire.employee(
                row,
                teaches=row.is_teaching or row.has_class,
                changed_at=_newest(row.changed_at, row.granted_at),
            )
        yield from self._gone_people(Shown.Kind.EMPLOYEE, Employee, "teacher", but=seen, only=only)

    def teachers(self, only: UUID | None = None) -> Iterator[User]:
        """Employees who teach."""
        return (user for user in self.employees(only) if user.roles[0].role == "teacher")

    def users(self, only: UUID | None = None) -> Iterator[User]:
        """Employees and pupils."""
        return chain(self.employees(only), self.pupils(only))

    def classes(self, only: UUID | None = None) -> Iterator[Class]:
        """Classes with somebody in them whom the service may see, then those that had."""
        since = dict(self._shown(Shown.Kind.CLASS).values_list("key", "since"))
        for row in self._classes:
            if only is None or row.sourced_id == only:
                known = since.get(str(row.sourced_id), row.changed_at)
                yield self.wire.school_class(row, changed_at=_newest(row.changed_at, known))
        gone = self._gone(Shown.Kind.CLASS, but={str(row.sourced_id) for row in self._classes}, only=only)
        for row in SchoolClass.objects.filter(sourced_id__in=gone.keys()).order_by("sourced_id"):
            last = self.wire.school_class(row, changed_at=gone.pop(str(row.sourced_id)))
            yield replace(last, status="tobedeleted", title=WITHHELD)
        for key, at in gone.items():  # a sync that made them was undone
            yield self.wire.gone_class(sourced_id=key, at=at)

    def courses(self, only: UUID | None = None) -> Iterator[Course]:
        """The subjects of those classes."""
        newest: dict[str, SchoolClass] = {}
        for row in self._classes:
            key = self.wire.course_id(row)
            if key not in newest or row.changed_at > newest[key].changed_at:
                newest[key] = row
        for key, row in sorted(newest.items()):
            if only is None or key == str(only):
                yield self.wire.course(row, changed_at=row.changed_at)

    def enrollments(self, only: UUID | None = None) -> Iterator[Enrollment]:
        """Who is in which class, as far as the service may see the person; then who was."""
        for row in self.enrolment_rows:
            yield self.wire.enrollment(row, changed_at=row.changed_at)
        gone = self._gone(
            Shown.Kind.ENROLMENT, but={enrollment_id(row.pk) for row in self.enrolment_rows}, only=None
        )
        over = Enrolment.objects.filter(pk__in=[enrolment_pk(key) for key in gone]).order_by("pk")
        for pk, class_id, pupil, employee in over.values_list(
            "pk", "school_class__sourced_id", "pupil__sourced_id", "employee__sourced_id"
        ):
            at = gone.pop(enrollment_id(pk))
            last = EnrolmentRow(pk, class_id, pupil or employee, pupil is not None, False, None, None, at)
            yield replace(self.wire.enrollment(last, changed_at=at), status="tobedeleted")
        yield from self._undone_enrollments(gone)

    def _undone_enrollments(self, gone: Mapping[str, datetime]) -> Iterator[Enrollment]:
        """Enrolments that are not even over: the sync that made them was undone."""
        rows = self._shown(Shown.Kind.ENROLMENT).filter(key__in=gone.keys(), person__isnull=False)
        for row in rows.order_by("key"):
            if row.person is not None and row.school_class is not None:
                at = gone[row.key]
                last = EnrolmentRow(
                    pk=enrolment_pk(row.key),
                    school_class=row.school_class,
                    person=row.person,
                    is_pupil=bool(row.is_pupil),
                    is_main_teacher=False,
                    starts_on=None,
                    ends_on=None,
                    changed_at=at,
                )
                yield replace(self.wire.enrollment(last, changed_at=at), status="tobedeleted")

    @cached_property
    def enrolment_rows(self) -> list[EnrolmentRow]:
        """Current enrolments of people with access, in a stable order.

        Put together here: joining 30,000 rows in the database took ten times as long.
        """
        since = dict(self._shown(Shown.Kind.ENROLMENT).values_list("key", "since"))
        classes = dict(SchoolClass.objects.filter(PRESENT).values_list("pk", "sourced_id"))
        pupils, employees = (
            {pk: (sourced_id, granted_at) for pk, sourced_id, granted_at in rows}
            for rows in (
                pupils_of(self.service).values_list("pk", "sourced_id", "accesses__granted_at"),
                employees_of(self.service).values_list("pk", "sourced_id", "accesses__granted_at"),
            )
        )
        rows = Enrolment.objects.filter(_NOW).order_by("pk").values_list(
            "pk", "school_class_id", "pupil_id", "employee_id", "is_main_teacher", "starts_on", "ends_on"
        )  # fmt: skip
        found = []
        for pk, class_id, pupil_id, employee_id, is_main, starts_on, ends_on in rows:
            person = employees.get(employee_id) if pupil_id is None else pupils.get(pupil_id)
            if person is not None and class_id in classes:
                row = EnrolmentRow(
                    pk=pk,
                    school_class=classes[class_id],
                    person=person[0],
                    is_pupil=pupil_id is not None,
                    is_main_teacher=is_main,
                    starts_on=starts_on,
                    ends_on=ends_on,
                    changed_at=since.get(enrollment_id(pk), person[1]),
                )
                found.append(row)
        return found

    @cached_property
    def _classes(self) -> list[SchoolClass]:
        return list(classes_of(self.service).order_by("sourced_id"))

    def _pupils(self, only: UUID | None) -> Iterator[tuple[Pupil, datetime]]:
        """Each pupil with access, and since when what we say of them is news."""
        rows = pupils_of(self.service).annotate(granted_at=F("accesses__granted_at"))
        if only:
            rows = rows.filter(sourced_id=only)
        for row in rows.order_by("sourced_id"):
            yield row, _newest(row.changed_at, row.granted_at)

    def _gone_people(
        self,
        kind: Shown.Kind,
        model: type[Pupil] | type[Employee],
        role: str,
        *,
        but: set[str],
        only: UUID | None,
    ) -> Iterator[User]:
        """Whom the service may see no more; into whom they were merged, if they were, or that they are erased."""
        gone = self._gone(kind, but=but, only=only)
        if not gone:
            return
        merged, erased = _merged(model), _erased(gone)
        for key, at in gone.items():
            into, merged_at = merged.get(key, ("", at))
            yield self.wire.gone_user(
                sourced_id=key,
                role=role,
                at=max(at, merged_at, erased.get(key, at)),
                merged_into=into,
                is_erased=key in erased,
            )

    def _shown(self, kind: Shown.Kind) -> QuerySet[Shown]:
        return Shown.objects.filter(service=self.service, kind=kind)

    def _gone(self, kind: Shown.Kind, *, but: set[str], only: UUID | None) -> dict[str, datetime]:
        """What the service was shown and may see no more, and since when; not what it may see `but` again."""
        rows = self._shown(kind).filter(gone_at__isnull=False)
        if only:
            rows = rows.filter(key=str(only))
        found = rows.order_by("key").values_list("key", "gone_at")
        return {key: at for key, at in found if at is not None and key not in but}


def _merged(model: type[Pupil] | type[Employee]) -> dict[str, tuple[str, datetime]]:
    """Which record took the place of each merged one in the end, and since when."""
    rows = model.objects.filter(merged_into__isnull=False).values_list(
        "sourced_id", "merged_into__sourced_id", "changed_at"
    )
    into = {str(loser): (str(survivor), at) for loser, survivor, at in rows}
    found = {}
    for loser, (survivor, at) in into.items():
        seen = {loser}
        while survivor in into and survivor not in seen:
            seen.add(survivor)
            survivor, later = into[survivor]
            at = max(at, later)
        found[loser] = (survivor, at)
    return found


def _erased(gone: Iterable[str]) -> dict[str, datetime]:
    """Which of these people the hub has deleted for good, and when."""
    rows = ErasedPerson.objects.filter(sourced_id__in=list(gone)).values_list("sourced_id", "at")
    return {str(key): at for key, at in rows}


def _newest(changed_at: datetime, granted_at: datetime) -> datetime:
    """A pupil whom nobody has changed for a year is news to a service that was given access today."""
    return max(changed_at, granted_at)
