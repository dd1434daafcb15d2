"""Pairs that a person said are two people."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from adminhub.hub.core.models import SchoolOwned
from adminhub.hub.roster.models import Kind
from adminhub.hub.schools.models import User


class NotOnePerson(SchoolOwned):
    """A person said that these two are two people. They are never proposed again, until somebody takes it back."""

    kind = models.CharField(max_length=15, choices=Kind.choices)
    first_id = models.BigIntegerField(help_text="The smaller key")
    second_id = models.BigIntegerField()
    by = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "not_one_person"
        constraints = (
            models.UniqueConstraint(
                fields=("school", "kind", "first_id", "second_id"), name="two_people_are_told_apart_once"
            ),
            models.CheckConstraint(
                condition=Q(first_id__lt=F("second_id")), name="the_smaller_key_comes_first"
            ),
        )
