"""What every room's models share: ownership by a school, and the audit trail."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from django.conf import settings
from django.db import models

from adminhub.hub.core.scope import current_school_id

M = TypeVar("M", bound=models.Model, covariant=True)


class SchoolOwnedManager(models.Manager[M]):
    """Reads only the school in scope; raises NoSchoolInScope when there is none."""

    def get_queryset(self) -> models.QuerySet[M]:
        return super().get_queryset().filter(school_id=current_school_id())


class SchoolOwned(models.Model):
    """A row that one school owns. Its table must be named in a `school_rows_only` migration."""

    school = models.ForeignKey("hub_schools.School", on_delete=models.PROTECT, related_name="+")

    objects: ClassVar[SchoolOwnedManager] = SchoolOwnedManager()  # type: ignore[type-arg]

    class Meta:
        abstract = True
        base_manager_name = "objects"


class PartOfSchoolOwned(SchoolOwned):
    """A row of something that a school owns (of a plan, a snapshot, a class), in a table of very many.

    Its school is the whole's, whose foreign key says that the school exists; one more would be checked row by
    row, and its index kept, to say it again. Row-level security takes rows of the school in scope only.
    """

    school = models.ForeignKey(
        "hub_schools.School", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )

    class Meta(SchoolOwned.Meta):
        abstract = True


class AuditEntry(SchoolOwned):
    """Who did what to a school's data, and when. Written in the transaction of the deed, never changed."""

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="Empty when the hub did it without a person.",
    )
    action = models.CharField(max_length=60, help_text="A verb of the glossary, such as connection.requested")
    subject = models.CharField(max_length=80, help_text="What it was done to, as kind:id; never a name")
    detail = models.JSONField(default=dict, help_text="Numbers and states; no personal data")

    class Meta:
        db_table = "audit_entry"
        indexes = (models.Index(fields=("school", "-at"), name="audit_newest_first"),)
