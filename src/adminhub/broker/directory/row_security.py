"""The second lock: PostgreSQL row-level security on every table of a school's records."""

from __future__ import annotations

from django.db import migrations

IN_SCOPE = "school_id = (select nullif(current_setting('broker.school', true), '')::bigint)"


def school_rows_only(*tables: str, which: str = IN_SCOPE) -> migrations.RunSQL:
    """A migration step that lets each table show and take only rows of the school in `broker.school`.

    Without the setting no row is visible. FORCE, because the application owns its tables and an owner
    is otherwise exempt. `which` says it for a table that has no `school_id` of its own.
    """
    policy = (
        "alter table {t} enable row level security; alter table {t} force row level security; "
        "create policy school_rows_only on {t} using ({which}) with check ({which});"
    )
    undo = (
        "drop policy school_rows_only on {t}; alter table {t} no force row level security; "
        "alter table {t} disable row level security;"
    )
    return migrations.RunSQL(
        sql=[policy.format(t=table, which=which) for table in tables],
        reverse_sql=[undo.format(t=table) for table in tables],
    )
