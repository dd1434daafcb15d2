"""The hub's own truth: people, classes, groups, who is in what, and which MIS record each of them is."""

from __future__ import annotations

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from adminhub.hub.core.models import PartOfSchoolOwned, SchoolOwned
from adminhub.hub.roster.years import is_leavers, year_name
from adminhub.hub.schools.models import Service, User


class Kind(models.TextChoices):
    """The kinds of things a roster holds."""

    EMPLOYEE = "employee", "Teacher"
    PUPIL = "pupil", "Pupil"
    REGISTRATION = "registration", "Registration group"
    TEACHING = "teaching", "Subject class"


class Sex(models.TextChoices):
    """As the DfE's CBDS records it for pupils."""

    FEMALE = "F", "Female"
    MALE = "M", "Male"


class Origin(models.TextChoices):
    """Where a record first came from."""

    TYPED = "typed", "Typed in"
    FILE = "file", "From a file"
    MIS = "mis", "From the MIS"


class Employee(SchoolOwned):
    """A member of staff. Names are those in use; the legal ones stand beside them when they differ."""

    sourced_id = models.UUIDField(default=uuid.uuid4, editable=False)
    title = models.CharField(max_length=30, blank=True)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200)
    legal_forename = models.CharField(max_length=200, blank=True)
    legal_surname = models.CharField(max_length=200, blank=True)
    former_surname = models.CharField(
        max_length=200, blank=True, help_text="In use before the MIS changed it; empty while it never did"
    )
    email = models.EmailField(max_length=320, blank=True)
    staff_code = models.CharField(max_length=30, blank=True)
    teacher_number = models.CharField(max_length=20, blank=True)
    job = models.CharField(max_length=200, blank=True, help_text="The post, in the MIS's words")
    is_teaching = models.BooleanField(default=False)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.TYPED)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is in no list and no service; empty while it is"
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The record that took this one's place; empty for all others",
    )

    class Meta:
        db_table = "employee"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "sourced_id"),
                name="employee_sourced_id_is_unique_in_school",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(archived_at__isnull=False),
                name="employee_who_was_merged_is_archived",
            ),
        )
        indexes = (models.Index(fields=("school", "surname", "forename"), name="employee_by_name"),)


class Pupil(SchoolOwned):
    """A child. `forename` and `surname` are the names in use; `year_group` is blank or a code of `roster.years`."""

    sourced_id = models.UUIDField(default=uuid.uuid4, editable=False)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200)
    legal_forename = models.CharField(max_length=200, blank=True)
    legal_surname = models.CharField(max_length=200, blank=True)
    former_surname = models.CharField(
        max_length=200, blank=True, help_text="In use before the MIS changed it; empty while it never did"
    )
    middle_names = models.CharField(max_length=200, blank=True)
    birthday = models.DateField(null=True, blank=True, help_text="Empty when nobody has told us")
    sex = models.CharField(max_length=1, choices=Sex.choices, blank=True)
    upn = models.CharField(max_length=13, blank=True)
    uln = models.CharField(max_length=10, blank=True)
    admission_number = models.CharField(max_length=20, blank=True)
    year_group = models.CharField(max_length=3, blank=True)
    email = models.EmailField(max_length=320, blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.TYPED)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is in no list and no service; empty while it is"
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The record that took this one's place; empty for all others",
    )

    class Meta:
        db_table = "pupil"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "sourced_id"),
                name="pupil_sourced_id_is_unique_in_school",
            ),
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(archived_at__isnull=False),
                name="pupil_who_was_merged_is_archived",
            ),
        )
        indexes = (models.Index(fields=("school", "surname", "forename"), name="pupil_by_name"),)

    @property
    def year_shown(self) -> str:
        """The year group as lists show it: its code, or the name of one of leavers."""
        return year_name(self.year_group) if is_leavers(self.year_group) else self.year_group


class ClassKind(models.TextChoices):
    """A registration group (tutor group, form) or a class in a subject."""

    REGISTRATION = Kind.REGISTRATION.value, "Registration group"
    TEACHING = Kind.TEACHING.value, "Subject class"


