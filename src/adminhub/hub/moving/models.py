"""One change of MIS or provider: what it looks at, and how it ended."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.planning.models import Plan
from adminhub.hub.schools.models import User
from adminhub.hub.staging.models import Snapshot


class MoveState(models.TextChoices):
    """Where a move stands.

    rehearsing ──Move──▶ moved; rehearsing ──Give up, or a newer rehearsal──▶ dropped.
    dropped, or moved and undone since ──Rehearse on the same data──▶ rehearsing
    """

    REHEARSING = "rehearsing", "Rehearsing"
    MOVED = "moved", "Moved"
    DROPPED = "dropped", "Given up"


class Move(SchoolOwned):
    """A rehearsal on the data of the new source, and the move that came of it. A school has one open at most."""

    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, related_name="move")
    state = models.CharField(max_length=10, choices=MoveState.choices, default=MoveState.REHEARSING)
    plan = models.ForeignKey(
        Plan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", help_text="The newest one"
    )
    rehearsed_at = models.DateTimeField(null=True, blank=True)
    outcomes = models.JSONField(default=dict, help_text="moving.carrying.Outcome by kind")
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "move"
        constraints = (
            models.UniqueConstraint(
                fields=("school",), condition=Q(state=MoveState.REHEARSING), name="school_rehearses_one_move"
            ),
        )
