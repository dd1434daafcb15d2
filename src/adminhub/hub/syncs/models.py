"""One sync from start to finish: the run, its panels, and the steps it has taken."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.planning.models import Plan
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import User
from adminhub.hub.staging.models import Snapshot


class RunState(models.TextChoices):
    """Where a sync stands.

    pulling ──all came whole──▶ reviewing ──last panel saved──▶ finished
       │  ▲                         │
       ▼  │ tries again by itself   └──a newer sync starts──▶ stopped
    waiting ──gave up──▶ stopped
    pulling ──consent lost, unreadable, incomplete──▶ stopped
    Panels whose data came whole can be reviewed while the run is still pulling.
    """

    PULLING = "pulling", "Fetching"
    WAITING = "waiting", "Waiting for the broker"
    REVIEWING = "reviewing", "Ready to review"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"


LIVE = (RunState.PULLING, RunState.WAITING, RunState.REVIEWING)


class SyncRun(SchoolOwned):
    """One walk of the data's way. A school has at most one that is live."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    snapshot = models.OneToOneField(Snapshot, on_delete=models.CASCADE, related_name="run")
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.PULLING)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Times in a row the broker did not answer"
    )
    retry_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(
        max_length=1000, blank=True, help_text="Why it waits or stopped, for the screen; no personal data"
    )
    progress = models.JSONField(default=dict, help_text="How many rows of each kind have come so far")

    class Meta:
        db_table = "sync_run"
        constraints = (
            models.UniqueConstraint(
                fields=("school",),
                condition=Q(state__in=[state.value for state in LIVE]),
                name="school_has_one_live_sync",
            ),
        )

    @property
    def is_live(self) -> bool:
        return self.state in LIVE


class PanelState(models.TextChoices):
    """waiting ──came whole and matched──▶ ready ──Save──▶ saved; ready ──Skip──▶ skipped ──Save──▶ saved."""

    WAITING = "waiting", "Waiting for data"
    READY = "ready", "Ready to review"
    SAVED = "saved", "Saved"
    SKIPPED = "skipped", "Skipped"


class Panel(SchoolOwned):
    """One panel of the wizard in one run."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="panels")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=PanelState.choices, default=PanelState.WAITING)
    plan = models.ForeignKey(
        Plan,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The one last saved",
    )
    saved_at = models.DateTimeField(null=True, blank=True)
    saved_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "sync_panel"
        constraints = (models.UniqueConstraint(fields=("run", "kind"), name="run_has_each_panel_once"),)


class SyncStep(SchoolOwned):
    """A step that a run has taken, written in the step's own transaction: it is never taken twice."""

    run = models.ForeignKey(SyncRun, on_delete=models.CASCADE, related_name="steps")
    name = models.CharField(max_length=30)
    result = models.JSONField(default=dict)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "sync_step"
        constraints = (models.UniqueConstraint(fields=("run", "name"), name="step_is_taken_once_in_a_run"),)
