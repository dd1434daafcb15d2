"""What apps have written: each call once, and every record it touched as it was before and after."""

import uuid
from typing import ClassVar

from django.db import models

from adminhub.broker.apps.models import App
from adminhub.broker.directory.models import School, User
from adminhub.broker.records.models.kept import NEXT_ID
from adminhub.broker.sources.models import SchoolOwned, wire_id


class RecordsKept(models.Model):
    """Whether a school has registers, for half days and for lessons. It names nobody, and apps see it of any school."""

    school = models.OneToOneField(School, on_delete=models.CASCADE, related_name="records_kept")
    has_registers = models.BooleanField(default=False)
    has_lesson_registers = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"records of school {self.school_id}"


class Writeback(models.Model):
    """One call by which an app changed a school's records. completed ─take back─▶ reversed.

    It names nobody, and apps ask for it across schools, so it stands outside the school's scope.
    """

    class Status(models.TextChoices):
        COMPLETED = "completed", "Written"
        REVERSED = "reversed", "Taken back"

    id = models.BigIntegerField(primary_key=True, db_default=NEXT_ID)
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+", db_index=False)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+", db_index=False)
    type = models.CharField(max_length=60, help_text="What was written, as the API names it")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.COMPLETED)
    records = models.PositiveIntegerField(default=0, help_text="How many records were made or changed")
    key = models.CharField(
        max_length=100, null=True, blank=True, help_text="The app's own, so that it is done once"
    )
    digest = models.BinaryField(max_length=32, help_text="Of what was sent, to tell a repeat from a new call")
    record_id = models.BigIntegerField(null=True, blank=True, help_text="The record, where it is one")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    reversed_at = models.DateTimeField(null=True, blank=True)
    reversed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "school", "key"], name="a_keyed_writeback_once"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["school", "created_at"], name="writebacks_of_a_school"),
            models.Index(fields=["app", "updated_at", "id"], name="writebacks_by_change"),
        ]

    def __str__(self) -> str:
        return f"writeback {self.pk}"

    @property
    def broker_id(self) -> str:
        return wire_id(self.pk)


class WritebackChange(SchoolOwned):
    """One record a write-back touched. `before` is empty for a new one, `after` for a removed one."""

    id = models.BigAutoField(primary_key=True)
    writeback = models.ForeignKey(Writeback, on_delete=models.CASCADE, related_name="+", db_index=False)
    table = models.CharField(max_length=60)
    record_id = models.BigIntegerField()
    pupil_id = models.BigIntegerField(null=True, blank=True)
    employee_id = models.BigIntegerField(null=True, blank=True)
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["school", "writeback", "id"], name="changes_of_a_writeback")
        ]

    def __str__(self) -> str:
        return f"change {self.pk}"
