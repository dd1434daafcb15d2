"""Conduct: behaviour incidents, achievements and exclusions, and the codes a school describes them with."""

from typing import ClassVar

from django.db import models

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Details, Employee, Pupil, SchoolOwned


class Attribute(SchoolRecord):
    """One code that may stand in a record of conduct: an incident's type, its place, an award …"""

    type = models.CharField(max_length=30, help_text="Where it may stand")
    code = models.CharField(max_length=30)
    description = models.CharField(max_length=200)
    points = models.IntegerField(null=True, blank=True, help_text="Usual points, where the type has some")
    is_active = models.BooleanField(default=True)

    class Meta(SchoolRecord.Meta):
        abstract = True
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.UniqueConstraint(fields=["school", "type", "code"], name="%(class)s_code_once"),
        ]


class BehaviourAttribute(Attribute):
    """A code of behaviour incidents."""


class AchievementAttribute(Attribute):
    """A code of achievements."""


class Behaviour(SchoolRecord):
    """One incident. Its words are codes of the school's behaviour attributes."""

    incident_date = models.DateField()
    recorded_date = models.DateField()
    type = models.CharField(max_length=30)
    incident_status = models.CharField(max_length=30, null=True, blank=True)
    action = models.CharField(max_length=30, null=True, blank=True)
    action_date = models.DateField(null=True, blank=True)
    bullying_type = models.CharField(max_length=30, null=True, blank=True)
    activity_type = models.CharField(max_length=30, null=True, blank=True)
    location = models.CharField(max_length=30, null=True, blank=True)
    time = models.CharField(max_length=30, null=True, blank=True)
    comment = models.TextField(null=True, blank=True)
    points = models.IntegerField(null=True, blank=True)
    parents_notified = models.BooleanField(default=False)
    school_class_id = models.BigIntegerField(null=True, blank=True)
    subject_id = models.BigIntegerField(null=True, blank=True)


class BehaviourPupil(SchoolOwned):
    """A pupil's part in an incident."""

    id = models.BigAutoField(primary_key=True)
    behaviour = models.ForeignKey(Behaviour, on_delete=models.CASCADE, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    part = Details(default=dict, help_text="role, action, action_date, points")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "behaviour", "pupil"], name="a_pupil_once_in_an_incident"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "pupil"], name="incidents_of_a_pupil")]

    def __str__(self) -> str:
        return f"part {self.pk}"


class BehaviourEmployee(SchoolOwned):
    """Who recorded an incident."""

    id = models.BigAutoField(primary_key=True)
    behaviour = models.ForeignKey(Behaviour, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "behaviour", "employee"], name="an_employee_once_in_an_incident"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "employee"], name="incidents_of_an_employee")]

    def __str__(self) -> str:
        return f"part {self.pk}"


class Achievement(SchoolRecord):
    """Something done well. Its words are codes of the school's achievement attributes."""

    achievement_date = models.DateField()
    recorded_date = models.DateField()
    type = models.CharField(max_length=30)
    activity_type = models.CharField(max_length=30, null=True, blank=True)
    comment = models.TextField(null=True, blank=True)
    points = models.IntegerField(null=True, blank=True)
    parents_notified = models.BooleanField(default=False)
    subject_id = models.BigIntegerField(null=True, blank=True)


class AchievementPupil(SchoolOwned):
    """A pupil's part in an achievement."""

    id = models.BigAutoField(primary_key=True)
    achievement = models.ForeignKey(Achievement, on_delete=models.CASCADE, related_name="+", db_index=False)
    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    part = Details(default=dict, help_text="points, award, award_date")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "achievement", "pupil"], name="a_pupil_once_in_an_achievement"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "pupil"], name="achievements_of_a_pupil")]

    def __str__(self) -> str:
        return f"part {self.pk}"


class AchievementEmployee(SchoolOwned):
    """Who recorded an achievement."""

    id = models.BigAutoField(primary_key=True)
    achievement = models.ForeignKey(Achievement, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee = models.ForeignKey(Employee, on_delete=models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "achievement", "employee"], name="an_employee_once_in_an_achievement"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "employee"], name="achievements_of_an_employee")]

    def __str__(self) -> str:
        return f"part {self.pk}"


class Exclusion(SchoolRecord):
    """A suspension or a permanent exclusion."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+")
    academic_year = models.CharField(max_length=20)
    term = models.CharField(max_length=30, null=True, blank=True)
    type = models.CharField(max_length=60)
    type_code = models.CharField(max_length=10)
    reason = models.CharField(max_length=200)
    reason_code = models.CharField(max_length=10)
    start_date = models.DateField()
    start_session = models.CharField(max_length=2)
    end_date = models.DateField(null=True, blank=True)
    end_session = models.CharField(max_length=2, null=True, blank=True)
    days = models.FloatField(null=True, blank=True)
    sessions = models.PositiveSmallIntegerField(null=True, blank=True)
    agencies_involved = models.BooleanField(default=False)
    appeal_received = models.BooleanField(default=False)
    appeal_date = models.DateField(null=True, blank=True)
    appeal_result = models.CharField(max_length=100, null=True, blank=True)
    discipline_committee_date = models.DateField(null=True, blank=True)
    discipline_committee_result = models.CharField(max_length=100, null=True, blank=True)
    comments = models.TextField(null=True, blank=True)
