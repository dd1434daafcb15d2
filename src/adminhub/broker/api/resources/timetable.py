"""Lessons, periods and rooms (wonde-api §2.3)."""

from adminhub.broker.api.declarations import Field, Relation, Resource, Through
from adminhub.broker.api.resources.parts import after, before, equal
from adminhub.broker.timetables.models import Lesson, Period, Room

CHANGES = (Field("created_at", "moment"), Field("updated_at", "moment"))
OF_CLASS = Through(Lesson, "school_class_id", "id")

LESSONS = Resource(
    name="lessons",
    model=Lesson,
    permission="lessons.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("room", "id", "lessons.room.read", column="room_id"),
        Field("period", "id", "lessons.period.read", column="period_id"),
        Field("period_instance_id"),
        Field("employee", "id", "lessons.employee.read", column="employee_id", person="employee"),
        Field("alternative", is_kept=False),
        Field("priority", is_kept=False),
        Field("start_at", "moment"),
        Field("end_at", "moment"),
        Field("day_number", "number"),
        *CHANGES,
    ),
    relations=(
        Relation("room", "rooms", ("lessons.room.read", "rooms.read"), "room_id"),
        Relation("period", "periods", ("lessons.period.read", "periods.read"), "period_id"),
        Relation("employee", "employees", ("lessons.employee.read", "employees.read"), "employee_id"),
        Relation(
            "employees",
            "employees",
            ("lessons.employee.read", "employees.read"),
            Through(Lesson, "id", "employee_id"),
        ),
        Relation("class", "classes", ("lessons.class.read",), "school_class_id"),
    ),
    includes=("class", "class.subject", "employee", "employees", "period", "room"),
    filters={
        "lessons_start_after": after("lessons_start_after", "start_at"),
        "lessons_start_before": before("lessons_start_before", "start_at"),
    },
    nested_order=("start_at", "id"),
)

PERIODS = Resource(
    name="periods",
    model=Period,
    permission="periods.read",
    fields=(
        Field("id", "id"),
        Field("mis_id"),
        Field("name"),
        Field("start_time", "time"),
        Field("end_time", "time"),
        Field("day"),
        Field("day_number", "number"),
        *CHANGES,
    ),
    relations=(
        Relation(
            "lessons", "lessons", ("lessons.read", "lessons.period.read"), Through(Lesson, "period_id", "id")
        ),
    ),
    includes=("lessons", "lessons.class", "lessons.employee", "lessons.room"),
    nested_order=("day_number", "start_time", "id"),
    names_nobody=True,
)

ROOMS = Resource(
    name="rooms",
    model=Room,
    permission="rooms.read",
    fields=(Field("id", "id"), Field("mis_id"), Field("code"), Field("name"), *CHANGES),
    filters={"room_name": equal("name")},
    nested_order=("name", "id"),
    names_nobody=True,
)

RESOURCES = (LESSONS, PERIODS, ROOMS)
