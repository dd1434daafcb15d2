"""Notes, by key only, what each service may see of a school, so that it can be told what it may see no more."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from adminhub.hub.core.scope import current_school_id
from adminhub.hub.outputs.models import ShownUpTo
from adminhub.hub.roster.queries import newest_entry
from adminhub.hub.schools.models import Service

_CURRENT = {
    "pupil": """
        select p.sourced_id::text as key from access a join pupil p on p.id = a.pupil_id
        where a.service_id = %(service)s and p.archived_at is null""",
    "employee": """
        select e.sourced_id::text as key from access a join employee e on e.id = a.employee_id
        where a.service_id = %(service)s and e.archived_at is null""",
    "class": """
        select c.sourced_id::text as key from school_class c where c.archived_at is null and c.id in (
            select n.school_class_id from enrolment n
            join access a on a.service_id = %(service)s and a.pupil_id = n.pupil_id
            join pupil p on p.id = a.pupil_id where n.ends_on is null and p.archived_at is null
            union
            select n.school_class_id from enrolment n
            join access a on a.service_id = %(service)s and a.employee_id = n.employee_id
            join employee e on e.id = a.employee_id where n.ends_on is null and e.archived_at is null)""",
    "enrolment": """
        select 'enrolment-' || n.id as key, p.sourced_id as person, true as is_pupil,
            c.sourced_id as school_class from enrolment n
        join access a on a.service_id = %(service)s and a.pupil_id = n.pupil_id
        join pupil p on p.id = a.pupil_id join school_class c on c.id = n.school_class_id
        where n.ends_on is null and p.archived_at is null and c.archived_at is null
        union all
        select 'enrolment-' || n.id, e.sourced_id, false, c.sourced_id from enrolment n
        join access a on a.service_id = %(service)s and a.employee_id = n.employee_id
        join employee e on e.id = a.employee_id join school_class c on c.id = n.school_class_id
        where n.ends_on is null and e.archived_at is null and c.archived_at is null""",
}
# Materialised, so that it is worked out once and not for every row that is compared with it.
_NOTE = """
    with now_seen as materialized ({current}),
    appeared as (
        insert into output_shown (school_id, service_id, kind, key, since{more})
        select current_setting('hub.school')::bigint, %(service)s, %(kind)s, key, %(now)s{more} from now_seen
        on conflict (school_id, service_id, kind, key)
        do update set since = excluded.since, gone_at = null where output_shown.gone_at is not null)
    update output_shown set gone_at = %(now)s
    where service_id = %(service)s and kind = %(kind)s and gone_at is null
    and not exists (select 1 from now_seen where now_seen.key = output_shown.key)"""


def note_what_is_new(*, service: Service) -> None:
    """Bring `Shown` up to date for the school in scope, if its roster has changed since that was done last.

    Whoever tells a service of a change, or hands it the roster, calls this first: a service that never takes a
    message hears of those it may see no more as well.
    """
    newest = newest_entry()
    if ShownUpTo.objects.filter(service=service, up_to__gte=newest).exists():
        return
    with transaction.atomic():
        ShownUpTo.objects.get_or_create(school_id=current_school_id(), service=service)
        known = ShownUpTo.objects.select_for_update().get(service=service)
        if known.up_to >= newest:  # somebody else did it while we waited for the row
            return
        note_what_is_shown(service=service, now=timezone.now())
        known.up_to = newest
        known.save(update_fields=["up_to"])


def note_what_is_shown(*, service: Service, now: datetime) -> None:
    """Bring `Shown` up to date for the school in scope, in four set-based steps.

    So a service that asks for changes since a moment hears of who came into its sight and who left it.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # Right after a sync PostgreSQL has no statistics yet, expects one row, and would compare every row
        # with every row: a minute for 3,000 pupils instead of half a second.
        cursor.execute("set local enable_nestloop = off")
        for kind, current in _CURRENT.items():
            values: dict[str, Any] = {"service": service.pk, "kind": kind, "now": now}
            more = ", person, is_pupil, school_class" if kind == "enrolment" else ""
            cursor.execute(_NOTE.format(current=current, more=more), values)
        cursor.execute("set local enable_nestloop = on")
