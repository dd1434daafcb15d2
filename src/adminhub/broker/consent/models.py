"""What each school has allowed each app: the consent, its permissions, its history and its tasks."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from adminhub.broker.apps.models import App, AppPermission
from adminhub.broker.directory.models import School, User
from adminhub.broker.sources.models import SchoolOwned


class Consent(models.Model):
    """One school's answer to one app.

    (none) ─request─▶ pending ─approve─▶ approved ─audit─▶ audited (live)
                 │       ▲  └─decline─▶ declined     └──▶ audit_failed ─audit again─▶ audited
                 ▼       │
          waiting_for_setup          revoked ◀─revoke─ any of the above but declined
    declined and revoked ─request─▶ pending. A connection once audited is not audited again.
    On the wire waiting_for_setup is "pending".
    """

    class State(models.TextChoices):
        PENDING = "pending", "Pending approval"
        WAITING_FOR_SETUP = "waiting_for_setup", "Waiting for the school to be set up"
        APPROVED = "approved", "Approved, being checked"
        AUDITED = "audited", "Live"
        AUDIT_FAILED = "audit_failed", "Checks failed"
        DECLINED = "declined", "Declined"
        REVOKED = "revoked", "Revoked"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    app = models.ForeignKey(App, on_delete=models.PROTECT, related_name="consents")
    school = models.ForeignKey(School, on_delete=models.PROTECT, related_name="consents")
    state = models.CharField(max_length=20, choices=State.choices)
    access_rule = models.ForeignKey(
        "AccessRule",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whom the app may see; empty: everyone",
    )
    contacts = models.JSONField(
        default=list, blank=True, help_text="Whom the app said to contact at the school"
    )
    requested_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    decided_by_name = models.CharField(
        max_length=320, blank=True, help_text="Name and position at that moment"
    )
    reason = models.TextField(blank=True, help_text="Why it was declined or revoked")
    audited_at = models.DateTimeField(null=True, blank=True)
    findings = models.JSONField(default=list, blank=True, help_text="What the last audit found")
    shared_otherwise_at = models.DateTimeField(
        null=True, blank=True, help_text="When whom or what the app may see last became otherwise"
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["app_id", "school_id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "school"], name="one_consent_for_an_app_and_a_school"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "state"], name="consent_by_school_and_state")]

    def __str__(self) -> str:
        return f"consent {self.public_id}"

    @property
    def is_live(self) -> bool:
        """Data may be served."""
        return self.state == self.State.AUDITED

    @property
    def is_waiting_for_school(self) -> bool:
        """Somebody has to decide, now or once the school is set up."""
        return self.state in (self.State.PENDING, self.State.WAITING_FOR_SETUP)

    @property
    def is_approved(self) -> bool:
        """The school has said yes, whatever the audit says."""
        return self.state in (self.State.APPROVED, self.State.AUDITED, self.State.AUDIT_FAILED)

    @property
    def needs_review(self) -> bool:
        """The app asks for something the school has not decided yet, after the school had approved."""
        undecided = self.permissions.filter(decided_at=None, permission__withdrawn_at=None)
        return self.is_approved and undecided.exists()

    @property
    def state_on_wire(self) -> str:
        """The School Data API's word: pending, approved, audited, declined or revoked."""
        if self.state == self.State.WAITING_FOR_SETUP:
            return self.State.PENDING.value
        return self.State.APPROVED.value if self.state == self.State.AUDIT_FAILED else self.state


class ConsentPermission(models.Model):
    """One declared permission in one consent: allowed, or not (yet)."""

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="permissions")
    permission = models.ForeignKey(AppPermission, on_delete=models.PROTECT, related_name="+")
    is_approved = models.BooleanField(default=False)
    decided_at = models.DateTimeField(null=True, blank=True)
    allowed_since = models.DateTimeField(
        null=True, blank=True, help_text="Without a break; empty when not allowed, or not noted"
    )

    class Meta:
        ordering: ClassVar = ["permission__position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consent", "permission"], name="decides_a_permission_once"),
        ]

    def __str__(self) -> str:
        return f"{self.permission_id}: {'allowed' if self.is_approved else 'not allowed'}"


