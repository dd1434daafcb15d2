"""The ways by which a school's exports come, and what became of each time."""

from datetime import timedelta
from typing import ClassVar

from django.db import models
from django.utils import timezone

from adminhub.broker.apps.sealing import unseal
from adminhub.broker.directory.models import School, User

FIRST_WAIT = timedelta(minutes=5)
CLAIM_ENDS_AFTER = timedelta(minutes=30)


class Channel(models.Model):
    """One way by which exports come. It holds no record of a school's people.

    never ─first run─▶ working ⇄ failing (could not fetch or read) | held (a person must look) | overdue ; off.
    Like the source it feeds it is seen across schools: by the schedule, by operators, and by a token before
    anybody knows whose it is.
    """

    class Kind(models.TextChoices):
        DROP = "drop", "Sent to us over HTTPS"
        FOLDER = "folder", "A watched folder"
        SFTP = "sftp", "Fetched by SFTP"
        ONEROSTER = "oneroster", "OneRoster service"
        ARBOR = "arbor", "Arbor"
        BROMCOM = "bromcom", "Bromcom"
        EDFI = "edfi", "Ed-Fi ODS"

    class Health(models.TextChoices):
        OFF = "off", "Switched off"
        NEVER = "never", "Nothing yet"
        WORKING = "working", "Working"
        HELD = "held", "On hold"
        FAILING = "failing", "Failing"
        OVERDUE = "overdue", "Overdue"

    class Every(models.IntegerChoices):
        QUARTER_HOUR = 15, "every 15 minutes"
        HOUR = 60, "every hour"
        SIX_HOURS = 360, "every 6 hours"
        DAY = 1440, "every day"

    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="channels")
    kind = models.CharField(max_length=12, choices=Kind.choices)
    every_minutes = models.PositiveIntegerField(choices=Every.choices, default=Every.DAY)
    is_on = models.BooleanField(default=True)
    settings = models.JSONField(default=dict, blank=True, help_text="Host, path and the like; no secret")
    sealed_secret = models.TextField(blank=True, help_text="A password or key, under the site's key")
    token_hash = models.CharField(max_length=64, null=True, blank=True, unique=True)
    token_hint = models.CharField(max_length=4, blank=True)
    marker = models.CharField(max_length=200, blank=True, help_text="Of what was read last")
    last_outcome = models.CharField(max_length=12, blank=True)
    message = models.TextField(blank=True, help_text="Why it is failing or on hold, and what to do")
    failures = models.PositiveIntegerField(default=0, help_text="In a row")
    last_at = models.DateTimeField(null=True, blank=True, help_text="Last tried, or last sent to")
    last_good_at = models.DateTimeField(null=True, blank=True)
    next_at = models.DateTimeField(
        null=True, blank=True, help_text="When it is fetched again; a drop has none"
    )
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="Since when a job is at it")
    is_next_agreed = models.BooleanField(
        default=False, help_text="An operator said: publish the next one though much has changed"
    )
    told_of = models.CharField(
        max_length=12, blank=True, help_text="The trouble that the last letter was about"
    )
    told_at = models.DateTimeField(null=True, blank=True, help_text="When the last letter was written")
    opened_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    opened_at = models.DateTimeField(auto_now_add=True)
    changed_by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["pk"]
        indexes: ClassVar = [models.Index(fields=["is_on", "next_at"], name="channels_by_turn")]

    def __str__(self) -> str:
        return f"channel {self.pk}"

    @property
    def is_fetched(self) -> bool:
        """We fetch; otherwise the school sends."""
        return self.kind != self.Kind.DROP

    @property
    def secret(self) -> str:
        return unseal(self.sealed_secret)

    @property
    def health(self) -> Health:
        """How it is today."""
        if not self.is_on:
            return self.Health.OFF
        if self.last_at is None:
            return self.Health.NEVER
        if self.last_outcome in FAILED:
            return self.Health.FAILING
        if self.last_outcome == ChannelRun.Outcome.HELD:
            return self.Health.HELD
        if self.last_at + 2 * timedelta(minutes=self.every_minutes) < timezone.now():
            return self.Health.OVERDUE
        return self.Health.WORKING


class ChannelRun(models.Model):
    """One time something was fetched or sent, and what became of it."""

    class Outcome(models.TextChoices):
        PUBLISHED = "published", "Published"
        UNCHANGED = "unchanged", "Nothing had changed"
        NOTHING_NEW = "nothing_new", "No new files"
        HELD = "held", "On hold"
        REFUSED = "refused", "Not readable"
        UNREACHABLE = "unreachable", "Could not be fetched"

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="runs")
    at = models.DateTimeField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    outcome = models.CharField(max_length=12, choices=Outcome.choices)
    message = models.TextField(blank=True)
    counts = models.JSONField(default=dict, blank=True, help_text="How many of each kind were found")
    milliseconds = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["channel", "-at"], name="runs_of_a_channel")]

    def __str__(self) -> str:
        return f"run {self.pk}"


FAILED = (ChannelRun.Outcome.REFUSED, ChannelRun.Outcome.UNREACHABLE)
