"""What the MIS said at one moment, in our shape: one Snapshot per pull, its rows beside it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import PartOfSchoolOwned, SchoolOwned


class SnapshotState(models.TextChoices):
    """pulling ──▶ complete | partial | failed. Only a complete snapshot may say that somebody is missing."""

    PULLING = "pulling", "Being fetched"
    COMPLETE = "complete", "Complete"
    PARTIAL = "partial", "Incomplete"
    FAILED = "failed", "Not fetched"


class Snapshot(SchoolOwned):
    """One pull. `employees_at`, `classes_at` and `pupils_at` tell which kinds have come whole so far."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="snapshots")
    state = models.CharField(max_length=10, choices=SnapshotState.choices, default=SnapshotState.PULLING)
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    employees_at = models.DateTimeField(null=True, blank=True)
    classes_at = models.DateTimeField(null=True, blank=True)
    pupils_at = models.DateTimeField(null=True, blank=True)
    counts = models.JSONField(default=dict)
    scope = models.JSONField(
        default=dict,
        blank=True,
        help_text="Which pupils its review takes in: empty for all, or years or groups; see planning.scoping",
    )
    withheld = models.JSONField(
        default=dict,
        blank=True,
        help_text="By kind, the fields that the school does not share: nothing is concluded from their absence",
    )
    hidden = models.JSONField(
        default=list,
        blank=True,
        help_text="broker_ids of linked people of whom the school lets us know nothing, though they may be there",
    )
    news = models.JSONField(
        default=dict,
        blank=True,
        help_text="By kind, what has come otherwise since it was last settled; see staging.news",
    )
    emptied_at = models.DateTimeField(
        null=True, blank=True, help_text="When its rows were thrown away, a newer snapshot having come whole"
    )
    problem = models.CharField(
        max_length=1000,
        blank=True,
        help_text="Why it is partial or failed, for the screen",
    )

    class Meta:
        db_table = "snapshot"


class StagedEmployee(PartOfSchoolOwned):
    """A member of staff as the MIS has them. A null field was not permitted; a blank one is empty there."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="employees", db_index=False)
    broker_id = models.CharField(max_length=40)
    mis_id = models.CharField(max_length=100)
    upi = models.CharField(max_length=64, blank=True)
    title = models.CharField(max_length=30, blank=True)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200, blank=True)
    legal_forename = models.CharField(max_length=200, null=True, blank=True)
    legal_surname = models.CharField(max_length=200, null=True, blank=True)
    email = models.CharField(max_length=320, null=True, blank=True)
    staff_code = models.CharField(max_length=30, null=True, blank=True)
    teacher_number = models.CharField(max_length=20, null=True, blank=True)
    job = models.CharField(max_length=200, null=True, blank=True)
    is_teaching = models.BooleanField(null=True, blank=True)
    started = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "staged_employee"
        constraints = (
            models.UniqueConstraint(
                fields=("snapshot", "mis_id"),
                name="employee_is_staged_once_in_a_snapshot",
            ),
        )


class StagedPupil(PartOfSchoolOwned):
    """A pupil as the MIS has them. A null field was not permitted; a blank one is empty there."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="pupils", db_index=False)
    broker_id = models.CharField(max_length=40)
    mis_id = models.CharField(max_length=100)
    upi = models.CharField(max_length=64, blank=True)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200, blank=True)
    legal_forename = models.CharField(max_length=200, null=True, blank=True)
    legal_surname = models.CharField(max_length=200, null=True, blank=True)
    middle_names = models.CharField(max_length=200, null=True, blank=True)
    birthday = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, null=True, blank=True)
    upn = models.CharField(max_length=13, null=True, blank=True)
    former_upn = models.CharField(max_length=13, null=True, blank=True)
    uln = models.CharField(max_length=10, null=True, blank=True)
    admission_number = models.CharField(max_length=20, null=True, blank=True)
    year_group = models.CharField(max_length=2, null=True, blank=True)
    registration_group = models.CharField(
        max_length=40, blank=True, help_text="broker_id of the group; blank: in none"
    )
    email = models.CharField(max_length=320, null=True, blank=True)
    classes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        help_text="broker_ids of subject classes",
    )
    started = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "staged_pupil"
        constraints = (
            models.UniqueConstraint(fields=("snapshot", "mis_id"), name="pupil_is_staged_once_in_a_snapshot"),
        )


class StagedClass(PartOfSchoolOwned):
    """A registration group or subject class as the MIS has it, with the employees who lead it."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="classes", db_index=False)
    kind = models.CharField(max_length=15, help_text="roster.ClassKind")
    broker_id = models.CharField(max_length=40)
    mis_id = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    subject = models.CharField(max_length=200, blank=True)
    description = models.CharField(max_length=500, blank=True)
    year_groups = ArrayField(models.CharField(max_length=2), default=list)
    employees = ArrayField(
        models.CharField(max_length=40),
        default=list,
        help_text="broker_ids, main teacher first",
    )

    class Meta:
        db_table = "staged_class"
        constraints = (
            models.UniqueConstraint(
                fields=("snapshot", "kind", "mis_id"),
                name="class_is_staged_once_in_a_snapshot",
            ),
        )


class StagedElsewhere(PartOfSchoolOwned):
    """Somebody whom the MIS knows and who is not at the school now: has left, or starts later.

    Nobody is ever linked to them; but whoever in the hub is that leaver is not taken for somebody else. Only
    people who look like somebody in the hub are kept. `number` and `code` are as in matching.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="elsewhere")
    kind = models.CharField(max_length=15, help_text="roster.Kind, of a person")
    is_expected = models.BooleanField(default=False)
    mis_id = models.CharField(max_length=100)
    title = models.CharField(max_length=30, blank=True)
    forename = models.CharField(max_length=200, blank=True)
    surname = models.CharField(max_length=200, blank=True)
    legal_forename = models.CharField(max_length=200, blank=True)
    legal_surname = models.CharField(max_length=200, blank=True)
    middle_names = models.CharField(max_length=200, blank=True)
    birthday = models.DateField(null=True, blank=True)
    sex = models.CharField(max_length=1, blank=True)
    number = models.CharField(max_length=20, blank=True)
    former_number = models.CharField(max_length=20, blank=True)
    uln = models.CharField(max_length=10, blank=True)
    code = models.CharField(max_length=30, blank=True)
    email = models.CharField(max_length=320, blank=True)
    started = models.DateField(null=True, blank=True)

    class Meta:
        db_table = "staged_elsewhere"


class StagedIssue(SchoolOwned):
    """Something remarkable about a row (taken with a remark) or a row that was not taken."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="issues")
    kind = models.CharField(max_length=10)
    record = models.CharField(max_length=100, help_text="The MIS's key of the row")
    field = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=500)
    is_reject = models.BooleanField(default=False)

    class Meta:
        db_table = "staged_issue"
