"""The rest of a school's days: absences of staff, events, what it charges for, photos."""

from typing import ClassVar

from django.db import models
from django.db.models import Q

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Employee, Pupil


class EmployeeAbsence(SchoolRecord):
    """A member of staff was, or will be, away."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    absence_type = models.CharField(max_length=60)
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True, help_text="Empty: not back yet")
    working_days_lost = models.FloatField(null=True, blank=True)
    comment = models.CharField(max_length=500, null=True, blank=True)

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.CheckConstraint(
                condition=Q(end_date=None) | Q(end_date__gte=models.F("start_date")),
                name="an_absence_ends_after_it_starts",
            ),
        ]


class Event(SchoolRecord):
    """Something in the school's calendar."""

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=500, null=True, blank=True)
    type = models.CharField(max_length=60, null=True, blank=True)
    location = models.CharField(max_length=200, null=True, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    all_day = models.BooleanField(default=False)


class ChargeCategory(SchoolRecord):
    """What the school charges debtors for, such as music lessons. It says nothing of who owes what."""

    code = models.CharField(max_length=30)
    name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)


class Picture(SchoolRecord):
    """The picture of a person."""

    content = models.BinaryField(help_text="A PNG or JPEG image")
    hash = models.CharField(max_length=32, help_text="Changes when the picture does")

    class Meta(SchoolRecord.Meta):
        abstract = True


class Photo(Picture):
    """The picture of a pupil."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")


class EmployeePhoto(Picture):
    """The picture of a member of staff."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
