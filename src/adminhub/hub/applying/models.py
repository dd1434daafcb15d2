"""What was written, row by row, so that it can be taken back."""

from __future__ import annotations

from django.db import models

from adminhub.hub.core.models import PartOfSchoolOwned
from adminhub.hub.planning.models import Plan


class JournalEntry(PartOfSchoolOwned):
    """One row that a plan made or changed. `before` is empty for a row that was made."""

    # Written with its plan, in one transaction, for each row of a whole school: the plan is not looked up each time.
    plan = models.ForeignKey(
        Plan, on_delete=models.PROTECT, related_name="journal", db_constraint=False, db_index=False
    )
    table = models.CharField(max_length=30)
    row_id = models.BigIntegerField()
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True, help_text="Empty for a link that was taken away")

    class Meta:
        db_table = "journal_entry"
        indexes = (models.Index(fields=("plan", "table", "row_id"), name="journal_of_a_plan"),)
