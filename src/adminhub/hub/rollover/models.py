"""The end of one school year as it is stored: what was chosen, the plan that comes of it, and its day."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.planning.models import Plan
from adminhub.hub.schools.models import User


class State(models.TextChoices):
    """Where a rollover stands.

    working ◀──rehearse── preparing; back with a plan, or with the reason why there is none
    preparing ──a day is chosen──▶ scheduled ──the day comes──▶ applied
        │  ▲  ▲                        │
        │  │  └──taken off its day─────┤
        │  └──worked out again── held ◀┘ the plan no longer fits
        ├──Promote all pupils──▶ applied
        └──cancelled (so may working, scheduled and held be)
    """

    PREPARING = "preparing", "Being prepared"
    WORKING = "working", "Being worked out"
    SCHEDULED = "scheduled", "Scheduled"
    HELD = "held", "On hold"
    APPLIED = "applied", "Applied"
    CANCELLED = "cancelled", "Cancelled"


class Source(models.TextChoices):
    """Where next year is known from."""

    CHAINS = "chains", "Promotion chains"
    MIS = "mis", "The MIS's data"


OPEN = (State.PREPARING, State.WORKING, State.SCHEDULED, State.HELD)


class Rollover(SchoolOwned):
    """One school year's end. A school has at most one that is open."""

    school_year = models.PositiveSmallIntegerField(help_text="The autumn in which the year that ends began")
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREPARING)
    source = models.CharField(max_length=10, choices=Source.choices, default=Source.CHAINS)
    choices = models.JSONField(default=dict, help_text="As `rollover.choosing` writes it")
    moved = models.JSONField(
        default=dict, help_text="Keys of pupils and classes that have become as planned meanwhile"
    )
    listing = models.JSONField(
        default=dict,
        help_text="What came of an uploaded class list: rows, pupils named, rows that name nobody",
    )
    plan = models.ForeignKey(Plan, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    apply_on = models.DateField(null=True, blank=True)
    problem = models.CharField(max_length=1000, blank=True, help_text="Why it waits; no personal data")
    asked_at = models.DateTimeField(null=True, blank=True, help_text="When a job was asked to work it out")
    step = models.PositiveSmallIntegerField(default=0, help_text="Panels that the job has rehearsed")
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    scheduled_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        db_table = "rollover"
        constraints = (
            models.UniqueConstraint(
                fields=("school",),
                condition=Q(state__in=[state.value for state in OPEN]),
                name="school_has_one_open_rollover",
            ),
        )

    @property
    def is_open(self) -> bool:
        return self.state in OPEN
