"""Attendance: the school's codes, marks per half day and per lesson, and what they come to."""

from typing import ClassVar

from django.db import models

from adminhub.broker.records.models.kept import SchoolRecord
from adminhub.broker.sources.models import Details, Pupil


class AttendanceCode(SchoolRecord):
    """One code of this school's registers, e.g. "/" for present in the morning."""

    code = models.CharField(max_length=4)
    description = models.CharField(max_length=200)
    type = models.CharField(max_length=60, help_text="What it counts as, as `codes.Meaning` names it")

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.UniqueConstraint(fields=["school", "code"], name="an_attendance_code_once_in_a_school"),
        ]


class Mark(SchoolRecord):
    """What session marks and lesson marks have in common."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    code = models.ForeignKey(AttendanceCode, on_delete=models.CASCADE, related_name="+", db_index=False)
    employee_id = models.BigIntegerField(null=True, blank=True, help_text="Who took the register")
    comment = models.CharField(max_length=500, null=True, blank=True)
    minutes_late = models.PositiveSmallIntegerField(null=True, blank=True)

    class Meta(SchoolRecord.Meta):
        abstract = True


class SessionMark(Mark):
    """One pupil, one half day."""

    class Session(models.TextChoices):
        MORNING = "AM", "Morning"
        AFTERNOON = "PM", "Afternoon"

    date = models.DateField()
    session = models.CharField(max_length=2, choices=Session.choices)

    class Meta(Mark.Meta):
        constraints: ClassVar = [
            *Mark.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "pupil", "date", "session"], name="one_mark_for_a_pupil_and_session"
            ),
        ]


class LessonMark(Mark):
    """One pupil, one lesson."""

    lesson_id = models.BigIntegerField()

    class Meta(Mark.Meta):
        constraints: ClassVar = [
            *Mark.Meta.constraints,
            models.UniqueConstraint(
                fields=["school", "pupil", "lesson_id"], name="one_mark_for_a_pupil_and_lesson"
            ),
        ]


class AttendanceSummary(SchoolRecord):
    """What a pupil's session marks come to. Worked out by `attendance.summarise`, never written by hand."""

    pupil = models.ForeignKey(Pupil, on_delete=models.CASCADE, related_name="+", db_index=False)
    possible_marks = models.PositiveIntegerField(default=0)
    present = models.PositiveIntegerField(default=0)
    authorised_absences = models.PositiveIntegerField(default=0)
    unauthorized_absences = models.PositiveIntegerField(default=0)
    unexplained_absences = models.PositiveIntegerField(default=0)
    late_before_registration = models.PositiveIntegerField(default=0)
    late_after_registration = models.PositiveIntegerField(default=0)
    missing_marks = models.PositiveIntegerField(default=0)
    approved_education_activity = models.PositiveIntegerField(default=0)
    attendance_not_required = models.PositiveIntegerField(default=0)
    attendance_codes = Details(default=dict, help_text="How often each code was given")

    class Meta(SchoolRecord.Meta):
        constraints: ClassVar = [
            *SchoolRecord.Meta.constraints,
            models.UniqueConstraint(fields=["school", "pupil"], name="one_attendance_summary_for_a_pupil"),
        ]
