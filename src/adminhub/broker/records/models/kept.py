"""What every record of this room has: a school, an id the API shows, and the times at which it changed."""

from typing import ClassVar

from django.db import connection, models
from django.db.models import Func
from django.utils import timezone

from adminhub.broker.sources.models import RecordStatus, SchoolOwned, wire_id

NEXT_ID = Func(function="broker_sources_next_id", output_field=models.BigIntegerField())


def draw_ids(count: int) -> list[int]:
    """So many fresh ids, for rows that are written together."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT broker_sources_next_id() FROM generate_series(1, %s)", [count])
        return [row[0] for row in cursor.fetchall()]


class SchoolRecord(SchoolOwned):
    """One record. current ⇄ gone: what an app deletes is kept, so that a person can bring it back.

    `mis_id` is empty while only an app's write-back knows the record.
    """

    id = models.BigIntegerField(primary_key=True, db_default=NEXT_ID)
    mis_id = models.CharField(max_length=200, null=True, blank=True)
    status = models.CharField(max_length=8, choices=RecordStatus.choices, default=RecordStatus.CURRENT)
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="%(class)s_once_in_a_school"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["school", "updated_at", "id"], name="%(class)s_by_change"),
        ]

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    @property
    def broker_id(self) -> str:
        return wire_id(self.pk)
