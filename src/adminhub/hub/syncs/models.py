"""One sync from start to finish: the run, its panels, and the steps it has taken; and what a school wants of syncs."""

from __future__ import annotations

from datetime import date, time

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from adminhub.hub.connections.models import Connection
from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.planning.models import Plan
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import School, User
from adminhub.hub.staging.models import Snapshot


class RunState(models.TextChoices):
    """Where a sync stands.

    pulling ──all came whole──▶ reviewing ──last panel saved──▶ finished
       │  ▲                         │
       ▼  │ tries again by itself   └──a newer sync has data──▶ stopped
    waiting ──gave up──▶ stopped
    pulling ──consent lost, unreadable, incomplete──▶ stopped
    pulling ──by itself: nothing changed, or nothing that needs a person──▶ finished
    Panels whose data came whole can be reviewed while the run is still pulling. A review stays while a newer run
    is pulling, so that a night in which the broker does not answer takes nothing away.
    """

    PULLING = "pulling", "Fetching"
    WAITING = "waiting", "Waiting for the broker"
    REVIEWING = "reviewing", "Ready to review"
    FINISHED = "finished", "Finished"
    STOPPED = "stopped", "Stopped"


FETCHING = (RunState.PULLING, RunState.WAITING)
LIVE = (*FETCHING, RunState.REVIEWING)


class Trigger(models.TextChoices):
    """What started a sync."""

    PERSON = "person", "A person"
    SCHEDULE = "schedule", "The schedule"
    WEBHOOK = "webhook", "Your MIS"


class Mode(models.TextChoices):
    """How much a sync fetches. Only a full one may conclude from a list that somebody is missing."""

    FULL = "full", "Everything"
    INCREMENTAL = "incremental", "What has changed"


class Outcome(models.TextChoices):
    """What came of a sync. Never just "success": blank while it is under way."""

    COMPLETE = "complete", "Complete"
    UNCHANGED = "unchanged", "Nothing changed"
    PARTIAL = "partial", "Partial"
    HELD = "held", "On hold"
    FAILED = "failed", "Not done"


