"""Whether a plan still fits what is there: asked when the roster has changed since it was made."""

from __future__ import annotations

from django.db import connection

from adminhub.hub.applying.writing import ROWS, TABLES, parts_of
from adminhub.hub.planning.models import Plan
from adminhub.hub.planning.values import ChangeKind
from adminhub.hub.roster.models import Kind

_LINK = """exists (select 1 from mis_link l where l.school_id = c.school_id and l.kind = c.subject
    and l.{owner} = c.hub_id and {still})"""
_FITS = {
    ChangeKind.UPDATE: """exists (select 1 from {table} t where t.id = c.hub_id
        and t is not distinct from jsonb_populate_record(t, c.before))""",
    ChangeKind.ARCHIVE: "exists (select 1 from {table} t where t.id = c.hub_id and t.archived_at is null)",
    ChangeKind.UNARCHIVE: """exists (select 1 from {table} t
        where t.id = c.hub_id and t.archived_at is not null)""",
    ChangeKind.MERGE: """exists (select 1 from {table} t, {table} s where t.id = c.hub_id
            and t.merged_into_id is null and s.school_id = c.school_id and s.id <> t.id
            and s.sourced_id = (c.after->>'merged_into')::uuid and s.merged_into_id is null)""",
    ChangeKind.LINK: """(c.hub_id is null or exists (select 1 from {table} t where t.id = c.hub_id))
        and not exists (
            select 1 from mis_link l where l.school_id = c.school_id and l.kind = c.subject
                and (l.mis_id = c.after->>'mis_id' or l.{owner} = c.hub_id)
                and not exists (
                    select 1 from planned_change o where o.plan_id = c.plan_id and not o.is_skipped
                        and (o.kind in ('unlink', 'relink') and o.subject = c.subject and o.hub_id = l.{owner}
                            or o."table" = 'mis_link' and o.row_id = l.id)))""",
    ChangeKind.RELINK: _LINK.replace("{still}", "l.mis_id = c.before->>'mis_id'"),
    ChangeKind.UNLINK: _LINK.replace("{still}", "l.mis_id = coalesce(c.before->>'mis_id', l.mis_id)"),
    ChangeKind.LOSE: _LINK.replace("{still}", "true"),
    ChangeKind.RETURN: _LINK.replace("{still}", "l.lost_at is not null"),
    ChangeKind.ERASE: _LINK.replace("{still}", "l.lost_at is not null"),
    ChangeKind.LEAVE_CLASS: "exists (select 1 from enrolment e where e.id = c.row_id and e.ends_on is null)",
    ChangeKind.ENROL: """exists (select 1 from school_class k where k.school_id = c.school_id
            and k.sourced_id = (c.after->>'school_class')::uuid
            union all select 1 from planned_change j where j.plan_id = c.plan_id and j.kind = 'join'
            and j.sourced_id = (c.after->>'school_class')::uuid)
        and exists (select 1 from {table} t where t.school_id = c.school_id and t.sourced_id = c.sourced_id
            union all select 1 from planned_change j where j.plan_id = c.plan_id and j.kind = 'join'
            and j.sourced_id = c.sourced_id)""",
    ChangeKind.GRANT: "c.hub_id is null or exists (select 1 from {table} t where t.id = c.hub_id)",
    ChangeKind.WITHDRAW: "exists (select 1 from {table} t where t.id = c.hub_id)",
}
"""For each kind of change, what is true of one that still fits."""
_ROW_FITS = {
    ChangeKind.SET_ROW: "exists (select 1 from {table} t where t.id = c.row_id and {same})",
    ChangeKind.REMOVE_ROW: "exists (select 1 from {table} t where t.id = c.row_id and {same})",
    ChangeKind.ADD_ROW: "not exists (select 1 from {table} t where t.id = (c.after->>'id')::bigint)",
}
_SAME = "t is not distinct from jsonb_populate_record(t, c.before - 'changed_at')"


def changes_that_no_longer_fit(plan: Plan) -> int:
    """How many of the plan's changes find their record otherwise than when they were planned, or not at all."""
    return sum(
        _count(plan, kind, subject, table) for kind, subject, table in parts_of(plan) if kind in _ASKED
    )


_ASKED = {*_FITS, *_ROW_FITS}


def _count(plan: Plan, kind: ChangeKind, subject: str, table: str) -> int:
    if kind in _ROW_FITS:
        fits = _ROW_FITS[kind].format(table=_known(table), same=_SAME)
    else:
        of_subject = TABLES[Kind(subject)]
        owner = f"{of_subject}_id"
        fits = _FITS[kind].format(table=of_subject, owner=owner)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""
            select count(*) from planned_change c
            where c.plan_id = %s and c.kind = %s and c.subject = %s and c."table" = %s and not c.is_skipped
                and not ({fits})""",
            [plan.pk, kind.value, subject, table],
        )
        return int(cursor.fetchone()[0])


def _known(table: str) -> str:
    if table not in ROWS:
        raise KeyError(table)
    return table
