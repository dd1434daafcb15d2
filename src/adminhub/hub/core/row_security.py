"""The second lock: PostgreSQL row-level security on every table that a school owns."""

from __future__ import annotations

from django.db import migrations


def school_rows_only(*tables: str) -> migrations.RunSQL:
    """A migration step that lets each table show and take only rows of the school in `hub.school`.

    Without the setting no row is visible. FORCE, because the application owns its tables and an owner
    is otherwise exempt.
    """
    policy = (
        "alter table {t} enable row level security; alter table {t} force row level security; "
        "create policy school_rows_only on {t} "
        "using (school_id = (select nullif(current_setting('hub.school', true), '')::bigint)) "
        "with check (school_id = (select nullif(current_setting('hub.school', true), '')::bigint));"
    )
    undo = (
        "drop policy school_rows_only on {t}; alter table {t} no force row level security; "
        "alter table {t} disable row level security;"
    )
    return migrations.RunSQL(
        sql=[policy.format(t=table) for table in tables],
        reverse_sql=[undo.format(t=table) for table in tables],
    )