class SchoolClass(SchoolOwned):
    """A registration group or a subject class. `year_groups` may hold several: mixed ages are normal."""

    sourced_id = models.UUIDField(default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=15, choices=ClassKind.choices)
    name = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=500, blank=True)
    year_groups = ArrayField(models.CharField(max_length=3), default=list, blank=True)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.TYPED)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    archived_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is in no list and no service; empty while it is"
    )

    class Meta:
        db_table = "school_class"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "sourced_id"),
                name="class_sourced_id_is_unique_in_school",
            ),
        )
        indexes = (models.Index(fields=("school", "kind", "name"), name="class_by_name"),)


class Enrolment(PartOfSchoolOwned):
    """A pupil is in a class, or an employee teaches it. Ended enrolments stay, with `ends_on` set."""

    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="enrolments")
    pupil = models.ForeignKey(
        Pupil,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="enrolments",
        db_index=False,
    )
    employee = models.ForeignKey(
        Employee,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="enrolments",
        db_index=False,
    )
    is_main_teacher = models.BooleanField(default=False)
    origin = models.CharField(max_length=10, choices=Origin.choices, default=Origin.TYPED)
    starts_on = models.DateField(null=True, blank=True)
    ends_on = models.DateField(null=True, blank=True, help_text="Empty while it lasts")

    class Meta:
        db_table = "enrolment"
        constraints = (
            models.CheckConstraint(
                condition=Q(pupil__isnull=True) ^ Q(employee__isnull=True),
                name="enrolment_is_of_one_pupil_or_one_employee",
            ),
            models.UniqueConstraint(
                fields=("school_class", "pupil"),
                condition=Q(ends_on__isnull=True, pupil__isnull=False),
                name="pupil_is_in_a_class_once_at_a_time",
            ),
            models.UniqueConstraint(
                fields=("school_class", "employee"),
                condition=Q(ends_on__isnull=True, employee__isnull=False),
                name="employee_teaches_a_class_once_at_a_time",
            ),
        )
        indexes = (
            models.Index(fields=("school",), name="enrolments_of_a_school"),
            models.Index(fields=("pupil",), condition=Q(pupil__isnull=False), name="enrolment_by_pupil"),
            models.Index(
                fields=("employee",), condition=Q(employee__isnull=False), name="enrolment_by_employee"
            ),
        )


class Group(SchoolOwned):
    """A set the school made itself. A sync never touches it."""

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, blank=True)
    pupils = models.ManyToManyField(Pupil, related_name="groups", through="GroupMembership")

    class Meta:
        db_table = "roster_group"
        constraints = (
            models.UniqueConstraint(fields=("school", "name"), name="group_name_is_unique_in_school"),
        )


class GroupMembership(SchoolOwned):
    """A pupil is in one of the school's own groups."""

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="memberships")
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="group_memberships")

    class Meta:
        db_table = "roster_group_membership"
        constraints = (models.UniqueConstraint(fields=("group", "pupil"), name="pupil_is_in_a_group_once"),)


class MISLink(SchoolOwned):
    """This person or class is that record of the MIS (the chain icon).

    `broker_id` is the broker's key, blank after a deauthorisation that kept MIS IDs if the broker's
    keys may change. `lost_at` is set when the record is no longer found, with the reason in `lost_why`.
    """

    kind = models.CharField(max_length=15, choices=Kind.choices)
    # No indexes of their own: each has a constraint's.
    employee = models.ForeignKey(
        Employee,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="mis_links",
        db_index=False,
    )
    pupil = models.ForeignKey(
        Pupil, null=True, blank=True, on_delete=models.CASCADE, related_name="mis_links", db_index=False
    )
    school_class = models.ForeignKey(
        SchoolClass,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="mis_links",
        db_index=False,
    )
    provider = models.CharField(max_length=30)
    mis_id = models.CharField(max_length=100)
    broker_id = models.CharField(max_length=100, blank=True)
    upi = models.CharField(max_length=64, blank=True)
    linked_at = models.DateTimeField(auto_now_add=True)
    linked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    lost_at = models.DateTimeField(null=True, blank=True)
    lost_why = models.CharField(max_length=40, blank=True)

    class Meta:
        db_table = "mis_link"
        constraints = (
            models.CheckConstraint(
                condition=(
                    Q(
                        kind=Kind.EMPLOYEE,
                        employee__isnull=False,
                        pupil__isnull=True,
                        school_class__isnull=True,
                    )
                    | Q(
                        kind=Kind.PUPIL,
                        employee__isnull=True,
                        pupil__isnull=False,
                        school_class__isnull=True,
                    )
                    | Q(
                        kind__in=(Kind.REGISTRATION, Kind.TEACHING),
                        employee__isnull=True,
                        pupil__isnull=True,
                        school_class__isnull=False,
                    )
                ),
                name="mis_link_is_of_one_thing_of_its_kind",
            ),
            models.UniqueConstraint(
                fields=("school", "kind", "mis_id"),
                name="mis_record_is_linked_once_in_school",
            ),
            models.UniqueConstraint(fields=("employee",), name="employee_has_one_mis_link"),
            models.UniqueConstraint(fields=("pupil",), name="pupil_has_one_mis_link"),
            models.UniqueConstraint(fields=("school_class",), name="class_has_one_mis_link"),
        )


