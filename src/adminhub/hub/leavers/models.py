"""Leavers whose deletion a person has scheduled."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.roster.models import Employee, Pupil
from adminhub.hub.schools.models import User


class ScheduledDeletion(SchoolOwned):
    """Somebody who left is deleted for good on this day.

    scheduled ──told by e-mail──▶ told ──its day──▶ deleted, with the person.
    Cancelled by a person, or because the person is back: the row goes.
    """

    employee = models.OneToOneField(
        Employee, null=True, blank=True, on_delete=models.CASCADE, related_name="deletion"
    )
    pupil = models.OneToOneField(
        Pupil, null=True, blank=True, on_delete=models.CASCADE, related_name="deletion"
    )
    delete_on = models.DateField(help_text="Not before this day")
    asked_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    asked_at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(
        null=True, blank=True, help_text="When the coordinators were last written that it is near"
    )

    class Meta:
        db_table = "scheduled_deletion"
        constraints = (
            models.CheckConstraint(
                condition=Q(pupil__isnull=True) ^ Q(employee__isnull=True),
                name="deletion_is_of_one_pupil_or_one_employee",
            ),
        )
