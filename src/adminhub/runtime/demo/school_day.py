"""One demo school while its records are invented: who is there, and how what is invented is written."""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TypeVar

from django.db import connection, models

from adminhub.broker.directory.models import School
from adminhub.broker.records.models import SchoolRecord
from adminhub.broker.records.models.kept import draw_ids
from adminhub.broker.sources.models import Employee, Pupil

M = TypeVar("M", bound=models.Model)


@dataclass(slots=True)
class Day:
    """One school, as its records are invented: who is there, and what was made so far."""

    school: School
    today: date
    rng: random.Random
    pupils: list[Pupil]
    employees: list[Employee]
    subjects: list[int]

    def keep(self, rows: Iterable[M], *, numbered_from: int = 1) -> list[M]:
        """Write the rows, whole sets at a time, each with a MIS id of its kind."""
        listed = list(rows)
        if not listed:
            return listed
        model = type(listed[0])
        columns = [
            column for column in model._meta.concrete_fields if not isinstance(column, models.BigAutoField)
        ]
        if issubclass(model, SchoolRecord):
            for number, (row, drawn) in enumerate(
                zip(listed, draw_ids(len(listed)), strict=True), numbered_from
            ):
                row.pk, row.mis_id = drawn, f"{model.__name__.lower()}-{number}"  # type: ignore[attr-defined]
        named = ", ".join(column.column for column in columns)
        with connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TEMP TABLE made ON COMMIT DROP AS SELECT {named} "  # noqa: S608
                f"FROM {model._meta.db_table} WITH NO DATA"
            )
            with cursor.copy(f"COPY made ({named}) FROM STDIN") as copy:
                for row in listed:
                    row.school_id = self.school.pk  # type: ignore[attr-defined]
                    copy.write_row(
                        [
                            column.get_db_prep_save(getattr(row, column.attname), connection)
                            for column in columns
                        ]
                    )
            cursor.execute(f"INSERT INTO {model._meta.db_table} ({named}) SELECT {named} FROM made")  # noqa: S608
            cursor.execute("DROP TABLE made")
        return listed

    def before(self, days: int) -> date:
        return self.today - timedelta(days=self.rng.randint(1, days))


def at(on: date, clock: time) -> datetime:
    return datetime.combine(on, clock, tzinfo=UTC)