class SyncRun(SchoolOwned):
    """One walk of the data's way. A school has at most one that is being fetched, and one under review."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="runs")
    snapshot = models.ForeignKey(
        Snapshot,
        on_delete=models.CASCADE,
        related_name="runs",
        help_text="A full sync's own; an incremental one brings the newest complete one up to date",
    )
    trigger = models.CharField(max_length=10, choices=Trigger.choices, default=Trigger.PERSON)
    mode = models.CharField(max_length=12, choices=Mode.choices, default=Mode.FULL)
    is_attended = models.BooleanField(
        default=True, help_text="A person goes through it; otherwise the policy says what is applied"
    )
    outcome = models.CharField(max_length=10, choices=Outcome.choices, blank=True)
    state = models.CharField(max_length=10, choices=RunState.choices, default=RunState.PULLING)
    started_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    started_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    as_at = models.DateTimeField(
        null=True, blank=True, help_text="The data is as the MIS had it then; empty: nothing came whole"
    )
    duration = models.DurationField(
        null=True, blank=True, help_text="How long the hub worked; waiting for a person is not in it"
    )
    attempts = models.PositiveSmallIntegerField(
        default=0, help_text="Times in a row the broker did not answer"
    )
    retry_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(
        max_length=1000, blank=True, help_text="Why it waits or stopped, for the screen; no personal data"
    )
    progress = models.JSONField(default=dict, help_text="How many rows of each kind have come so far")
    counts = models.JSONField(
        default=dict,
        help_text="By kind: added, updated, unchanged, left, held, skipped, and why the last two; no personal data",
    )

    class Meta:
        db_table = "sync_run"
        constraints = (
            models.UniqueConstraint(
                fields=("school",),
                condition=Q(state__in=[state.value for state in FETCHING]),
                name="school_fetches_one_sync_at_a_time",
            ),
            models.UniqueConstraint(
                fields=("school",), condition=Q(state=RunState.REVIEWING), name="school_has_one_review"
            ),
        )
        indexes = (models.Index(fields=("school", "-id"), name="syncs_newest_first"),)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def is_fetching(self) -> bool:
        return self.state in FETCHING


class PanelState(models.TextChoices):
    """waiting ──came whole and matched──▶ ready ──Save──▶ saved; ready ──Skip──▶ skipped ──Save──▶ saved.

    In a sync by itself: ready ──applied──▶ saved, or ready ──nothing to write──▶ unchanged.
    """

    WAITING = "waiting", "Waiting for data"
    READY = "ready", "Ready to review"
    SAVED = "saved", "Saved"
    SKIPPED = "skipped", "Skipped"
    UNCHANGED = "unchanged", "Nothing changed"


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


class Policy(models.TextChoices):
    """Who writes what a scheduled sync has found."""

    ASK = "ask", "Always ask"
    SAFE = "safe", "Apply what is safe"


class Rhythm(models.TextChoices):
    """On which days a school is synced by itself."""

    NIGHTLY = "nightly", "Every day"
    WEEKDAYS = "weekdays", "Monday to Friday"
    OFF = "off", "Never: only when a person asks"


class Scope(models.TextChoices):
    """Whom a sync takes in. Who is outside stays as they are; they have not left."""

    ALL = "all", "The whole school"
    YEAR_GROUPS = "year_groups", "Some year groups"
    REGISTRATION_GROUPS = "registration_groups", "Some registration groups"


def _two_at_night() -> time:
    return time(2, 0)


class SyncSettings(SchoolOwned):
    """What one school wants of its syncs. Made with the defaults when first needed: `syncs.queries.settings_of`."""

    policy = models.CharField(max_length=10, choices=Policy.choices, default=Policy.ASK)
    rhythm = models.CharField(max_length=15, choices=Rhythm.choices, default=Rhythm.NIGHTLY)
    nightly_at = models.TimeField(
        default=_two_at_night, help_text="School time. The default is another minute of the night per school"
    )
    paused_from = models.DateField(null=True, blank=True, help_text="The first day without syncs")
    paused_until = models.DateField(null=True, blank=True, help_text="The first day with syncs again")
    full_every = models.PositiveSmallIntegerField(
        default=7, help_text="Days after which everything is fetched again, not only what changed"
    )
    thresholds = models.JSONField(
        default=dict, help_text="Of the guards, by name; what is not named has the guards' own default"
    )
    grant_on_sync = models.JSONField(
        default=dict,
        help_text="By service (its slug): whom of those newly synced it is granted to: pupils, teaching, non_teaching",
    )
    scope = models.CharField(max_length=20, choices=Scope.choices, default=Scope.ALL)
    chosen = ArrayField(
        models.CharField(max_length=100),
        default=list,
        blank=True,
        help_text="The year groups, or the MIS IDs of the registration groups, that the scope names",
    )
    delete_after_months = models.PositiveSmallIntegerField(
        default=6, help_text="How far ahead a deletion of leavers is proposed"
    )
    keep_runs_months = models.PositiveSmallIntegerField(
        default=13, help_text="How long the history of syncs is kept"
    )
    keep_journals_months = models.PositiveSmallIntegerField(
        default=13, help_text="How long what was written can be undone and looked at change by change"
    )
    changed_at = models.DateTimeField(auto_now=True)
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        db_table = "sync_settings"
        constraints = (
            models.UniqueConstraint(fields=("school",), name="school_has_sync_settings_once"),
            models.CheckConstraint(
                condition=Q(paused_from__isnull=True, paused_until__isnull=True)
                | Q(paused_from__lt=models.F("paused_until")),
                name="a_pause_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(full_every__gte=1, full_every__lte=31), name="everything_is_fetched_every_month"
            ),
        )

    def is_paused(self, day: date) -> bool:
        """Whether there are no syncs by themselves on this day."""
        return bool(self.paused_from and self.paused_until and self.paused_from <= day < self.paused_until)


class SyncClock(models.Model):
    """When a school's next scheduled look at its MIS is due, and what its coordinators were last written of it.

    Holds no personal data and is not under row-level security.
    """

    school = models.OneToOneField(School, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(db_index=True)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the last digest was sent")
    told = models.CharField(
        max_length=64, blank=True, help_text="A digest of that digest: nothing is told twice"
    )

    class Meta:
        db_table = "sync_clock"

    def __str__(self) -> str:
        return f"clock of school {self.school_id}"
