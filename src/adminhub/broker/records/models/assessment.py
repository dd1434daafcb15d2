"""Assessment: what is measured (aspects), when (result sets), on which sheets, and pupils' results."""

from typing import ClassVar

from django.db import models

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Pupil, SchoolOwned


class Aspect(SchoolRecord):
    """One thing that is measured, with its scale."""

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=300, null=True, blank=True)
    type = models.CharField(max_length=30)
    min_value = models.CharField(max_length=20, null=True, blank=True)
    max_value = models.CharField(max_length=20, null=True, blank=True)


class ResultSet(SchoolRecord):
    """A date by which results are gathered, e.g. "Year 9 Autumn"."""

    name = models.CharField(max_length=200)
    external_id = models.CharField(max_length=60, null=True, blank=True)
    locked = models.BooleanField(default=False)
    module = models.CharField(max_length=60, null=True, blank=True)
    source = models.CharField(max_length=60, null=True, blank=True)
    supplier = models.CharField(max_length=60, null=True, blank=True)
    start_date = models.DateField(null=True, blank=True)
    end_date = models.DateField(null=True, blank=True)


class Template(SchoolRecord):
    """Which aspects a mark sheet has."""

    name = models.CharField(max_length=200)
    description = models.CharField(max_length=300, null=True, blank=True)


class TemplateAspect(SchoolOwned):
    """This aspect is on this template."""

    id = models.BigAutoField(primary_key=True)
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="+", db_index=False)
    aspect = models.ForeignKey(Aspect, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "template", "aspect"], name="an_aspect_once_on_a_template"
            ),
        ]

    def __str__(self) -> str:
        return f"column {self.pk}"


class MarkSheet(SchoolRecord):
    """A template filled in for a group of pupils."""

    name = models.CharField(max_length=200)
    template = models.ForeignKey(Template, on_delete=models.CASCADE, related_name="+", db_index=False)
    group_id = models.BigIntegerField(null=True, blank=True)
    resultset = models.ForeignKey(
        ResultSet, null=True, blank=True, on_delete=models.SET_NULL, related_name="+", db_index=False
    )


class Result(SchoolRecord):
    """One pupil's result in one aspect."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    aspect = models.ForeignKey(Aspect, on_delete=models.CASCADE, related_name="+", db_index=False)
    resultset = models.ForeignKey(ResultSet, on_delete=models.CASCADE, related_name="+", db_index=False)
    result = models.CharField(max_length=60)
    grade_value = models.FloatField(null=True, blank=True)
    collection_date = models.DateField(null=True, blank=True)
    result_date = models.DateField()

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "pupil", "aspect", "resultset"], name="one_result_of_a_pupil"
            ),
        ]
