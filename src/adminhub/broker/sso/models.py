"""Apps that people log in to, the codes on the way, and the sessions apps hold."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from adminhub.broker.apps.models import App
from adminhub.broker.directory.models import School, User


class Client(models.Model):
    """An app as one that people log in to: its id, its secret's hash, and where it may send them back to."""

    app = models.OneToOneField(App, on_delete=models.CASCADE, related_name="client")
    client_id = models.CharField(max_length=40, unique=True)
    secret_hash = models.CharField(max_length=64)
    redirect_uris = ArrayField(models.CharField(max_length=500), default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["app_id"]

    def __str__(self) -> str:
        return f"client {self.client_id}"


class Code(models.Model):
    """What a browser carries back to the app, good for one exchange within ten minutes."""

    code_hash = models.CharField(max_length=64, unique=True)
    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="+")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    redirect_uri = models.CharField(max_length=500, blank=True)  # empty: the app named none, having one only
    challenge = models.CharField(max_length=128, blank=True)
    challenge_method = models.CharField(max_length=10, blank=True)
    expires_at = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["pk"]

    def __str__(self) -> str:
        return f"code {self.pk}"


class Session(models.Model):
    """One person's log-in to one app, for one school. live → run out | refreshed | revoked."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="sessions")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    school = models.ForeignKey(School, on_delete=models.CASCADE, related_name="+")
    access_hash = models.CharField(max_length=64, unique=True)
    refresh_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    refresh_expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at"]

    def __str__(self) -> str:
        return f"session {self.pk}"

    @property
    def is_live(self) -> bool:
        return self.revoked_at is None and self.expires_at > timezone.now()
