"""What apps have read, and how fast each token may still call."""

from typing import ClassVar

from django.db import models

from adminhub.broker.apps.models import App, Token
from adminhub.broker.sources.models import SchoolOwned


class Reading(SchoolOwned):
    """One call that gave an app personal data of a school: who, what, of how many people, when. It names nobody."""

    id = models.BigAutoField(primary_key=True)
    at = models.DateTimeField()
    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="+", db_index=False)
    token_hint = models.CharField(max_length=4, help_text="The last four characters of the token")
    resource = models.CharField(max_length=60, help_text="As in the address: students, deletions …")
    includes = models.CharField(max_length=500, blank=True, help_text="What was given with it, by commas")
    pupils = models.PositiveIntegerField(default=0)
    employees = models.PositiveIntegerField(default=0)
    contacts = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        indexes: ClassVar = [models.Index(fields=["school", "at", "id"], name="readings_by_time")]

    def __str__(self) -> str:
        return f"reading {self.pk}"


class Allowance(models.Model):
    """Until when a token's calls are spoken for, by all processes together (see `pace`)."""

    token = models.OneToOneField(Token, primary_key=True, on_delete=models.CASCADE, related_name="+")
    due = models.FloatField(help_text="Unix time")

    def __str__(self) -> str:
        return f"allowance {self.pk}"
