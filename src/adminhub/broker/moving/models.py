"""Changes of a school's MIS."""

from typing import ClassVar

from django.db import models

from adminhub.broker.directory.models import User
from adminhub.broker.sources.models import SchoolOwned


class MISMove(SchoolOwned):
    """One change of MIS. rehearsed ─carry out─▶ done | ─give up─▶ given up. The reading goes when it is over."""

    class State(models.TextChoices):
        REHEARSED = "rehearsed", "Rehearsed"
        DONE = "done", "Carried out"
        GIVEN_UP = "given_up", "Given up"

    id = models.BigAutoField(primary_key=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.REHEARSED)
    migrate_from = models.CharField(max_length=40, help_text="The format until now, as adminhub.mis names it")
    migrate_to = models.CharField(max_length=40)
    roster = models.BinaryField(null=True, help_text="What was read of the new MIS, as msgpack")
    counts = models.JSONField(default=dict, help_text="How many keep, lose and get an id")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    over_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school"], condition=models.Q(state="rehearsed"), name="one_rehearsal_of_a_school"
            ),
        ]

    def __str__(self) -> str:
        return f"move {self.pk}"
