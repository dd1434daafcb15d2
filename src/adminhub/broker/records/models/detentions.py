"""Detentions: their types, when each is held, who is kept in, and who came."""

from typing import ClassVar

from django.db import models

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Pupil


class DetentionType(SchoolRecord):
    """One kind of detention, e.g. at lunch."""

    code = models.CharField(max_length=30)
    description = models.CharField(max_length=200)

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.UniqueConstraint(fields=["school", "code"], name="a_detention_type_once_in_a_school"),
        ]


class DetentionCode(SchoolRecord):
    """One code of the registers of detentions."""

    code = models.CharField(max_length=10)
    description = models.CharField(max_length=200)

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.UniqueConstraint(fields=["school", "code"], name="a_detention_code_once_in_a_school"),
        ]


class Detention(SchoolRecord):
    """One detention: when and where, and who holds it."""

    detention_type = models.ForeignKey(
        DetentionType, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    date = models.DateField()
    start_time = models.TimeField(null=True, blank=True)
    end_time = models.TimeField(null=True, blank=True)
    location = models.CharField(max_length=200, null=True, blank=True)
    employee_id = models.BigIntegerField(null=True, blank=True, help_text="Who holds it")


class DetentionMark(SchoolRecord):
    """One pupil who is kept in, and whether they came."""

    detention = models.ForeignKey(Detention, on_delete=models.CASCADE, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    code = models.ForeignKey(
        DetentionCode,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    comment = models.CharField(max_length=500, null=True, blank=True)

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "detention", "pupil"], name="a_pupil_once_in_a_detention"
            ),
        ]