class Access(SchoolOwned):
    """This person may be seen in (a pupil) or may use (an employee) this service."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    employee = models.ForeignKey(
        Employee,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="accesses",
    )
    pupil = models.ForeignKey(Pupil, null=True, blank=True, on_delete=models.CASCADE, related_name="accesses")
    granted_at = models.DateTimeField(auto_now_add=True)
    granted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "access"
        constraints = (
            models.CheckConstraint(
                condition=Q(pupil__isnull=True) ^ Q(employee__isnull=True),
                name="access_is_of_one_pupil_or_one_employee",
            ),
            models.UniqueConstraint(fields=("service", "pupil"), name="pupil_has_access_to_a_service_once"),
            models.UniqueConstraint(
                fields=("service", "employee"),
                name="employee_has_access_to_a_service_once",
            ),
        )


class FieldOverride(SchoolOwned):
    """The school keeps its own value of a field that is the MIS's. The value stands at the person or class itself."""

    employee = models.ForeignKey(
        Employee, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides"
    )
    pupil = models.ForeignKey(
        Pupil, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides"
    )
    school_class = models.ForeignKey(
        SchoolClass, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides"
    )
    field = models.CharField(max_length=30)
    mis_value = models.JSONField(null=True, blank=True, help_text="What the MIS said last; null: unknown")
    set_at = models.DateTimeField(auto_now_add=True)
    set_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "field_override"
        constraints = (
            models.CheckConstraint(
                condition=(
                    Q(employee__isnull=False, pupil__isnull=True, school_class__isnull=True)
                    | Q(employee__isnull=True, pupil__isnull=False, school_class__isnull=True)
                    | Q(employee__isnull=True, pupil__isnull=True, school_class__isnull=False)
                ),
                name="override_is_of_one_person_or_one_class",
            ),
            models.UniqueConstraint(fields=("pupil", "field"), name="pupil_field_is_kept_once"),
            models.UniqueConstraint(fields=("employee", "field"), name="employee_field_is_kept_once"),
            models.UniqueConstraint(fields=("school_class", "field"), name="class_field_is_kept_once"),
        )


class FeedEntry(SchoolOwned):
    """The change feed: something in the roster changed. Outputs read it in order of `id`."""

    at = models.DateTimeField(auto_now_add=True)
    kind = models.CharField(max_length=20, help_text="employee, pupil, class, access or bulk")
    sourced_id = models.UUIDField(null=True, blank=True, help_text="Empty for a bulk change")
    change = models.CharField(max_length=20, help_text="changed, granted, withdrawn, deleted")
    plan = models.BigIntegerField(
        null=True,
        blank=True,
        help_text="The plan that did it, of the room above; empty for one change by hand",
    )

    class Meta:
        db_table = "roster_feed"
        indexes = (models.Index(fields=("school", "id"), name="feed_in_order"),)


class ErasedPerson(SchoolOwned):
    """Somebody who was deleted for good: nothing but the key, by which services are told to delete theirs."""

    sourced_id = models.UUIDField()
    at = models.DateTimeField()

    class Meta:
        db_table = "erased_person"
        constraints = (
            models.UniqueConstraint(fields=("school", "sourced_id"), name="a_person_is_erased_once"),
        )