class AccessRule(SchoolOwned):
    """Whom a school shares with an app from one moment on. Never changed: a new one takes its place.

    The consent names the one in force, so the others are its history, and going back is one more rule.
    A group stands for its pupils. People and groups are named by the ids the API shows them by.
    """

    class Mode(models.TextChoices):
        EVERYONE = "everyone", "Everyone"
        EXCLUDE = "exclude", "Everyone but the people chosen"
        ONLY = "only", "Only the people chosen"

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="+")
    mode = models.CharField(max_length=10, choices=Mode.choices)
    pupils = ArrayField(models.BigIntegerField(), default=list, blank=True)
    employees = ArrayField(models.BigIntegerField(), default=list, blank=True)
    groups = ArrayField(
        models.BigIntegerField(), default=list, blank=True, help_text="Year and registration groups, houses"
    )
    has_all_pupils = models.BooleanField(default=False)
    has_all_employees = models.BooleanField(default=False)
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=320, help_text="Name and position at that moment")

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["consent", "-at"], name="access_rules_of_a_consent")]

    def __str__(self) -> str:
        return f"access rule {self.pk}"


class SeenPeople(SchoolOwned):
    """Whom of one kind an app sees under a rule that goes by groups: who joins one may vanish for it by that alone."""

    id = models.BigAutoField(primary_key=True)
    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="+")
    type = models.CharField(max_length=40, help_text="As in the deletions")
    people = ArrayField(models.BigIntegerField())

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["consent", "type"], name="sees_people_of_a_kind_once"),
        ]

    def __str__(self) -> str:
        return f"{self.type} seen {self.pk}"


class Erasure(models.Model):
    """What an app must delete after a school has ended its access, and its signed word that it has.

    open ─confirm─▶ confirmed; open ─the school approves again─▶ lapsed.
    """

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="erasures")
    permissions = models.JSONField(default=list, help_text="Identities the app was allowed until then")
    pupils = models.PositiveIntegerField(help_text="How many it could see then")
    employees = models.PositiveIntegerField()
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    lapsed_at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)
    signed_by = models.CharField(
        max_length=320, blank=True, help_text="Name and position of who gives the word"
    )
    statement = models.TextField(blank=True)
    signature = models.CharField(
        max_length=200, blank=True, help_text="The app's own, when it came by the API"
    )
    seal = models.CharField(
        max_length=64, blank=True, help_text="Ours, over all of it: nobody changed it since"
    )

    class Meta:
        ordering: ClassVar = ["-opened_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["consent"],
                condition=models.Q(confirmed_at=None, lapsed_at=None),
                name="one_open_erasure_of_a_consent",
            ),
        ]

    def __str__(self) -> str:
        return f"erasure {self.pk}"

    @property
    def is_open(self) -> bool:
        return self.confirmed_at is None and self.lapsed_at is None

    @property
    def is_overdue(self) -> bool:
        return self.is_open and self.due_on < timezone.localdate()


class ConsentEvent(models.Model):
    """One thing that happened to a consent; written with it, never changed."""

    class Kind(models.TextChoices):
        REQUESTED = "requested", "Access requested"
        WAITING_FOR_SETUP = "waiting_for_setup", "Waiting for the school to be set up"
        CONTINUED = "continued", "School set up, request sent to its administrators"
        REMINDED = "reminded", "Reminder sent"
        APPROVED = "approved", "Access approved"
        PERMISSIONS_UPDATED = "permissions_updated", "Permissions updated"
        ACCESS_CHANGED = "access_changed", "Whom the app may see was changed"
        ASKED_ANEW = "asked_anew", "The app asks for something else"
        DECLINED = "declined", "Access declined"
        REVOKED = "revoked", "Access revoked"
        DELETION_CONFIRMED = "deletion_confirmed", "Deletion confirmed by the app"
        AUDITED = "audited", "Checked and live"
        AUDIT_FAILED = "audit_failed", "Checks failed"

    consent = models.ForeignKey(Consent, on_delete=models.CASCADE, related_name="events")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    at = models.DateTimeField()
    by_user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_app = models.ForeignKey(App, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(
        max_length=320, help_text="Name and position, app, or the broker itself, as it was then"
    )
    detail = models.JSONField(default=dict, blank=True, help_text="permissions allowed, reason, findings")

    class Meta:
        ordering: ClassVar = ["at", "pk"]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class OperatorTask(models.Model):
    """Something a person at the broker has to do. open → done."""

    class Kind(models.TextChoices):
        SET_UP_SCHOOL = "set_up_school", "Contact this school and set it up"
        AUDIT = "audit", "Check this connection"
        LOOK_AT_AUDIT = "look_at_audit", "The checks failed: find out why"

    kind = models.CharField(max_length=20, choices=Kind.choices)
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="tasks")
    consent = models.ForeignKey(
        Consent, null=True, blank=True, on_delete=models.CASCADE, related_name="tasks"
    )
    note = models.TextField(blank=True)
    opened_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["opened_at", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["kind", "school", "consent"],
                condition=models.Q(completed_at=None),
                name="one_open_task_of_a_kind",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"task {self.pk}"
