"""What a school does and knows for a pupil beside the roster: support, care, consents, its own fields, further details.

No export that we read carries any of it: a school fed from exports has no rows here.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Details, Pupil, SchoolOwned


class DateRange(SchoolRecord):
    """From when until when something held for a pupil. `detail` is what each kind has beside its days."""

    class Kind(models.TextChoices):
        CHILD_PROTECTION_PLAN = "child_protection_plan", "Child protection plan"
        FREE_SCHOOL_MEALS = "fsm", "Free school meals"
        IN_CARE = "in_care", "In care"
        SEN = "sen", "Special educational needs"
        UPFSM_EXCEPTION = "upfsm_exception", "Exception from universal free school meals"

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=30, choices=Kind.choices)
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True, help_text="Empty: it still holds")
    detail = models.CharField(
        max_length=100, null=True, blank=True, help_text="SEN provision (CBDS code); the authority in charge"
    )

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.CheckConstraint(
                condition=Q(end_date=None) | Q(end_date__gte=models.F("start_date")),
                name="a_range_ends_after_it_starts",
            ),
        ]


class SenNeed(SchoolRecord):
    """A special educational need of a pupil; the first in rank is the main one."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=20, help_text="CBDS SEN type, such as SPLD")
    description = models.CharField(max_length=200)
    rank = models.PositiveSmallIntegerField(default=1)
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)


class ParentalPermission(SchoolRecord):
    """What a pupil's parents have said yes or no to, such as photographs."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=200)
    is_given = models.BooleanField(null=True, blank=True, help_text="Empty: nobody has answered")
    decided_on = models.DateField(null=True, blank=True)


class OwnField(SchoolRecord):
    """A value of a field that the school itself has added to its MIS."""

    key = models.CharField(max_length=100)
    name = models.CharField(max_length=200)
    type = models.CharField(max_length=30)
    value = models.CharField(max_length=500, null=True, blank=True)

    class Meta(SchoolRecord.Meta):
        abstract = True


class PupilOwnField(OwnField):
    """One of a pupil."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")


class FurtherDetails(SchoolOwned):
    """Details of a pupil that exports leave out, as the API's include objects; what an export says comes first."""

    id = models.BigAutoField(primary_key=True)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    extended_details = Details(default=dict)
    dietary_details = Details(default=dict)
    regional_data = Details(default=dict)
    wellbeing = Details(default=dict)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "pupil"], name="further_details_once_for_a_pupil"),
        ]

    def __str__(self) -> str:
        return f"further details {self.pk}"
