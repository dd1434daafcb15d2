"""What a school keeps of its staff beside the roster: contracts, roles, who leads whom, qualifications, checks.

No export that we read carries any of it: a school fed from exports has no rows here. Pay has no column: nobody may
have it. Of a check only the day it was done on is kept, never what it found.
"""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Employee, SchoolOwned


class Contract(SchoolRecord):
    """From when until when somebody is employed, and how."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    employment_type = models.CharField(max_length=60, null=True, blank=True)
    start_date = models.DateField()
    end_date = models.DateField(null=True, blank=True, help_text="Empty: without an end")

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.CheckConstraint(
                condition=Q(end_date=None) | Q(end_date__gte=F("start_date")),
                name="a_contract_ends_after_it_starts",
            ),
        ]


class StaffRole(SchoolRecord):
    """What somebody does at the school, under which contract."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    contract = models.ForeignKey(Contract, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    role = models.CharField(max_length=100)
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)


class Qualification(SchoolRecord):
    """What somebody has learned, and when."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    qualification = models.CharField(max_length=100)
    subject = models.CharField(max_length=100, null=True, blank=True)
    awarded_date = models.DateField(null=True, blank=True)


class EmploymentCheck(SchoolRecord):
    """A check before or during employment: which, and when it was done."""

    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=100)
    done_date = models.DateField()


class LineManager(SchoolOwned):
    """Who leads whom."""

    id = models.BigAutoField(primary_key=True)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+", db_index=False)
    manager = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "employee", "manager"], name="somebody_leads_somebody_once"
            ),
            models.CheckConstraint(condition=~Q(employee=F("manager")), name="nobody_leads_themselves"),
        ]

    def __str__(self) -> str:
        return f"line manager {self.pk}"
