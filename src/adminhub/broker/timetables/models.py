"""Rooms, periods, the weekly timetable, and the lessons that come of it week by week."""

from typing import ClassVar

from django.db import models

from adminhub.broker.sources.models import Record, SchoolClass, SchoolOwned


class Room(Record):
    """Where lessons are."""

    name = models.CharField(max_length=100)
    code = models.CharField(max_length=40, null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="a_room_once_in_a_school"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "updated_at", "id"], name="rooms_by_change")]

    def __str__(self) -> str:
        return f"room {self.id}"


class Period(Record):
    """A part of one day of the week, in the school's own time."""

    name = models.CharField(max_length=60)
    day = models.CharField(max_length=9, help_text="As on the wire: monday, tuesday …")
    start_time = models.TimeField()
    end_time = models.TimeField()
    day_number = models.PositiveSmallIntegerField(help_text="1 is Monday")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="a_period_once_in_a_school"),
        ]
        indexes: ClassVar = [models.Index(fields=["school", "updated_at", "id"], name="periods_by_change")]

    def __str__(self) -> str:
        return f"period {self.id}"


class Slot(SchoolOwned):
    """This class meets in this period of every week, in a room and with somebody, as far as the timetable says."""

    id = models.BigAutoField(primary_key=True)
    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+", db_index=False)
    period = models.ForeignKey(Period, on_delete=models.CASCADE, related_name="+", db_index=False)
    room_id = models.BigIntegerField(null=True, blank=True)
    employee_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["school", "school_class", "period"], name="a_class_once_in_a_period"
            ),
        ]

    def __str__(self) -> str:
        return f"slot {self.pk}"


class Lesson(Record):
    """One meeting of a class on one day. This week's are current; those before stand as gone for a while."""

    school_class = models.ForeignKey(SchoolClass, on_delete=models.CASCADE, related_name="+", db_index=False)
    period_id = models.BigIntegerField()
    period_instance_id = models.CharField(max_length=30)
    room_id = models.BigIntegerField(null=True, blank=True)
    employee_id = models.BigIntegerField(null=True, blank=True)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    day_number = models.PositiveSmallIntegerField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["school", "mis_id"], name="a_lesson_once_in_a_school"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["school", "status", "updated_at", "id"], name="lessons_by_change"),
            models.Index(fields=["school", "school_class"], name="lessons_of_a_class"),
        ]

    def __str__(self) -> str:
        return f"lesson {self.id}"
