"""A note about a pupil."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class Note(models.Model):
    """What somebody noted about a pupil.

    `pupil` is the record it stands on now; `about` the one it was written on. They differ while the hub says
    that the second was merged into the first, and agree again when it takes that back.
    """

    pupil = models.ForeignKey("wellbeing_roster.Pupil", on_delete=models.PROTECT, related_name="notes")
    about = models.ForeignKey("wellbeing_roster.Pupil", on_delete=models.PROTECT, related_name="+")
    text = models.CharField(max_length=1000)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        db_table = "wellbeing_note"
        indexes = (models.Index(fields=("pupil", "-at"), name="wellbeing_notes_newest_first"),)

    def __str__(self) -> str:
        return f"note {self.pk}"

    @property
    def came_with_a_merge(self) -> bool:
        return self.pupil_id != self.about_id
