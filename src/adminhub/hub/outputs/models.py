"""What the outputs remember: what each service was shown, what it was told, and its webhook's secret."""

from __future__ import annotations

import uuid

from django.db import models
from django.db.models import Q

from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.schools.models import Service


class Shown(SchoolOwned):
    """A service may see this row since then; `gone_at` says since when it may not, so that it can be told.

    Holds keys only. Written by `outputs.shown.note_what_is_shown`.
    """

    class Kind(models.TextChoices):
        PUPIL = "pupil", "Pupil"
        EMPLOYEE = "employee", "Employee"
        CLASS = "class", "Class"
        ENROLMENT = "enrolment", "Enrolment"

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    key = models.CharField(max_length=60, help_text="The sourcedId on the wire")
    since = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True, help_text="Empty while it may be seen")
    person = models.UUIDField(
        null=True,
        blank=True,
        help_text="Of an enrolment: whose it was, should its row be gone when that is told",
    )
    is_pupil = models.BooleanField(null=True, blank=True)
    school_class = models.UUIDField(null=True, blank=True)

    class Meta:
        db_table = "output_shown"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "service", "kind", "key"), name="a_row_is_shown_to_a_service_once"
            ),
        )


class ShownUpTo(SchoolOwned):
    """Up to where in the change feed `Shown` says what a service may see of the school."""

    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    up_to = models.BigIntegerField(default=-1, help_text="The newest entry then; 0: there was none yet")

    class Meta:
        db_table = "output_shown_up_to"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "service"), name="what_a_service_sees_is_noted_up_to_one_entry"
            ),
        )


class Delivery(SchoolOwned):
    """One message to a service that a school's roster changed: waiting → delivered, or failed.

    It covers the change feed up to `up_to`; what changes meanwhile goes into the next message.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    service = models.ForeignKey(Service, on_delete=models.CASCADE, related_name="+")
    up_to = models.BigIntegerField(help_text="The newest entry of the change feed it speaks of")
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_answer = models.CharField(
        max_length=200, blank=True, help_text="HTTP status or the kind of trouble; no personal data"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "output_delivery"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "service"),
                condition=Q(state="waiting"),
                name="one_delivery_waits_per_school_and_service",
            ),
        )
        indexes = (models.Index(fields=("school", "service", "-created_at"), name="deliveries_newest_first"),)


class WebhookSecret(models.Model):
    """The secret a service's messages are signed with, sealed with HUB_TOKEN_KEY."""

    service = models.OneToOneField(Service, on_delete=models.CASCADE, related_name="webhook_secret")
    sealed = models.BinaryField()

    class Meta:
        db_table = "output_webhook_secret"

    def __str__(self) -> str:
        return f"secret {self.pk}"
