"""Health: conditions, events, notes and doctors. The most private records of a school."""

from typing import ClassVar

from django.db import models

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Pupil, SchoolOwned


class MedicalCondition(SchoolRecord):
    """Something lasting that staff must know of."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    description = models.CharField(max_length=200)
    severity = models.CharField(max_length=60, null=True, blank=True)
    date_received = models.DateField(null=True, blank=True)


class MedicalEvent(SchoolRecord):
    """Something that happened or will: an accident, an inoculation."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    description = models.CharField(max_length=200)
    type = models.CharField(max_length=60, null=True, blank=True)
    date = models.DateField()
    follow_up_date = models.DateField(null=True, blank=True)


class MedicalNote(SchoolRecord):
    """A note on a pupil, perhaps on one of their conditions or events."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    condition = models.ForeignKey(
        MedicalCondition, null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    event = models.ForeignKey(MedicalEvent, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    summary = models.CharField(max_length=200)
    note = models.TextField(null=True, blank=True)
    date = models.DateField()


class Doctor(SchoolRecord):
    """A general practitioner whom pupils of the school are registered with."""

    title = models.CharField(max_length=60, null=True, blank=True)
    forename = models.CharField(max_length=100, null=True, blank=True)
    middle_name = models.CharField(max_length=100, null=True, blank=True)
    surname = models.CharField(max_length=100, null=True, blank=True)
    practice_name = models.CharField(max_length=200, null=True, blank=True)
    telephone = models.CharField(max_length=40, null=True, blank=True)
    building_number = models.CharField(max_length=20, null=True, blank=True)
    building_name = models.CharField(max_length=100, null=True, blank=True)
    street = models.CharField(max_length=100, null=True, blank=True)
    district = models.CharField(max_length=100, null=True, blank=True)
    town = models.CharField(max_length=100, null=True, blank=True)
    county = models.CharField(max_length=100, null=True, blank=True)
    postcode = models.CharField(max_length=20, null=True, blank=True)
    country = models.CharField(max_length=100, null=True, blank=True)


class DoctorPupil(SchoolOwned):
    """This pupil is registered with this doctor."""

    id = models.BigAutoField(primary_key=True)
    doctor = models.ForeignKey(Doctor, on_delete=models.CASCADE, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "pupil", "doctor"], name="a_pupil_once_with_a_doctor"),
        ]

    def __str__(self) -> str:
        return f"registration {self.pk}"
