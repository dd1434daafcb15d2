"""Apps that may ask schools for data, the permissions they declare, and their tokens."""

import uuid
from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from adminhub.broker.apps.catalogue import BY_IDENTITY, Permission
from adminhub.broker.directory.models import School, User


class App(models.Model):
    """One program of one publisher that asks schools for data."""

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=100, unique=True)
    publisher = models.CharField(max_length=100)
    purpose = models.TextField(
        help_text="What the app does with the data, in a paragraph a parent could read"
    )
    website = models.URLField(blank=True)
    contact_email = models.EmailField(blank=True)
    dpo_name = models.CharField(max_length=100, blank=True)
    dpo_email = models.EmailField(blank=True)
    webhook_url = models.URLField(max_length=500, blank=True)
    sealed_webhook_secret = models.TextField(blank=True)
    is_active = models.BooleanField(default=True)
    released_at = models.DateTimeField(
        null=True, blank=True, help_text="Until an operator releases it, it may ask test schools only"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["name"]

    def __str__(self) -> str:
        return self.name


class AppDeveloper(models.Model):
    """This person registers and looks after this app."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="developers")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="develops")

    class Meta:
        ordering: ClassVar = ["app_id", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "user"], name="develops_an_app_once"),
        ]

    def __str__(self) -> str:
        return f"developer {self.pk}"


class AppEvent(models.Model):
    """Something that was done to an app's registration; written with it, never changed."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="events")
    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    by_name = models.CharField(max_length=320, help_text="Name and position at that moment")
    what = models.CharField(max_length=400, help_text="A sentence")

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]

    def __str__(self) -> str:
        return f"event {self.pk}"


class AppDocument(models.Model):
    """A text the school reads before it decides, e.g. the data handling agreement."""

    class Kind(models.TextChoices):
        DATA_HANDLING_AGREEMENT = "data_handling_agreement", "Data handling agreement"
        PRIVACY_NOTICE = "privacy_notice", "Privacy notice"
        OTHER = "other", "Document"

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="documents")
    kind = models.CharField(max_length=40, choices=Kind.choices)
    title = models.CharField(max_length=200)
    body = models.TextField(
        help_text="Plain text; blank lines part paragraphs, a line starting with # is a heading"
    )
    version = models.PositiveSmallIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering: ClassVar = ["app_id", "kind", "pk"]

    def __str__(self) -> str:
        return self.title


class AppPermission(models.Model):
    """One permission an app declares, with its purpose and how long what it gives is kept."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="permissions")
    identity = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    retention = models.CharField(max_length=200, blank=True)
    is_optional = models.BooleanField(default=False)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True, help_text="When the app stopped asking for it")

    class Meta:
        ordering: ClassVar = ["app_id", "position", "pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["app", "identity"], name="asks_for_a_permission_once"),
        ]

    def __str__(self) -> str:
        return self.identity

    @property
    def declared(self) -> Permission:
        """The catalogue's entry: name, plain words, group, parent."""
        return BY_IDENTITY[self.identity]

    @property
    def name(self) -> str:
        return self.declared.name

    @property
    def plain(self) -> str:
        return self.declared.plain

    @property
    def group(self) -> str:
        return self.declared.group


class Token(models.Model):
    """A bearer token, shown once and stored as its hash: for all of an app's schools, or for one."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="tokens")
    school = models.ForeignKey(School, null=True, blank=True, on_delete=models.CASCADE, related_name="tokens")
    label = models.CharField(max_length=100, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Resources it may read, of those the school allows; empty: all",
    )
    hint = models.CharField(max_length=4, help_text="The last four characters, to tell tokens apart")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"token …{self.hint}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > timezone.now())

    def within_scope(self, identities: frozenset[str]) -> frozenset[str]:
        """Of these permissions, those that the token may use."""
        if not self.scopes:
            return identities
        return frozenset(identity for identity in identities if identity.split(".")[0] in self.scopes)
