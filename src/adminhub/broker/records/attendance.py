"""What a pupil's session marks come to: worked out here whenever marks change."""

from collections.abc import Collection

from django.db import connection

from adminhub.broker.directory.scope import current_school_id

# Which marks each number counts; a mark that asks for nobody's presence is no possible one.
_COUNTED = {
    "possible_marks": "c.type <> 'attendance_not_required'",
    "present": "c.type IN ('present', 'late_before_registration', 'approved_education_activity')",
    "authorised_absences": "c.type = 'authorised_absence'",
    "unauthorized_absences": "c.type IN ('unauthorised_absence', 'late_after_registration', 'unexplained_absence')",
    "unexplained_absences": "c.type = 'unexplained_absence'",
    "late_before_registration": "c.type = 'late_before_registration'",
    "late_after_registration": "c.type = 'late_after_registration'",
    "missing_marks": "c.type = 'missing_mark'",
    "approved_education_activity": "c.type = 'approved_education_activity'",
    "attendance_not_required": "c.type = 'attendance_not_required'",
}
_NAMES = ", ".join(_COUNTED)
_SUMS = ", ".join(
    f"coalesce(sum(c.many) FILTER (WHERE {condition}), 0) AS {name}" for name, condition in _COUNTED.items()
)
_DIFFERS = (
    f"({', '.join(f't.{name}' for name in _COUNTED)}, t.attendance_codes)"
    f" IS DISTINCT FROM ({', '.join(f'excluded.{name}' for name in _COUNTED)}, excluded.attendance_codes)"
)
_UPSERT = f"""
INSERT INTO broker_records_attendancesummary AS t
    (school_id, pupil_id, status, created_at, updated_at, {_NAMES}, attendance_codes)
SELECT %(school)s, c.pupil_id, 'current', now(), now(), {_SUMS}, jsonb_object_agg(c.code, c.many) FROM (
    SELECT m.pupil_id, k.code, k.type, count(*) AS many
    FROM broker_records_sessionmark m JOIN broker_records_attendancecode k ON k.id = m.code_id
    WHERE m.school_id = %(school)s AND m.status = 'current'
    AND (%(pupils)s::bigint[] IS NULL OR m.pupil_id = ANY(%(pupils)s))
    GROUP BY m.pupil_id, k.code, k.type
) c GROUP BY c.pupil_id
ON CONFLICT (school_id, pupil_id) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _COUNTED)},
    attendance_codes = excluded.attendance_codes, status = 'current', updated_at = excluded.updated_at
WHERE {_DIFFERS} OR t.status <> 'current'
"""  # noqa: S608 constants of this module


def summarise(pupils: Collection[int] | None = None) -> None:
    """Bring the summaries of these pupils (all when left out) up to date with their marks.

    The caller has opened the school's scope. A summary that stays as it was keeps its `updated_at`.
    """
    values = {"school": current_school_id(), "pupils": None if pupils is None else list(pupils)}
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, values)
        cursor.execute(
            "UPDATE broker_records_attendancesummary t SET status = 'gone', updated_at = now() "
            "WHERE t.school_id = %(school)s AND t.status = 'current' "
            "AND (%(pupils)s::bigint[] IS NULL OR t.pupil_id = ANY(%(pupils)s)) "
            "AND NOT EXISTS (SELECT 1 FROM broker_records_sessionmark m WHERE m.school_id = %(school)s "
            "AND m.pupil_id = t.pupil_id AND m.status = 'current')",
            values,
        )
