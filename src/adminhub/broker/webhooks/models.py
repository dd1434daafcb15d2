"""Deliveries to apps' webhooks, and every attempt at them."""

import uuid
from typing import ClassVar

from django.db import models

from adminhub.broker.apps.models import App
from adminhub.broker.directory.models import School


class Delivery(models.Model):
    """One message for one app. waiting → delivered | failed (no attempts left; can be sent again)."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        DELIVERED = "delivered", "Delivered"
        FAILED = "failed", "Failed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="deliveries")
    school = models.ForeignKey(School, null=True, on_delete=models.SET_NULL, related_name="+")
    payload_type = models.CharField(max_length=40)
    payload = models.JSONField()
    sealed_school_token = models.TextField(
        blank=True, help_text="Joined to the payload when sent; then forgotten"
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"{self.payload_type} {self.pk}"


class Attempt(models.Model):
    """One try at a delivery, for the developer's delivery log."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="log")
    at = models.DateTimeField(auto_now_add=True)
    status = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="HTTP status; empty: no answer"
    )
    problem = models.CharField(max_length=200, blank=True)
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["at"]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
