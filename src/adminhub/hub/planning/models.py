"""The review as it is stored: who is who, what people decided, and the plan that comes of it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from adminhub.hub.core.models import PartOfSchoolOwned, SchoolOwned
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import Service, User
from adminhub.hub.staging.models import Snapshot


class MatchStatus(models.TextChoices):
    """See `matching.values.Status`; here with the words of the screen."""

    MAY_MATCH = "may_match", "May match"
    NEW = "new", "New"
    NOT_MATCHED = "not_matched", "Not matched"
    DESYNCED = "desynced", "Desynced"
    MATCHED = "matched", "Matched"
    SYNCED = "synced", "Synced"
    IGNORED = "ignored", "Ignored"


NEEDS_FIRST = tuple(MatchStatus)
"""The order of a review: what needs a person first."""


class MatchRow(PartOfSchoolOwned):
    """One line of a review: a hub record, an MIS record, or a pair of them, with its status and reasons.

    Stored so that filters, search and paging are SQL. `hub_id` and `staged_id` are keys of the tables that
    `kind` names. The tick says whether Save adds a record that only the MIS has.
    """

    # No index of its own: the constraints' begin with it.
    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=15, choices=Kind.choices)
    status = models.CharField(max_length=12, choices=MatchStatus.choices)
    rank = models.PositiveSmallIntegerField(help_text="Position of the status in NEEDS_FIRST")
    hub_id = models.BigIntegerField(null=True, blank=True)
    staged_id = models.BigIntegerField(null=True, blank=True)
    reasons = ArrayField(models.CharField(max_length=200), default=list)
    candidates = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="Keys of other MIS records (or, without a hub record, of hub records) that look alike",
    )
    score = models.FloatField(default=0, help_text="How likely a pair is, 0 to 1; 0: not said")
    lost_why = models.CharField(
        max_length=15, blank=True, help_text="Why a line is Desynced; see matching.values.LostWhy"
    )
    is_ticked = models.BooleanField(default=False)
    is_by_hand = models.BooleanField(default=False)
    takes_email = models.BooleanField(
        default=False, help_text="Whether Save takes this pupil's e-mail address too"
    )
    agreement = models.CharField(
        max_length=10, blank=True, help_text="What a pair that May match has in common, in one word"
    )
    name = models.CharField(max_length=420, help_text="Surname first, to sort by")
    search = models.TextField(help_text="Both sides' names and numbers, folded")

    class Meta:
        db_table = "match_row"
        constraints = (
            models.UniqueConstraint(
                fields=("snapshot", "kind", "hub_id"), name="hub_record_is_in_a_review_once"
            ),
            models.UniqueConstraint(
                fields=("snapshot", "kind", "staged_id"), name="mis_record_is_in_a_review_once"
            ),
            models.CheckConstraint(
                condition=models.Q(hub_id__isnull=False) | models.Q(staged_id__isnull=False),
                name="match_row_has_a_side",
            ),
        )
        indexes = (
            models.Index(fields=("school", "snapshot", "kind", "rank", "name", "id"), name="review_in_order"),
        )


class Decision(SchoolOwned):
    """A person said that a hub record and an MIS record are the same, or are not, or that one is to be ignored.

    No rule overrules it. `keys` tell which person the MIS record is, should its number change; see
    `planning.identity`.
    """

    kind = models.CharField(max_length=15, choices=Kind.choices)
    hub_id = models.BigIntegerField(null=True, blank=True, help_text="Empty for an MIS record to be ignored")
    mis_id = models.CharField(max_length=100)
    is_same = models.BooleanField(null=True, blank=True, help_text="Empty: the MIS record is to be ignored")
    keys = ArrayField(models.CharField(max_length=500), default=list)
    name = models.CharField(max_length=420, blank=True, help_text="Whom the list of the ignored shows")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now=True)

    class Meta:
        db_table = "match_decision"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "kind", "hub_id", "mis_id"), name="a_pair_is_decided_once"
            ),
            models.UniqueConstraint(
                fields=("school", "kind", "mis_id"),
                condition=models.Q(hub_id__isnull=True),
                name="mis_record_is_ignored_once",
            ),
            models.CheckConstraint(
                condition=models.Q(hub_id__isnull=True, is_same__isnull=True)
                | models.Q(hub_id__isnull=False, is_same__isnull=False),
                name="decision_is_on_a_pair_or_ignores",
            ),
        )


class ReviewStep(SchoolOwned):
    """One press of a person in a review, with all that it replaced, so that it can be undone.

    Lives as long as its review's lines do: a new match, as after a Save, forgets the steps before it.
    """

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=15, choices=Kind.choices)
    deed = models.CharField(max_length=12, help_text="matched, apart, ignored or shown")
    count = models.PositiveIntegerField(help_text="How many lines were decided by it")
    lines = models.JSONField(default=list, help_text="The lines as they were")
    hub_ids = ArrayField(models.BigIntegerField(), default=list)
    staged_ids = ArrayField(models.BigIntegerField(), default=list)
    decisions = models.JSONField(default=list, help_text="The decisions that were replaced, as they were")
    made = ArrayField(models.BigIntegerField(), default=list, help_text="Keys of the decisions made")
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "review_step"
        indexes = (models.Index(fields=("snapshot", "kind", "-id"), name="steps_newest_first"),)


class PlanState(models.TextChoices):
    """drafted ──▶ held ──a person confirms──▶ drafted ──apply──▶ applied; drafted or held ──▶ dropped."""

    DRAFTED = "drafted", "Drafted"
    HELD = "held", "On hold"
    APPLIED = "applied", "Applied"
    DROPPED = "dropped", "Dropped"


class Purpose(models.TextChoices):
    """What a plan is for."""

    SYNC = "sync", "Sync"
    UNDO = "undo", "Undo"
    UNLINK = "unlink", "Unlink"
    ROLLOVER = "rollover", "Rollover"
    PROMOTION = "promotion", "Promotion"
    MOVING = "moving", "Change of MIS"
    MERGE = "merge", "Merge"
    LEAVERS = "leavers", "Leavers"
    ERASURE = "erasure", "Deletion of leavers"


class Plan(SchoolOwned):
    """What one Save, or one press elsewhere, would write, and has written once it is applied."""

    purpose = models.CharField(max_length=10, choices=Purpose.choices, default=Purpose.SYNC)
    title = models.CharField(
        max_length=200, blank=True, help_text="In words, when the purpose says too little"
    )
    snapshot = models.ForeignKey(
        Snapshot,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="plans",
        help_text="What the MIS said; empty when the plan comes from elsewhere",
    )
    run = models.BigIntegerField(
        null=True, blank=True, help_text="The sync it was saved in, of the room above; empty for none"
    )
    kind = models.CharField(
        max_length=15, choices=Kind.choices, blank=True, help_text="Blank when it is about several kinds"
    )
    state = models.CharField(max_length=10, choices=PlanState.choices, default=PlanState.DRAFTED)
    service = models.ForeignKey(Service, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    counts = models.JSONField(default=dict, help_text="Changes by kind, and what is left for later")
    holds = models.JSONField(default=list, help_text="code, message, can_confirm")
    confirmed = ArrayField(
        models.CharField(max_length=20), default=list, help_text="Codes of holds confirmed"
    )
    drafted_at = models.DateTimeField(auto_now_add=True)
    drafted_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    feed_at = models.BigIntegerField(
        default=0, help_text="The newest entry of the change feed when it was drafted"
    )
    applied_at = models.DateTimeField(null=True, blank=True)
    applied_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    undoes = ArrayField(
        models.BigIntegerField(), default=list, help_text="The plans that this one takes back, newest first"
    )
    only = ArrayField(
        models.UUIDField(), default=list, help_text="Whom it takes back, by sourced id, if not everybody"
    )
    undone_by = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The applied plan that took this one back; empty while it stands",
    )

    pruned_at = models.DateTimeField(
        null=True, blank=True, help_text="When its changes and journal were thrown away, being old"
    )

    class Meta:
        db_table = "plan"
        indexes = (
            models.Index(fields=("school", "snapshot", "kind"), name="plans_of_a_review"),
            models.Index(fields=("school", "run"), name="plans_of_a_run"),
        )

    @property
    def stands(self) -> bool:
        """It was applied and has not been taken back."""
        return self.state == PlanState.APPLIED and self.undone_by_id is None

    @property
    def can_be_undone(self) -> bool:
        """It stands, and what it wrote is still known. Who was deleted for good does not come back."""
        return self.stands and self.pruned_at is None and self.purpose != Purpose.ERASURE


STANDING = models.Q(state=PlanState.APPLIED, undone_by__isnull=True)
"""The condition on plans that were applied and have not been taken back."""


class PlannedChange(PartOfSchoolOwned):
    """One change of a plan; see `planning.values.Change`. Applying reads this and nothing else."""

    # No index of its own: `changes_of_a_plan` begins with it.
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="changes", db_index=False)
    kind = models.CharField(max_length=12, choices=[(kind.value, kind.value) for kind in ChangeKind])
    subject = models.CharField(max_length=15, choices=Kind.choices)
    sourced_id = models.UUIDField()
    hub_id = models.BigIntegerField(null=True, blank=True)
    row_id = models.BigIntegerField(null=True, blank=True, help_text="The row that is meant")
    table = models.CharField(max_length=30, blank=True, help_text="Whose row it is; blank for an enrolment")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    reason = models.CharField(max_length=200, blank=True)
    is_skipped = models.BooleanField(default=False, help_text="It is shown, with its reason, and not written")

    class Meta:
        db_table = "planned_change"
        indexes = (models.Index(fields=("plan", "kind", "subject"), name="changes_of_a_plan"),)
